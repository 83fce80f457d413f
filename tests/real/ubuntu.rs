//! ubuntu.com: 1,230 regexes in the order in which they are tried, and 820 paths that were really asked for.

use crossfade::route::{Canonical, Url};

use crate::data;
use crate::table::{Answer, Text, ask, key};
use crate::tally::Tally;

pub(crate) fn asked_paths_are_redirected_as_a_plain_walk_over_the_regexes_says() {
    let text = data::text("redirects/ubuntu.com.redirects.yaml");
    let asked = data::text("urls/ubuntu.com.requested-paths.txt");
    let mut tally = Tally::default();
    let mut table = Text::new("");
    let mut oracle = Vec::new();
    for (pattern, target) in text.lines().filter_map(entry) {
        // The pattern is matched whole, against the decoded path; ours are matched in the normal form.
        let pattern = format!("^/{}$", percent(pattern)).replace("(?P<path>", "(?P<path_>");
        // `{path}` is the whole path here, whatever a group is named.
        let target = target.replace("{path}", "{path_}");
        match regex::Regex::new(&pattern) {
            Err(_) => tally.left_out("with a look-around"),
            Ok(_) if pattern.contains("//") || pattern.contains("\\]") => {
                tally.left_out("with a typo that no path in normal form can match");
            }
            Ok(_) if !target.starts_with('/') && !target.contains("://") => {
                tally.left_out("with a target that is neither path nor URL");
            }
            Ok(regex) => {
                tally.converted();
                table.route(&[key("regex", &pattern), key("redirect", &target)]);
                oracle.push((regex, target));
            }
        }
    }
    let table = table.load();
    for asked in asked.lines() {
        let url = Url::split(asked);
        let path = Canonical::default().normalize(url.path).as_str().to_owned();
        let expected =
            plain(&oracle, &path).map_or(Answer::Default, |to| Answer::Redirect(302, with_query(&to, url.query)));
        tally.check(asked, &expected, &ask(&table, asked), None);
    }
    tally.is("rows 1230 = converted 1220 + 2 with a look-around \
         + 2 with a target that is neither path nor URL + 6 with a typo that no path in normal form can match; \
         checked 820 = agreed 820");
}

/// `pattern: "target"`, either of them quoted or not.
fn entry(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('#') || line.trim().is_empty() {
        return None;
    }
    let (pattern, target) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\": "),
        None => line.split_once(": "),
    }
    .unwrap_or_else(|| panic!("{line}"));
    let target = target.split(" #").next().unwrap_or_default();
    Some((pattern, target.trim().trim_matches(['"', '\''])))
}

/// The pattern as it is met in the normal form: spaces and letters beyond ASCII escaped.
fn percent(pattern: &str) -> String {
    let escape = |byte: u8| match byte {
        b' ' | 0x80.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    pattern.bytes().map(escape).collect()
}

/// The target of the first regex that matches, its names filled.
fn plain(oracle: &[(regex::Regex, String)], path: &str) -> Option<String> {
    oracle.iter().find_map(|(regex, target)| {
        let groups = regex.captures(path)?;
        let names = regex.capture_names().flatten();
        let text = |name: &str| groups.name(name).map_or("", |group| group.as_str());
        Some(names.fold(target.clone(), |made, name| made.replace(&format!("{{{name}}}"), text(name))))
    })
}

fn with_query(target: &str, query: Option<&str>) -> String {
    let (before, fragment) = target.split_at(target.find('#').unwrap_or(target.len()));
    match query {
        None | Some("") => target.to_owned(),
        Some(query) if before.contains('?') => format!("{before}&{query}{fragment}"),
        Some(query) => format!("{before}?{query}{fragment}"),
    }
}
