//! What fills the holes of a route's targets and headers: what its path, its host and the regexes of its conditions
//! captured.

use super::condition::{Asked, Condition, ValueTest};
use super::definition::Route;
use super::fact::Fact;
use super::pattern::{Captures, PathPattern};
use super::target::{Captured, Hole, Source, Unsafe};

/// The names that a route's own holes may have, with what fills them; those of [`Hole::BUILT_IN`] come beside them. A name
/// that two things fill comes twice.
#[must_use]
pub fn hole_names(path: &PathPattern, conditions: &[Condition]) -> Vec<(String, Hole)> {
    let of_path = path.capture_names().into_iter().map(|(name, number)| (name, Hole::Capture(number)));
    let of_conditions = conditions.iter().enumerate().flat_map(|(at, condition)| of_condition(at, &condition.test));
    of_path.chain(of_conditions).collect()
}

fn of_condition(condition: usize, test: &ValueTest) -> Vec<(String, Hole)> {
    match test {
        ValueTest::Regex(regex) => {
            let groups = regex.group_names().into_iter().enumerate();
            groups.filter_map(|(group, name)| Some((name?, Hole::Group { condition, group }))).collect()
        }
        // A name is filled where each of the hosts has it.
        ValueTest::HostIn(hosts) => {
            let name = hosts.first().and_then(|host| host.capture());
            let name = name.filter(|name| hosts.iter().all(|host| host.capture() == Some(name)));
            name.map(|name| (name.to_owned(), Hole::HostLabel)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Hole {
    /// The fact that fills it, beside the path; `None` where that is the path, or a condition's, which is read anyway.
    #[must_use]
    pub fn fact(self) -> Option<Fact> {
        match self {
            Hole::Host | Hole::HostLabel => Some(Fact::Host),
            Hole::Capture(_) | Hole::Group { .. } | Hole::Path => None,
        }
    }
}

/// The texts of the holes of a request that a route takes.
#[derive(Debug)]
pub(super) struct HoleTexts<'a> {
    route: &'a Route,
    asked: &'a Asked<'a>,
    /// The path in normal form, but in the case that it came in.
    own_case: &'a str,
    captures: Captures<'a>,
}

impl<'a> HoleTexts<'a> {
    /// Looks for what the path captured.
    pub(super) fn new(route: &'a Route, asked: &'a Asked<'a>, own_case: &'a str) -> HoleTexts<'a> {
        let captures = route.path.captures(asked.path, own_case);
        HoleTexts { route, asked, own_case, captures }
    }

    /// What fills a hole.
    ///
    /// # Errors
    /// The viewer's host, which is to fill it, is not known.
    pub(super) fn text(&self, hole: Hole) -> Result<Captured<'a>, Unsafe> {
        let of_path = |text: &'a str| Captured { text: text.into(), source: Source::Path };
        match hole {
            Hole::Path => Ok(of_path(self.own_case)),
            Hole::Capture(number) => Ok(of_path(self.captures.get(number).copied().unwrap_or_default())),
            Hole::Group { condition, group } => Ok(self.group(condition, group)),
            Hole::Host => self.host(|host| host),
            Hole::HostLabel => self.host(|host| host.split('.').next().unwrap_or_default()),
        }
    }

    fn host(&self, part: fn(&str) -> &str) -> Result<Captured<'a>, Unsafe> {
        let host = self.asked.host.ok_or(Unsafe::UnknownHost)?;
        Ok(Captured { text: part(host).to_ascii_lowercase().into(), source: Source::Other })
    }

    fn group(&self, condition: usize, group: usize) -> Captured<'a> {
        let condition = self.route.conditions.get(condition);
        let groups = condition.map(|condition| condition.groups(self.asked.request)).unwrap_or_default();
        let source = match condition.map(|condition| &condition.fact) {
            Some(Fact::Query(_)) => Source::Query,
            _ => Source::Other,
        };
        Captured { text: groups.get(group).copied().unwrap_or_default().into(), source }
    }
}
