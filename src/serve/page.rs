//! Pages that `serve` shows of its own: the stand-in for an origin that is not mapped, and its troubles.
//!
//! One page is plain data with two forms, HTML for browsers and text for everything else.

use std::fmt::Write as _;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::body::{Body, full};

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Text,
}

impl Form {
    /// HTML for those who ask for it by name.
    pub(super) fn wanted(headers: &HeaderMap) -> Form {
        let asks = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("text/html"));
        if headers.get_all(ACCEPT).iter().any(asks) { Form::Html } else { Form::Text }
    }
}

/// A page: a title, a line or two, and tables of names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    /// Tints the page.
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) sections: Vec<Section>,
}

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Legacy,
    New,
    Trouble,
}

/// A titled table of names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: Vec<(String, String)>,
}

impl Page {
    /// A page for something that went wrong.
    pub(super) fn trouble(status: StatusCode, title: impl Into<String>, lead: impl Into<String>) -> Page {
        Page { status, tone: Tone::Trouble, title: title.into(), lead: lead.into(), sections: Vec::new() }
    }

    /// The page as an answer that no cache keeps.
    pub(super) fn response(&self, form: Form) -> Response<Body> {
        let (text, content_type) = match form {
            Form::Html => (self.html(), "text/html; charset=utf-8"),
            Form::Text => (self.text(), "text/plain; charset=utf-8"),
        };
        let mut response = Response::new(full(text));
        *response.status_mut() = self.status;
        let fixed = [
            (CONTENT_TYPE, content_type),
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (HeaderName::from_static("x-content-type-options"), "nosniff"),
        ];
        for (name, value) in fixed {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", printable(&self.title), printable(&self.lead));
        for section in &self.sections {
            let width = section.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            let _ = writeln!(text, "\n{}", section.title);
            for (name, value) in &section.rows {
                let line = format!("  {:width$}  {}", printable(name), printable(value));
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        text
    }

    fn html(&self) -> String {
        let tone = match self.tone {
            Tone::Legacy => "legacy",
            Tone::New => "new",
            Tone::Trouble => "trouble",
        };
        let (title, heading, lead) = (Escaped(&self.title), Marked(&self.title), Marked(&self.lead));
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body class=\"{tone}\">\n<main>\n\
             <header>\n<p class=\"brand\">crossfade serve</p>\n<h1>{heading}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n"
        );
        for section in &self.sections {
            let _ = write!(html, "<section>\n<h2>{}</h2>\n<dl>\n", Escaped(section.title));
            for (name, value) in &section.rows {
                let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(value));
            }
            html.push_str("</dl>\n</section>\n");
        }
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }
}

/// A text in which no character steers a terminal or hides.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_graphic() || char == ' ' || (!char.is_ascii() && is_plain(char)) {
            shown.push(char);
        } else {
            shown.extend(char.escape_unicode());
        }
    }
    shown
}

/// Not a control, and not one of the marks that turn the direction of a line or have no width.
fn is_plain(char: char) -> bool {
    let hidden =
        matches!(char, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    !char.is_control() && !hidden
}

/// Text inside HTML, in an element or a quoted attribute.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for char in printable(self.0).chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// Text inside HTML whose words in back-ticks are set as code.
struct Marked<'a>(&'a str);

impl std::fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.0.matches('`').count();
        for (at, piece) in self.0.split('`').enumerate() {
            // A back-tick without its partner is itself.
            match (at % 2, at < last) {
                (0, _) => write!(f, "{}", Escaped(piece))?,
                (_, true) => write!(f, "<code>{}</code>", Escaped(piece))?,
                (_, false) => write!(f, "`{}", Escaped(piece))?,
            }
        }
        Ok(())
    }
}

const STYLE: &str = "
:root { color-scheme: light dark; --tint: #64748b; --ground: #f6f7f9; --card: #fff; --ink: #16202e; --dim: #5b6776; \
--line: #e4e8ee; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f141b; --card: #171e28; --ink: #e7ecf3; --dim: #94a1b3; \
--line: #263140; } }
.legacy { --tint: #c2760c; } .new { --tint: #0e8f6e; } .trouble { --tint: #c93a3a; }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1rem; background: var(--ground); color: var(--ink); \
font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 52rem; margin: 0 auto; background: var(--card); border: 1px solid var(--line); border-radius: 14px; \
overflow: hidden; box-shadow: 0 10px 30px rgb(0 0 0 / .07); }
header { padding: 1.9rem 2rem 1.6rem; border-top: 6px solid var(--tint); border-bottom: 1px solid var(--line); }
.brand { margin: 0 0 .5rem; color: var(--tint); font-weight: 600; font-size: .8rem; letter-spacing: .09em; \
text-transform: uppercase; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.2; overflow-wrap: anywhere; }
.lead { margin: .6rem 0 0; color: var(--dim); overflow-wrap: anywhere; }
section { padding: 1.3rem 2rem; border-bottom: 1px solid var(--line); } section:last-child { border: 0; }
h2 { margin: 0 0 .7rem; font-size: .8rem; font-weight: 600; color: var(--dim); letter-spacing: .06em; \
text-transform: uppercase; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .92em; color: var(--ink); }
h1 code { color: var(--tint); }
dl { display: grid; grid-template-columns: minmax(10rem, max-content) 1fr; gap: .4rem 1.5rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; font: 14px/1.6 ui-monospace, 'SF Mono', Menlo, \
Consolas, monospace; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let rows = vec![("path".to_owned(), "/<script>alert(\"1\")&'".to_owned()), ("q".to_owned(), String::new())];
        Page {
            status: StatusCode::OK,
            tone: Tone::New,
            title: "origin `cms`".to_owned(),
            lead: "it is not mapped".to_owned(),
            sections: vec![Section { title: "request", rows }],
        }
    }

    #[test]
    fn a_page_is_text_for_tools() {
        let expected = "origin `cms`\nit is not mapped\n\nrequest\n  path  /<script>alert(\"1\")&'\n  q\n";
        assert_eq!(page().text(), expected);
    }

    #[test]
    fn nothing_of_a_request_becomes_markup() {
        let html = page().html();
        assert!(html.contains("<dt>path</dt><dd>/&lt;script&gt;alert(&quot;1&quot;)&amp;&#39;</dd>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn words_in_back_ticks_are_code() {
        let rows = [
            ("origin `a<b`", "origin <code>a&lt;b</code>"),
            ("`a` and `b` too", "<code>a</code> and <code>b</code> too"),
            ("a ` b", "a ` b"),
            ("plain", "plain"),
        ];
        for (text, expected) in rows {
            assert_eq!(Marked(text).to_string(), expected);
        }
    }

    #[test]
    fn no_character_steers_a_terminal() {
        let rows = [
            ("/a b", "/a b"),
            ("/promoções", "/promoções"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
        ];
        for (text, expected) in rows {
            assert_eq!(printable(text), expected);
        }
    }
}
