//! Reading TOML values by hand: every getter reports what it cannot use and goes on. A value knows where it stands.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::config::read::document::Document;
use crate::config::read::form::{self, TypeWanted};
use crate::config::read::others;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Report, Span};
use crate::text::{nearest, one_of, quoted};

/// A key and what it is set to; or an item of the list that it is set to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    document: &'a Document,
    key: &'a Spanned<DeString<'a>>,
    node: &'a Spanned<DeValue<'a>>,
}

/// What a value is of its key.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// What it is set to.
    Value,
    /// An item of the list that it is set to.
    Item,
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(crate) struct TextValue<'a> {
    /// As it was read, escapes undone.
    pub(crate) text: &'a str,
    /// As it is written, quotes included.
    pub(crate) written: &'a str,
    /// Of what is written.
    pub(crate) span: Span,
}

/// A table of the file whose keys are all known.
#[derive(Clone, Debug)]
pub(crate) struct TomlTable<'a> {
    /// As messages name it: ``route `x` ``.
    pub(crate) name: String,
    /// Its header, or the whole inline table.
    pub(crate) span: Span,
    /// In written order.
    settings: Vec<Setting<'a>>,
    /// Keys that an unknown one was probably meant to be: reported as misspelt, not to be reported as missing.
    misspelt: Vec<String>,
}

/// Keys of which a table has one at most.
#[derive(Debug)]
pub(crate) struct OneOf<K: 'static> {
    /// The keys, and what each stands for.
    pub(crate) keys: &'static [(&'static str, K)],
    /// What a second one is reported as.
    pub(crate) code: &'static Code,
    /// What the first one is called then.
    pub(crate) first: &'static str,
    /// What to do then.
    pub(crate) help: &'static str,
}

impl<K> OneOf<K> {
    /// The keys alone.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|(name, _)| *name).collect()
    }
}

impl TextValue<'_> {
    /// Where a part of the text is written; the whole value where escapes make the two differ, or where it is empty.
    pub(crate) fn part(&self, part: Range<usize>) -> Span {
        let Some(start) =
            self.written.find(self.text).filter(|_| part.start < self.text.len() && part.end <= self.text.len())
        else {
            return self.span.clone();
        };
        let start = self.span.range.start + start;
        Span { file: self.span.file, range: start + part.start..start + part.end }
    }
}

impl<'a> Setting<'a> {
    /// A key of a document with its value.
    pub(crate) fn new(document: &'a Document, pair: (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)) -> Self {
        Setting { document, key: pair.0, node: pair.1 }
    }

    /// The key's name.
    pub(crate) fn key(self) -> &'a str {
        self.key.get_ref()
    }

    /// Where the key is.
    pub(crate) fn key_span(self) -> Span {
        self.document.span(self.key.span())
    }

    /// Key and value.
    pub(crate) fn whole_span(self) -> Span {
        self.document.span(self.key.span().start..self.node.span().end)
    }

    /// What the key is set to.
    pub(crate) fn value(self) -> &'a DeValue<'a> {
        self.node.get_ref()
    }

    /// The value as it is written.
    pub(crate) fn written(self) -> &'a str {
        self.document.text.get(self.node.span()).unwrap_or_default()
    }

    /// Where the value is.
    pub(crate) fn span(self) -> Span {
        self.document.span(self.node.span())
    }

    /// A text.
    pub(crate) fn text(self, findings: &mut Findings) -> Option<TextValue<'a>> {
        self.text_or(findings, "a text")
    }

    /// A text, or a report that says what is there instead.
    pub(crate) fn text_or(self, findings: &mut Findings, expected: &str) -> Option<TextValue<'a>> {
        self.text_named(findings, Role::Value, expected)
    }

    fn text_named(self, findings: &mut Findings, role: Role, expected: &str) -> Option<TextValue<'a>> {
        let DeValue::String(text) = self.value() else {
            self.mistyped(findings, role, (expected, TypeWanted::Text));
            return None;
        };
        Some(TextValue { text, written: self.written(), span: self.span() })
    }

    /// A text that is not empty.
    pub(crate) fn filled_text(self, findings: &mut Findings) -> Option<TextValue<'a>> {
        let text = self.text(findings)?;
        if text.text.is_empty() {
            findings.report(&codes::EMPTY_VALUE, text.span, format!("`{}` is empty", self.key()));
            return None;
        }
        Some(text)
    }

    /// One text, or a list of them; neither the list nor a text is empty.
    pub(crate) fn one_or_more(self, findings: &mut Findings) -> Vec<TextValue<'a>> {
        let mut texts = match self.value() {
            DeValue::Array(_) => self.some_texts(findings),
            _ => self.text_or(findings, "a text or a list of texts").into_iter().collect(),
        };
        texts.retain(|text| !self.is_empty(findings, text));
        texts
    }

    fn is_empty(self, findings: &mut Findings, text: &TextValue<'_>) -> bool {
        if text.text.is_empty() {
            findings
                .report(&codes::EMPTY_VALUE, text.span.clone(), format!("`{}` has an empty text", self.key()))
                .help(format!("write a value, or leave `{}` out", self.key()));
        }
        text.text.is_empty()
    }

    /// A list of texts that is not empty.
    pub(crate) fn some_texts(self, findings: &mut Findings) -> Vec<TextValue<'a>> {
        if self.value().as_array().is_some_and(|list| list.is_empty()) {
            findings
                .report(&codes::EMPTY_VALUE, self.span(), format!("`{}` is an empty list", self.key()))
                .help(format!("list a value, or leave `{}` out", self.key()));
        }
        self.texts(findings)
    }

    /// A list of texts, perhaps empty.
    pub(crate) fn texts(self, findings: &mut Findings) -> Vec<TextValue<'a>> {
        let items = self.items(findings, "a list of texts");
        items.filter_map(|item| item.text_named(findings, Role::Item, "a text")).collect()
    }

    /// The items of a list; none where there is no list, which is reported.
    pub(crate) fn items(self, findings: &mut Findings, expected: &str) -> impl Iterator<Item = Setting<'a>> + use<'a> {
        let list = match self.value() {
            DeValue::Array(list) => Some(list),
            _ => self.not_a(findings, (expected, TypeWanted::List)),
        };
        list.into_iter().flat_map(|list| list.iter()).map(move |node| Setting { node, ..self })
    }

    /// A whole number of a range.
    pub(crate) fn whole<T: TryFrom<i64>>(self, findings: &mut Findings, range: RangeInclusive<i64>) -> Option<T> {
        let DeValue::Integer(number) = self.value() else {
            return self.not_a(findings, ("a whole number", TypeWanted::Number));
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.or_else(|| self.out_of_range(findings, (range.start(), range.end())))
    }

    /// A number of a range, with a point or without.
    pub(crate) fn number(self, findings: &mut Findings, range: RangeInclusive<f64>) -> Option<f64> {
        let number: Option<f64> = match self.value() {
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => return self.not_a(findings, ("a number", TypeWanted::Number)),
        };
        let number = number.filter(|number| range.contains(number));
        number.or_else(|| self.out_of_range(findings, (range.start(), range.end())))
    }

    fn out_of_range<T>(self, findings: &mut Findings, (start, end): (impl Display, impl Display)) -> Option<T> {
        findings.report(&codes::OUT_OF_RANGE, self.span(), format!("`{}` must be {start} to {end}", self.key()));
        None
    }

    /// `true` or `false`.
    pub(crate) fn boolean(self, findings: &mut Findings) -> Option<bool> {
        self.value().as_bool().or_else(|| self.not_a(findings, ("`true` or `false`", TypeWanted::Boolean)))
    }

    /// One of a few words, as what it stands for.
    pub(crate) fn word<T: Copy>(self, findings: &mut Findings, words: &[(&str, T)]) -> Option<T> {
        self.word_or(findings, words, |_| None)
    }

    /// The same where more can be said of some other words.
    pub(crate) fn word_or<T: Copy>(
        self,
        findings: &mut Findings,
        words: &[(&str, T)],
        of_another: fn(&str) -> Option<&'static str>,
    ) -> Option<T> {
        let choice = || {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("`{}` must be {}", self.key(), one_of(&known))
        };
        let DeValue::String(_) = self.value() else {
            self.untyped(findings, Role::Value, "a text").help(choice());
            return None;
        };
        let text = self.text(findings)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.text) {
            return Some(*meaning);
        }
        let message = format!("`{}` cannot be `{}`", self.key(), text.text);
        let known = words.iter().map(|(word, _)| *word);
        let report = findings.report(&codes::UNKNOWN_VALUE, text.span, message);
        let report = report.did_you_mean(text.text, known).help(choice());
        if let Some(more) = of_another(text.text) {
            report.help(more);
        }
        None
    }

    /// A table with these keys and no other.
    pub(crate) fn section(self, findings: &mut Findings, keys: &[&str]) -> Option<TomlTable<'a>> {
        self.section_named(findings, format!("`{}`", self.key()), keys)
    }

    /// The same with a name of its own.
    pub(crate) fn section_named(self, findings: &mut Findings, name: String, keys: &[&str]) -> Option<TomlTable<'a>> {
        let DeValue::Table(table) = self.value() else {
            let found = describe(self.value());
            let message = format!("{name} must be a table, not {found}");
            let report = findings.report(&codes::WRONG_TYPE, self.span(), message).label(format!("this is {found}"));
            self.with_form(report, Role::Value, TypeWanted::Table);
            return None;
        };
        let settings = in_written_order(self.document, table);
        let table = TomlTable { name, span: self.span(), settings, misspelt: Vec::new() };
        Some(table.checked(findings, keys))
    }

    /// The entries of a table whose keys are the user's own names, in written order.
    pub(crate) fn names(self, findings: &mut Findings) -> Vec<Setting<'a>> {
        let DeValue::Table(table) = self.value() else {
            return self.not_a(findings, ("a table", TypeWanted::Table)).unwrap_or_default();
        };
        in_written_order(self.document, table)
    }

    /// Reports a value that is of another type than expected.
    pub(crate) fn wrong_type<T>(self, findings: &mut Findings, expected: &str) -> Option<T> {
        self.untyped(findings, Role::Value, expected);
        None
    }

    /// The same where a text is one of the types that are expected.
    pub(crate) fn not_even_a_text<T>(self, findings: &mut Findings, expected: &str) -> Option<T> {
        self.not_a(findings, (expected, TypeWanted::Text))
    }

    fn not_a<T>(self, findings: &mut Findings, wanted: (&str, TypeWanted)) -> Option<T> {
        self.mistyped(findings, Role::Value, wanted);
        None
    }

    fn mistyped(self, findings: &mut Findings, role: Role, (expected, wanted): (&str, TypeWanted)) {
        self.with_form(self.untyped(findings, role, expected), role, wanted);
    }

    fn untyped<'f>(self, findings: &'f mut Findings, role: Role, expected: &str) -> Report<'f> {
        let (key, found) = (self.key(), describe(self.value()));
        let what = match role {
            Role::Value => format!("`{key}`"),
            Role::Item => format!("an item of `{key}`"),
        };
        let message = format!("{what} must be {expected}, not {found}");
        findings.report(&codes::WRONG_TYPE, self.span(), message).label(format!("this is {found}"))
    }

    /// Says what the value was probably meant to look like.
    fn with_form(self, report: Report<'_>, role: Role, wanted: TypeWanted) {
        let Some(form) = form::meant(self.key(), self.value(), wanted) else { return };
        report.help(match role {
            Role::Value => format!("write `{} = {form}`", self.key()),
            Role::Item => format!("write `{form}`"),
        });
    }
}

impl<'a> TomlTable<'a> {
    /// These keys, all of them known so far.
    pub(crate) fn of(span: Span, name: String, settings: Vec<Setting<'a>>) -> TomlTable<'a> {
        TomlTable { name, span, settings, misspelt: Vec::new() }
    }

    /// The same; reports every key that is not one of `keys`.
    pub(crate) fn checked(mut self, findings: &mut Findings, keys: &[&str]) -> TomlTable<'a> {
        let unknown = self.settings.iter().filter(|setting| !keys.contains(&setting.key()));
        self.misspelt = unknown.filter_map(|setting| self.unknown(findings, *setting, keys)).collect();
        self
    }

    /// Whether an unknown key was probably meant to be this one.
    pub(crate) fn has_misspelt(&self, key: &str) -> bool {
        self.misspelt.iter().any(|meant| meant == key)
    }

    /// Reports an unknown key; the known one that it was probably meant to be.
    fn unknown(&self, findings: &mut Findings, setting: Setting<'_>, keys: &[&str]) -> Option<String> {
        let foreign = others::meant(setting.key(), setting.value(), keys);
        // Where no more is listed, a million unknown keys are not compared with the known ones.
        let is_compared = !findings.is_full() && foreign.is_none();
        let absent = keys.iter().copied().filter(|key| is_compared && self.get(key).is_none());
        let near = nearest(setting.key(), absent);
        let message = format!("{} has no key `{}`", self.name, setting.key());
        let mut report = findings.report(&codes::UNKNOWN_KEY, setting.key_span(), message);
        if let Some(near) = near {
            report = report.help(format!("did you mean `{near}`?"));
        }
        if let Some((key, help)) = foreign {
            report.help(help);
            return key.map(str::to_owned);
        }
        if let Some(help) = instead_of_former(setting) {
            report = report.help(help);
        }
        if keys.len() <= 12 {
            report.help(format!("it has {}", quoted(keys)));
        }
        near.map(str::to_owned)
    }

    /// A key. O(n) in the keys of the table, which are few where all are known.
    pub(crate) fn get(&self, key: &str) -> Option<Setting<'a>> {
        self.settings.iter().find(|setting| setting.key() == key).copied()
    }

    /// A key that must be there.
    pub(crate) fn require(&self, findings: &mut Findings, key: &str) -> Option<Setting<'a>> {
        let setting = self.get(key);
        if setting.is_none() && !self.has_misspelt(key) {
            findings.report(&codes::MISSING_KEY, self.span.clone(), format!("{} needs `{key}`", self.name));
        }
        setting
    }

    /// The one of some keys that is set, and what it stands for; an error where there are several, or one is
    /// misspelt, which is reported.
    pub(crate) fn only_one<K: Copy>(
        &self,
        findings: &mut Findings,
        of: &OneOf<K>,
    ) -> Result<Option<(K, Setting<'a>)>, ()> {
        let meaning = |setting: &Setting<'a>| {
            let (_, meaning) = of.keys.iter().find(|(name, _)| *name == setting.key())?;
            Some((*meaning, *setting))
        };
        let set: Vec<(K, Setting<'a>)> = self.settings.iter().filter_map(meaning).collect();
        let Some((one, others)) = set.split_first() else {
            let is_misspelt = of.keys.iter().any(|(name, _)| self.has_misspelt(name));
            return if is_misspelt { Err(()) } else { Ok(None) };
        };
        let first = one.1;
        for (_, other) in others {
            let message = format!("{} has both `{}` and `{}`", self.name, first.key(), other.key());
            let report = findings.report(of.code, other.key_span(), message);
            report.also(first.key_span(), of.first).help(of.help);
        }
        if others.is_empty() { Ok(Some(*one)) } else { Err(()) }
    }

    /// All keys that are set, in written order.
    pub(crate) fn all(&self) -> &[Setting<'a>] {
        &self.settings
    }
}

/// What is written in the place of a section that tables had once.
fn instead_of_former(setting: Setting<'_>) -> Option<String> {
    let section = setting.value().as_table().filter(|_| setting.key() == "distribution")?;
    let configured = section.iter().find(|(key, _)| key.get_ref() == "configured_origin");
    let configured = configured.and_then(|(_, value)| value.get_ref().as_str()).unwrap_or("NAME");
    Some(format!("write `[[behavior]]` in its place, and below it `configured_origin = \"{configured}\"`"))
}

/// The parser sorts keys by name; what is written first shall come first.
pub(crate) fn in_written_order<'a>(document: &'a Document, table: &'a DeTable<'a>) -> Vec<Setting<'a>> {
    let mut settings: Vec<Setting<'a>> = table.iter().map(|pair| Setting::new(document, pair)).collect();
    settings.sort_by_key(|setting| setting.key.span().start);
    settings
}

/// What a value is, with its article.
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date-time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
