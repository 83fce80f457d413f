//! The pages that people read: every block of code on them is run, or says why not. `support/blocks.rs` has the kinds.
//!
//! A `console` block holds commands (`$ …`) with their output, stdout and stderr as a terminal shows them. `[..]` stands
//! for any part of a line, a line `...` for any lines. The files of a page are found by the commands that follow them. A
//! table has the findings that its head tells, and its tests pass.

#[path = "support/blocks.rs"]
mod blocks;
#[path = "support/golden.rs"]
mod golden;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use blocks::{Block, Kind, Outcome};

/// How the pages start the program; the tests run the binary that cargo has just built.
const SPELLINGS: [&str; 2] = ["cargo run --release --quiet -- ", "cargo run --release -- "];

/// What the local edge listens on in the pages; in the tests, on a port that is free.
const ADDRESS: &str = "127.0.0.1:8080";

#[test]
fn the_readme_says_what_is_printed() {
    assert_fine(&Page::open("README.md").check());
}

#[test]
fn the_guide_says_what_is_printed() {
    let mut pages: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("docs can be listed")
        .map(|entry| entry.expect("docs can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    pages.sort();
    let wrong: Vec<String> = pages.iter().flat_map(|page| Page::open(&format!("docs/{page}")).check()).collect();
    assert_fine(&wrong);
}

fn assert_fine(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_language_has_an_example_of_every_key() {
    let page = Page::open("docs/table.md");
    let lines: Vec<&str> = page.text.lines().collect();
    let tables = blocks::blocks(&lines).into_iter().flatten().filter(|block| matches!(block.kind, Kind::Table { .. }));
    let mut shown = std::collections::BTreeSet::new();
    for table in tables {
        let table: toml::Table = toml::from_str(&table.text.join("\n")).expect("a table is TOML");
        let routes = table.get("route").and_then(toml::Value::as_array).into_iter().flatten();
        shown.extend(routes.filter_map(toml::Value::as_table).flat_map(toml::Table::keys).cloned());
        shown.extend(table.keys().cloned());
    }
    let keys = fs::read_to_string(root().join("src/config/lower/keys.rs")).expect("the keys are there");
    let keys =
        keys.split('"').skip(1).step_by(2).chain(["country", "cohort", "language", "gate", "cohorts", "languages"]);
    let missing: Vec<&str> = keys.filter(|key| !shown.contains(*key)).collect();
    assert!(missing.is_empty(), "docs/table.md has no example of {missing:?}");
}

#[test]
fn what_stands_beside_the_forms_of_other_tools_is_run() {
    let page = Page::open("docs/coming-from.md");
    let mut wrong = Vec::new();
    for section in page.text.split("\n## ").skip(1) {
        let lines: Vec<&str> = section.lines().collect();
        let tables =
            blocks::blocks(&lines).into_iter().flatten().filter(|block| matches!(block.kind, Kind::Table { .. }));
        let run = one_spaced(&tables.map(|block| block.text.join("\n")).collect::<String>());
        let ours = lines.iter().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.rsplit_once(" | "));
        for form in ours.flat_map(|(_, ours)| ours.split('`').skip(1).step_by(2)) {
            if !run.contains(&one_spaced(form)) {
                wrong.push(format!("{}: no table has `{form}`", lines[0]));
            }
        }
    }
    assert_fine(&wrong);
}

fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_table_has_as_many_cells_in_each_row() {
    for page in all_pages() {
        let text = fs::read_to_string(root().join(&page)).expect("a page is text");
        let (mut in_block, mut cells) = (false, None);
        for (number, line) in text.lines().enumerate() {
            in_block ^= line.starts_with("```");
            if in_block || !line.starts_with('|') {
                cells = None;
                continue;
            }
            let found = line.replace("\\|", "").matches('|').count();
            assert_eq!(found, *cells.get_or_insert(found), "{}:{}: {line}", page.display(), number + 1);
        }
    }
}

/// README, changelog and every page below `docs`.
fn all_pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("docs can be listed") {
            let path = folder.join(entry.expect("docs can be listed").file_name());
            if root().join(&path).is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    for page in all_pages() {
        let text = fs::read_to_string(root().join(&page)).expect("a page is text");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || link.contains("://") {
                continue;
            }
            let target = root().join(&page).parent().expect("a page is in a folder").join(file);
            assert!(target.exists(), "{}: `{link}` leads nowhere", page.display());
        }
    }
}

/// A page of Markdown.
struct Page {
    name: String,
    text: String,
}

/// A command of a page with what it is said to print.
struct Step {
    command: String,
    /// The lines of the page that hold the output.
    output: std::ops::Range<usize>,
}

impl Page {
    fn open(name: &str) -> Page {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page { name: name.to_owned(), text }
    }

    /// Runs every block, and tells what is wrong; or writes what was printed into the page.
    fn check(self) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut run = Run::new(&self.name, &lines);
        let blocks = blocks::blocks(&lines);
        for (number, block) in blocks.iter().enumerate() {
            match block {
                Ok(block) => run.block(block, &blocks[number + 1..]),
                Err(why) => run.wrong.push(format!("{}:{why}", self.name)),
            }
        }
        if golden::blessing() {
            write_changes(&root().join(&self.name), &lines, &run.printed);
        } else {
            run.wrong.extend(run.differences);
        }
        run.wrong
    }
}

/// A page whose blocks are being run.
struct Run<'p> {
    page: &'p str,
    lines: &'p [&'p str],
    session: Session,
    /// What stands above the parts of the page.
    head: Option<Vec<&'p str>>,
    wrong: Vec<String>,
    /// Of commands that print something else than the page says: what differs, and what they print.
    differences: Vec<String>,
    printed: Vec<(std::ops::Range<usize>, String)>,
}

impl<'p> Run<'p> {
    fn new(page: &'p str, lines: &'p [&'p str]) -> Run<'p> {
        let (wrong, differences, printed) = (Vec::new(), Vec::new(), Vec::new());
        Run { page, lines, session: Session::start(), head: None, wrong, differences, printed }
    }

    fn block(&mut self, block: &Block<'p>, later: &[Result<Block<'p>, String>]) {
        match &block.kind {
            Kind::Console => self.commands(block),
            Kind::Table { name, outcome } => self.table(block, name.as_deref(), outcome),
            Kind::Head => {
                self.head = Some(block.text.clone());
                self.table(block, None, &Outcome::default());
            }
            Kind::File(name) => {
                self.session.write(name, &block.text.join("\n"));
                self.is_used(block, name, later);
            }
            Kind::Json => self.json(block),
            Kind::NotRun => {}
        }
    }

    fn commands(&mut self, block: &Block<'_>) {
        for step in steps(self.lines, block.lines.clone()) {
            let expected = self.lines[step.output.clone()].join("\n");
            let printed = self.session.run(&step.command, step.output.len());
            if let Err(difference) = matches(&printed, &expected) {
                self.differences.push(self.at(block, &format!("$ {}\n{difference}", step.command)));
                self.printed.push((step.output, printed));
            }
        }
    }

    fn table(&mut self, block: &Block<'_>, name: Option<&str>, expected: &Outcome) {
        let text = match (blocks::is_part(&block.text), &self.head) {
            (true, Some(head)) => blocks::completed(&block.text, head),
            (true, None) => {
                return self.wrong.push(self.at(block, "a part of a table needs a block `toml head.toml` above it"));
            }
            (false, _) => block.text.join("\n") + "\n",
        };
        let (found, said) = self.session.table(name, &text);
        if found != *expected {
            self.wrong.push(self.at(block, &format!("expected {expected:?}, found {found:?}\n{said}")));
        }
    }

    /// One text, or one a line.
    fn json(&mut self, block: &Block<'_>) {
        let text = block.text.join("\n");
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if !is_json(&text) && !text.lines().all(is_json) {
            self.wrong.push(self.at(block, "it is no JSON"));
        }
    }

    /// A file is there for a table or a command below it.
    fn is_used(&mut self, block: &Block<'_>, name: &str, later: &[Result<Block<'_>, String>]) {
        let all = name.rsplit_once('/').map_or(name.to_owned(), |(folder, _)| format!("{folder}/*.toml"));
        let names_it = |line: &&str| line.contains(name) || line.contains(&all);
        if !later.iter().flatten().any(|block| block.text.iter().any(names_it)) {
            self.wrong.push(self.at(block, &format!("nothing below it uses `{name}`")));
        }
    }

    fn at(&self, block: &Block<'_>, what: &str) -> String {
        format!("{}:{}: {what}", self.page, block.lines.start)
    }
}

/// The commands of a block; a line that ends with a backslash goes on in the next one, `<<'END'` up to `END`.
fn steps(lines: &[&str], block: std::ops::Range<usize>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = block.start;
    while at < block.end {
        if let Some(first) = lines[at].strip_prefix("$ ") {
            let mut command = first.to_owned();
            while command.ends_with('\\') || (command.contains("<<'END'") && !command.ends_with("\nEND")) {
                at += 1;
                command.push('\n');
                command.push_str(lines[at]);
            }
            steps.push(Step { command, output: at + 1..at + 1 });
        } else if let Some(last) = steps.last_mut() {
            last.output.end = at + 1;
        }
        at += 1;
    }
    steps
}

fn matches(printed: &str, expected: &str) -> Result<(), String> {
    let expected = format!("{}\n", expected.trim_end());
    let printed = format!("{}\n", printed.trim_end());
    let result = snapbox::Assert::new().normalize_paths(false).action(snapbox::assert::Action::Verify).try_eq(
        None,
        snapbox::Data::text(printed),
        snapbox::Data::text(expected),
    );
    result.map_err(|error| error.to_string())
}

fn write_changes(page: &Path, lines: &[&str], changes: &[(std::ops::Range<usize>, String)]) {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for (range, printed) in changes.iter().rev() {
        lines.splice(range.clone(), printed.trim_end().lines().map(str::to_owned));
    }
    fs::write(page, lines.join("\n") + "\n").expect("a page can be written");
}

/// A shell as a reader would have it: the program on the path, the files of the page around it.
struct Session {
    tools: tempfile::TempDir,
    /// Where the files of the page are, once it has any; until then its commands run in the checkout.
    files: Option<tempfile::TempDir>,
    server: Option<Server>,
}

/// A local edge in the background.
struct Server {
    child: Child,
    address: String,
}

impl Session {
    fn start() -> Session {
        let tools = tempfile::tempdir().expect("a folder can be made");
        let program = tools.path().join("crossfade");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_crossfade"), program).expect("a link can be made");
        // On a terminal curl shows no progress beside its output; here it would.
        fs::write(tools.path().join(".curlrc"), "silent\nshow-error\n").expect("a file can be written");
        Session { tools, files: None, server: None }
    }

    fn write(&mut self, name: &str, text: &str) {
        let folder = self.files.get_or_insert_with(|| tempfile::tempdir().expect("a folder can be made"));
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, format!("{text}\n")).expect("a file can be written");
    }

    /// What is found in a table, and how many of its tests fail; with the words for people. Commands find it by its name.
    fn table(&mut self, name: Option<&str>, text: &str) -> (Outcome, String) {
        if let Some(name) = name {
            self.write(name, text.trim_end());
        }
        let alone = tempfile::tempdir().expect("a folder can be made");
        let folder = self.files.as_ref().unwrap_or(&alone).path();
        let file = folder.join(name.unwrap_or("part-of-the-page.toml"));
        fs::write(&file, text).expect("a file can be written");
        let ask = |words: &str| {
            let command = format!("crossfade {words} --routes {}", file.file_name().expect("it has a name").display());
            let output = self.shell(&command).current_dir(folder).output().expect("bash can be run");
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
        };
        let json =
            |words: &str| serde_json::Deserializer::from_str(&ask(words)).into_iter().next().and_then(Result::ok);
        let checked: serde_json::Value = json("check --format json").expect("check answers");
        let tested: Option<serde_json::Value> = json("test --format json");
        let mut outcome = Outcome::default();
        for found in checked["diagnostics"].as_array().expect("a list") {
            *outcome.findings.entry(found["code"].as_str().expect("a code").into()).or_default() += 1;
        }
        outcome.failed = tested.and_then(|tested| tested["failed"].as_u64()).unwrap_or(0);
        (outcome, ask("check") + &ask("test"))
    }

    /// What a command prints; of a server, as many lines as are asked for.
    fn run(&mut self, command: &str, lines: usize) -> String {
        let command = SPELLINGS.iter().fold(command.to_owned(), |text, spelling| text.replace(spelling, "crossfade "));
        if command.starts_with("crossfade serve") {
            return self.serve(&command, lines);
        }
        let command = match &self.server {
            Some(server) => command.replace(ADDRESS, &server.address),
            None => command,
        };
        let output = self.shell(&format!("{{ {command}\n}} 2>&1")).output().expect("bash can be run");
        self.as_in_the_page(&String::from_utf8_lossy(&output.stdout))
    }

    fn serve(&mut self, command: &str, lines: usize) -> String {
        let mut shell = self.shell(&format!("exec {command} --listen 127.0.0.1:0 2>&1"));
        let mut child = shell.stdout(Stdio::piped()).spawn().expect("bash can be run");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (send, printed) = mpsc::channel();
        // Reads on to the end, so that the server never waits for a reader.
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
        let mut shown = Vec::new();
        let mut address = None;
        while address.is_none() || shown.len() < lines {
            let Ok(line) = printed.recv_timeout(Duration::from_secs(20)) else { break };
            address = address.or_else(|| address_in(&line));
            shown.push(line);
        }
        let address = address.unwrap_or_else(|| panic!("`{command}` did not say where it listens: {shown:?}"));
        self.server = Some(Server { child, address });
        self.as_in_the_page(&shown.join("\n"))
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        let path = std::env::var("PATH").unwrap_or_default();
        shell.args(["-c", command]).env("PATH", format!("{}:{path}", self.tools.path().display()));
        shell.current_dir(self.files.as_ref().map_or(root(), |files| files.path().to_owned()));
        shell
            .env("CURL_HOME", self.tools.path())
            .env_remove("RUST_BACKTRACE")
            .env_remove("CROSSFADE_ROUTES")
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        shell
    }

    fn as_in_the_page(&self, printed: &str) -> String {
        match &self.server {
            Some(server) => printed.replace(&server.address, ADDRESS),
            None => printed.to_owned(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
    }
}

/// `127.0.0.1:12345`, where a line names one.
fn address_in(line: &str) -> Option<String> {
    let start = line.find("127.0.0.1:")?;
    let port: String = line[start + 10..].chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("127.0.0.1:{port}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
