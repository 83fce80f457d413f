//! Netlify's `_redirects`: kubernetes.io and babeljs.io.

use crossfade::route::Url;

use crate::data;
use crate::table::{Answer, Text, ask, key};
use crate::tally::Tally;

pub(crate) fn kubernetes_io_is_redirected_as_its_file_says() {
    let text = data::text("redirects/kubernetes-website._redirects");
    replay(&text).is("rows 496 = converted 493 + 3 with a `*` in the middle; checked 1002 = agreed 1002");
}

pub(crate) fn babeljs_io_is_redirected_as_its_file_says() {
    let text = data::text("redirects/babel-website._redirects");
    replay(&text).is("rows 127 = converted 127; checked 294 = agreed 294");
}

/// One line of the file.
struct Rule<'a> {
    host: Option<&'a str>,
    from: &'a str,
    to: &'a str,
    status: u16,
}

impl<'a> Rule<'a> {
    fn parse(line: &'a str) -> Result<Rule<'a>, &'static str> {
        let (from, to, status) = match line.split_whitespace().collect::<Vec<_>>()[..] {
            [from, to] => (from, to, "301"),
            [from, to, status] => (from, to, status),
            _ => return Err("with conditions on country or language"),
        };
        let url = Url::split(from);
        let stars = url.path.matches('*').count();
        if stars > 1 || (stars == 1 && !url.path.ends_with('*')) {
            return Err("with a `*` in the middle");
        }
        let status = status.trim_end_matches('!').parse().expect("a status");
        Ok(Rule { host: url.host(), from: url.path, to, status })
    }

    /// The path condition: Netlify ignores a slash at the end, and `/a/*` takes `/a` too.
    fn regex(&self) -> String {
        let from = self.from.trim_end_matches('/');
        let Some(before) = from.strip_suffix('*') else { return format!("^{}$", self.segments(from)) };
        match before.strip_suffix('/') {
            Some(folder) => format!("^{}(?:/(?<splat>.*))?$", self.segments(folder)),
            None => format!("^{}(?<splat>.*)$", self.segments(before)),
        }
    }

    fn segments(&self, path: &str) -> String {
        let segment = |text: &str| match text.strip_prefix(':') {
            Some(name) => format!("(?<{name}>[^/]+)"),
            None => regex::escape(text),
        };
        path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    fn target(&self, names: &[&str], wrap: impl Fn(&str) -> String) -> String {
        names.iter().fold(self.to.to_owned(), |to, name| to.replace(&format!(":{name}"), &wrap(name)))
    }

    /// Paths that the rule takes, to be asked for.
    fn samples(&self) -> Vec<String> {
        let filled = self.from.replace(":build", "123").replace(":version", "7.1.0");
        let Some(before) = filled.strip_suffix('*') else {
            return vec![filled.trim_end_matches('/').to_owned(), format!("{}/", filled.trim_end_matches('/'))];
        };
        vec![
            before.to_owned(),
            before.trim_end_matches('/').to_owned(),
            format!("{before}x"),
            format!("{before}x/y.html"),
        ]
    }
}

fn replay(text: &str) -> Tally {
    let mut tally = Tally::default();
    let mut rules = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match Rule::parse(line) {
            Ok(rule) => {
                tally.converted();
                rules.push(rule);
            }
            Err(reason) => tally.left_out(reason),
        }
    }
    let table = table_of(&rules).load();
    let oracle: Vec<(&Rule<'_>, regex::Regex)> =
        rules.iter().map(|rule| (rule, regex::Regex::new(&rule.regex()).expect("a rule is a regex"))).collect();
    for rule in &rules {
        for path in rule.samples().into_iter().filter(|path| !path.is_empty()) {
            let url = format!("https://{}{path}", rule.host.unwrap_or("www.example.com"));
            let stripped = if path == "/" { "/" } else { path.trim_end_matches('/') };
            let expected = plain(&oracle, rule.host, stripped);
            tally.check(&url, &expected, &ask(&table, &url), None);
        }
    }
    tally
}

/// The first rule, in the order of the file, that takes a path, read plainly.
fn plain(oracle: &[(&Rule<'_>, regex::Regex)], host: Option<&str>, path: &str) -> Answer {
    for (rule, regex) in oracle.iter().filter(|(rule, _)| rule.host.is_none() || rule.host == host) {
        let Some(groups) = regex.captures(path) else { continue };
        let names: Vec<&str> = regex.capture_names().flatten().collect();
        let text = |name: &str| groups.name(name).map_or("", |group| group.as_str()).to_owned();
        let to = rule.target(&names, text);
        return if rule.status != 200 {
            Answer::Redirect(rule.status, to)
        } else {
            let url = Url::split(&to);
            Answer::Origin(url.host().map_or("legacy", |_| "other").to_owned(), url.path.to_owned())
        };
    }
    Answer::Default
}

fn table_of(rules: &[Rule<'_>]) -> Text {
    let mut table = Text::new("trailing_slash = \"strip\"");
    table.origin("other", "circleci.com", "https");
    for rule in rules {
        let regex = rule.regex();
        let from = rule.from.trim_end_matches('/');
        let names: Vec<&str> =
            ["splat", "build", "version"].into_iter().filter(|n| regex.contains(&format!("<{n}>"))).collect();
        let to = rule.target(&names, |name| format!("{{{name}}}"));
        let path = match from {
            "" => key("path", "/"),
            _ if names.is_empty() => key("path", from),
            _ => key("regex", &regex),
        };
        let host = rule.host.map(|host| key("host", host));
        let action = if rule.status != 200 {
            vec![key("redirect", &to), format!("status = {}", rule.status)]
        } else {
            let url = Url::split(&to);
            vec![key("origin", url.host().map_or("legacy", |_| "other")), key("rewrite", url.path)]
        };
        table.route(&[vec![path], host.into_iter().collect(), action].concat());
    }
    table
}
