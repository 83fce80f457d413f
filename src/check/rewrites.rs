//! Targets that would be refused for every request, because of what is written in them (rules 3 and 13).

use crate::route::target::{Part, Target};
use crate::route::{Action, Canonical, Route, Table, Url};

use crate::check::made::UrlParts;
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};

/// Rows of one map that are reported.
const MAX_ROWS: usize = 8;

/// Reports each rewrite, redirect and row of a map whose own text holds one of the texts of `refuse`. O(n).
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    let canonical = &table.definition().canonical;
    for (route, spans) in table.routes().iter().zip(spans) {
        match &route.action {
            Action::Origin(action) => {
                let found = action.rewrite.as_ref().and_then(|target| refused_in(canonical, target));
                report(found, ("rewrite", spans), findings);
            }
            Action::Redirect(action) => report(refused_in(canonical, &action.target), ("redirect", spans), findings),
            Action::RedirectMap(_) => check_rows(canonical, (route, spans), findings),
            Action::Normalize(_) | Action::Respond(_) => {}
        }
    }
}

fn report(found: Option<&str>, (key, spans): (&str, &RouteSpans), findings: &mut Findings) {
    let Some(text) = found else { return };
    findings
        .report(
            &codes::TARGET_UNSAFE,
            spans.value(key),
            format!("the {key} holds `{text}`, which `[canonical] refuse` names"),
        )
        .label("refused for every request")
        .help("write the path that is meant without it; `refuse` is for what a route makes too");
}

fn check_rows(canonical: &Canonical, (route, spans): (&Route, &RouteSpans), findings: &mut Findings) {
    let refused = route.path.rows().iter().filter_map(|row| {
        let text = canonical.refused_text(Url::split(&row.to).path)?;
        Some((row, text))
    });
    for (row, text) in refused.take(MAX_ROWS) {
        let message = format!("the target of line {} holds `{text}`, which `[canonical] refuse` names", row.line);
        findings
            .report(&codes::TARGET_UNSAFE, spans.value("redirect_map"), message)
            .label(format!("`{}` is refused for every request", row.from))
            .help("write the path that is meant without it; `refuse` is for what a route makes too");
    }
}

/// A refused text in the path of what is written: not in its host, nor behind its first `?` or `#`.
pub(crate) fn refused_in<'c>(canonical: &'c Canonical, target: &Target) -> Option<&'c str> {
    for part in &UrlParts::of(target).rest {
        let Part::Literal(text) = part else { continue };
        let end = text.find(['?', '#']);
        let found = canonical.refused_text(text.get(..end.unwrap_or(text.len())).unwrap_or_default());
        if found.is_some() || end.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::target::Hole;

    #[test]
    fn only_the_path_of_what_is_written_is_looked_at() {
        let rows = [
            ("//", "https://www.example.com/a", None),
            ("//", "https://www.example.com/a//b", Some("//")),
            ("/www", "https://{}.www.example.com/a", None),
            ("/www", "https://{}.example.com/www", Some("/www")),
            ("example", "https://www.example.com{}/a", None),
            ("example", "https://www.example.com{}/example", Some("example")),
            ("%2f", "/a?b=%2F", None),
            ("%2f", "/a{}?b{}%2f", None),
            ("%2f", "/a#%2f", None),
            ("%2f", "/a{}b%2F{}", Some("%2f")),
            ("%2f", "{}", None),
        ];
        for (refuse, text, expected) in rows {
            let canonical = Canonical { refuse: vec![refuse.to_owned()].into(), ..Canonical::default() };
            let literal = |text: &str| (!text.is_empty()).then(|| Part::Literal(text.to_owned()));
            let mut parts: Vec<Part> = Vec::new();
            for (at, text) in text.split("{}").enumerate() {
                parts.extend((at > 0).then_some(Part::Hole(Hole::Path)));
                parts.extend(literal(text));
            }
            assert_eq!(refused_in(&canonical, &Target { parts }), expected, "{refuse} in {text}");
        }
    }
}
