//! Regexes that never match a path because they are written for something else: for a whole URL, or between the slashes
//! of JavaScript.

use crate::check::language::NormalForm;
use crate::check::letters::{PatternSyntax, PatternText};
use crate::check::sample::Sample;
use crate::route::Canonical;
use crate::text::host::check_host;

/// How a regex begins that takes the scheme too; longer ones before those that they begin with.
const SCHEMES: [&str; 8] =
    ["https?://", r"https?:\/\/", "http(s)?://", "(http|https)://", "https://", "http://", r"https:\/\/", r"http:\/\/"];

/// What a regex was written for, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrittenElsewhere {
    /// Why it never matches.
    pub(super) cause: &'static str,
    /// What to do.
    pub(super) cure: String,
}

/// What a regex that never matches was written for, where that is known.
pub(super) fn meant(canonical: &Canonical, pattern: &PatternText) -> Option<WrittenElsewhere> {
    if pattern.syntax != PatternSyntax::Regex {
        return None;
    }
    let is_alive = |regex: &str| {
        let pattern = PatternText::of("regex", regex);
        matches!(pattern.sample(&NormalForm::new(canonical)), Sample::Text(_))
    };
    of_url(&pattern.text, is_alive).or_else(|| of_script(&pattern.text, is_alive))
}

/// One that begins with a scheme, or with a host that nobody would take for a folder.
fn of_url(text: &str, is_alive: impl Fn(&str) -> bool) -> Option<WrittenElsewhere> {
    let begun = text.strip_prefix('^').unwrap_or(text);
    let after = SCHEMES.iter().find_map(|scheme| begun.strip_prefix(scheme));
    let rest = after.or_else(|| begun.starts_with("www").then_some(begun))?;
    let end = rest.find(['/', '$']).map_or(rest.len(), |at| at - usize::from(rest[..at].ends_with('\\')));
    let (host, path) = rest.split_at_checked(end)?;
    let host = host.replace("\\.", ".").replace("\\-", "-").to_ascii_lowercase();
    let path = path.replace("\\/", "/");
    let regex = format!("^{}{path}", if path.starts_with('/') { "" } else { "/" });
    let is_host = check_host(&host).is_ok() && host.contains('.');
    if after.is_none() && !is_host {
        return None;
    }
    let cure = match is_host && is_alive(&regex) && !regex.contains('\'') {
        true => format!("the host is a key of its own: `host = \"{host}\"` and `regex = '{regex}'`"),
        false => "the host is a key of its own, `host`, and the regex begins with the path".to_owned(),
    };
    Some(WrittenElsewhere { cause: "the scheme and the host are no part of a path", cure })
}

/// `/^\/a$/i`.
fn of_script(text: &str, is_alive: impl Fn(&str) -> bool) -> Option<WrittenElsewhere> {
    let (inner, flags) = text.strip_prefix("/^")?.rsplit_once('/')?;
    if !flags.chars().all(|flag| "gimsuy".contains(flag)) {
        return None;
    }
    let ignore = if flags.contains('i') { "(?i)" } else { "" };
    let regex = format!("{ignore}^{}", inner.replace("\\/", "/"));
    let cure = format!("write `{regex}`");
    is_alive(&regex)
        .then_some(WrittenElsewhere { cause: "slashes around a regex, and flags behind it, are part of it here", cure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regex_of_a_url_or_of_a_script_has_its_form() {
        let own = |host: &str, regex: &str| {
            Some(format!("the host is a key of its own: `host = \"{host}\"` and `regex = '{regex}'`"))
        };
        let rows = [
            ("^https?://www.acme.com/a", own("www.acme.com", "^/a")),
            (r"^https?:\/\/www\.acme\.com\/a\/(.*)$", own("www.acme.com", "^/a/(.*)$")),
            ("https://acme.com$", own("acme.com", "^/$")),
            ("^https://acme.com", own("acme.com", "^/")),
            (r"^www\.acme\.com/a", own("www.acme.com", "^/a")),
            (
                "^https?://(www.)?acme.com/a",
                Some("the host is a key of its own, `host`, and the regex begins with the path".to_owned()),
            ),
            (r"/^\/a\/(.*)$/i", Some("write `(?i)^/a/(.*)$`".to_owned())),
            ("/^a/", None),
            ("^www/a", None),
            ("^index.php/a", None),
            ("^a/", None),
        ];
        for (text, cure) in rows {
            let found = meant(&Canonical::default(), &PatternText::of("regex", text));
            assert_eq!(found.map(|found| found.cure), cure, "{text}");
        }
    }
}
