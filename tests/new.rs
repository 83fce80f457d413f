//! `crossfade new`: the repository that it makes works as its README and its workflow say, and nothing is in its way.
//!
//! What it says about a folder that it does not take is in `tests/cli/new.toml`; here is what needs a folder of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use saphyr::{LoadableYamlNode, Yaml};
use tempfile::TempDir;

/// A user without rights, on every Linux.
const NOBODY: u32 = 65_534;

/// Every file that is made, in the order of the alphabet.
const FILES: [&str; 6] = [
    ".github/workflows/routes.yml",
    ".gitignore",
    "README.md",
    "events/news.json",
    "redirects/moved.csv",
    "routes.toml",
];

/// A folder that contains one with `crossfade`, for the path of a shell.
struct World(TempDir);

impl World {
    fn new() -> World {
        let world = World(tempfile::tempdir().unwrap());
        fs::create_dir(world.path("tools")).unwrap();
        symlink(env!("CARGO_BIN_EXE_crossfade"), world.path("tools/crossfade")).unwrap();
        world
    }

    /// With a new repository, `mine`.
    fn with_mine() -> World {
        let world = World::new();
        let output = world.crossfade(&["new", "mine"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn crossfade(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossfade"));
        command.args(args).current_dir(self.0.path()).env("NO_COLOR", "1").env_remove("COLUMNS").stdin(Stdio::null());
        command
    }

    /// What a shell does with a command in the folder `mine`; it ends at the first failure, as on GitHub.
    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("bash");
        let path = std::env::var("PATH").unwrap_or_default();
        shell.args(["-e", "-c", command]).current_dir(self.path("mine"));
        shell.env("PATH", format!("{}:{path}", self.path("tools").display()));
        shell.env("NO_COLOR", "1").stdin(Stdio::null());
        shell
    }
}

/// Exit code, stdout and stderr.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// All files below a folder, without those of git.
fn files(folder: &Path) -> Vec<String> {
    fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true if name == ".git" => {}
                true => collect(&entry.path(), &format!("{name}/"), names),
                false => names.push(name),
            }
        }
    }
    let mut names = Vec::new();
    collect(folder, "", &mut names);
    names.sort();
    names
}

#[test]
fn it_says_what_it_made_and_what_comes_next() {
    let world = World::new();
    let text = "\
made in mine
  routes.toml                   the table, with its examples and tests
  redirects/moved.csv           a redirect map: pages that moved
  events/news.json              a CloudFront event for `crossfade invoke`
  .github/workflows/routes.yml  checks every pull request on GitHub
  .gitignore                    keeps packages and secrets out of git
  README.md                     how to work with it, and what to set

next, in mine
  crossfade check --deny-warnings
  crossfade test
  crossfade explain /news/today
";
    let output = world.crossfade(&["new", "mine"]).output().unwrap();
    assert_eq!(told(&output), (Some(0), text.to_owned(), String::new()));
    assert_eq!(files(&world.path("mine")), FILES);

    let output = world.crossfade(&["new", "other", "--format", "json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["schema"], &json["folder"]), (&1.into(), &"other".into()));
    let mut names: Vec<&str> =
        json["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, FILES);
    for command in json["next"].as_array().unwrap() {
        let output = world.shell(&format!("cd ../other; {}", command.as_str().unwrap())).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
    }
}

#[test]
fn every_command_of_its_readme_ends_well() {
    let world = World::with_mine();
    let readme = fs::read_to_string(world.path("mine/README.md")).unwrap();
    let block = readme.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n")).unwrap();
    let mut ran = Vec::new();
    // `serve` goes on until it is stopped; `tests/serve` is about it.
    for line in block.lines().filter(|line| !line.starts_with("crossfade serve")) {
        let (exit, stdout, stderr) = told(&world.shell(line).output().unwrap());
        assert_eq!((exit, stderr.as_str()), (Some(0), ""), "{line}: {stdout}");
        ran.push((line.split_whitespace().nth(1).unwrap(), stdout));
    }
    let commands: Vec<&str> = ran.iter().map(|(command, _)| *command).collect();
    assert_eq!(commands, ["check", "test", "explain", "invoke"]);
    let said =
        ["· 0 errors, 0 warnings\n", " passed, 0 failed ", "sent on to    cms ", r#""domainName": "cms.example.com""#];
    for ((command, stdout), expected) in ran.iter().zip(said) {
        assert!(stdout.contains(expected), "{command}: {stdout}");
    }
}

#[test]
fn decide_answers_as_the_tests_of_the_table_expect() {
    let world = World::with_mine();
    let rows = [
        ("/about", "default", "origin"),
        ("/promo/summer", "promo-page", "origin"),
        ("/news", "news", "origin"),
        ("/newsletter", "default", "origin"),
        ("/campaign/summer?utm_source=mail", "old-campaigns", "redirect"),
        ("/summer-sale", "moved-pages", "redirect"),
        ("/shop;jsessionid=1/cart", "retired-shop", "respond"),
    ];
    let urls: Vec<&str> = rows.iter().map(|(url, ..)| *url).collect();
    let command = format!("printf '%s\\n' '{}' | crossfade decide --urls", urls.join("' '"));
    let (exit, stdout, stderr) = told(&world.shell(&command).output().unwrap());
    assert_eq!((exit, stderr.as_str(), stdout.lines().count()), (Some(0), "", rows.len()), "{stdout}");
    for ((url, route, action), line) in rows.iter().zip(stdout.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let decided = (line["route"].as_str().unwrap_or("default"), line["action"].as_str().unwrap());
        assert_eq!(decided, (*route, *action), "{url}: {line}");
    }
}

/// The shell commands of the workflow, in their order.
fn steps_of_the_workflow(world: &World) -> Vec<String> {
    let text = fs::read_to_string(world.path("mine/.github/workflows/routes.yml")).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    let [workflow] = &documents[..] else { panic!("one document: {documents:?}") };
    assert!(workflow["on"].as_mapping_get("pull_request").is_some(), "pull requests are checked");
    let steps = workflow["jobs"]["check"]["steps"].as_sequence().unwrap();
    steps.iter().filter_map(|step| step.as_mapping_get("run")).map(|run| run.as_str().unwrap().to_owned()).collect()
}

#[test]
fn its_workflow_installs_crossfade_checks_and_tests() {
    let world = World::with_mine();
    let steps = steps_of_the_workflow(&world);
    let [install, checks @ ..] = &steps[..] else { panic!("an installation, then checks: {steps:?}") };
    assert_eq!(checks, ["crossfade check --deny-warnings", "crossfade test"]);
    for step in checks {
        let output = world.shell(step).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{step}: {output:?}");
    }
    let variables = [("CROSSFADE_GIT", "file:///sources of crossfade"), ("CROSSFADE_REV", "0123abc")];
    let run =
        |variables: &[(&str, &str)]| told(&world.shell(install).envs(variables.iter().copied()).output().unwrap());
    let found = run(&variables);
    assert_eq!(
        found,
        (Some(0), format!("{}\n", world.path("tools/crossfade").display()), String::new()),
        "it is there"
    );

    // A cargo that says what it is asked for, in the place of the real one, and no crossfade.
    fs::remove_file(world.path("tools/crossfade")).unwrap();
    fs::write(world.path("tools/cargo"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").unwrap();
    fs::set_permissions(world.path("tools/cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    let asked = "install\n--locked\n--git\nfile:///sources of crossfade\n--rev\n0123abc\ncrossfade\n";
    assert_eq!(run(&variables), (Some(0), asked.to_owned(), String::new()));
    for missing in ["CROSSFADE_GIT", "CROSSFADE_REV"] {
        // GitHub gives a variable that nobody set as an empty text.
        let (exit, stdout, stderr) =
            run(&variables.map(|(name, value)| (name, if name == missing { "" } else { value })));
        assert!(exit != Some(0) && stdout.is_empty(), "{stdout}");
        assert!(stderr.contains(&format!("{missing}: set this variable")), "{stderr}");
    }
}

#[test]
fn an_empty_folder_is_filled_and_a_git_repository_is_kept() {
    let world = World::new();
    fs::create_dir_all(world.path("mine/.git")).unwrap();
    fs::write(world.path("mine/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
    for (folder, name) in [("mine", "."), ("", "./two words/")] {
        let output = world.crossfade(&["new", name]).current_dir(world.path(folder)).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {output:?}");
    }
    assert_eq!(files(&world.path("mine")), FILES);
    assert_eq!(files(&world.path("two words")), FILES);
    assert_eq!(fs::read_to_string(world.path("mine/.git/HEAD")).unwrap(), "ref: refs/heads/main\n");
}

#[test]
fn what_a_fresh_clone_holds_is_kept_and_the_rest_is_made() {
    let world = World::new();
    fs::create_dir_all(world.path("mine/.git")).unwrap();
    for name in ["README.md", "LICENSE-MIT", ".git/HEAD"] {
        fs::write(world.path("mine").join(name), "mine").unwrap();
    }
    let output = world.crossfade(&["new", ".", "-q"]).current_dir(world.path("mine")).output().unwrap();
    let kept = "kept, for it was there already\n  README.md  not made: how to work with it, and what to set\n";
    assert_eq!(told(&output), (Some(0), kept.to_owned(), String::new()));
    for name in ["README.md", "LICENSE-MIT", ".git/HEAD"] {
        assert_eq!(fs::read_to_string(world.path("mine").join(name)).unwrap(), "mine", "{name}");
    }
    let mut names = files(&world.path("mine"));
    names.retain(|name| name != "LICENSE-MIT");
    assert_eq!(names, FILES);

    let again = world.crossfade(&["new", "mine"]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    let quiet = world.crossfade(&["-q", "new", "other"]).output().unwrap();
    assert_eq!(told(&quiet), (Some(0), String::new(), String::new()));
}

#[test]
fn what_is_there_is_kept_and_nothing_is_put_beside_it() {
    let world = World::with_mine();
    fs::write(world.path("mine/routes.toml"), "mine").unwrap();
    fs::write(world.path("a file"), "mine").unwrap();
    symlink("nothing", world.path("a link")).unwrap();
    let rows = [
        ("mine", "`mine` is not empty: it holds `.github`"),
        ("a file", "`a file` is a file, and a repository is a folder"),
        ("a file/new", "`a file/new` cannot be made: `a file` is not a folder"),
        ("a link", "`a link` is there already, and is kept"),
        ("a/b", "`a/b` cannot be made: there is no folder `a`"),
    ];
    for (name, words) in rows {
        let (exit, stdout, stderr) = told(&world.crossfade(&["new", name]).output().unwrap());
        assert_eq!((exit, stdout.as_str()), (Some(2), ""), "{name}");
        assert!(stderr.starts_with(&format!("error: {words}\nhelp: ")), "{name}: {stderr}");
    }
    assert_eq!(files(&world.path("mine")), FILES);
    for name in ["mine/routes.toml", "a file"] {
        assert_eq!(fs::read_to_string(world.path(name)).unwrap(), "mine", "{name}");
    }
    let mut names: Vec<_> = fs::read_dir(world.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a file", "a link", "mine", "tools"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_stays_as_it_is() {
    let world = World::new();
    let allow = |name: &str, mode| fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
    for name in ["closed", "hidden", "bin"] {
        fs::create_dir(world.path(name)).unwrap();
    }
    let program = world.path("bin/crossfade");
    fs::copy(env!("CARGO_BIN_EXE_crossfade"), &program).unwrap();
    let probe = world.path("closed/probe");
    for (name, mode) in [("bin/crossfade", 0o555), ("bin", 0o555), ("closed", 0o555), ("hidden", 0o333), ("", 0o555)] {
        allow(name, mode);
    }
    let may_write_everywhere = fs::write(&probe, "").is_ok_and(|()| fs::remove_file(&probe).is_ok());
    let no_place = "cannot be made: permission denied\nhelp: name a place that you may write to\n";
    let no_look = "cannot be looked into: permission denied\nhelp: name a folder that is empty or not there yet\n";
    let rows = [
        ("closed", "closed/routes.toml", no_place),
        ("closed/mine", "closed/mine", no_place),
        ("mine", "mine", no_place),
        ("hidden", "hidden", no_look),
    ];
    for (name, shown, words) in rows {
        let mut command = Command::new(&program);
        command.args(["new", name]).current_dir(world.0.path());
        // Root is nobody for once.
        if may_write_everywhere {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().unwrap();
        assert_eq!(told(&output), (Some(2), String::new(), format!("error: `{shown}` {words}")));
    }
    for name in ["", "closed", "hidden"] {
        allow(name, 0o755);
    }
    assert_eq!(fs::read_dir(world.path("closed")).unwrap().count(), 0);
    assert!(!world.path("mine").exists());
}

#[test]
fn a_reader_that_goes_away_leaves_a_whole_repository() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = world.crossfade(&["new", "mine"]).stdout(writer).output().unwrap();
    assert_eq!(told(&output), (Some(0), String::new(), String::new()));
    assert_eq!(files(&world.path("mine")), FILES);
}

#[test]
fn package_takes_the_bootstrap_beside_crossfade() {
    let world = World::with_mine();
    fs::create_dir(world.path("bin")).unwrap();
    let program = world.path("bin/crossfade");
    fs::copy(env!("CARGO_BIN_EXE_crossfade"), &program).unwrap();
    let run = || told(&Command::new(&program).arg("package").current_dir(world.path("mine")).output().unwrap());
    let beside = fs::canonicalize(world.path("bin")).unwrap().join("bootstrap");
    let (beside, cargos) = (beside.display().to_string(), "target/release/bootstrap");

    let (exit, _, stderr) = run();
    let missing = format!("error: the binary for the edge is missing: there is no `{beside}` nor `{cargos}`\nhelp: ");
    assert!(exit == Some(2) && stderr.starts_with(&missing), "{stderr}");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let install = readme.lines().find(|line| line.starts_with("cargo install ")).unwrap();
    assert!(stderr.contains(&format!("`{install}`")) && stderr.contains("--bootstrap FILE"), "{stderr}");
    // Scripts are no binaries: the error names the one that was found.
    fs::create_dir_all(world.path("mine/target/release")).unwrap();
    for (place, shown) in [(world.path("mine").join(cargos), cargos), (world.path("bin/bootstrap"), beside.as_str())] {
        fs::write(&place, "#!/bin/sh\n").unwrap();
        let (exit, _, stderr) = run();
        let unfit = format!("error: `{shown}` cannot run at the edge: it is not a 64-bit ELF file");
        assert!(exit == Some(2) && stderr.starts_with(&unfit), "{stderr}");
    }
}
