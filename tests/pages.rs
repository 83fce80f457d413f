//! The pages that people read: every command in a `console` block is run, and must print what stands below it.
//!
//! A block of another kind (`sh`, `text`, `toml`) is only read.
//!
//! A block holds commands (`$ …`) with their output, stdout and stderr as a terminal shows them. `[..]` stands for any
//! part of a line, a line `...` for any lines. A block headed `toml NAME` is a file that later commands of its page find.

#[path = "support/golden.rs"]
mod golden;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How the pages start the program; the tests run the binary that cargo has just built.
const SPELLINGS: [&str; 2] = ["cargo run --release --quiet -- ", "cargo run --release -- "];

/// What the local edge listens on in the pages; in the tests, on a port that is free.
const ADDRESS: &str = "127.0.0.1:8080";

#[test]
fn the_readme_says_what_is_printed() {
    Page::open("README.md").check();
}

#[test]
fn the_guide_says_what_is_printed() {
    let mut pages: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("docs can be listed")
        .map(|entry| entry.expect("docs can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    pages.sort();
    for page in pages {
        Page::open(&format!("docs/{page}")).check();
    }
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut pages = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("docs can be listed") {
            let path = folder.join(entry.expect("docs can be listed").file_name());
            if root().join(&path).is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(root().join(page)).expect("a page is text");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || link.contains("://") {
                continue;
            }
            let target = root().join(page).parent().expect("a page is in a folder").join(file);
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

    /// Runs every command; compares, or writes what was printed into the page.
    fn check(self) {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut session = Session::start();
        let mut wrong = Vec::new();
        let mut changes: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let Some(head) = lines[at].strip_prefix("```").filter(|head| !head.is_empty()) else {
                at += 1;
                continue;
            };
            let end = at + 1 + lines[at + 1..].iter().position(|line| *line == "```").expect("a block has an end");
            if let Some(name) = head.strip_prefix("toml ") {
                session.write(name, &lines[at + 1..end].join("\n"));
            } else if head == "console" {
                for step in steps(&lines, at + 1..end) {
                    let expected = lines[step.output.clone()].join("\n");
                    let printed = session.run(&step.command, step.output.len());
                    if let Err(difference) = matches(&printed, &expected) {
                        wrong.push(format!("{}:{}: $ {}\n{difference}", self.name, at + 1, step.command));
                        changes.push((step.output, printed));
                    }
                }
            }
            at = end + 1;
        }
        if golden::blessing() {
            write_changes(&root().join(&self.name), &lines, &changes);
        } else {
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
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
            .env("COLUMNS", "100")
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
