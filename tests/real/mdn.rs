//! MDN Web Docs: 13,432 exact moves of one site, kept since its days as a wiki.

use std::collections::BTreeMap;

use crossfade::route::Canonical;

use crate::data;
use crate::table::{Answer, Text, ask, escaped, key};
use crate::tally::Tally;

pub(crate) fn every_page_that_moved_is_redirected_to_where_it_went() {
    let text = data::text("redirects/mdn-content-en-us._redirects.txt");
    let canonical = Canonical::default();
    let mut tally = Tally::default();
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (from, to) = line.split_once('\t').expect("from and to, a tab between them");
        if from.contains(['?', '#']) {
            tally.left_out("with `?` or `#` in the page's name");
            continue;
        }
        match seen.insert(canonical.normalize(from).as_str().to_owned(), to) {
            Some(other) if other == to => tally.left_out("again, to the same page"),
            Some(other) => panic!("{from} goes to {other} and to {to}"),
            None => {
                tally.converted();
                rows.push((from, escaped(to)));
            }
        }
    }
    let mut table = Text::new("");
    table
        .map(&[key("query_string", "drop"), "status = 301".into()], rows.iter().map(|(from, to)| (*from, to.as_str())));
    let table = table.load();
    for (from, to) in &rows {
        tally.check(from, &Answer::Redirect(301, to.clone()), &ask(&table, from), None);
    }
    for (_, to) in rows.iter().filter(|(_, to)| to.starts_with('/')) {
        let path = to.split('#').next().unwrap_or_default();
        let expected = match seen.get(canonical.normalize(path).as_str()) {
            Some(onward) => Answer::Redirect(301, escaped(onward)),
            None => Answer::Default,
        };
        tally.check(to, &expected, &ask(&table, path), None);
    }
    tally.is("rows 13432 = converted 13428 + 4 with `?` or `#` in the page's name; checked 26152 = agreed 26152");
}
