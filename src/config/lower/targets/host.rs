//! Where a redirect begins: with one slash, with the whole path, or with a host whose end is literal.

use std::ops::Range;

use super::rest::{slash_first, without_rest};
use super::route_holes::{RouteHoles, Use};
use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;
use crate::text::host::check_host;

/// What stands for a captured label while a host is judged.
const ANY_LABEL: &str = "x";

/// What is wrong with where a target begins.
pub(super) fn check_start(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<Fault> {
    match absolute(text) {
        Some(authority) if purpose == Use::Redirect => authority_fault(text, authority, holes),
        _ => relative_fault(purpose, text, holes),
    }
}

/// The bytes of the authority of `http://…` and `https://…`.
pub(super) fn absolute(text: &str) -> Option<Range<usize>> {
    let start = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme))?.len();
    let rest = text.get(start..)?;
    Some(start..start + rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

fn relative_fault(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<Fault> {
    if text.starts_with("//") || text.starts_with("/\\") {
        let fault =
            Fault::new(&codes::TARGET_START, 0..2, "the target begins with `//` or `/\\`, which leads to another host");
        return Some(match purpose {
            Use::Redirect => fault.help("begin it with one `/`, or write the scheme: `https://…`"),
            Use::Rewrite | Use::Header => fault.help("begin it with one `/`"),
        });
    }
    if text.starts_with('/') || text.starts_with("{path}") {
        return None;
    }
    let message = match purpose {
        Use::Redirect => "the redirect must begin with one `/`, or with `http://` or `https://` and a host",
        Use::Rewrite | Use::Header => "the rewrite must begin with `/`",
    };
    Some(Fault::new(&codes::TARGET_START, 0..text.len(), message).help(start_cure(purpose, text, holes)))
}

/// What to write instead of a target that begins with neither a slash nor a scheme of the web.
fn start_cure(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> String {
    if let Some(cure) = without_rest(purpose, text, holes) {
        return cure;
    }
    if purpose == Use::Rewrite && (scheme(text).is_some() || text.contains("://") || text.starts_with("{host}")) {
        return "a rewrite changes the path only; the host is the origin's".to_owned();
    }
    if let Some(path) = text.strip_prefix("{host}").filter(|path| path.starts_with('/')) {
        return format!("a redirect without a host stays on the viewer's: write `{path}`");
    }
    if let Some(cure) = slash_first(purpose, text, holes) {
        return cure;
    }
    match scheme(text) {
        Some((scheme @ ("http" | "https"), rest)) if !rest.trim_start_matches('/').is_empty() => {
            format!("write `{scheme}://{}`", rest.trim_start_matches('/'))
        }
        Some((scheme, _)) => {
            format!("no redirect leads to `{scheme}:`; redirect to a page that has such a link")
        }
        _ if purpose == Use::Redirect && text.starts_with("www.") => format!("write `https://{text}`"),
        _ => format!("write `/{text}`"),
    }
}

/// The scheme with which a text begins, in lower case, and what follows its colon.
fn scheme(text: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let known = ["http", "https", "mailto", "javascript", "tel", "sms", "ftp", "data", "file", "ws", "wss", "s3"];
    let known = known.into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    Some((known, rest))
}

fn authority_fault(text: &str, authority: Range<usize>, holes: &RouteHoles<'_>) -> Option<Fault> {
    let whole = text.get(authority.clone()).unwrap_or_default();
    // `https://www.example.com{path}`: what follows the host is the path.
    let host = match whole.rfind('{').and_then(|at| whole.split_at_checked(at)) {
        Some((host, hole)) if !host.is_empty() && !host.ends_with('.') && hole.ends_with('}') => {
            let name = hole.trim_matches(['{', '}']);
            if !holes.begins_path(name) {
                return Some(not_at_the_host(text, authority, name));
            }
            host
        }
        _ => whole,
    };
    let authority = authority.start..authority.start + host.len();
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let fault = |message: &str| Fault::new(&codes::TARGET_HOST, authority.clone(), message);
    if host.contains('@') {
        return Some(fault("the target's host has a user name").help("remove what stands before the `@`"));
    }
    let of_name = match name.contains(['{', '}']) {
        true => captured_label_fault(name, authority.clone()),
        false => check_host(&name.to_ascii_lowercase())
            .err()
            .map(|why| fault(&format!("`{host}` is not a host name: {why}")).help(why.cure())),
    };
    if of_name.is_some() {
        return of_name;
    }
    let port_is_fine = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0));
    let message = format!("`{host}` has no port of 1 to 65535 after its `:`");
    (!port_is_fine).then(|| fault(&message).help("write a port, or no `:`"))
}

fn not_at_the_host(text: &str, authority: Range<usize>, name: &str) -> Fault {
    let message = "a capture may stand only after the `/` that follows the host, or be a whole label of it";
    let cure = text.replacen(&format!("{{{name}}}"), &format!("/{{{name}}}"), 1);
    Fault::new(&codes::TARGET_HOST, authority, message).help(format!("write `{cure}`"))
}

/// A host with holes: each is one whole label, and the last two labels are literal.
fn captured_label_fault(host: &str, authority: Range<usize>) -> Option<Fault> {
    let fault = |message: &str| Fault::new(&codes::TARGET_HOST, authority.clone(), message);
    let labels: Vec<&str> = host.split('.').collect();
    let inner = |label: &&str| label.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(str::to_owned);
    let is_literal = |label: &&str| !label.contains(['{', '}']);
    if let Some(name) = labels.iter().filter_map(inner).find(|name| name == "host" || name == "path") {
        let fault = fault(&format!("`{{{name}}}` cannot be part of a host"));
        return Some(fault.help(match name.as_str() {
            "host" => "a redirect without a host stays on the viewer's: begin it with `/`",
            _ => "write the host as text, and `{path}` after it",
        }));
    }
    let own = labels.iter().rev().take_while(|label| is_literal(label)).count();
    // Browsers read what ends in a number as an address: `https://127.0.1` is `127.0.0.1`.
    let is_address = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if own < 2 || is_address {
        let fault = fault("what is captured must not choose the whole host");
        return Some(fault.help("write the domain as text, with one label before it: `https://{name}.example.com/…`"));
    }
    if !labels.iter().all(|label| is_literal(label) || inner(label).is_some_and(|name| !name.contains(['{', '}']))) {
        let fault = fault("a capture in a host is one whole label");
        return Some(fault.help("put dots around it: `https://{name}.example.com/…`"));
    }
    let literal: Vec<&str> = labels.iter().map(|label| if is_literal(label) { *label } else { ANY_LABEL }).collect();
    let why = check_host(&literal.join(".").to_ascii_lowercase()).err()?;
    Some(fault(&format!("`{host}` is not a host name: {why}")).help(why.cure()))
}
