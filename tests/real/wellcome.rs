//! wellcomecollection.org: the tables of its own Lambda@Edge origin-request function.

use serde_json::{Map, Value};

use crate::data;
use crate::table::{Answer, Text, ask, key, quoted};
use crate::tally::Tally;

pub(crate) fn its_redirects_by_path_and_by_query_hold() {
    let text = data::text("redirects/wellcomecollection.org.edge-redirects.json");
    let tables: Value = serde_json::from_str(&text).expect("the tables are JSON");
    let object = |name: &str| tables[name].as_object().expect("a table is an object");
    let mut tally = Tally::default();
    let mut table = Text::new("trailing_slash = \"strip\"");
    let literal: Vec<(&str, &str)> =
        object("literalRedirects").iter().map(|(from, to)| (from.as_str(), to.as_str().expect("a text"))).collect();
    table.map(&[key("query_string", "drop"), "status = 301".into()], literal.iter().copied());
    literal.iter().for_each(|_| tally.converted());
    for (from, rules) in object("queryRedirects") {
        for rule in rules.as_array().expect("a list") {
            if rule["modifiedParams"].is_object() {
                tally.left_out("that renames query parameters");
            } else {
                tally.converted();
                table.route(&by_query(from, rule));
            }
        }
    }
    for (from, to) in object("pathRedirects") {
        tally.converted();
        let to = format!("{}{{rest}}", to.as_str().expect("a text"));
        table.route(&[key("prefix", from), key("redirect", &to), "status = 301".into()]);
    }
    let table = table.load();
    for (from, to) in &literal {
        for asked in [(*from).to_owned(), format!("{from}/"), format!("{from}?x=1")] {
            tally.check(&asked, &Answer::Redirect(301, (*to).to_owned()), &ask(&table, &asked), None);
        }
    }
    let rows = [
        ("/articles/new-one?page=2", Answer::Redirect(301, "/stories/new-one?page=2".into())),
        ("/works?query=sun&x=1&page=2", Answer::Redirect(302, "/search/works?query=sun&page=2".into())),
        ("/images?color=ff0000&query=a", Answer::Redirect(302, "/search/images?color=ff0000&query=a".into())),
        ("/works/abc", Answer::Default),
    ];
    for (asked, expected) in rows {
        tally.check(asked, &expected, &ask(&table, asked), None);
    }
    tally.is("rows 99 = converted 98 + 1 that renames query parameters; checked 289 = agreed 289");
}

/// A path, some of whose query must be so, and of which some is kept.
fn by_query(from: &str, rule: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let none = Map::new();
    let matched = rule["matchParams"].as_object().unwrap_or(&none).iter();
    let query: Vec<String> =
        matched.map(|(name, value)| format!("{} = {}", quoted(name), quoted(&text(value)))).collect();
    let kept: Vec<String> =
        rule["forwardParams"].as_array().expect("a list").iter().map(|name| quoted(&text(name))).collect();
    let mut keys = vec![key("path", from), key("redirect", &text(&rule["redirectPath"]))];
    keys.push(format!("query_string = [{}]", kept.join(", ")));
    if !query.is_empty() {
        keys.push(format!("query = {{ {} }}", query.join(", ")));
    }
    keys
}
