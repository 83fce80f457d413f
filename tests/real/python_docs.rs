//! docs.python.org: nginx locations, and the 8,976 requests with which their maintainers test them.

use crate::data;
use crate::table::{Answer, Text, ask, key};
use crate::tally::Tally;

pub(crate) fn the_maintainers_expectations_of_their_nginx_rules_hold() {
    let rules = data::text("redirects/docs.python.org.nginx-redirects.conf");
    let expected = data::text("redirects/docs.python.org.expected.hurl");
    let mut tally = Tally::default();
    let mut locations: Vec<Location<'_>> = Location::all(&rules);
    // nginx asks exact locations first, then `^~`, then regexes in order.
    locations.sort_by_key(|location| ["=", "^~", "~"].iter().position(|kind| *kind == location.kind));
    let mut table = Text::new("");
    for location in &locations {
        match location.route() {
            Ok(keys) => {
                tally.converted();
                table.route(&keys);
            }
            Err(reason) => tally.left_out(reason),
        }
    }
    let table = table.load();
    for Expectation { path, status, location } in Expectation::all(&expected) {
        let answer = match ask(&table, &path) {
            Answer::Redirect(status, to) if to.starts_with('/') => {
                Answer::Redirect(status, format!("https://localhost{to}"))
            }
            Answer::Origin(..) => Answer::Default,
            other => other,
        };
        let wanted = match location {
            Some(location) => Answer::Redirect(status, location.replace("http://", "https://")),
            None => Answer::Default,
        };
        let excuse =
            location.filter(|to| to.ends_with(":$request_uri.html")).map(|_| "needs to know which files exist");
        tally.check(&path, &wanted, &answer, excuse);
    }
    tally.is("rows 65 = converted 64 + 1 with a look-ahead; checked 8976 = agreed 8976");
}

/// One `location` block.
struct Location<'a> {
    kind: &'a str,
    pattern: &'a str,
    /// Status and target of its `return`, where it has one outside any `if`.
    answer: Option<(&'a str, &'a str)>,
}

impl<'a> Location<'a> {
    fn all(text: &'a str) -> Vec<Location<'a>> {
        let mut all: Vec<Location<'a>> = Vec::new();
        let mut inside_if = false;
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), all.last_mut()) {
                (["location", kind, pattern, "{"], _) => all.push(Location { kind, pattern, answer: None }),
                (["if", ..], _) => inside_if = true,
                (["}"], _) => inside_if = false,
                (["return", status, target], Some(last)) if !inside_if => {
                    last.answer = Some((status, target.trim_end_matches(';')));
                }
                _ => {}
            }
        }
        all
    }

    fn route(&self) -> Result<Vec<String>, &'static str> {
        if regex::Regex::new(self.pattern).is_err() && self.kind == "~" {
            return Err("with a look-ahead");
        }
        let path = match self.kind {
            "=" => key("path", self.pattern),
            "~" => key("regex", self.pattern),
            _ => key("regex", &format!("^/({}.*)$", regex::escape(self.pattern.trim_start_matches('/')))),
        };
        let Some((status, target)) = self.answer else { return Ok(vec![path, key("origin", "legacy")]) };
        // The site's own name is left out: a relative location stays on the host that was asked.
        let target = target.replace("$scheme://$host", "").replace("https://$host", "").replace("$request_uri", "/{1}");
        let target = (1..4).fold(target, |target, n| target.replace(&format!("${n}"), &format!("{{{n}}}")));
        Ok(vec![path, key("redirect", &target), format!("status = {status}"), key("query_string", "drop")])
    }
}

/// One request of a Hurl file.
struct Expectation<'a> {
    path: String,
    status: u16,
    location: Option<&'a str>,
}

impl<'a> Expectation<'a> {
    fn all(text: &'a str) -> Vec<Expectation<'a>> {
        let mut all: Vec<Expectation<'a>> = Vec::new();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("GET {{host}}") {
                all.push(Expectation { path: path.trim().to_owned(), status: 0, location: None });
            } else if let (Some(status), Some(last)) = (line.strip_prefix("HTTP "), all.last_mut()) {
                last.status = status.trim().parse().expect("a status");
            } else if let (Some(location), Some(last)) = (line.strip_prefix("header \"Location\" == "), all.last_mut())
            {
                last.location = Some(location.trim().trim_matches('"'));
            }
        }
        all
    }
}
