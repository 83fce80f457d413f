//! A `routes.toml` in the making, and what the table made of it answers.

use crossfade::check::{self, Loaded};
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::Severity;
use crossfade::route::{Decision, Outcome, Request, Table, decide};

/// Text of a table that grows by routes and redirect maps.
#[derive(Debug, Default)]
pub(crate) struct Text {
    head: String,
    routes: String,
    maps: Vec<String>,
    count: usize,
}

impl Text {
    /// A table with one origin, `legacy`, and these lines under `[canonical]`.
    pub(crate) fn new(canonical: &str) -> Text {
        let head = format!("schema = 1\ndefault = \"legacy\"\n[canonical]\n{canonical}\n");
        let mut text = Text { head, ..Text::default() };
        text.origin("legacy", "legacy.example.com", "https");
        text
    }

    /// One more custom origin.
    pub(crate) fn origin(&mut self, id: &str, domain: &str, protocol: &str) {
        let side = if id == "legacy" { "legacy" } else { "new" };
        self.head.push_str(&format!(
            "[origins.{id}]\nside = \"{side}\"\ntype = \"custom\"\ndomain = {}\nprotocol = \"{protocol}\"\n",
            quoted(domain)
        ));
    }

    /// One more route: its keys but for the id, `name = value` each.
    pub(crate) fn route(&mut self, keys: &[String]) {
        self.count += 1;
        self.routes.push_str(&format!("[[route]]\nid = \"r{}\"\n{}\n", self.count, keys.join("\n")));
    }

    /// One more route with a redirect map of these rows (from, to).
    pub(crate) fn map<'a>(&mut self, keys: &[String], rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let rows = rows.into_iter().map(|(from, to)| format!("{},{}\n", cell(from), cell(to)));
        let csv: String = std::iter::once("from,to\n".to_owned()).chain(rows).collect();
        let name = key("redirect_map", &format!("map{}.csv", self.maps.len()));
        self.maps.push(csv);
        self.route(&[&[name], keys].concat());
    }

    fn loaded(self) -> Loaded {
        let maps = self.maps.into_iter().enumerate().map(|(at, csv)| (format!("map{at}.csv"), csv));
        let files: MemoryFiles = maps.chain([("routes.toml".to_owned(), self.head + &self.routes)]).collect();
        check::load("routes.toml", &files)
    }

    /// The table that the text makes.
    ///
    /// # Panics
    /// It has an error; the first few are shown.
    pub(crate) fn load(self) -> Table {
        let loaded = self.loaded();
        let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let place = |label: &crossfade::diagnostic::Label| {
            let text = &loaded.sources.files()[label.span.file].text;
            let (line, _) = loaded.sources.line_column(label.span.file, label.span.range.start);
            format!("{line}: {}", text.lines().nth(line - 1).unwrap_or_default())
        };
        let shown: Vec<String> = errors
            .take(10)
            .map(|e| format!("{} {} at {:?}; {:?}", e.code, e.message, e.labels.first().map(place), e.help))
            .collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
        assert_eq!(loaded.counts.routes_read, loaded.counts.routes_compiled);
        loaded.table.expect("a table without an error is a table")
    }
}

/// `name = "text"`.
pub(crate) fn key(name: &str, text: &str) -> String {
    format!("{name} = {}", quoted(text))
}

/// A TOML string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written as JSON").replace('\u{7f}', "\\u007F")
}

/// A target as it goes on the wire: what no URL may hold is escaped.
pub(crate) fn escaped(target: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=b' ' | 0x7f.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    target.bytes().map(escape).collect()
}

/// What is done with a request, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Status and location.
    Redirect(u16, String),
    /// Status.
    Respond(u16),
    /// Origin and path.
    Origin(String, String),
    /// No route takes it.
    Default,
}

/// What a table does with a GET of a URL.
pub(crate) fn ask(table: &Table, url: &str) -> Answer {
    let request = Request::get(url);
    answer(&decide(table, &request))
}

fn answer(decision: &Decision<'_, '_>) -> Answer {
    match &decision.outcome {
        Outcome::Redirect(redirect) => Answer::Redirect(redirect.status, redirect.location.to_string()),
        Outcome::Respond(respond) => Answer::Respond(respond.status),
        Outcome::Origin(_) if decision.route.is_none() => Answer::Default,
        Outcome::Origin(forward) => Answer::Origin(forward.origin.id.clone(), forward.uri.as_str().to_owned()),
    }
}
