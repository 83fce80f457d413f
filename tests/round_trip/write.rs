//! A definition as the text that a person could have written for it.

use std::fmt::Write;

use crossfade::requests::RequestLine;
use crossfade::route::canonical::{LetterCase, PathParameters, Slashes, TrailingSlash};
use crossfade::route::condition::ValueTest;
use crossfade::route::pattern::{MapRow, PathPattern, RedirectMap, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{
    Action, Behaviors, Caching, Condition, Definition, OriginAction, RequestHeader, ResponseHeaders, Route, Told,
    hole_names,
};

/// The text of `routes.toml`, and its redirect maps by name.
pub(crate) fn write(definition: &Definition) -> (String, Vec<(String, String)>) {
    let mut out = String::new();
    let canonical = &definition.canonical;
    writeln!(out, "schema = 1\ndefault = {}", text(&definition.origins[definition.default].id)).unwrap();
    writeln!(out, "[function]\nmemory_mb = {}", definition.memory.0).unwrap();
    writeln!(out, "[canonical]").unwrap();
    writeln!(out, "case = \"{}\"", if canonical.case == LetterCase::Lower { "lower" } else { "keep" }).unwrap();
    let strip = canonical.trailing_slash == TrailingSlash::Strip;
    writeln!(out, "trailing_slash = \"{}\"", if strip { "strip" } else { "keep" }).unwrap();
    writeln!(out, "merge_slashes = {}", canonical.slashes == Slashes::Merge).unwrap();
    writeln!(out, "refuse = {}", list(canonical.refuse.texts())).unwrap();
    let cut = canonical.path_parameters == PathParameters::Strip;
    writeln!(out, "path_parameters = \"{}\"", if cut { "strip" } else { "keep" }).unwrap();
    out.push_str(ORIGINS);
    write_behaviors(&mut out, definition);
    let mut maps = Vec::new();
    for route in &definition.routes {
        write_route(&mut out, definition, route, &mut maps);
    }
    (out, maps)
}

/// What `tables::origins` has.
const ORIGINS: &str = r#"
[cohorts.early]
share_percent = 5
[languages]
offered = ["pt-BR", "es"]
cookie = "lang"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
host = "viewer"
[origins.cms]
side = "new"
type = "custom"
domain = "cms.example.com"
[origins.site]
side = "new"
type = "s3"
domain = "site-bucket.s3.sa-east-1.amazonaws.com"
region = "sa-east-1"
"#;

/// Nothing where there is one behavior, with the bucket configured: so it is without `[[behavior]]`.
fn write_behaviors(out: &mut String, definition: &Definition) {
    let Behaviors { by_pattern, default } = &definition.behaviors;
    if definition.behaviors == Behaviors::one(2) {
        return;
    }
    let id = |at: usize| text(&definition.origins[at].id);
    let patterns = by_pattern.iter().map(|(pattern, behavior)| (Some(pattern), behavior));
    for (pattern, behavior) in patterns.chain([(None, default)]) {
        writeln!(out, "[[behavior]]\nconfigured_origin = {}", id(behavior.configured)).unwrap();
        if let Some(pattern) = pattern {
            writeln!(out, "path_pattern = {}", text(&pattern.to_string())).unwrap();
        }
        if let Some(failover) = behavior.failover {
            writeln!(out, "failover = {}", id(failover)).unwrap();
        }
        let caching = if behavior.caching == Caching::On { "on" } else { "off" };
        writeln!(out, "caching = \"{caching}\"\nrouter = {}", behavior.is_routed).unwrap();
    }
}

fn write_route(out: &mut String, definition: &Definition, route: &Route, maps: &mut Vec<(String, String)>) {
    writeln!(out, "\n[[route]]\nid = {}", text(&route.id)).unwrap();
    match &route.path {
        PathPattern::Any => {}
        PathPattern::AnyOf(several) => {
            let each = several.iter().map(|one| match one {
                PathPattern::Template(template) => template_text(template),
                one => one.to_string(),
            });
            writeln!(out, "{} = {}", route.path.key(), list(&each.collect::<Vec<_>>())).unwrap();
        }
        PathPattern::Exact(path) => writeln!(out, "path = {}", text(path)).unwrap(),
        PathPattern::Template(template) => writeln!(out, "path = {}", text(&template_text(template))).unwrap(),
        PathPattern::Prefix(prefix) => {
            let prefix = if prefix.is_empty() { "/" } else { prefix };
            writeln!(out, "prefix = {}", text(prefix)).unwrap();
        }
        PathPattern::Glob(glob) => writeln!(out, "glob = {}", text(glob.text())).unwrap(),
        PathPattern::Regex(regex) => writeln!(out, "regex = {}", text(regex.text())).unwrap(),
        PathPattern::Map(map) => {
            let name = format!("maps/{}.csv", route.id);
            maps.push((name.clone(), csv(map)));
            writeln!(out, "redirect_map = {}", text(&name)).unwrap();
            if !map.names.is_empty() {
                writeln!(out, "map_query = {}", list(&map.names)).unwrap();
            }
        }
    }
    write_conditions(out, &route.conditions);
    write_action(out, definition, route);
}

/// The rows of a map, of every second one under a header with the columns in another order and one that nobody reads.
fn csv(map: &RedirectMap) -> String {
    let status = |row: &MapRow| row.status.map_or(String::new(), |status| status.to_string());
    if map.rows.len().is_multiple_of(2) {
        let row = |row: &MapRow| format!("\"why, and\nwho\",{},{},{}\n", status(row), row.to, row.from);
        return "Comment, Status ,TO,from\n".to_owned() + &map.rows.iter().map(row).collect::<String>();
    }
    map.rows.iter().map(|row| format!("{},{},{}\n", row.from, row.to, status(row))).collect()
}

/// A test that expects nothing in particular of a request.
pub(crate) fn write_test(out: &mut String, line: &RequestLine<'_>) {
    // Fields of one name in any case stay in their order: the first value counts.
    let mut names: Vec<String> = line.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    let field = |name: &String| {
        let same = line.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values = same.map(|(_, value)| value.clone().into_owned());
        format!("{} = {}", text(name), list(&values.collect::<Vec<_>>()))
    };
    let headers: Vec<String> = names.iter().map(field).collect();
    write!(out, "\n[[test]]\nrequest = {{ url = {}, headers = {{ {} }}", text(&line.url), headers.join(", ")).unwrap();
    if let Some(method) = line.method.as_deref() {
        write!(out, ", method = {}", text(method)).unwrap();
    }
    let viewer = line.request().viewer;
    for told in Told::ALL {
        match viewer.values(told).map(str::to_owned).collect::<Vec<_>>().as_slice() {
            [] => {}
            [one] => write!(out, ", {} = {}", told.key(), text(one)).unwrap(),
            several => write!(out, ", {} = {}", told.key(), list(several)).unwrap(),
        }
    }
    writeln!(out, " }}\nexpect = {{ location = false }}").unwrap();
}

fn template_text(template: &Template) -> String {
    let segments = template.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Capture(name) => format!("/{{{name}}}"),
    });
    segments.chain(template.rest.iter().map(|name| format!("/{{*{name}}}"))).collect()
}

fn write_conditions(out: &mut String, conditions: &[Condition]) {
    for kind in ["query", "header", "cookie"] {
        let named = conditions.iter().filter(|condition| condition.fact.key() == kind);
        let tests: Vec<String> =
            named.map(|it| format!("{} = {}", text(it.fact.name().unwrap()), test(&it.test))).collect();
        if !tests.is_empty() {
            writeln!(out, "{kind} = {{ {} }}", tests.join(", ")).unwrap();
        }
    }
    for Condition { fact, test: wanted } in conditions {
        match (fact, wanted) {
            (_, ValueTest::Within(window)) => {
                for (key, time) in [("from", window.from), ("until", window.until)] {
                    time.into_iter().for_each(|time| writeln!(out, "{key} = {time}").unwrap());
                }
            }
            (fact, wanted) if fact.name().is_none() => writeln!(out, "{} = {}", fact.key(), test(wanted)).unwrap(),
            _ => {}
        }
    }
}

fn test(test: &ValueTest) -> String {
    let some = |values: &[String]| if let [one] = values { text(one) } else { list(values) };
    match test {
        ValueTest::Equal(value) => text(value),
        ValueTest::Present => "true".to_owned(),
        ValueTest::Absent => "false".to_owned(),
        ValueTest::AnyOf(values) => some(values),
        ValueTest::NoneOf(values) => format!("{{ not = {} }}", some(values)),
        ValueTest::Regex(regex) => format!("{{ regex = {} }}", text(regex.text())),
        ValueTest::HostIn(hosts) => some(&hosts.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ValueTest::Within(_) => panic!("a window has two keys"),
    }
}

fn write_action(out: &mut String, definition: &Definition, route: &Route) {
    let target = |target: &Target| text(&target_text(target, route));
    match &route.action {
        Action::Origin(action) => {
            let OriginAction { origin, rewrite, query_string, request_headers } = action;
            writeln!(out, "origin = {}", text(&definition.origins[*origin].id)).unwrap();
            if let Some(rewrite) = rewrite {
                writeln!(out, "rewrite = {}", target(rewrite)).unwrap();
            }
            write_query(out, query_string);
            let value = |value: &RequestHeader| match value {
                RequestHeader::Text(value) => text(&header_text(value, route)),
                RequestHeader::Secret(name) => format!("{{ secret = {} }}", text(name)),
            };
            let fields = |fields: &[(String, RequestHeader)]| {
                let fields = fields.iter().map(|(name, sent)| format!("{} = {}", text(name), value(sent)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            };
            writeln!(
                out,
                "request_headers = {{ set = {}, add = {}, remove = {} }}",
                fields(&request_headers.set),
                fields(&request_headers.add),
                list(&request_headers.remove)
            )
            .unwrap();
        }
        Action::Redirect(action) => {
            writeln!(out, "redirect = {}\nstatus = {}", target(&action.target), action.status).unwrap();
            write_query(out, &action.query_string);
            write_response(out, &action.response);
        }
        Action::Normalize(action) => {
            writeln!(out, "normalize = true\nstatus = {}", action.status).unwrap();
            write_query(out, &action.query_string);
            write_response(out, &action.response);
        }
        Action::RedirectMap(action) => {
            writeln!(out, "status = {}", action.status).unwrap();
            write_query(out, &action.query_string);
            write_response(out, &action.response);
        }
        Action::Respond(action) if action.status == 410 => {
            writeln!(out, "gone = true").unwrap();
            write_response(out, &action.response);
        }
        Action::Respond(action) => {
            let content_type = action.content_type.as_deref().unwrap_or("text/plain");
            writeln!(
                out,
                "respond = {{ status = {}, body = {}, content_type = {} }}",
                action.status,
                text(&action.body),
                text(content_type)
            )
            .unwrap();
            write_response(out, &action.response);
        }
    }
}

fn target_text(target: &Target, route: &Route) -> String {
    with_holes(target, route, str::to_owned)
}

fn header_text(target: &Target, route: &Route) -> String {
    with_holes(target, route, |literal| literal.replace('{', "{{").replace('}', "}}"))
}

fn with_holes(target: &Target, route: &Route, literal: fn(&str) -> String) -> String {
    let own = hole_names(&route.path, &route.conditions);
    let names: Vec<_> = Hole::BUILT_IN.map(|(name, hole)| (name.to_owned(), hole)).into_iter().chain(own).collect();
    let name = |hole: Hole| names.iter().rev().find(|(_, known)| *known == hole).map_or("?", |(name, _)| name.as_str());
    let part = |part: &Part| match part {
        Part::Literal(text) => literal(text),
        Part::Hole(hole) => format!("{{{}}}", name(*hole)),
    };
    target.parts.iter().map(part).collect()
}

fn write_query(out: &mut String, policy: &QueryPolicy) {
    let value = match policy {
        QueryPolicy::Keep => text("keep"),
        QueryPolicy::Drop => text("drop"),
        QueryPolicy::Only(names) => list(names),
        QueryPolicy::Without(names) => format!("{{ drop = {} }}", list(names)),
    };
    writeln!(out, "query_string = {value}").unwrap();
}

fn write_response(out: &mut String, response: &ResponseHeaders) {
    writeln!(out, "cache_control = {}", text(&response.cache_control)).unwrap();
    if !response.set.is_empty() {
        writeln!(out, "response_headers = {}", table(&response.set)).unwrap();
    }
}

fn table(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{} = {}", text(name), text(value))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|it| text(it)).collect::<Vec<_>>().join(", "))
}

/// JSON's texts are TOML's basic strings.
fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
