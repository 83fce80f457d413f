//! `path`, `prefix` and `glob` in another tool's syntax: the warning, and the pattern that is meant.

use crate::route::canonical::LetterCase;
use crate::route::pattern::PathPattern;
use crate::route::{Canonical, Condition, hole_names};

use super::scan::{self, ForeignPart, Meant, PatternPlace, parts};
use super::{escaped, own_name, quoted};
use crate::config::lower::paths;
use crate::config::read::value::{TextValue, TomlTable};
use crate::diagnostic::{Findings, Report, Span, codes};

/// Parts that are pointed at in one text.
const MAX_LABELS: usize = 8;

/// A pattern in our own syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnForm {
    pub(super) key: &'static str,
    pub(super) text: String,
    pub(super) pattern: PathPattern,
}

/// The path of a route, lowered, and what stands beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoweredPath<'r> {
    pub(crate) path: &'r PathPattern,
    pub(crate) canonical: &'r Canonical,
    pub(crate) conditions: &'r [Condition],
}

/// Warns of each text of a route's path that is written as another tool would have it; the pattern that is meant, where
/// one is known.
pub(crate) fn check(findings: &mut Findings, section: &TomlTable<'_>, route: LoweredPath<'_>) -> Option<PathPattern> {
    let LoweredPath { path, canonical, conditions } = route;
    let key = path.key();
    let place = match key {
        "path" | "prefix" => PatternPlace::Path,
        "glob" => PatternPlace::Glob,
        _ => return None,
    };
    let texts = section.get(key)?.one_or_more(findings);
    let mut meant = Vec::new();
    for (text, own) in texts.iter().zip(path.each()) {
        let parts = parts(text.text, place);
        if parts.is_empty() {
            meant.push(Some((key, own.clone())));
            continue;
        }
        let form = own_form(key, (text.text, &parts), canonical);
        let form = form.filter(|form| names_are_once(&form.pattern, conditions));
        report(findings, key, (text, &parts)).help(help(key, texts.len(), form.as_ref()));
        meant.push(form.map(|form| (form.key, form.pattern)));
    }
    together(meant)
}

/// The patterns as one, where they have one key.
fn together(patterns: Vec<Option<(&str, PathPattern)>>) -> Option<PathPattern> {
    let mut patterns: Vec<(&str, PathPattern)> = patterns.into_iter().collect::<Option<_>>()?;
    if patterns.len() < 2 {
        return patterns.pop().map(|(_, pattern)| pattern);
    }
    let has_list = patterns.iter().all(|(key, _)| *key != "regex" && Some(key) == patterns.first().map(|(key, _)| key));
    has_list.then(|| PathPattern::AnyOf(patterns.into_iter().map(|(_, pattern)| pattern).collect()))
}

fn names_are_once(pattern: &PathPattern, conditions: &[Condition]) -> bool {
    let names = hole_names(pattern, conditions);
    names.iter().enumerate().all(|(at, (name, _))| names.iter().take(at).all(|(earlier, _)| earlier != name))
}

fn report<'f>(findings: &'f mut Findings, key: &str, (text, parts): (&TextValue<'_>, &[ForeignPart])) -> Report<'f> {
    let mut foreign = parts.iter().filter(|found| found.meant.is_foreign());
    let Some(first) = foreign.next() else { return Report::unlisted() };
    let written = text.text.get(first.part.clone()).unwrap_or_default();
    let message = format!("the {key} has `{written}`, which is matched as text");
    let report = findings.report(&codes::FOREIGN_PATTERN, text.part(first.part.clone()), message);
    let others = foreign.take(MAX_LABELS - 1);
    others.fold(report.label(first.meant.words()), |report, other| {
        report.also(text.part(other.part.clone()), other.meant.words())
    })
}

fn help(key: &str, count: usize, form: Option<&OwnForm>) -> String {
    match form {
        Some(form) if form.key == key => format!("write `{}`", form.text),
        Some(form) if count == 1 => format!("write `{} = {}`", form.key, quoted(&form.text)),
        Some(form) => format!("make it a route of its own, with `{} = {}`", form.key, quoted(&form.text)),
        None => "`path` has `{name}` for one segment and `{*name}` for all that is left; a regex has the key `regex`"
            .to_owned(),
    }
}

/// The pattern that is meant, in a form that has no fault.
pub(super) fn own_form(key: &'static str, written: (&str, &[ForeignPart]), canonical: &Canonical) -> Option<OwnForm> {
    // A regex in a glob is all of it a regex, whose stars are not those of a glob.
    let (text, parts) = written;
    let is_glob = key == "glob" && parts.iter().any(|found| matches!(found.meant, Meant::Regex(_)));
    if is_glob && !text.contains('?') {
        return own_form("path", (text, &scan::parts(text, PatternPlace::Path)), canonical);
    }
    // A prefix with an end is a path.
    let is_ended = written.1.last().is_some_and(|found| found.meant == Meant::End);
    let is_prefix = key == "prefix" && !is_ended;
    let simple = match is_prefix {
        true => cut_prefix(written).map(|text| ("prefix", text)),
        false => template(key, written).map(|text| ("path", text)),
    };
    let (key, text) = match simple {
        Some(simple) => simple,
        None if key == "glob" => return None,
        None => ("regex", regex(canonical, written, if is_prefix { "(?<rest>/.*)?$" } else { "$" })?),
    };
    let mut none = Findings::default();
    let value = TextValue { text: &text, written: &text, span: Span::default() };
    let pattern = match key {
        "path" => paths::path(&mut none, canonical, &value),
        "prefix" => paths::prefix(&mut none, canonical, &value),
        _ => paths::regex(&mut none, &value),
    }?;
    Some(OwnForm { key, text, pattern })
}

/// A prefix that only says at its end what a prefix says anyway.
fn cut_prefix((text, parts): (&str, &[ForeignPart])) -> Option<String> {
    let [ForeignPart { part, meant }] = parts else { return None };
    let any = match meant {
        Meant::AnyText | Meant::Remainder(_) => true,
        Meant::Regex(regex) => [".*", ".+", "(.*)", "(.+)"].contains(&regex.as_str()),
        _ => false,
    };
    let kept = text.get(..part.start).filter(|_| any && part.end == text.len())?.trim_end_matches('/');
    Some(if kept.is_empty() { "/".to_owned() } else { kept.to_owned() })
}

/// The text with captures, where each part is a whole segment.
fn template(key: &str, (text, parts): (&str, &[ForeignPart])) -> Option<String> {
    let (text, parts) = match parts {
        [others @ .., ForeignPart { part, meant: Meant::End }] => (text.get(..part.start)?, others),
        _ => (text, parts),
    };
    let mut made = String::new();
    let mut done = 0;
    for ForeignPart { part, meant } in parts {
        let is_last = part.end == text.len();
        let is_whole = text.get(..part.start)?.ends_with('/') && (is_last || text.get(part.end..)?.starts_with('/'));
        let hole = match meant {
            _ if !is_whole => return None,
            Meant::Segment(name) | Meant::Alone(name) => format!("{{{}}}", own_name(name)),
            Meant::Own(name) => format!("{{{name}}}"),
            Meant::Remainder(name) if is_last => format!("{{*{}}}", own_name(name)),
            Meant::OwnRest(name) if is_last => format!("{{*{name}}}"),
            Meant::AnyText if is_last => format!("{{*{}}}", if text.contains("rest") { "tail" } else { "rest" }),
            _ => return None,
        };
        made += text.get(done..part.start)?;
        made += &hole;
        done = part.end;
    }
    made += text.get(done..)?;
    // What else a glob means has no form here.
    (key != "glob"
        || !made.contains(['?', '[', '\\', '*'])
        || made.ends_with("/{*rest}") && !made.contains(['?', '[', '\\']))
    .then_some(made)
}

/// A regex that takes the same paths: what is literal in normal form, of the whole pattern with marks for its parts.
fn regex(canonical: &Canonical, (text, parts): (&str, &[ForeignPart]), end: &str) -> Option<String> {
    let tildes = "~".repeat(text.matches(['~', '%']).count() + 1);
    let mark = |number: usize| format!("{tildes}{number}-");
    let mut marked = String::new();
    let mut done = 0;
    for (number, found) in parts.iter().enumerate() {
        marked += text.get(done..found.part.start)?;
        marked += &mark(number);
        done = found.part.end;
    }
    marked += text.get(done..)?;
    let normal = canonical.normalize(&marked);
    let mut rest = normal.as_str();
    let mut made = "^".to_owned();
    for (number, found) in parts.iter().enumerate() {
        let (literal, after) = rest.split_once(&mark(number))?;
        made += &escaped(literal);
        made += &piece(&found.meant);
        rest = after;
        let folded =
            canonical.case == LetterCase::Lower && piece(&found.meant).contains(|c: char| c.is_ascii_uppercase());
        if folded && matches!(found.meant, Meant::Regex(_)) {
            return None;
        }
    }
    Some(made + &escaped(rest) + end)
}

fn piece(meant: &Meant) -> String {
    match meant {
        Meant::Segment(name) | Meant::Alone(name) => format!("(?<{}>[^/]+)", own_name(name)),
        Meant::Own(name) => format!("(?<{name}>[^/]+)"),
        Meant::Remainder(name) => format!("(?<{}>.*)", own_name(name)),
        Meant::OwnRest(name) => format!("(?<{name}>.*)"),
        Meant::AnyText | Meant::OwnGlob => "(.*)".to_owned(),
        Meant::Regex(regex) => regex.clone(),
        Meant::End => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(words: &str, key: &'static str, text: &str) -> Option<(&'static str, String)> {
        let place = if key == "glob" { PatternPlace::Glob } else { PatternPlace::Path };
        let parts = parts(text, place);
        own_form(key, (text, &parts), &Canonical::of_words(words)).map(|form| (form.key, form.text))
    }

    #[test]
    fn a_pattern_of_another_tool_has_a_form_of_ours() {
        let rows = [
            ("", "path", "/noticias/:slug", "path", "/noticias/{slug}"),
            ("", "path", "/a/:b/c/:d/", "path", "/a/{b}/c/{d}/"),
            ("", "path", "/docs/*", "path", "/docs/{*rest}"),
            ("", "path", "/docs/**", "path", "/docs/{*rest}"),
            ("", "path", "/docs/:path*", "path", "/docs/{*rest}"),
            ("", "path", "/a/{rest}/*", "path", "/a/{rest}/{*tail}"),
            ("", "path", "/Blog/[...slug]", "path", "/Blog/{*slug}"),
            ("", "path", "/a/<int:id>", "path", "/a/{id}"),
            ("", "path", "/a/:id$", "path", "/a/{id}"),
            ("", "path", "/old*", "regex", "^/old(.*)$"),
            ("", "path", "/a/*/b", "regex", "^/a/(.*)/b$"),
            ("", "path", "/*.html", "regex", r"^/(.*)\.html$"),
            ("", "path", "/fotos/(.*)", "regex", "^/fotos/(.*)$"),
            ("lower", "path", "/Fotos/(.*).JPG", "regex", r"^/fotos/(.*)\.jpg$"),
            ("", "path", "/promoções/(.*)", "regex", "^/promo%C3%A7%C3%B5es/(.*)$"),
            ("", "path", r"/a/(\d+)\.html$", "regex", r"^/a/(\d+)\.html$"),
            ("", "path", "/~a~/(a|b)~/:id", "regex", "^/~a~/(a|b)~/(?<id>[^/]+)$"),
            ("", "path", r"/a/:id(\d+)/{b}", "regex", r"^/a/(?<id>\d+)/(?<b>[^/]+)$"),
            ("", "path", "/a/:b.html", "regex", r"^/a/(?<b>[^/]+)\.html$"),
            ("", "prefix", "/old*", "prefix", "/old"),
            ("", "prefix", "/old/*", "prefix", "/old"),
            ("", "prefix", "/old/(.*)", "prefix", "/old"),
            ("", "prefix", "/*", "prefix", "/"),
            ("", "prefix", "/old$", "path", "/old"),
            ("", "prefix", "/a/:id", "regex", "^/a/(?<id>[^/]+)(?<rest>/.*)?$"),
            ("", "glob", "/a/{slug}", "path", "/a/{slug}"),
            ("", "glob", "/a/(.*)", "regex", "^/a/(.*)$"),
            ("", "glob", "/a/:slug/**", "path", "/a/{slug}/{*rest}"),
        ];
        for (words, key, text, own, expected) in rows {
            assert_eq!(form(words, key, text), Some((own, expected.to_owned())), "[{words}] {key} {text}");
        }
        let without = [
            ("lower", "path", "/a/([A-Z]+)"),
            ("", "path", "/a/:b/:b"),
            ("", "glob", "/a/{b}/*"),
            ("", "path", "/a/*/../b"),
        ];
        for (words, key, text) in without {
            assert_eq!(form(words, key, text), None, "[{words}] {key} {text}");
        }
    }
}
