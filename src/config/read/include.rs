//! `include`: patterns → files, in the order of the patterns and, for each, of the names' bytes.

use std::collections::HashMap;

use globset::GlobBuilder;

use crate::config::read::document::Document;
use crate::config::read::files::{FileError, FolderEntry};
use crate::config::read::reader::Reader;
use crate::config::read::tree::Tree;
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Span, codes};

/// The keys of an included file.
const KEYS: &[&str] = &["route", "test"];
/// Files that one table may name.
const MAX_FILES: usize = 10_000;

/// Why a name cannot be that of a file of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadName {
    /// `/x`, `C:\x`.
    #[error("it is absolute")]
    Absolute,
    /// `../x`.
    #[error("it leads out of the folder of the top file")]
    Outside,
    /// `a\b`.
    #[error("it has a backslash or a control character")]
    Character,
    /// `""`, `a/`.
    #[error("it is not the name of a file")]
    Empty,
}

/// The name, relative to the top file's folder, of what a file calls `name`.
pub(crate) fn resolve(from: &str, name: &str) -> Result<String, BadName> {
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Err(BadName::Absolute);
    }
    if name.contains('\\') || name.chars().any(char::is_control) {
        return Err(BadName::Character);
    }
    if name.is_empty() || name.ends_with('/') {
        return Err(BadName::Empty);
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut segments: Vec<&str> = Vec::new();
    for segment in folder.split('/').chain(name.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop().ok_or(BadName::Outside)?;
            }
            segment => segments.push(segment),
        }
    }
    if segments.is_empty() { Err(BadName::Empty) } else { Ok(segments.join("/")) }
}

/// Reports a name that [`resolve`] refuses.
pub(crate) fn report_bad_name(findings: &mut Findings, text: &TextValue<'_>, why: BadName) {
    let message = format!("cannot read `{}`: {why}", text.text);
    findings
        .report(&codes::BAD_FILE_NAME, text.span.clone(), message)
        .help("write a name relative to this file, with `/` between folders, inside the folder of the top file");
}

/// Reads every file that the patterns of the top file match, in order; reports what is wrong with the patterns.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    findings: &mut Findings,
    top: &str,
    patterns: &[TextValue<'_>],
) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut seen: HashMap<String, Span> = HashMap::new();
    for pattern in patterns {
        for name in expand(reader, findings, top, pattern) {
            if name == top {
                itself(findings, pattern);
            } else if let Some(first) = seen.get(&name) {
                twice(findings, pattern, &name, first);
            } else if seen.len() == MAX_FILES {
                let message = "the table includes more than 10,000 files";
                findings.report(&codes::UNREADABLE, pattern.span.clone(), message);
                return documents;
            } else {
                documents.extend(Document::read(reader, findings, &name, Some(&pattern.span)));
                seen.insert(name, pattern.span.clone());
            }
        }
    }
    documents
}

fn twice(findings: &mut Findings, pattern: &TextValue<'_>, name: &str, first: &Span) {
    findings
        .report(&codes::INCLUDED_TWICE, pattern.span.clone(), format!("`{name}` is included twice"))
        .also(first.clone(), "here first")
        .help("let one pattern match it");
}

fn itself(findings: &mut Findings, pattern: &TextValue<'_>) {
    findings
        .report(&codes::INCLUDED_TWICE, pattern.span.clone(), "the table includes itself")
        .help("keep the included files in a folder of their own: `include = [\"routes/*.toml\"]`");
}

/// Reports every key of an included file that is not its to set; `known` are the keys of the top file.
pub(crate) fn check_keys(findings: &mut Findings, tree: &Tree<'_>, known: &[&str]) {
    for setting in tree.settings() {
        let key = setting.key();
        if KEYS.contains(&key) {
            continue;
        }
        if !known.contains(&key) {
            findings
                .report(&codes::UNKNOWN_KEY, setting.key_span(), format!("an included file has no key `{key}`"))
                .did_you_mean(key, KEYS.iter().copied())
                .help("it has only `[[route]]` and `[[test]]`");
            continue;
        }
        let message = format!("`{key}` is in an included file, which has only `[[route]]` and `[[test]]`");
        let nested =
            "name every file in the top file's `include`: included files include nothing, so there is no cycle";
        let cure = if key == "include" { nested } else { "write it in the top file" };
        findings.report(&codes::NOT_IN_INCLUDED, setting.key_span(), message).help(cure);
    }
}

/// The files that a pattern matches, in byte order.
fn expand(reader: &Reader<'_>, findings: &mut Findings, top: &str, pattern: &TextValue<'_>) -> Vec<String> {
    let resolved = match resolve(top, pattern.text) {
        Ok(resolved) => resolved,
        Err(why) => {
            report_bad_name(findings, pattern, why);
            return Vec::new();
        }
    };
    if !is_wild(&resolved) {
        return vec![resolved];
    }
    match matches(reader, &resolved) {
        Ok(names) if (1..=MAX_FILES).contains(&names.len()) => return names,
        Ok(names) => wrong_number(findings, pattern, names.len()),
        Err(why) => not_listed(findings, pattern, &why),
    }
    Vec::new()
}

/// Why the files of a pattern cannot be listed.
#[derive(Debug, PartialEq, Eq)]
enum NotListed {
    /// It is not a pattern; in words.
    Pattern(String),
    /// A folder on its way cannot be read.
    Folder(String, FileError),
}

fn not_listed(findings: &mut Findings, pattern: &TextValue<'_>, why: &NotListed) {
    let (code, why, cure) = match why {
        NotListed::Pattern(words) => {
            let cure = "a pattern is a path in the top file's folder in which `*` stays inside a name";
            (&codes::BAD_FILE_NAME, words.clone(), cure)
        }
        NotListed::Folder(folder, error) => {
            let folder = if folder.is_empty() { "." } else { folder };
            let cure = "let the folder be read, or name a file by its whole name";
            (&codes::UNREADABLE, format!("the folder `{folder}` cannot be read: {error}"), cure)
        }
    };
    let message = format!("the files of `{}` cannot be listed: {why}", pattern.text);
    findings.report(code, pattern.span.clone(), message).help(cure);
}

fn wrong_number(findings: &mut Findings, pattern: &TextValue<'_>, matches: usize) {
    let span = pattern.span.clone();
    if matches == 0 {
        findings
            .report(&codes::EMPTY_PATTERN, span, format!("`{}` matches no file", pattern.text))
            .help("patterns are relative to the folder of the top file");
    } else {
        findings.report(&codes::UNREADABLE, span, format!("`{}` matches more than 10,000 files", pattern.text));
    }
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The names that a pattern matches, sorted; of too many those that are enough to tell.
fn matches(reader: &Reader<'_>, pattern: &str) -> Result<Vec<String>, NotListed> {
    let mut names = vec![String::new()];
    let mut segments = pattern.split('/').peekable();
    while let Some(segment) = segments.next() {
        let step = PatternStep { segment, is_last: segments.peek().is_none() };
        names = step.below(reader, &names)?;
        if names.len() > MAX_FILES {
            break;
        }
    }
    names.sort();
    Ok(names)
}

/// One segment of a pattern.
struct PatternStep<'p> {
    segment: &'p str,
    is_last: bool,
}

impl PatternStep<'_> {
    /// What it matches below each of the folders.
    fn below(&self, reader: &Reader<'_>, folders: &[String]) -> Result<Vec<String>, NotListed> {
        let join = |folder: &str, name: &str| match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        if !is_wild(self.segment) && !self.is_last {
            return Ok(folders.iter().map(|folder| join(folder, self.segment)).collect());
        }
        if self.segment.contains("**") {
            return Err(NotListed::Pattern("`**` is not supported".to_owned()));
        }
        let glob = GlobBuilder::new(self.segment).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(|error| NotListed::Pattern(error.kind().to_string()))?.compile_matcher();
        let mut found = Vec::new();
        for folder in folders {
            let entries = match reader.list(folder) {
                Ok(entries) => entries,
                Err(FileError::NotFound) => continue,
                Err(error) => return Err(NotListed::Folder(folder.clone(), error)),
            };
            let names = entries.into_iter().filter_map(|entry| self.name(entry));
            found.extend(names.filter(|name| glob.is_match(name)).map(|name| join(folder, &name)));
        }
        Ok(found)
    }

    /// A file where the pattern ends, else a folder.
    fn name(&self, entry: FolderEntry) -> Option<String> {
        match (entry, self.is_last) {
            (FolderEntry::File(name), true) | (FolderEntry::Folder(name), false) => Some(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Files, load};

    /// A table whose folder `routes` cannot be read.
    struct Closed;

    impl Files for Closed {
        fn read(&self, _: &str, _: u64) -> Result<Vec<u8>, FileError> {
            Ok(b"include = ['routes/*.toml']".to_vec())
        }

        fn list(&self, _: &str) -> Result<Vec<FolderEntry>, FileError> {
            Err(FileError::Other("permission denied".to_owned()))
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_not_blamed_on_the_pattern() {
        let found = load("routes.toml", &Closed).findings.finish();
        let found = found.iter().find(|found| found.code == codes::UNREADABLE.code).expect("it is reported");
        let message =
            "the files of `routes/*.toml` cannot be listed: the folder `routes` cannot be read: permission denied";
        assert_eq!(found.message, message);
        assert_eq!(found.help, ["let the folder be read, or name a file by its whole name"]);
    }

    #[test]
    fn names_stay_in_the_folder_of_the_top_file() {
        let rows = [
            ("routes.toml", "redirects/a.csv", Ok("redirects/a.csv")),
            ("routes.toml", "./a//b.csv", Ok("a/b.csv")),
            ("routes/x.toml", "a.csv", Ok("routes/a.csv")),
            ("routes/x.toml", "../redirects/a.csv", Ok("redirects/a.csv")),
            ("routes.toml", "../a.csv", Err(BadName::Outside)),
            ("routes/x.toml", "a/../../../a.csv", Err(BadName::Outside)),
            ("routes.toml", "/etc/passwd", Err(BadName::Absolute)),
            ("routes.toml", "C:/a", Err(BadName::Absolute)),
            ("routes.toml", "a\\b", Err(BadName::Character)),
            ("routes.toml", "", Err(BadName::Empty)),
            ("routes.toml", "a/", Err(BadName::Empty)),
            ("routes.toml", ".", Err(BadName::Empty)),
        ];
        for (from, name, expected) in rows {
            assert_eq!(resolve(from, name), expected.map(str::to_owned), "{from} {name}");
        }
    }
}
