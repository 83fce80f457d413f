//! OpenStack Nova's documentation: Apache rules, and the tests that its maintainers keep beside them.

use crate::data;
use crate::table::{Answer, Text, ask, key};
use crate::tally::Tally;

pub(crate) fn the_maintainers_tests_of_their_apache_rules_hold() {
    let rules = data::text("redirects/openstack-nova.htaccess");
    let tests = data::text("redirects/openstack-nova.redirect-tests.txt");
    let mut tally = Tally::default();
    let mut table = Text::new("");
    for rule in rules.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let [word, status, pattern, target] = rule.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{rule}") };
        assert!(word.eq_ignore_ascii_case("redirectmatch"), "{rule}");
        let target = target.replace("$1", "{1}").replace("$2", "{2}");
        table.route(&[key("regex", pattern), key("redirect", &target), format!("status = {status}")]);
        tally.converted();
    }
    let table = table.load();
    for test in tests.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let [path, status, target] = test.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{test}") };
        let expected = Answer::Redirect(status.parse().expect("a status"), target.to_owned());
        tally.check(path, &expected, &ask(&table, path), None);
    }
    tally.is("rows 87 = converted 87; checked 88 = agreed 88");
}
