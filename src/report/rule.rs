//! What the codes of findings mean: the page of one, or the list of all.

use serde::Serialize;

use super::sheet::{BAD, FAINT, Grid, PLAIN, STRONG, Sheet, WARN, cell};
use super::{Present, page};
use crate::diagnostic::Severity;
use crate::diagnostic::codes::{self, Code};

/// The page of a code.
#[derive(Clone, Copy, Debug)]
pub struct RulePage(pub &'static Code);

/// Every code with its title.
#[derive(Clone, Copy, Debug)]
pub struct RuleList(pub &'static [&'static Code]);

#[derive(Serialize)]
struct RulePageJson {
    #[serde(flatten)]
    rule: RuleJson,
    page: &'static str,
}

#[derive(Serialize)]
struct RuleListJson {
    rules: Vec<RuleJson>,
}

#[derive(Serialize)]
struct RuleJson {
    code: &'static str,
    severity: &'static str,
    title: &'static str,
    explanation: &'static str,
}

impl RuleJson {
    fn of(code: &Code) -> RuleJson {
        let Code { code, severity, title, explanation, .. } = *code;
        RuleJson { code, severity: severity.word(), title, explanation }
    }
}

impl Present for RulePage {
    /// The page, laid out for reading, and how its examples are to be read.
    fn text(&self, sheet: &mut Sheet) {
        page::write(self.0.text, sheet);
        sheet.line([]);
        sheet.prose(cell(FAINT, "examples leave out what most tables have: `schema`, `default`, `[origins]`"));
        if self.0.text.contains('«') {
            sheet.prose(cell(FAINT, "`«3 × ab»` stands for `ababab`, `«3 × a№»` for `a1a2a3`"));
        }
    }

    fn json(&self) -> impl Serialize {
        RulePageJson { rule: RuleJson::of(self.0), page: self.0.text }
    }
}

impl Present for RuleList {
    /// A line each, and how to read on.
    fn text(&self, sheet: &mut Sheet) {
        let mut grid = Grid::new();
        for Code { code, severity, title, .. } in self.0 {
            let style = if *severity == Severity::Error { BAD } else { WARN };
            grid.row([cell(STRONG, code), cell(style, severity.word()), cell(PLAIN, title)]);
        }
        sheet.grid(0, grid);
        if let Some(first) = self.0.first() {
            sheet.line([]);
            sheet.line([cell(FAINT, format!("`{}` tells what a code means", codes::command(first.code)))]);
        }
    }

    fn json(&self) -> impl Serialize {
        RuleListJson { rules: self.0.iter().map(|code| RuleJson::of(code)).collect() }
    }
}
