//! Pages that `serve` shows of its own: the stand-in for an origin that is not mapped, and its troubles.
//!
//! One page is plain data with two forms, HTML for browsers and text for everything else.

use std::fmt::Write as _;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::body::{Body, full};
use crate::text::shown;

const STYLE: &str = include_str!("page.css");

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
pub(super) struct WebPage {
    pub(super) status: StatusCode,
    /// Tints the page.
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) sections: Vec<Listing>,
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
pub(super) struct Listing {
    pub(super) title: &'static str,
    pub(super) rows: Vec<(String, String)>,
}

impl WebPage {
    /// A page for something that went wrong.
    pub(super) fn trouble(status: StatusCode, title: impl Into<String>, lead: impl Into<String>) -> WebPage {
        WebPage { status, tone: Tone::Trouble, title: title.into(), lead: lead.into(), sections: Vec::new() }
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
        let mut text = format!("{}\n{}\n", shown(&self.title), shown(&self.lead));
        for section in &self.sections {
            let width = section.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            let _ = writeln!(text, "\n{}", section.title);
            for (name, value) in &section.rows {
                let line = format!("  {:width$}  {}", shown(name), shown(value));
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
        let (title, heading, lead) = (escaped(&self.title), marked(&self.title), marked(&self.lead));
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body class=\"{tone}\">\n<main>\n\
             <header>\n<p class=\"brand\">crossfade serve</p>\n<h1>{heading}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n"
        );
        for section in &self.sections {
            let _ = write!(html, "<section>\n<h2>{}</h2>\n<dl>\n", escaped(section.title));
            for (name, value) in &section.rows {
                let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
            }
            html.push_str("</dl>\n</section>\n");
        }
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }
}

/// Text inside HTML, in an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    entities.iter().fold(shown(text).into_owned(), |text, (char, entity)| text.replace(*char, entity))
}

/// Text inside HTML whose words in back-ticks are set as code.
fn marked(text: &str) -> String {
    let last = text.matches('`').count();
    let mark = |(at, piece)| match (at % 2, at < last) {
        (0, _) => escaped(piece),
        (_, true) => format!("<code>{}</code>", escaped(piece)),
        // A back-tick without its partner is itself.
        (_, false) => format!("`{}", escaped(piece)),
    };
    text.split('`').enumerate().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> WebPage {
        let rows = vec![("path".to_owned(), "/<script>alert(\"1\")&'".to_owned()), ("q".to_owned(), String::new())];
        WebPage {
            status: StatusCode::OK,
            tone: Tone::New,
            title: "origin `cms`".to_owned(),
            lead: "it is not mapped".to_owned(),
            sections: vec![Listing { title: "request", rows }],
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
            assert_eq!(marked(text), expected);
        }
    }
}
