//! Where a redirect begins: with one slash, with the whole path, or with a host whose end is literal.

use std::ops::Range;

use super::{RouteHoles, Use};
use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;
use crate::text::host::check_host;

/// What stands for a captured label while a host is judged.
const ANY_LABEL: &str = "x";

/// What is wrong with where a target begins.
pub(super) fn check_start(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<Fault> {
    match absolute(text) {
        Some(authority) if purpose == Use::Redirect => authority_fault(text, authority, holes),
        _ => relative_fault(purpose, text),
    }
}

/// The bytes of the authority of `http://…` and `https://…`.
pub(super) fn absolute(text: &str) -> Option<Range<usize>> {
    let start = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme))?.len();
    let rest = text.get(start..)?;
    Some(start..start + rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

fn relative_fault(purpose: Use, text: &str) -> Option<Fault> {
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
    let fault = Fault::new(&codes::TARGET_START, 0..text.len(), message);
    Some(match (purpose, text.contains("://")) {
        (Use::Rewrite, true) => fault.help("a rewrite changes the path only; the host is the origin's"),
        (_, true) => fault.help("schemes are written in lower case: `https://…`"),
        (_, false) => fault.help(format!("write `/{text}`")),
    })
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
    if name.contains(['{', '}']) {
        return captured_label_fault(name, authority);
    }
    if let Err(why) = check_host(&name.to_ascii_lowercase()) {
        return Some(fault(&format!("`{host}` is not a host name: {why}")).help(why.cure()));
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
    let own = labels.iter().rev().take_while(|label| is_literal(label)).count();
    if own < 2 {
        let fault = fault("what is captured must not choose the whole host");
        return Some(fault.help("write the domain as text, with one label before it: `https://{name}.example.com/…`"));
    }
    if !labels.iter().all(|label| is_literal(label) || inner(label).is_some_and(|name| !name.contains(['{', '}']))) {
        let fault = fault("a capture in a host is one whole label");
        return Some(fault.help("put dots around it: `https://{name}.example.com/…`"));
    }
    if let Some(name) = labels.iter().filter_map(inner).find(|name| name == "host" || name == "path") {
        let fault = fault(&format!("`{{{name}}}` cannot be part of a host"));
        return Some(fault.help("write the host as text; one label of it may be captured by the route's `host`"));
    }
    let literal: Vec<&str> = labels.iter().map(|label| if is_literal(label) { *label } else { ANY_LABEL }).collect();
    let why = check_host(&literal.join(".").to_ascii_lowercase()).err()?;
    Some(fault(&format!("`{host}` is not a host name: {why}")).help(why.cure()))
}
