//! Targets and request headers in another tool's syntax: the warning, and the text that is meant.

use std::ops::Range;

use crate::route::pattern::PathPattern;
use crate::route::target::Hole;

use super::own_name;
use super::references::{Reference, Referred, RequestPart, references};
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, codes};
use crate::text::quoted;

/// Parts that are pointed at in one text.
const MAX_LABELS: usize = 8;
/// Names that are listed.
const MAX_NAMES: usize = 12;

/// What can fill the holes of a target.
#[derive(Clone, Debug)]
pub(crate) struct Fillers<'r> {
    pub(crate) path: &'r PathPattern,
    pub(crate) names: Vec<(String, Hole)>,
}

/// What fills them as the route is written, and what would with the path that is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'c, 'r> {
    pub(crate) now: &'c Fillers<'r>,
    pub(crate) meant: Option<&'c Fillers<'r>>,
}

/// Where the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetPlace {
    /// A `rewrite` or `redirect`.
    Url,
    /// The value of a header.
    Header,
}

/// A text that refers to a request as another tool would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignTarget {
    pub(crate) parts: Vec<Range<usize>>,
    /// What to do.
    pub(crate) help: String,
}

/// Whether a text has anything to look at: names are worked out only then.
pub(crate) fn refers(text: &str) -> bool {
    !references(text).is_empty()
}

/// Looks at a text; `is_sound` tells whether another has no fault beside some fillers.
pub(crate) fn look<'r>(
    written: TargetPlace,
    text: &str,
    fillers: Choice<'_, 'r>,
    is_sound: impl Fn(&str, &Fillers<'r>) -> bool,
) -> Option<ForeignTarget> {
    let Choice { now, meant } = fillers;
    let all = references(text);
    let best = meant.unwrap_or(now);
    let refers = |found: &Reference| now.counts(written, text, found) || best.counts(written, text, found);
    let found: Vec<Reference> = all.into_iter().filter(refers).collect();
    let first = found.first()?;
    let made = |fillers: &Fillers<'r>| fillers.own_form(written, text, &found).filter(|form| is_sound(form, fillers));
    let help = match (made(now), meant.and_then(made)) {
        (Some(form), _) => format!("write `{form}`"),
        (None, Some(form)) => format!("beside the path that is meant it is `{form}`"),
        (None, None) => best.what_there_is(text, first),
    };
    Some(ForeignTarget { parts: found.into_iter().map(|found| found.part).collect(), help })
}

impl ForeignTarget {
    /// Makes a warning of it; `what` is the text in words.
    pub(crate) fn report(self, findings: &mut Findings, what: &str, text: &TextValue<'_>) {
        let mut parts = self.parts.into_iter();
        let Some(first) = parts.next() else { return };
        let written = text.text.get(first.clone()).unwrap_or_default();
        let message = format!("{what} has `{written}`, which is sent as text");
        let report = findings.report(&codes::FOREIGN_TARGET, text.part(first), message).label("nothing fills it");
        let others = parts.take(MAX_LABELS - 1);
        others.fold(report, |report, part| report.also(text.part(part), "nor this")).help(self.help);
    }
}

impl Fillers<'_> {
    /// Where the path or a condition has an error, no name is known.
    pub(crate) fn unknown() -> Fillers<'static> {
        Fillers { path: &PathPattern::Any, names: Vec::new() }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|(known, _)| known == name)
    }

    /// Whether the path takes more than one path, so that something of it may be wanted.
    fn is_open(&self) -> bool {
        self.path.each().iter().any(|one| !matches!(one, PathPattern::Exact(_) | PathPattern::Map(_)))
    }

    fn has_own(&self) -> bool {
        self.names.len() > Hole::BUILT_IN.len()
    }

    /// Whether a part refers to something, and is not a text that is meant.
    fn counts(&self, written: TargetPlace, text: &str, found: &Reference) -> bool {
        let is_url = written == TargetPlace::Url;
        match &found.to {
            Referred::Number(_) | Referred::OfCondition(_) => is_url || self.has_own(),
            Referred::Colon(name) => {
                let begins_segment = text.get(..found.part.start).is_some_and(|before| before.ends_with('/'));
                is_url && (self.has(own_name(name)) || (begins_segment && self.is_open()))
            }
            Referred::Dollar(name) => self.has(own_name(name)),
            Referred::Star => is_url && self.is_open(),
            Referred::Splat => is_url,
            Referred::Braced(_) | Referred::Variable(_) => true,
        }
    }

    /// The text in our own syntax, where there is one.
    fn own_form(&self, written: TargetPlace, text: &str, found: &[Reference]) -> Option<String> {
        let mut made = String::new();
        let mut done = 0;
        for Reference { part, to } in found {
            made += text.get(done..part.start)?;
            let name = self.name_of(to);
            match (to, name) {
                (Referred::Variable(RequestPart::Query), _) if written == TargetPlace::Url => {
                    made.truncate(made.trim_end_matches(['?', '&']).len());
                }
                (Referred::Variable(RequestPart::Scheme), _) if written == TargetPlace::Url => made += "https",
                (_, Some(name)) => {
                    // A prefix's rest and the whole path have a slash of their own.
                    if self.begins_path(&name) && written == TargetPlace::Url {
                        made.truncate(made.trim_end_matches('/').len());
                    }
                    made += &format!("{{{name}}}");
                }
                (_, None) => return None,
            }
            done = part.end;
        }
        made += text.get(done..)?;
        Some(made)
    }

    fn begins_path(&self, name: &str) -> bool {
        name == "path" || (name == "rest" && self.path.key() == "prefix")
    }

    /// The name of the hole that is meant.
    fn name_of(&self, to: &Referred) -> Option<String> {
        match to {
            Referred::Number(number) => self.of_path(*number),
            Referred::OfCondition(number) => {
                let groups = self.names.iter().filter(|(_, hole)| matches!(hole, Hole::Group { .. }));
                groups.map(|(name, _)| name.clone()).nth(number.checked_sub(1)?)
            }
            Referred::Colon(name) | Referred::Dollar(name) | Referred::Braced(name) => {
                Some(own_name(name).to_owned()).filter(|name| self.has(name))
            }
            Referred::Splat | Referred::Star => self.splat(),
            Referred::Variable(RequestPart::Path) => Some("path".to_owned()),
            Referred::Variable(RequestPart::Host) => Some("host".to_owned()),
            Referred::Variable(RequestPart::Query | RequestPart::Scheme | RequestPart::Other) => None,
        }
    }

    /// The capture of the path that a number means.
    fn of_path(&self, number: usize) -> Option<String> {
        let names = self.path.capture_names();
        match self.path {
            PathPattern::Any => (number == 1).then(|| "path".to_owned()),
            PathPattern::Regex(_) => Some(number.to_string()).filter(|name| self.has(name)),
            _ => names.get(number.checked_sub(1)?).map(|(name, _)| name.clone()),
        }
    }

    /// What a star took.
    fn splat(&self) -> Option<String> {
        match self.path {
            PathPattern::Any => Some("path".to_owned()),
            PathPattern::Template(template) => template.rest.clone(),
            PathPattern::Regex(regex) => {
                let groups = regex.group_names();
                groups.iter().rposition(Option::is_none).filter(|group| *group > 0).map(|group| group.to_string())
            }
            _ => self.path.capture_names().pop().map(|(name, _)| name),
        }
    }

    /// What can be written where no form is known.
    fn what_there_is(&self, text: &str, first: &Reference) -> String {
        let in_host = text.find("://").is_some_and(|at| {
            let end = text.get(at + 3..).and_then(|rest| rest.find('/')).map_or(text.len(), |slash| at + 3 + slash);
            first.part.start < end
        });
        let is_host = in_host && first.to == Referred::Variable(RequestPart::Host);
        let is_whole =
            text.get(first.part.end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['$', '%', '{']));
        if is_host && !is_whole {
            return "a redirect without a host stays on the viewer's: begin it with `/`, or write another host as text"
                .to_owned();
        }
        if is_host && text.starts_with("https://") {
            return "CloudFront leads http to https by itself: set the viewer protocol policy of the behavior, and remove \
                    the route; another host is written as text"
                .to_owned();
        }
        if in_host && matches!(first.to, Referred::Variable(_)) {
            return "write the host as text, such as `https://www.example.com{path}`".to_owned();
        }
        let names: Vec<String> = self.names.iter().take(MAX_NAMES).map(|(name, _)| format!("{{{name}}}")).collect();
        if names.is_empty() {
            return "what a target is filled with is written in braces: `{name}`, `{1}`".to_owned();
        }
        let names = quoted(&names);
        match (&first.to, self.path) {
            (Referred::Number(number), PathPattern::Regex(_)) => {
                format!("the regex has no group {number}; the route has {names}")
            }
            (_, PathPattern::Glob(_)) => {
                format!("a glob captures nothing; a `path` or `regex` in its place does, and the route has {names}")
            }
            _ => format!("what a target is filled with is written in braces; the route has {names}"),
        }
    }
}
