//! GOV.UK: the maps with which 60 government sites were moved in 2013, 100,145 rows of host, path and query.

use std::collections::{BTreeMap, BTreeSet};

use crossfade::route::{Canonical, Request, Table, Url, canonical::LetterCase, canonical::TrailingSlash, decide};

use crate::data;
use crate::table::{Answer, Text, ask, key, quoted};
use crate::tally::Tally;

pub(crate) fn every_mapping_and_the_maintainers_own_expectations_hold() {
    let mappings = data::text("redirects/govuk-transition-mappings.csv.gz");
    let sites = data::text("redirects/govuk-transition-sites.yaml");
    let expected = data::text("redirects/govuk-transition-expected.csv");
    let sites = Site::all(&sites);
    let mut tally = Tally::default();
    let rows = Row::all(&mappings, &sites, &mut tally);
    let table = table_of(&rows, &sites).load();
    for row in &rows {
        tally.check(row.url, &row.answer(), &ask(&table, row.url), None);
    }
    tally.is("rows 100145 = converted 100145; checked 100145 = agreed 100145");
    let mut tally = Tally::default();
    for record in csv::Reader::from_reader(expected.as_bytes()).into_records() {
        let record = record.expect("the expectations are CSV");
        expect(&table, &mut tally, &record[1], &record[2], &record[3]);
    }
    tally.is("rows 0 = converted 0; checked 844 = agreed 741 + 29 a query in capitals: values compare with case \
         + 26 not in this quarter of the maps + 48 of a site with rules that only its server had");
}

/// One row of the maintainers' tests: a URL as it was asked, where it should go, the status.
fn expect(table: &Table, tally: &mut Tally, url: &str, to: &str, status: &str) {
    let wanted = match status {
        "301" => Answer::Redirect(301, to.to_owned()),
        "410" | "418" => Answer::Respond(status.parse().expect("a status")),
        _ => Answer::Default,
    };
    let request = Request::get(url);
    let unknown = decide(table, &request).route.is_none();
    let excuse = match Url::split(url).query {
        _ if url.contains("//lrc.businesslink.gov.uk") => Some("of a site with rules that only its server had"),
        _ if unknown => Some("not in this quarter of the maps"),
        Some(query) if query.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Some("a query in capitals: values compare with case")
        }
        _ => None,
    };
    tally.check(url, &wanted, &ask(table, url), excuse);
}

/// What the maps need to know of a site.
#[derive(Debug, Default)]
struct Site<'a> {
    /// Its host and its aliases.
    hosts: Vec<&'a str>,
    /// The query parameters that count.
    names: Vec<String>,
    /// Where its root goes.
    homepage: Option<&'a str>,
    /// Answer to every other path, where it has no map.
    global: Option<&'a str>,
    /// Patterns with their operator, status and target, for what no map has.
    locations: Vec<[&'a str; 4]>,
}

impl<'a> Site<'a> {
    fn all(text: &'a str) -> Vec<Site<'a>> {
        let mut all: Vec<Site<'a>> = Vec::new();
        let mut aliases = false;
        for line in text.lines() {
            let (name, value) = line.split_once(':').map_or((line, ""), |(name, value)| (name, value.trim()));
            let Some(site) = (if name == "site" {
                all.push(Site::default());
                None
            } else {
                all.last_mut()
            }) else {
                continue;
            };
            match name {
                "host" => site.hosts.push(value),
                "homepage" => site.homepage = Some(value),
                "global" => site.global = Some(value),
                "options" => {
                    site.names = value.trim_start_matches("--query-string ").split(':').map(str::to_lowercase).collect()
                }
                "- path" => site.locations.push([value, "", "", ""]),
                "  operation" => site.locations.last_mut().expect("of a path")[1] = value,
                "  status" => site.locations.last_mut().expect("of a path")[2] = value,
                "  new_url" => site.locations.last_mut().expect("of a path")[3] = value,
                _ if aliases && line.trim_start().starts_with("- ") => site.hosts.push(line.trim_start()[2..].trim()),
                _ => {}
            }
            aliases = name == "aliases" || (aliases && line.trim_start().starts_with("- "));
        }
        all
    }

    fn host_key(&self) -> String {
        let hosts: BTreeSet<String> = self.hosts.iter().map(|host| quoted(host)).collect();
        format!("host = [{}]", hosts.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// One mapping.
struct Row<'a> {
    url: &'a str,
    to: &'a str,
    status: u16,
    site: usize,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn all(text: &'a str, sites: &[Site<'_>], tally: &mut Tally) -> Vec<Row<'a>> {
        let canonical =
            Canonical { case: LetterCase::Lower, trailing_slash: TrailingSlash::Strip, ..Canonical::default() };
        let by_host: BTreeMap<&str, usize> =
            sites.iter().enumerate().flat_map(|(at, site)| site.hosts.iter().map(move |host| (*host, at))).collect();
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for line in text.lines().skip(1) {
            // No cell of these maps is quoted; the text is borrowed as it stands.
            let cells: Vec<&str> = line.split(',').collect();
            let [_, old, new, status, ..] = cells[..] else { panic!("{line}") };
            let url = Url::split(old);
            let host = url.host().expect("a mapping names its host");
            let Some(&site) = by_host.get(host) else {
                tally.left_out("of a site without a definition");
                continue;
            };
            let path = canonical.normalize(url.path).as_str().to_owned();
            if !seen.insert((host, path, url.query)) {
                tally.left_out("again, in another spelling of the path");
                continue;
            }
            tally.converted();
            let status = status.parse().expect("a status");
            rows.push(Row {
                url: old,
                to: new,
                status,
                site,
                path: if url.path.is_empty() { "/" } else { url.path },
                query: url.query,
            });
        }
        rows
    }

    fn answer(&self) -> Answer {
        match self.status {
            301 => Answer::Redirect(301, self.to.to_owned()),
            status => Answer::Respond(status),
        }
    }

    fn action(&self) -> Vec<String> {
        match self.status {
            301 => vec![key("redirect", self.to), "status = 301".into(), key("query_string", "drop")],
            410 => vec!["gone = true".into()],
            status => vec![format!("respond = {{ status = {status} }}")],
        }
    }

    /// Every parameter that counts, with its value or absent.
    fn query_key(&self, names: &[String]) -> Vec<String> {
        let pairs: Vec<(&str, &str)> = self
            .query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
            .collect();
        let present = pairs.iter().map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)));
        let absent = names.iter().filter(|name| pairs.iter().all(|(present, _)| present != name));
        let all: Vec<String> = present.chain(absent.map(|name| format!("{} = false", quoted(name)))).collect();
        if all.is_empty() { Vec::new() } else { vec![format!("query = {{ {} }}", all.join(", "))] }
    }
}

/// Of each site: rows with a query, those without, its map, its patterns, its root, and its answer to all the rest.
fn table_of(rows: &[Row<'_>], sites: &[Site<'_>]) -> Text {
    let mut table = Text::new("case = \"lower\"\ntrailing_slash = \"strip\"");
    for (at, site) in sites.iter().enumerate() {
        let own = || rows.iter().filter(move |row| row.site == at);
        for row in own().filter(|row| row.query.is_some()) {
            let keys = vec![site.host_key(), key("path", row.path)];
            table.route(&[keys, row.query_key(&site.names), row.action()].concat());
        }
        for row in own().filter(|row| row.query.is_none() && row.status != 301) {
            table.route(&[vec![site.host_key(), key("path", row.path)], row.action()].concat());
        }
        let map: Vec<(&str, &str)> =
            own().filter(|row| row.query.is_none() && row.status == 301).map(|row| (row.path, row.to)).collect();
        if !map.is_empty() {
            table.map(&[site.host_key(), "status = 301".into(), key("query_string", "drop")], map);
        }
        for [pattern, operator, status, to] in &site.locations {
            let front = if operator.starts_with('~') { "" } else { "^" };
            let path = key("regex", &format!("{front}{}", pattern.to_lowercase().trim_end_matches('/')));
            let row = Row { url: "", to, status: status.parse().expect("a status"), site: 0, path: "", query: None };
            table.route(&[vec![site.host_key(), path], row.action()].concat());
        }
        if let Some(homepage) = site.homepage {
            let action = vec![key("redirect", homepage), "status = 301".into(), key("query_string", "drop")];
            table.route(&[vec![site.host_key(), key("path", "/")], action].concat());
        }
        if let Some(global) = site.global {
            let action = match global.split_once(' ') {
                Some((_, to)) => vec![key("redirect", to), "status = 301".into(), key("query_string", "drop")],
                None => vec!["gone = true".into()],
            };
            table.route(&[vec![site.host_key()], action].concat());
        }
    }
    table
}
