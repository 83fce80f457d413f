//! Where a row leads: its target and its status.

use crate::config::lower::actions::REDIRECTS;
use crate::config::lower::fault::Fault;
use crate::config::lower::targets::check_literal;
use crate::diagnostic::codes;
use crate::route::pattern::GONE;
use crate::text::host::check_host;
use crate::text::percent;

/// The row's own status; `None` where the route's counts.
pub(super) fn status(cell: &str) -> Result<Option<u16>, Fault> {
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<u16>().ok().filter(|status| REDIRECTS.contains(status) || *status == GONE) {
        Some(status) => Ok(Some(status)),
        None => {
            let fault = Fault::whole(&codes::ROW_STATUS, format!("`{cell}` is not the status of a redirect"));
            Err(fault.help(
                "use 301, 302, 303, 307 or 308, or 410 for a page that is gone, or leave the cell empty for the route's `status`",
            ))
        }
    }
}

/// Whether a row of this status leads where a row may.
pub(super) fn check_target(to: &str, status: Option<u16>) -> Result<(), Fault> {
    let fault = |message: &str| Fault::whole(&codes::ROW_TARGET, message);
    match (to, status) {
        ("", Some(GONE)) => Ok(()),
        (_, Some(GONE)) => Err(fault("the row has a target, and the status 410 of a page that is gone")
            .help("leave the target empty, or write the status of a redirect: 301, 302, 303, 307 or 308")),
        ("", _) => {
            Err(fault("the row has no target").help("write where it goes, or the status 410 where the page is gone"))
        }
        _ if !to.starts_with('/') => start_fault(to).map_or(Ok(()), Err),
        _ => Ok(()),
    }?;
    if to.is_empty() {
        return Ok(());
    }
    check_literal(to).map_err(|fault| {
        let fault = fault.with_code(&codes::ROW_TARGET);
        let is_filled = to.split_once('{').is_some_and(|(_, rest)| rest.contains('}'));
        match is_filled {
            true => {
                fault.instead("make it a route of its own: nothing fills the target of a row, a `redirect` is filled")
            }
            false => fault,
        }
    })
}

/// How a name ends that is more likely a page's than a host's.
const FILES: [&str; 9] = [".html", ".htm", ".php", ".jsp", ".asp", ".aspx", ".do", ".pdf", ".xml"];

/// What is written instead of a path or the URL of a page; `None` where that may be it.
fn start_fault(to: &str) -> Option<Fault> {
    let fault = |message: &str| Fault::whole(&codes::ROW_TARGET, message);
    let pages = "write a path that begins with `/`, or a URL that begins with `https://`";
    if to == "410" {
        return Some(fault("the row's target is a status").help("leave the target empty and write 410 as the status"));
    }
    let before = to.split(['/', '?', '#']).next().unwrap_or_default();
    let (scheme, rest) = before.split_once(':').map_or(("", ""), |(scheme, _)| (scheme, &to[scheme.len() + 1..]));
    if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        let url = format!("{}://{}", scheme.to_ascii_lowercase(), rest.trim_start_matches('/'));
        let is_right = to == url;
        return (!is_right).then(|| or_write(fault("the target's scheme is not written `https://`"), &url, ""));
    }
    let is_port = rest.starts_with(|char: char| char.is_ascii_digit());
    if !scheme.is_empty()
        && !is_port
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    {
        return Some(fault(&format!("`{scheme}:` leads to no page that a redirect may name")).help(pages));
    }
    let host = if is_port { scheme } else { before };
    let is_file = FILES.iter().any(|end| host.to_ascii_lowercase().ends_with(end));
    let is_host = (host.contains('.') || is_port) && !is_file && check_host(&host.to_ascii_lowercase()).is_ok();
    let fault = fault("the redirect must begin with one `/`, or with `http://` or `https://` and a host");
    let fault = if is_host { or_write(fault, &format!("https://{to}"), "for another host ") } else { fault };
    Some(or_write(fault, &rooted(to), if is_host { "for a path " } else { "" }))
}

/// Says what to write, where that is right.
fn or_write(fault: Fault, text: &str, when: &str) -> Fault {
    if check_literal(text).is_ok() { fault.help(format!("{when}write `{text}`")) } else { fault }
}

/// A text as a path: with its first slash, and what cannot stand in a URL percent-encoded.
fn rooted(text: &str) -> String {
    let is_fine = |char: char| !char.is_ascii() || u8::try_from(char).is_ok_and(percent::is_location_byte);
    let sent = text.chars().map(|char| if is_fine(char) { char.to_string() } else { percent::escaped(char) });
    std::iter::once("/".to_owned()).chain(sent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_help_says_to_write_is_right() {
        let targets = [
            "a",
            "a b",
            "a{b}",
            "www.example.com",
            "www.example.com/a b",
            "localhost:3000/x",
            "HTTPS://a.b/c",
            "https:/a.b/c",
            "http:a.b",
            "mailto:x@y",
            "javascript:alert(1)",
            "index.html",
            "a:b:c",
            "410",
            "?x",
            "#",
            "%zz",
            "\\\\a\\b",
            "./a",
            "../a",
            "ftp://a.b/c",
            "a\u{1}b",
        ];
        let mut written = 0;
        for to in targets {
            let fault = check_target(to, None).unwrap_err();
            for help in fault.helps() {
                let Some(text) = help.split('`').nth(1).filter(|_| help.contains("write `")) else { continue };
                assert_eq!(check_target(text, None), Ok(()), "{to}: {help}");
                written += 1;
            }
        }
        assert!(written > 10, "{written}");
    }

    #[test]
    fn a_target_is_empty_where_the_page_is_gone_and_nowhere_else() {
        let rows = [
            ("", Some(410), true),
            ("", None, false),
            ("", Some(301), false),
            ("/a", Some(410), false),
            ("/a", Some(308), true),
            ("/a", None, true),
            ("https://a.example/b?c#d", None, true),
            ("//a", None, false),
        ];
        for (to, status, expected) in rows {
            assert_eq!(check_target(to, status).is_ok(), expected, "{to} {status:?}");
        }
    }
}
