//! Which commit a build is told of: `build.rs`, run on checkouts of every kind.

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../../build.rs"]
#[allow(dead_code, clippy::print_stdout, reason = "only what looks for the commit is tried here")]
mod build;

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    command.current_dir(folder).args(who).args(args);
    command.env("GIT_COMMITTER_DATE", "2026-11-22T10:00:00Z").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().expect("git is there, as for any checkout");
    assert!(output.status.success(), "{args:?}: {output:?}");
}

fn words(folder: &Path) -> Option<String> {
    build::commit(folder).map(|commit| commit.words)
}

#[test]
fn the_commit_is_that_of_the_checkout_and_of_no_other() {
    let outer = tempfile::tempdir().unwrap();
    let checkout = outer.path().join("checkout");
    fs::create_dir_all(checkout.join("src")).unwrap();
    fs::create_dir_all(checkout.join("vendored")).unwrap();
    fs::write(checkout.join("src/lib.rs"), "1").unwrap();
    assert_eq!(words(&checkout), None, "a tarball");
    git(&checkout, &["init", "--quiet"]);
    assert_eq!(words(&checkout), None, "no commit yet");
    git(&checkout, &["add", "src"]);
    git(&checkout, &["commit", "--quiet", "-m", "one"]);
    let first = words(&checkout).unwrap();
    let (hash, date) = first.split_once(' ').unwrap();
    assert!(hash.len() >= 7 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
    assert_eq!(date, "2026-11-22");
    assert_eq!(words(&checkout.join("vendored")), None, "a copy inside a repository of others");

    fs::write(checkout.join("notes.txt"), "beside the sources").unwrap();
    assert_eq!(words(&checkout).as_ref(), Some(&first));
    fs::write(checkout.join("src/lib.rs"), "2").unwrap();
    assert_eq!(words(&checkout), Some(first.replace(hash, &format!("{hash}+"))), "changes that are in no commit");
    git(&checkout, &["commit", "--quiet", "-am", "two"]);
    let second = words(&checkout).unwrap();
    assert!(second != first && !second.contains('+'), "{second}");

    let worktree = outer.path().join("worktree");
    git(&checkout, &["worktree", "add", "--quiet", "--detach", worktree.to_str().unwrap(), "HEAD^"]);
    assert_eq!(words(&worktree), Some(first));
}

#[test]
fn a_commit_is_seen_by_a_file_that_changes() {
    let checkout = tempfile::tempdir().unwrap();
    fs::create_dir(checkout.path().join("src")).unwrap();
    fs::write(checkout.path().join("src/lib.rs"), "1").unwrap();
    git(checkout.path(), &["init", "--quiet"]);
    git(checkout.path(), &["add", "src"]);
    git(checkout.path(), &["commit", "--quiet", "-m", "one"]);
    let watched = build::commit(checkout.path()).unwrap().watched;
    let texts = || -> Vec<_> { watched.iter().map(|path| fs::read(path).ok()).collect() };
    assert!(watched.iter().all(|path| path.exists()), "a path that is not there would make every build run again");
    let before = texts();
    assert_eq!(texts(), before);
    git(checkout.path(), &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    assert_ne!(texts(), before);
}
