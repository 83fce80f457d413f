//! `check --watch`: a table is checked again when it changes, and how the last check ended is how it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command};

use super::crossfade;

const HEAD: &str = "schema = 1\ndefault = \"legacy\"\ninclude = [\"routes/*.toml\"]\n\
    [origins.legacy]\nside = \"legacy\"\ntype = \"custom\"\ndomain = \"legacy.example.com\"\n";
const ROUTE: &str = "[[route]]\nid = \"old\"\nprefix = \"/old\"\norigin = \"legacy\"\n";

/// A run of `check --watch` whose answers are read one by one.
struct Watch {
    child: Child,
    /// Until nobody reads it any more.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(folder: &Path, args: &[&str]) -> Watch {
        let mut command = crossfade();
        let mut child = command.current_dir(folder).args(["check", "--watch"]).args(args).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Watch { child, stdout }
    }

    /// The next line of an answer that says how many errors there are. Waits for it.
    fn counts(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.as_mut().unwrap().read_line(&mut line).unwrap() > 0, "it ended");
            assert!(!line.contains('\u{1b}'), "nothing is cleared where nobody sees it: {line:?}");
            if let Some((_, counts)) = line.split_once(" · ") {
                return counts.trim_end().to_owned();
            }
        }
    }

    /// Ends it with a signal; its exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[test]
fn a_table_is_checked_again_when_one_of_its_files_changes() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("routes.toml");
    fs::create_dir(folder.path().join("routes")).unwrap();
    fs::write(folder.path().join("routes/old.toml"), ROUTE).unwrap();
    fs::write(&table, HEAD).unwrap();
    let mut watch = Watch::start(folder.path(), &[]);
    assert_eq!(watch.counts(), "0 errors, 0 warnings");
    fs::write(folder.path().join("routes/old.toml"), ROUTE.replace("legacy", "legcy")).unwrap();
    assert_eq!(watch.counts(), "1 error, 0 warnings");
    fs::write(folder.path().join("routes/another.toml"), "x = ").unwrap();
    assert_eq!(watch.counts(), "2 errors, 0 warnings", "a file that is new");
    assert_eq!(watch.end("-INT"), Some(1));
}

#[test]
fn it_ends_as_the_last_check_did() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("routes.toml");
    fs::write(&table, HEAD.replace("legacy\"\ninclude", "legcy\"\ninclude")).unwrap();
    let mut watch = Watch::start(folder.path(), &[]);
    assert_eq!(watch.counts(), "1 error, 1 warning");
    fs::write(&table, HEAD).unwrap();
    assert_eq!(watch.counts(), "0 errors, 1 warning");
    assert_eq!(watch.end("-TERM"), Some(0));

    let mut watch = Watch::start(folder.path(), &["--deny-warnings"]);
    assert_eq!(watch.counts(), "0 errors, 1 warning");
    assert_eq!(watch.end("-INT"), Some(1));
}

#[test]
fn a_table_that_is_not_there_yet_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = Watch::start(folder.path(), &["new.toml"]);
    let mut told = BufReader::new(watch.child.stderr.take().unwrap()).lines();
    let first: Vec<String> = told.by_ref().take(2).map(Result::unwrap).collect();
    assert_eq!(first, ["watching the table; end with Ctrl-C", "error: there is no `new.toml`"]);
    fs::write(folder.path().join("new.toml"), HEAD).unwrap();
    assert_eq!(watch.counts(), "0 errors, 1 warning");
    fs::remove_file(folder.path().join("new.toml")).unwrap();
    assert!(told.any(|line| line.unwrap() == "error: there is no `new.toml`"), "and missed when it goes");
    assert_eq!(watch.end("-INT"), Some(2));
}

#[test]
fn it_ends_when_nobody_reads_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("routes.toml"), HEAD.replace("schema = 1", "schema = 2")).unwrap();
    let mut watch = Watch::start(folder.path(), &[]);
    assert_eq!(watch.counts(), "1 error, 1 warning");
    watch.stdout = None;
    fs::write(folder.path().join("routes.toml"), HEAD.replace("legacy\"\ninclude", "legcy\"\ninclude")).unwrap();
    assert_eq!(watch.child.wait().unwrap().code(), Some(1));
}
