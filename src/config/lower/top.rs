//! The top file's own keys: everything but routes and tests.

use std::collections::HashMap;

use crate::platform::limits::FUNCTION_MEMORY;
use crate::route::{Definition, FunctionMemory, Share};

use crate::config::lower::head::Head;
use crate::config::lower::keys::TABLE;
use crate::config::lower::names::check_name;
use crate::config::lower::{behaviors, canonical, origins, viewer};
use crate::config::read::tree::Tree;
use crate::config::read::value::{Setting, TomlTable};
use crate::diagnostic::{Findings, codes};

/// The only version of the language.
const SCHEMA: i64 = 1;

/// Lowers the top file's keys; reports what is wrong with them.
pub(crate) fn lower<'a>(findings: &mut Findings, tree: &'a Tree<'a>) -> Head<'a> {
    let section = tree.table(findings, "a table", &TABLE);
    schema(findings, &section);
    let mut head = Head {
        definition: Definition::default(),
        includes: section.get("include").map(|entry| entry.one_or_more(findings)).unwrap_or_default(),
        origin_spans: Vec::new(),
        default_span: None,
        origin_numbers: HashMap::new(),
        behavior_spans: Vec::new(),
        memory_at: section.span.clone(),
    };
    if let Some(entry) = section.get("canonical") {
        head.definition.canonical = canonical::lower(findings, entry);
    }
    if let Some(entry) = section.get("log") {
        head.definition.log_sample = log_sample(findings, entry);
    }
    if let Some(entry) = section.get("function") {
        function(findings, entry, &mut head);
    }
    head.definition.declared = viewer::declared(findings, &section);
    declare_origins(findings, &section, &mut head);
    default_origin(findings, &section, &mut head);
    behaviors::lower(findings, &section, &mut head);
    head
}

fn schema(findings: &mut Findings, section: &TomlTable<'_>) {
    let Some(entry) = section.get("schema") else {
        if section.has_misspelt("schema") {
            return;
        }
        findings
            .report(&codes::BAD_SCHEMA, section.span.clone(), "the table does not say which schema it is written in")
            .help("begin it with `schema = 1`");
        return;
    };
    let Some(number) = entry.whole::<i64>(findings, i64::MIN..=i64::MAX) else { return };
    if number != SCHEMA {
        findings
            .report(&codes::BAD_SCHEMA, entry.span(), format!("schema {number} is not known"))
            .help("write `schema = 1`; a later schema needs a later crossfade");
    }
}

fn log_sample(findings: &mut Findings, entry: Setting<'_>) -> Share {
    let section = entry.section(findings, &["sample"]);
    let sample = section.and_then(|section| section.get("sample"));
    let share = sample.and_then(|entry| entry.number(findings, 0.0..=1.0));
    share.map(|share| Share::of_millionths(share * 1e6)).unwrap_or_default()
}

fn function(findings: &mut Findings, entry: Setting<'_>, head: &mut Head<'_>) {
    head.memory_at = entry.key_span();
    let Some(section) = entry.section(findings, &["memory_mb"]) else { return };
    let Some(entry) = section.get("memory_mb") else { return };
    head.memory_at = entry.span();
    let (least, most) = (i64::from(*FUNCTION_MEMORY.start()), i64::from(*FUNCTION_MEMORY.end()));
    head.definition.memory = entry.whole(findings, least..=most).map(FunctionMemory).unwrap_or_default();
}

fn declare_origins<'a>(findings: &mut Findings, section: &TomlTable<'a>, head: &mut Head<'a>) {
    let entries = section.get("origins").map(|entry| entry.names(findings)).unwrap_or_default();
    if entries.is_empty() && !section.has_misspelt("origins") {
        findings
            .report(&codes::NO_ORIGIN, section.span.clone(), "`[origins]` is missing or empty")
            .help("add one: `[origins.legacy]` with `side`, `type` and `domain`");
    }
    for entry in entries {
        check_name(findings, entry.key(), entry.key_span(), "origin");
        head.origin_numbers.insert(entry.key(), head.definition.origins.len());
        head.origin_spans.push(entry.key_span());
        head.definition.origins.push(origins::lower(findings, entry));
    }
}

fn default_origin(findings: &mut Findings, section: &TomlTable<'_>, head: &mut Head<'_>) {
    let Some(entry) = section.get("default") else {
        if !section.has_misspelt("default") {
            findings
                .report(&codes::MISSING_KEY, section.span.clone(), "a table needs `default`")
                .help("name the origin that takes every request that no route takes: `default = \"legacy\"`");
        }
        return;
    };
    let Some(name) = entry.text(findings) else { return };
    head.default_span = Some(name.span.clone());
    head.definition.default = head.origin(findings, &name).unwrap_or_default();
}
