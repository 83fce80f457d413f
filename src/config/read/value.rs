//! Reading TOML values by hand: every getter reports what it cannot use and goes on.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::config::read::context::Context;
use crate::diagnostic::codes;
use crate::text::{nearest, one_of, quoted};

/// A value with its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    key: &'a Spanned<DeString<'a>>,
    /// What the key is set to.
    pub(crate) value: &'a Value<'a>,
}

/// A text with its place.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    /// As it was read, escapes undone.
    pub(crate) text: &'a str,
    /// Of the value, quotes included.
    pub(crate) span: Range<usize>,
}

/// A table of the file whose keys are all known.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    /// As messages name it: ``route `x` ``.
    pub(crate) name: String,
    /// Its header, or the whole inline table.
    pub(crate) span: Range<usize>,
    table: &'a DeTable<'a>,
    /// Keys that an unknown one was probably meant to be: reported as misspelt, not to be reported as missing.
    misspelt: Vec<String>,
}

impl<'a> Entry<'a> {
    /// The key's name.
    pub(crate) fn key(&self) -> &'a str {
        self.key.get_ref()
    }

    /// Where the key is.
    pub(crate) fn key_span(&self) -> Range<usize> {
        self.key.span()
    }

    /// Where the value is.
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// A text.
    pub(crate) fn text(&self, context: &mut Context<'_>) -> Option<Text<'a>> {
        text(context, self.key(), self.value, "a text")
    }

    /// A text that is not empty.
    pub(crate) fn filled_text(&self, context: &mut Context<'_>) -> Option<Text<'a>> {
        let text = self.text(context)?;
        if text.text.is_empty() {
            context.report(&codes::EMPTY_VALUE, text.span, format!("`{}` is empty", self.key()));
            return None;
        }
        Some(text)
    }

    /// One text, or a list of them; neither the list nor a text is empty.
    pub(crate) fn one_or_more(&self, context: &mut Context<'_>) -> Vec<Text<'a>> {
        let mut texts = match self.value.get_ref() {
            DeValue::Array(_) => self.some_texts(context),
            _ => text(context, self.key(), self.value, "a text or a list of texts").into_iter().collect(),
        };
        texts.retain(|text| !self.is_empty(context, text));
        texts
    }

    fn is_empty(&self, context: &mut Context<'_>, text: &Text<'_>) -> bool {
        if text.text.is_empty() {
            context
                .report(&codes::EMPTY_VALUE, text.span.clone(), format!("a text of `{}` is empty", self.key()))
                .help(format!("write a value, or leave `{}` out", self.key()));
        }
        text.text.is_empty()
    }

    /// A list of texts that is not empty.
    pub(crate) fn some_texts(&self, context: &mut Context<'_>) -> Vec<Text<'a>> {
        let Some(list) = self.list(context, "a list of texts") else { return Vec::new() };
        if list.is_empty() {
            context
                .report(&codes::EMPTY_VALUE, self.span(), format!("`{}` is an empty list", self.key()))
                .help(format!("list a value, or leave `{}` out", self.key()));
        }
        self.texts(context)
    }

    /// A list of texts, perhaps empty.
    pub(crate) fn texts(&self, context: &mut Context<'_>) -> Vec<Text<'a>> {
        let Some(list) = self.list(context, "a list of texts") else { return Vec::new() };
        list.iter().filter_map(|item| text(context, self.key(), item, "a list of texts")).collect()
    }

    /// A list.
    pub(crate) fn list(&self, context: &mut Context<'_>, expected: &str) -> Option<&'a [Value<'a>]> {
        match self.value.get_ref() {
            DeValue::Array(list) => Some(list),
            _ => {
                wrong_type(context, self.key(), self.value, expected);
                None
            }
        }
    }

    /// A whole number of a range.
    pub(crate) fn whole<T: TryFrom<i64>>(&self, context: &mut Context<'_>, range: RangeInclusive<i64>) -> Option<T> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            wrong_type(context, self.key(), self.value, "a whole number");
            return None;
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let message = format!("`{}` must be {} to {}", self.key(), range.start(), range.end());
            context.report(&codes::OUT_OF_RANGE, self.span(), message);
        }
        number
    }

    /// A number of a range, with a point or without.
    pub(crate) fn number(&self, context: &mut Context<'_>, range: RangeInclusive<f64>) -> Option<f64> {
        let number: Option<f64> = match self.value.get_ref() {
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => {
                wrong_type(context, self.key(), self.value, "a number");
                return None;
            }
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{}` must be {} to {}", self.key(), range.start(), range.end());
            context.report(&codes::OUT_OF_RANGE, self.span(), message);
        }
        number
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, context: &mut Context<'_>) -> Option<bool> {
        let boolean = self.value.get_ref().as_bool();
        if boolean.is_none() {
            wrong_type(context, self.key(), self.value, "`true` or `false`");
        }
        boolean
    }

    /// One of a few words, as what it stands for.
    pub(crate) fn word<T: Copy>(&self, context: &mut Context<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(context)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text.text) {
            return Some(*meaning);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("`{}` is none of the values of `{}`", text.text, self.key());
        let choice = format!("`{}` is {}", self.key(), one_of(&known));
        context.report(&codes::UNKNOWN_VALUE, text.span, message).did_you_mean(text.text, known).help(choice);
        None
    }

    /// A table with these keys and no other.
    pub(crate) fn section(&self, context: &mut Context<'_>, keys: &[&str]) -> Option<Section<'a>> {
        Section::open(context, self.value, format!("`{}`", self.key()), keys)
    }

    /// The entries of a table whose keys are the user's own names, in written order.
    pub(crate) fn names(&self, context: &mut Context<'_>) -> Vec<Entry<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => in_written_order(table),
            _ => {
                wrong_type(context, self.key(), self.value, "a table");
                Vec::new()
            }
        }
    }
}

impl<'a> Section<'a> {
    /// Takes a value that must be a table; reports every key that is not one of `keys`.
    pub(crate) fn open(context: &mut Context<'_>, value: &'a Value<'a>, name: String, keys: &[&str]) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            let found = describe(value.get_ref());
            let message = format!("{name} must be a table, not {found}");
            context.report(&codes::WRONG_TYPE, value.span(), message).label(format!("this is {found}"));
            return None;
        };
        Some(Section::of(context, table, (name, value.span()), keys))
    }

    /// The same of a table at hand, with its name and place.
    pub(crate) fn of(
        context: &mut Context<'_>,
        table: &'a DeTable<'a>,
        (name, span): (String, Range<usize>),
        keys: &[&str],
    ) -> Section<'a> {
        let mut section = Section { name, span, table, misspelt: Vec::new() };
        for entry in section.entries() {
            if !keys.contains(&entry.key()) {
                section.unknown(context, entry, keys);
            }
        }
        section
    }

    /// Whether an unknown key was probably meant to be this one.
    pub(crate) fn has_misspelt(&self, key: &str) -> bool {
        self.misspelt.iter().any(|meant| meant == key)
    }

    fn unknown(&mut self, context: &mut Context<'_>, entry: Entry<'_>, keys: &[&str]) {
        // Where no more is listed, a million unknown keys are not compared with the known ones.
        let near = if context.findings.is_full() { None } else { nearest(entry.key(), keys.iter().copied()) };
        let message = format!("{} has no key `{}`", self.name, entry.key());
        let mut report = context.report(&codes::UNKNOWN_KEY, entry.key_span(), message);
        if let Some(near) = near {
            report = report.help(format!("did you mean `{near}`?"));
            self.misspelt.push(near.to_owned());
        }
        if keys.len() <= 12 {
            report.help(format!("it has {}", quoted(keys)));
        }
    }

    /// An entry.
    pub(crate) fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.table.get_key_value(key).map(|(key, value)| Entry { key, value })
    }

    /// An entry that must be there.
    pub(crate) fn require(&self, context: &mut Context<'_>, key: &str) -> Option<Entry<'a>> {
        let entry = self.get(key);
        if entry.is_none() && !self.has_misspelt(key) {
            context.report(&codes::MISSING_KEY, self.span.clone(), format!("{} needs `{key}`", self.name));
        }
        entry
    }

    /// All entries, in written order.
    pub(crate) fn entries(&self) -> Vec<Entry<'a>> {
        in_written_order(self.table)
    }
}

/// The parser sorts keys by name; what is written first shall come first.
pub(crate) fn in_written_order<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = table.iter().map(|(key, value)| Entry { key, value }).collect();
    entries.sort_by_key(|entry| entry.key_span().start);
    entries
}

/// A text, or a report that says what is there instead.
pub(crate) fn text<'a>(context: &mut Context<'_>, key: &str, value: &'a Value<'a>, expected: &str) -> Option<Text<'a>> {
    match value.get_ref() {
        DeValue::String(text) => Some(Text { text, span: value.span() }),
        _ => {
            wrong_type(context, key, value, expected);
            None
        }
    }
}

/// Reports a value that is of another type than expected.
pub(crate) fn wrong_type(context: &mut Context<'_>, key: &str, value: &Value<'_>, expected: &str) {
    let found = describe(value.get_ref());
    context
        .report(&codes::WRONG_TYPE, value.span(), format!("`{key}` must be {expected}, not {found}"))
        .label(format!("this is {found}"));
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
