//! The top file's own keys: everything but routes and tests.

use std::collections::HashMap;

use crate::platform::limits::FUNCTION_MEMORY;
use crate::route::canonical::{LetterCase, Slashes, TrailingSlash};
use crate::route::{Canonical, Definition, FunctionMemory, OriginKind, Share};

use crate::config::lower::keys::TABLE;
use crate::config::lower::names::check_name;
use crate::config::lower::{origins, viewer};
use crate::config::read::tree::Tree;
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, Span, codes};
use crate::text::quoted;

/// The only version of the language.
const SCHEMA: i64 = 1;

/// What the top file says beside its routes.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    /// The table so far; without routes.
    pub(crate) definition: Definition,
    /// The patterns of `include`, in order.
    pub(crate) includes: Vec<TextValue<'a>>,
    /// Where each origin is declared.
    origin_spans: Vec<Span>,
    /// Where `default` is.
    pub(crate) default_span: Option<Span>,
    origin_numbers: HashMap<&'a str, usize>,
    /// Where the function's memory is written, else the table's beginning.
    pub(crate) memory_at: Span,
    /// Whether it could be told which origin is the configured one.
    pub(crate) is_configured_known: bool,
}

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
        memory_at: section.span.clone(),
        is_configured_known: true,
    };
    if let Some(entry) = section.get("canonical") {
        head.definition.canonical = canonical(findings, entry);
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
    configured_origin(findings, &section, &mut head);
    head
}

impl Head<'_> {
    /// Where an origin is declared.
    pub(crate) fn declared_at(&self, id: &str) -> Span {
        let span = self.origin_numbers.get(id).and_then(|number| self.origin_spans.get(*number));
        span.cloned().unwrap_or_default()
    }

    /// Position of a declared origin; one that is not is an error, reported here or with the missing `[origins]`.
    pub(crate) fn origin(&self, findings: &mut Findings, name: &TextValue<'_>) -> Option<usize> {
        let ids = || self.definition.origins.iter().map(|origin| origin.id.as_str());
        let found = self.origin_numbers.get(name.text).copied();
        // A table without any origin says so once.
        if found.is_none() && !self.origin_numbers.is_empty() {
            let report = findings
                .report(&codes::UNKNOWN_ORIGIN, name.span.clone(), format!("there is no origin `{}`", name.text))
                .did_you_mean(name.text, ids());
            let known: Vec<&str> = ids().take(12).collect();
            if !known.is_empty() {
                report.help(format!("the table has {}", quoted(&known)));
            }
        }
        found
    }
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

fn canonical(findings: &mut Findings, entry: Setting<'_>) -> Canonical {
    let mut canonical = Canonical::default();
    let Some(section) = entry.section(findings, &["case", "trailing_slash", "merge_slashes", "refuse"]) else {
        return canonical;
    };
    let case = section
        .get("case")
        .and_then(|entry| entry.word(findings, &[("keep", LetterCase::Keep), ("lower", LetterCase::Lower)]));
    canonical.case = case.unwrap_or_default();
    let strips = [("keep", TrailingSlash::Keep), ("strip", TrailingSlash::Strip)];
    let strip = section.get("trailing_slash").and_then(|entry| entry.word(findings, &strips));
    canonical.trailing_slash = strip.unwrap_or_default();
    if section.get("merge_slashes").and_then(|entry| entry.boolean(findings)) == Some(false) {
        canonical.slashes = Slashes::Keep;
    }
    for text in section.get("refuse").map(|entry| entry.texts(findings)).unwrap_or_default() {
        if text.text.is_empty() || text.text.contains(['?', '#']) {
            let message = match text.text {
                "" => "an empty text is in every path, so this would refuse everything".to_owned(),
                text => format!("`{text}` never appears in a raw path, so this refuses nothing"),
            };
            findings
                .report(&codes::BAD_REFUSE, text.span, message)
                .help("write a text that is not empty and has no `?` and no `#`");
        } else {
            canonical.refuse.push(text.text.to_owned());
        }
    }
    canonical
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

/// What CloudFront itself has on the behavior: as declared, else the only s3 origin, else the default.
fn configured_origin(findings: &mut Findings, section: &TomlTable<'_>, head: &mut Head<'_>) {
    head.definition.configured = head.definition.default;
    let distribution = section.get("distribution").and_then(|entry| entry.section(findings, &["configured_origin"]));
    if let Some(entry) = distribution.and_then(|section| section.get("configured_origin")) {
        let configured = entry.text(findings).and_then(|name| head.origin(findings, &name));
        head.is_configured_known = configured.is_some();
        head.definition.configured = configured.unwrap_or_default();
        return;
    }
    let is_s3 = |at: &usize| matches!(head.definition.origins.get(*at).map(|o| &o.kind), Some(OriginKind::S3(_)));
    let buckets: Vec<usize> = (0..head.definition.origins.len()).filter(is_s3).collect();
    match buckets.as_slice() {
        [] => {}
        [only] => head.definition.configured = *only,
        [first, second, ..] => {
            head.is_configured_known = false;
            let id = |at: &usize| head.definition.origins.get(*at).map_or("", |origin| origin.id.as_str());
            let span = |at: &usize| head.origin_spans.get(*at).cloned().unwrap_or_default();
            let message = "the table does not say which s3 origin the behavior uses";
            findings
                .report(&codes::CONFIGURED_UNCLEAR, span(second), message)
                .also(span(first), "another s3 origin")
                .help(format!("say which: `[distribution]` with `configured_origin = \"{}\"`", id(first)))
                .help("only that one can be sent to; the others need a distribution or behavior of their own");
        }
    }
}
