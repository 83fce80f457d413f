//! The rows of the event tests: `tests/events/rows/*.toml`. A row is one CloudFront event with its whole answer and log,
//! written as what it is about.
//!
//! `base.toml` there has the event that all rows start from, and blocks of origins by name. A row then says
//! - `why`: the sentence that it proves; `table`: the table it is put to (`bucket` where it says none); `clock`: the time.
//! - `request`, `config`, `response`: changes of the base event, member by member; `without`: pointers to what it does
//!   not have. `second`: changes of the base event that make a second record. Or `event`: the whole event, as text.
//! - `answer`: changes of what goes back where nothing is decided: the response if the event has one, else the request.
//!   With a `status`, the answer is made at the edge, and this is all of it. `answer_without`: what it does not have.
//! - `error`: the function error that comes in place of an answer.
//! - `log`: its lines. What the event says anyway (method, path, request id) is not repeated, nor is `route = null`.
//!
//! A header may be given by its text or texts: its `key` is then its name as CloudFront writes it. `like` is a block of
//! `base.toml`, to be changed further. `json` is any JSON, for what TOML can't say.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) type Object = Map<String, Value>;

/// What a row has for what became of its event.
pub(crate) const OUTCOME: [&str; 3] = ["answer", "error", "log"];

/// A file of rows.
pub(crate) struct Rows {
    pub(crate) path: PathBuf,
    /// What stands above the first row.
    head: String,
    pub(crate) rows: Vec<Row>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) why: String,
    #[serde(default = "usual_table")]
    pub(crate) table: String,
    pub(crate) clock: Option<String>,
    event: Option<String>,
    config: Option<Value>,
    request: Option<Value>,
    response: Option<Value>,
    #[serde(default)]
    without: Vec<String>,
    second: Option<Value>,
    answer: Option<Value>,
    #[serde(default)]
    answer_without: Vec<String>,
    error: Option<Value>,
    #[serde(default)]
    log: Vec<Value>,
}

fn usual_table() -> String {
    "bucket".to_owned()
}

/// `base.toml`.
#[derive(Deserialize)]
pub(crate) struct Base {
    cf: Value,
    origin: Object,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/rows")
}

impl Rows {
    pub(crate) fn all() -> Vec<Rows> {
        let entries = fs::read_dir(folder()).expect("tests/events/rows is there");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|path| path.file_name().is_some_and(|name| name != "base.toml"));
        files.sort();
        files.into_iter().map(Rows::read).collect()
    }

    fn read(path: PathBuf) -> Rows {
        #[derive(Deserialize)]
        struct File {
            row: Vec<Row>,
        }
        let text = fs::read_to_string(&path).expect("rows are text");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let head = text.find("[[row]]").map_or("", |at| &text[..at]).to_owned();
        Rows { path, head, rows: file.row }
    }

    pub(crate) fn write(&self) {
        let rows: Vec<String> = self.rows.iter().map(Row::text).collect();
        fs::write(&self.path, format!("{}{}", self.head, rows.join("\n"))).expect("rows can be written");
    }
}

impl Row {
    /// The event as it comes in.
    pub(crate) fn event(&self, base: &Base) -> String {
        let second = || self.second.iter().map(|second| json!({ "cf": base.with(&base.cf, second) }));
        let records = || std::iter::once(json!({ "cf": self.cf(base) })).chain(second()).collect::<Vec<_>>();
        self.event.clone().unwrap_or_else(|| json!({ "Records": records() }).to_string())
    }

    /// What of the event is read: nothing of what is no strict JSON.
    fn cf(&self, base: &Base) -> Value {
        if let Some(text) = &self.event {
            let event: Value = serde_json::from_str(text).unwrap_or_default();
            return event["Records"][0]["cf"].clone();
        }
        let parts = [("config", &self.config), ("request", &self.request), ("response", &self.response)];
        let named = |(name, part): (&str, &Option<Value>)| part.clone().map(|part| (name.to_owned(), part));
        let mut cf = base.with(&base.cf, &parts.into_iter().filter_map(named).collect());
        self.without.iter().for_each(|pointer| remove(&mut cf, pointer));
        cf
    }

    /// What must become of the event: [`OUTCOME`].
    pub(crate) fn outcome(&self, base: &Base) -> Object {
        let cf = self.cf(base);
        let mut outcome = Object::new();
        if let Some(error) = &self.error {
            outcome.insert("error".into(), error.clone());
        } else {
            let made = self.answer.as_ref().is_some_and(|answer| answer.get("status").is_some());
            let mut answer = base.with(untouched(&cf, made), self.answer.as_ref().unwrap_or(&json!({})));
            self.answer_without.iter().for_each(|pointer| remove(&mut answer, pointer));
            outcome.insert("answer".into(), answer);
        }
        outcome.insert("log".into(), self.log.iter().map(|entry| line(&cf, entry)).collect());
        outcome
    }

    /// The same row with another outcome.
    pub(crate) fn blessed(&self, base: &Base, outcome: &Object) -> Row {
        let cf = self.cf(base);
        let mut row = self.clone();
        row.answer_without.clear();
        row.answer = outcome.get("answer").and_then(|answer| {
            let from = untouched(&cf, answer.get("status").is_some());
            base.difference((from, answer), "", &mut row.answer_without)
        });
        row.error = outcome.get("error").cloned();
        row.log = outcome["log"].as_array().into_iter().flatten().map(|line| entry(&cf, line)).collect();
        row
    }

    fn text(&self) -> String {
        let mut lines = vec!["[[row]]".to_owned()];
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                flat(name, &value, &mut lines);
            }
        };
        put("why", Some(self.why.clone().into()));
        put("table", Some(self.table.clone().into()).filter(|table| *table != usual_table()));
        put("clock", self.clone().clock.map(Value::from));
        put("event", self.clone().event.map(Value::from));
        put("config", self.config.clone());
        put("request", self.request.clone());
        put("response", self.response.clone());
        put("without", Some(self.without.clone().into()).filter(|_| !self.without.is_empty()));
        put("second", self.second.clone());
        put("answer", self.answer.clone());
        put("answer_without", Some(self.answer_without.clone().into()).filter(|_| !self.answer_without.is_empty()));
        put("error", self.error.clone());
        match &self.log[..] {
            [] => {}
            [line] => lines.push(format!("log = [{}]", inline(line))),
            more => {
                let more = more.iter().map(|line| format!("    {},\n", inline(line)));
                lines.push(format!("log = [\n{}]", more.collect::<String>()));
            }
        }
        lines.join("\n") + "\n"
    }
}

/// What goes back where nothing is decided; nothing where the answer is made at the edge.
fn untouched(cf: &Value, made: bool) -> &Value {
    match (cf.get("response"), made) {
        (Some(response), _) => response,
        (None, true) => &Value::Null,
        (None, false) => &cf["request"],
    }
}

fn remove(from: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with `/`");
    let members = from.pointer_mut(parent).and_then(Value::as_object_mut);
    let removed = members.and_then(|members| members.remove(name));
    assert!(removed.is_some(), "nothing is at {pointer}");
}

impl Base {
    pub(crate) fn read() -> Base {
        let text = fs::read_to_string(folder().join("base.toml")).expect("base.toml is text");
        let Base { cf, origin } = toml::from_str(&text).expect("base.toml is right");
        let mut base = Base { cf: Value::Null, origin };
        for (name, block) in base.origin.clone() {
            base.origin[&name] = base.with(&Value::Null, &block);
        }
        base.cf = base.with(&Value::Null, &cf);
        base
    }

    /// A value with changes.
    fn with(&self, value: &Value, changes: &Value) -> Value {
        let mut value = value.clone();
        self.change(&mut value, changes);
        value
    }

    /// Objects are changed member by member; anything else takes the place of what was there.
    fn change(&self, value: &mut Value, changes: &Value) {
        let Value::Object(members) = changes else { return *value = changes.clone() };
        if let Some(json) = members.get("json") {
            return *value = serde_json::from_str(json.as_str().expect("`json` is text")).expect("`json` is JSON");
        }
        if let Some(name) = members.get("like") {
            *value = self.origin[name.as_str().expect("`like` is a name")].clone();
        }
        if !value.is_object() {
            *value = json!({});
        }
        for (name, changes) in members.iter().filter(|(name, _)| *name != "like") {
            match changes {
                Value::Object(headers) if name == "headers" || name == "customHeaders" => {
                    let whole = headers.iter().map(|(name, header)| (name.clone(), fields(name, header))).collect();
                    self.change(&mut value[name], &Value::Object(whole));
                }
                other => self.change(&mut value[name], other),
            }
        }
    }

    /// The changes that make one value the other, written short.
    fn difference(&self, (from, to): (&Value, &Value), at: &str, without: &mut Vec<String>) -> Option<Value> {
        if from == to {
            return None;
        }
        if let Some((name, _)) = self.origin.iter().find(|(_, block)| *block == to) {
            return Some(json!({ "like": name }));
        }
        let Value::Object(members) = to else { return Some(to.clone()) };
        let headers = at.ends_with("headers") || at.ends_with("customHeaders");
        let mut changes = Object::new();
        for (name, to) in members {
            if headers && from.get(name) != Some(to) {
                changes.insert(name.clone(), short(name, to));
            } else if let Some(change) = self.difference((&from[name], to), &format!("{at}/{name}"), without) {
                changes.insert(name.clone(), change);
            }
        }
        let gone = from.as_object().into_iter().flatten().filter(|(name, _)| !members.contains_key(*name));
        without.extend(gone.map(|(name, _)| format!("{at}/{name}")));
        (!changes.is_empty() || !from.is_object()).then(|| changes.into())
    }
}

/// A header's fields; a text is the value of one whose key is the name as CloudFront writes it.
fn fields(name: &str, header: &Value) -> Value {
    let upper = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    let key = name.split('-').map(upper).collect::<Vec<String>>().join("-");
    let field = |value: &Value| json!({ "key": key, "value": value });
    match header {
        Value::String(_) => json!([field(header)]),
        Value::Array(texts) if texts.iter().all(Value::is_string) => texts.iter().map(field).collect(),
        other => other.clone(),
    }
}

/// The shortest way to say a header's fields.
fn short(name: &str, header: &Value) -> Value {
    let texts: Vec<Value> = header.as_array().into_iter().flatten().map(|field| field["value"].clone()).collect();
    let one = texts.first().cloned().unwrap_or_default();
    [one, texts.into()].into_iter().find(|short| fields(name, short) == *header).unwrap_or_else(|| header.clone())
}

/// The line of the log that an entry of a row stands for.
fn line(cf: &Value, entry: &Value) -> Value {
    let mut entry = entry.as_object().cloned().expect("an entry is a table");
    if let Some(json) = entry.get("json") {
        return serde_json::from_str(json.as_str().expect("`json` is text")).expect("`json` is JSON");
    }
    let of_kind = |entry: &mut Object, kind: &str, level: &str| {
        let message = entry.remove(kind)?;
        Some(json!({ "kind": kind, "level": level, "message": message }))
    };
    let surprise = of_kind(&mut entry, "surprise", "warn");
    let notice = of_kind(&mut entry, "notice", "warn").or_else(|| of_kind(&mut entry, "disagreement", "error"));
    let decision = || json!({ "kind": "decision", "level": "info" });
    let mut line = notice.clone().or_else(|| surprise.clone()).unwrap_or_else(decision);
    let decided =
        notice.is_none() && (surprise.is_none() || entry.contains_key("route") || entry.contains_key("action"));
    if let Some(id) = cf["config"].get("requestId").filter(|_| decided || notice.is_some()) {
        line["request_id"] = id.clone();
    }
    if decided {
        let request = &cf["request"];
        line["action"] = "origin".into();
        line["route"] = Value::Null;
        (line["method"], line["path"]) = (request["method"].clone(), request["uri"].clone());
    }
    line.as_object_mut().expect("a line").append(&mut entry);
    line
}

/// The entry that stands for a line of the log.
fn entry(cf: &Value, found: &Value) -> Value {
    let mut entry = Object::new();
    let told = found["kind"].as_str().filter(|kind| *kind != "decision").zip(found.get("message"));
    if let Some((kind, message)) = told {
        entry.insert(kind.to_owned(), message.clone());
    }
    match found.get("route") {
        Some(Value::Null) if found["kind"] == "surprise" => {
            // Something of a decision must be there to tell that there is one.
            entry.insert("action".to_owned(), found["action"].clone());
        }
        Some(Value::Null) | None => {}
        Some(route) => {
            entry.insert("route".to_owned(), route.clone());
        }
    }
    let known = line(cf, &entry.clone().into());
    let more = found.as_object().into_iter().flatten().filter(|(name, value)| known.get(*name) != Some(*value));
    entry.extend(more.map(|(name, value)| (name.clone(), value.clone())));
    let entry = Value::Object(entry);
    if line(cf, &entry) == *found { entry } else { json!({ "json": found.to_string() }) }
}

/// One line for each leaf: `answer.headers.host = "cms.example.com"`.
fn flat(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            // What it is like comes before how it differs.
            let (like, other): (Vec<_>, Vec<_>) = members.iter().partition(|(member, _)| *member == "like");
            for (member, value) in like.into_iter().chain(other) {
                flat(&format!("{name}.{}", key(member)), value, lines);
            }
        }
        value if holds_null(value) => lines.push(format!("{name}.json = {}", text(&value.to_string()))),
        value => lines.push(format!("{name} = {}", inline(value))),
    }
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        _ => false,
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(it) => text(it),
        Value::Array(values) => format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{} = {}", key(name), inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { text(name) }
}

/// JSON's texts are TOML's; a text with quotes or backslashes is read better as it stands.
fn text(text: &str) -> String {
    let plain = !text.contains(['\'']) && !text.chars().any(char::is_control);
    if plain && text.contains(['"', '\\']) {
        return format!("'{text}'");
    }
    serde_json::to_string(text).expect("text")
}
