//! `[[behavior]]`: the cache behaviors of the distribution, as CloudFront has them.

use super::head::Head;
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, Span, codes};
use crate::platform::buckets::bucket_of;
use crate::platform::limits::MAX_PATH_PATTERN;
use crate::route::{Behavior, BehaviorPattern, Behaviors, Caching, Origin, OriginKind};

const KEYS: [&str; 5] = ["path_pattern", "configured_origin", "caching", "failover", "router"];

/// The punctuation that a path pattern may hold beside letters and digits, its wildcards included.
const PUNCTUATION: &str = "_-.$/~\"'@:+&*?";

/// A behavior and where it is written.
struct WrittenBehavior<'a> {
    behavior: Behavior,
    pattern: Option<TextValue<'a>>,
    span: Span,
}

/// Lowers the list; without one there is one default behavior.
pub(crate) fn lower<'a>(findings: &mut Findings, section: &TomlTable<'a>, head: &mut Head<'a>) {
    let Some(setting) = section.get("behavior") else { return one_behavior(findings, head) };
    let entries: Vec<Setting<'a>> = setting.items(findings, "a list of tables, each begun by `[[behavior]]`").collect();
    if entries.is_empty() {
        return one_behavior(findings, head);
    }
    let mut written: Vec<WrittenBehavior<'a>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(section) = entry.section_named(findings, "a behavior".to_owned(), &KEYS) else { continue };
        written.push(behavior(findings, &section, head));
    }
    let Some(last) = written.pop() else { return };
    if let Some(pattern) = &last.pattern {
        findings
            .report(&codes::BEHAVIOR_ORDER, pattern.span.clone(), "the last behavior has a pattern")
            .label("the default behavior is the last one and takes every path")
            .help("end the list with a `[[behavior]]` without `path_pattern`: what CloudFront has as its default");
    }
    head.behavior_spans = written.iter().chain([&last]).map(|written| written.span.clone()).collect();
    head.definition.behaviors.default = last.behavior;
    for written in written {
        if let Some(pattern) = pattern(findings, &written, &head.definition.behaviors) {
            unreached(findings, (&pattern, &written), head);
            head.definition.behaviors.by_pattern.push((pattern, written.behavior));
        }
    }
}

fn behavior<'a>(findings: &mut Findings, section: &TomlTable<'a>, head: &mut Head<'a>) -> WrittenBehavior<'a> {
    let named = section.require(findings, "configured_origin").and_then(|entry| entry.text(findings));
    let configured = named.and_then(|name| head.origin(findings, &name));
    let words = [("on", Caching::On), ("off", Caching::Off)];
    let caching = section.get("caching").and_then(|entry| entry.word(findings, &words));
    let router = section.get("router").and_then(|entry| entry.boolean(findings));
    let configured = configured.unwrap_or_default();
    let failover = section.get("failover").and_then(|entry| failover(findings, entry, head, configured));
    let behavior =
        Behavior { configured, failover, caching: caching.unwrap_or_default(), is_routed: router != Some(false) };
    let pattern = section.get("path_pattern").and_then(|entry| entry.text(findings));
    WrittenBehavior { behavior, pattern, span: section.span.clone() }
}

/// The second member of an origin group: an event at it must be told from one at the first.
fn failover(findings: &mut Findings, entry: Setting<'_>, head: &Head<'_>, configured: usize) -> Option<usize> {
    let name = entry.text(findings)?;
    let failover = head.origin(findings, &name)?;
    let origins = &head.definition.origins;
    let (first, second) = (origins.get(configured)?, origins.get(failover)?);
    if place_of(first) == place_of(second) {
        findings
            .report(&codes::BAD_FAILOVER, name.span, format!("`{}` is where `{}` is", second.id, first.id))
            .label("the same domain and path as the configured origin")
            .help("name an origin of another domain or path: only so an event tells which of the two it goes to");
        return None;
    }
    Some(failover)
}

/// What tells one origin from another in an event.
fn place_of(origin: &Origin) -> (String, &str) {
    match &origin.kind {
        OriginKind::Custom(custom) => (origin.domain.clone(), &custom.path),
        OriginKind::S3(s3) => (bucket_of(&origin.domain).unwrap_or_else(|| origin.domain.clone()), &s3.path),
    }
}

/// The pattern of a behavior that is not the last, where it is one.
fn pattern(findings: &mut Findings, written: &WrittenBehavior<'_>, before: &Behaviors) -> Option<BehaviorPattern> {
    let Some(text) = &written.pattern else {
        findings
            .report(&codes::BEHAVIOR_ORDER, written.span.clone(), "a behavior that is not the last has no pattern")
            .help("write its `path_pattern`, or move it to the end of the list: the default behavior is the last");
        return None;
    };
    let strange = text.text.chars().find(|&char| !char.is_ascii_alphanumeric() && !PUNCTUATION.contains(char));
    let message = match strange {
        Some(char) => format!("CloudFront takes no {char:?} in a path pattern"),
        None if text.text.is_empty() => "a path pattern is empty".to_owned(),
        None if text.text.len() > MAX_PATH_PATTERN => format!("a path pattern has over {MAX_PATH_PATTERN} characters"),
        None => {
            let pattern = BehaviorPattern::new(text.text);
            if before.by_pattern.iter().all(|(earlier, _)| *earlier != pattern) {
                return Some(pattern);
            }
            findings
                .report(
                    &codes::BAD_PATH_PATTERN,
                    text.span.clone(),
                    format!("two behaviors have the pattern `{pattern}`"),
                )
                .help("keep one: CloudFront tries the patterns in order, so the second would take nothing");
            return None;
        }
    };
    findings
        .report(&codes::BAD_PATH_PATTERN, text.span.clone(), message)
        .help("write the pattern that CloudFront has: letters, digits, `_-.$/~\"'@:+&`, `*` and `?`");
    None
}

/// Reports a pattern all of whose paths an earlier one takes.
fn unreached(findings: &mut Findings, (pattern, written): (&BehaviorPattern, &WrittenBehavior<'_>), head: &Head<'_>) {
    let earlier = &head.definition.behaviors.by_pattern;
    let Some(at) = earlier.iter().position(|(earlier, _)| earlier.covers(pattern)) else { return };
    let Some(((by, _), span)) = earlier.get(at).zip(head.behavior_spans.get(at)) else { return };
    let here = written.pattern.as_ref().map_or(&written.span, |text| &text.span);
    findings
        .report(&codes::BEHAVIOR_UNREACHED, here.clone(), format!("no path reaches the behavior `{pattern}`"))
        .label(format!("`{by}` takes all that this would"))
        .also(span.clone(), "which comes first")
        .help(format!("move `{pattern}` above `{by}`, here and in the distribution, or leave it out"));
}

/// One behavior for all paths, with the only s3 origin configured, else the default.
fn one_behavior(findings: &mut Findings, head: &mut Head<'_>) {
    head.definition.behaviors = Behaviors::one(head.definition.default);
    let is_s3 = |at: &usize| matches!(head.definition.origins.get(*at).map(|o| &o.kind), Some(OriginKind::S3(_)));
    let buckets: Vec<usize> = (0..head.definition.origins.len()).filter(is_s3).collect();
    match buckets.as_slice() {
        [] => {}
        [only] => head.definition.behaviors = Behaviors::one(*only),
        [first, second, ..] => {
            let id = |at: &usize| head.definition.origins.get(*at).map_or("", |origin| origin.id.as_str());
            let [first_at, second_at] = [first, second].map(|at| head.declared_at(id(at)));
            let message = "the table does not say which s3 origin CloudFront has on its behavior";
            findings
                .report(&codes::CONFIGURED_UNCLEAR, second_at, message)
                .also(first_at, "another s3 origin")
                .help(format!("say which: a `[[behavior]]` with `configured_origin = \"{}\"`", id(first)))
                .help(
                    "only that one can be sent to on a behavior; each of the others needs a `[[behavior]]` of its own",
                );
        }
    }
}
