//! `include`: patterns → files, in the order of the patterns and, for each, of the names' bytes.

use std::collections::HashMap;
use std::ops::Range;

use globset::GlobBuilder;
use toml::de::DeTable;

use crate::config::lower::top::{self, Head};
use crate::config::read::context::Context;
use crate::config::read::document::Document;
use crate::config::read::files::{Entry, FileError};
use crate::config::read::value::{Text, in_written_order};
use crate::diagnostic::{Span, codes};

/// The keys of an included file.
const KEYS: &[&str] = &["route", "test"];
/// Files that one table may name.
const MAX_FILES: usize = 10_000;

/// Why a name is none of a file beside the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadName {
    /// `/x`, `C:\x`.
    #[error("it is absolute")]
    Absolute,
    /// `../x`.
    #[error("it leads out of the folder of the top file")]
    Outside,
    /// `a\b`.
    #[error("it holds a backslash or a control character")]
    Character,
    /// `""`, `a/`.
    #[error("it names no file")]
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
pub(crate) fn report_bad_name(context: &mut Context<'_>, text: &Text<'_>, why: BadName) {
    context
        .report(
            &codes::BAD_FILE_NAME,
            text.span.clone(),
            format!("`{}` names no file beside the table: {why}", text.text),
        )
        .help("write a name relative to this file, with `/` between folders, inside the folder of the top file");
}

/// Reads every included file, in order; reports what is wrong with the patterns.
pub(crate) fn read(context: &mut Context<'_>, top: &str, head: &Head<'_>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut seen: HashMap<String, Range<usize>> = HashMap::new();
    for pattern in &head.includes {
        for name in expand(context, top, pattern) {
            context.file = head.file;
            if name == top {
                itself(context, pattern);
            } else if let Some(first) = seen.get(&name) {
                context
                    .report(&codes::INCLUDED_TWICE, pattern.span.clone(), format!("`{name}` is included twice"))
                    .also(Span { file: head.file, range: first.clone() }, "here first")
                    .help("let one pattern match it");
            } else if seen.len() == MAX_FILES {
                context.report(
                    &codes::UNREADABLE,
                    pattern.span.clone(),
                    "a table of more than 10,000 files is not read",
                );
                return documents;
            } else {
                documents.extend(Document::read(context, &name, Some((head.file, pattern.span.clone()))));
                seen.insert(name, pattern.span.clone());
            }
        }
        context.file = head.file;
    }
    documents
}

fn itself(context: &mut Context<'_>, pattern: &Text<'_>) {
    context
        .report(&codes::INCLUDED_TWICE, pattern.span.clone(), "the table includes itself")
        .help("keep the included files in a folder of their own: `include = [\"routes/*.toml\"]`");
}

/// Reports every key of an included file that is not its to set.
pub(crate) fn check_keys(context: &mut Context<'_>, root: &DeTable<'_>) {
    for entry in in_written_order(root) {
        let key = entry.key();
        if KEYS.contains(&key) {
            continue;
        }
        if !top::KEYS.contains(&key) {
            context
                .report(&codes::UNKNOWN_KEY, entry.key_span(), format!("an included file has no key `{key}`"))
                .did_you_mean(key, KEYS.iter().copied())
                .help("it holds only `[[route]]` and `[[test]]`");
            continue;
        }
        let report = context.report(
            &codes::NOT_IN_INCLUDED,
            entry.key_span(),
            format!("`{key}` is in an included file, which holds only `[[route]]` and `[[test]]`"),
        );
        match key {
            "include" => report.help(
                "name every file in the top file's `include`: included files include nothing, so there is no cycle",
            ),
            _ => report.help("write it in the top file"),
        };
    }
}

/// The files that a pattern matches, in byte order.
fn expand(context: &mut Context<'_>, top: &str, pattern: &Text<'_>) -> Vec<String> {
    let resolved = match resolve(top, pattern.text) {
        Ok(resolved) => resolved,
        Err(why) => {
            report_bad_name(context, pattern, why);
            return Vec::new();
        }
    };
    if !is_wild(&resolved) {
        return vec![resolved];
    }
    let mut names = vec![String::new()];
    let segments: Vec<&str> = resolved.split('/').collect();
    for (at, segment) in segments.iter().enumerate() {
        let is_last = at + 1 == segments.len();
        match step(context, &names, (segment, is_last)) {
            Ok(next) => names = next,
            Err(why) => {
                context
                    .report(
                        &codes::BAD_FILE_NAME,
                        pattern.span.clone(),
                        format!("`{}` is no pattern: {why}", pattern.text),
                    )
                    .help("`*` stays inside a name: write one pattern for each depth");
                return Vec::new();
            }
        }
        if names.len() > MAX_FILES {
            context.report(
                &codes::UNREADABLE,
                pattern.span.clone(),
                format!("`{}` matches more than 10,000 files", pattern.text),
            );
            return Vec::new();
        }
    }
    names.sort();
    if names.is_empty() {
        context
            .report(&codes::EMPTY_PATTERN, pattern.span.clone(), format!("`{}` matches no file", pattern.text))
            .help("patterns are relative to the folder of the top file");
    }
    names
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// One segment of a pattern: the names so far, each with what matches below it.
fn step(context: &mut Context<'_>, names: &[String], (segment, is_last): (&str, bool)) -> Result<Vec<String>, String> {
    let join = |folder: &str, name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if !is_wild(segment) && !is_last {
        return Ok(names.iter().map(|folder| join(folder, segment)).collect());
    }
    if segment.contains("**") {
        return Err("`**` is not known here".to_owned());
    }
    let glob = GlobBuilder::new(segment).literal_separator(true).backslash_escape(true).build();
    let glob = glob.map_err(|error| error.kind().to_string())?.compile_matcher();
    let mut next = Vec::new();
    for folder in names {
        let entries = match context.list(folder) {
            Ok(entries) => entries,
            Err(FileError::NotFound) => continue,
            Err(error) => return Err(format!("the folder `{folder}` cannot be read: {error}")),
        };
        next.extend(entries.into_iter().filter_map(|entry| match (entry, is_last) {
            (Entry::File(name), true) | (Entry::Folder(name), false) if glob.is_match(&name) => {
                Some(join(folder, &name))
            }
            _ => None,
        }));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

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
