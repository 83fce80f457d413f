//! phila.gov: the rule table of a real Lambda@Edge router, regexes that are tried one after the other.

use crossfade::route::Url;

use crate::data;
use crate::table::{Answer, Text, ask, key};
use crate::tally::Tally;

/// `PATTERN STATUS TARGET`: the pattern ignores case, is anchored in front, and takes a slash at its end.
struct Rule<'a> {
    pattern: String,
    plain: Option<&'a str>,
    status: u16,
    target: &'a str,
}

pub(crate) fn the_city_s_rules_answer_as_a_plain_walk_over_its_regexes() {
    let text = data::text("redirects/phila.gov-router.2023-01-01.rules.txt");
    let mut tally = Tally::default();
    let mut rules = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(pattern), Some(status), Some(target)) = (words.next(), words.next(), words.next()) else {
            panic!("{line}")
        };
        let rule = Rule::new(pattern, status.parse().expect("a status"), target);
        if regex::Regex::new(&rule.pattern).is_err() {
            tally.left_out("with a regex that no linear engine takes");
        } else if let Some(reason) = rule.cannot_be_said() {
            tally.left_out(reason);
        } else {
            tally.converted();
            rules.push(rule);
        }
    }
    let table = table_of(&rules).load();
    let oracle: Vec<(&Rule<'_>, regex::Regex)> =
        rules.iter().map(|rule| (rule, regex::Regex::new(&rule.pattern).expect("it was tried above"))).collect();
    for path in rules.iter().flat_map(Rule::samples) {
        tally.check(&path, &plain(&oracle, &path), &ask(&table, &path), None);
    }
    tally.is("rows 1330 = converted 1329 + 1 with a fragment in the source, which no server sees; \
         checked 5897 = agreed 5897");
}

impl<'a> Rule<'a> {
    fn new(pattern: &'a str, status: u16, target: &'a str) -> Rule<'a> {
        let plain = (!pattern.contains(['(', '*', '?', '[', '+', '|', '\\', '^', '$'])).then_some(pattern);
        let front = if pattern.starts_with('^') { "" } else { "^" };
        let back = if pattern.ends_with('$') { "" } else { "/?$" };
        Rule { pattern: format!("(?i){front}{pattern}{back}"), plain, status, target }
    }

    fn cannot_be_said(&self) -> Option<&'static str> {
        self.pattern.contains('#').then_some("with a fragment in the source, which no server sees")
    }

    fn target(&self) -> String {
        (1..4).fold(self.target.to_owned(), |target, n| target.replace(&format!("${n}"), &format!("{{{n}}}")))
    }

    /// Paths that the rule takes, and some that it nearly takes.
    fn samples(&self) -> Vec<String> {
        let Some(plain) = self.plain else {
            let filled = self.pattern.trim_start_matches("(?i)^").trim_end_matches("/?$").trim_end_matches('$');
            let filled = filled.replace("(.*)", "a/b.html").replace(".*", "x").replace("/?", "/");
            let simple = !filled.contains(['(', '*', '?', '[', '+', '|', '\\', '^', '$']);
            return if simple { vec![filled.clone(), filled.to_uppercase()] } else { Vec::new() };
        };
        let bare = plain.trim_end_matches('/');
        [bare.to_owned(), format!("{bare}/"), bare.to_uppercase(), format!("{bare}x"), format!("{bare}/x")]
            .into_iter()
            .filter(|path| path.starts_with('/'))
            .collect()
    }
}

/// The first rule whose regex is found.
fn plain(oracle: &[(&Rule<'_>, regex::Regex)], path: &str) -> Answer {
    for (rule, regex) in oracle {
        let Some(groups) = regex.captures(path) else { continue };
        let group = |n: usize| groups.get(n).map_or("", |group| group.as_str());
        let made = (1..4).fold(rule.target.to_owned(), |target, n| target.replace(&format!("${n}"), group(n)));
        return match rule.status {
            200 => Answer::Origin(origin_id(&made), Url::split(&made).path.to_owned()),
            status => Answer::Redirect(status, made),
        };
    }
    Answer::Default
}

fn table_of(rules: &[Rule<'_>]) -> Text {
    let mut table = Text::new("merge_slashes = false");
    let mut origins = Vec::new();
    for rule in rules {
        let target = rule.target();
        let action = if rule.status == 200 {
            let url = Url::split(&target);
            let (scheme, host) = (url.scheme.expect("absolute"), url.host().expect("absolute"));
            let id = origin_id(&target);
            if !origins.contains(&id) {
                table.origin(&id, host, scheme);
                origins.push(id.clone());
            }
            vec![key("origin", &id), key("rewrite", url.path)]
        } else {
            vec![key("redirect", &target), format!("status = {}", rule.status)]
        };
        table.route(&[vec![key("regex", &rule.pattern)], action].concat());
    }
    table
}

/// `http://a.b.c/x` is the origin `a-b-c`.
fn origin_id(url: &str) -> String {
    Url::split(url).host().unwrap_or_default().replace('.', "-")
}
