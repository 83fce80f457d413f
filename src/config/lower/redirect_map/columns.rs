//! Which cell of a row is what: what a first row may say of it, and what it says wrongly.

use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;
use crate::text::{nearest, one_of};

/// What a row has for the router, in the order in which it stands without a header.
const NAMES: [&str; 3] = ["from", "to", "status"];
/// What other tools call these, letters and digits alone.
#[rustfmt::skip]
const OTHER_NAMES: [&[&str]; 3] = [
    &["source", "sourceurl", "sourcepath", "old", "oldurl", "oldpath", "fromurl", "frompath", "redirectfrom", "url",
      "path", "request", "requesturl", "origin", "de"],
    &["target", "targeturl", "destination", "destinationurl", "dest", "new", "newurl", "newpath", "tourl", "topath",
      "redirect", "redirectto", "redirecturl", "location", "para"],
    &["code", "statuscode", "httpstatus", "httpstatuscode", "httpcode", "redirectcode", "redirecttype"],
];

/// Which cell is what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapColumns {
    /// Of `from` and `to`.
    paths: [usize; 2],
    /// Of `status`; beyond every cell where there is none.
    status: usize,
    /// How many there are, and whether a header says so.
    count: usize,
    named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// A header names them.
    ByHeader,
    /// They are the first three.
    ByPosition,
}

impl Default for MapColumns {
    fn default() -> MapColumns {
        MapColumns { paths: [0, 1], status: 2, count: NAMES.len(), named: Named::ByPosition }
    }
}

/// What the first row is.
pub(super) enum FirstRow {
    /// A row like any other.
    Row,
    /// It names the columns.
    Header(MapColumns),
    /// Something is wrong with it; what the columns are all the same, or [`MapColumns::UNKNOWN`].
    Faulty(MapColumns, Fault),
}

impl MapColumns {
    /// Nobody can say.
    pub(super) const UNKNOWN: MapColumns = MapColumns { paths: [0; 2], status: 0, count: 0, named: Named::ByHeader };

    /// The columns of `from`, `to` and `status` in a row.
    pub(super) fn cells_of(&self, cells: &[&str]) -> Result<[usize; 3], Fault> {
        let columns = |count: usize| format!("{count} column{}", if count == 1 { "" } else { "s" });
        let fault =
            |count: usize, and: &str| Fault::whole(&codes::ROW_COLUMNS, format!("the row has {}{and}", columns(count)));
        let quotes = "a cell that holds a comma is put in double quotes";
        let last = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        let wanted = "a row is `from,to` or `from,to,status`";
        match self.named {
            _ if cells.len() <= self.paths.into_iter().max().unwrap_or_default() => {
                Err(fault(cells.len(), "").help(format!("{wanted}; {quotes}")))
            }
            Named::ByPosition if last > self.count => Err(fault(last, "").help(format!("{wanted}; {quotes}")).help(
                "or name the columns in a first row, `from,to,status,comment`: one that nobody reads is allowed there",
            )),
            Named::ByHeader if last > self.count => {
                let fault = fault(last, &format!(", and the header names {}", self.count));
                Err(fault.help(self.name_of_more(cells.get(self.count).copied().unwrap_or_default())).help(quotes))
            }
            _ => Ok([self.paths[0], self.paths[1], self.status]),
        }
    }

    /// What the header lacks where a row has this cell behind its last column.
    fn name_of_more(&self, cell: &str) -> String {
        let is_status = cell.len() == 3 && cell.bytes().all(|byte| byte.is_ascii_digit());
        let name = if is_status && self.status >= self.count { NAMES[2] } else { "comment" };
        let known: Option<Vec<&str>> = (0..self.count)
            .map(|at| match () {
                () if at == self.status => Some(NAMES[2]),
                () => self.paths.iter().position(|path| *path == at).map(|which| NAMES[which]),
            })
            .collect();
        let or = if name == NAMES[2] { "" } else { ", or another name: one that nobody reads is allowed there" };
        match known {
            Some(known) => format!("name the column in the header: `{},{name}`{or}", known.join(",")),
            None => format!("name the column in the header, with `,{name}` at its end{or}"),
        }
    }
}

impl FirstRow {
    pub(super) fn of(cells: &[&str]) -> FirstRow {
        if let Some(fault) = other_separator(cells) {
            return FirstRow::Faulty(MapColumns::UNKNOWN, fault);
        }
        if !is_header(cells) {
            return FirstRow::Row;
        }
        let header = HeaderRow { cells };
        let columns = header.columns();
        match header.fault() {
            Some(fault) => FirstRow::Faulty(columns.unwrap_or(MapColumns::UNKNOWN), fault),
            None => FirstRow::Header(columns.unwrap_or(MapColumns::UNKNOWN)),
        }
    }
}

/// Cells that are told apart by something else than commas.
fn other_separator(cells: &[&str]) -> Option<Fault> {
    let first = cells.first()?;
    let fault = |message: &str| Fault::whole(&codes::OTHER_SEPARATOR, message);
    if first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) {
        let fault = fault("the first line, `sep=`, is for a spreadsheet alone");
        return Some(fault.help("remove it, and write the cells with commas between them"));
    }
    let what = if is_between(first, '\t') {
        "tabs"
    } else if is_between(first, ';') && cells.get(1).is_none_or(|second| !is_path(second)) {
        "`;`"
    } else {
        return None;
    };
    let fault = fault(&format!("the cells have {what} between them, not commas"));
    Some(fault.help("save the file with commas between its cells, and a cell that holds a comma in double quotes"))
}

/// Whether a text is two cells or more with this between them.
fn is_between(text: &str, separator: char) -> bool {
    let begins = |cell: Option<&str>| cell.is_some_and(|cell| is_path(cell) || names_a_column(cell));
    let mut cells = text.split(separator);
    begins(cells.next()) && begins(cells.next())
}

fn is_path(cell: &str) -> bool {
    cell.trim_matches(['"', ' ']).starts_with('/') || cell.contains("://")
}

/// Whether a first row names columns: one is `from` or `to`, or all that a row needs have another tool's names.
fn is_header(cells: &[&str]) -> bool {
    let may_be = cells.iter().all(|cell| !cell.starts_with('/') && !cell.contains("://"));
    let has = |name: &str| cells.iter().any(|cell| cell.eq_ignore_ascii_case(name));
    let has_other = |at: usize| cells.iter().any(|cell| is_other_name(at, cell));
    may_be && (has("from") || has("to") || (has_other(0) && has_other(1)))
}

fn names_a_column(cell: &str) -> bool {
    let cell = cell.trim_matches(['"', ' ']);
    NAMES.iter().enumerate().any(|(at, name)| cell.eq_ignore_ascii_case(name) || is_other_name(at, cell))
}

fn is_other_name(at: usize, cell: &str) -> bool {
    let plain: String =
        cell.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).take(20).collect();
    OTHER_NAMES.get(at).is_some_and(|names| names.contains(&plain.as_str()))
}

/// A first row that names columns.
struct HeaderRow<'c> {
    cells: &'c [&'c str],
}

impl HeaderRow<'_> {
    /// The column of this name, or one that is likely meant.
    fn column(&self, at: usize) -> Option<usize> {
        self.exact(at).or_else(|| self.meant(at))
    }

    fn exact(&self, at: usize) -> Option<usize> {
        self.cells.iter().position(|cell| cell.eq_ignore_ascii_case(NAMES[at]))
    }

    /// What is likely meant by a name that is not there.
    fn meant(&self, at: usize) -> Option<usize> {
        let is_free = |cell: &&str| NAMES.iter().all(|name| !cell.eq_ignore_ascii_case(name));
        let of = |is_it: &dyn Fn(&str) -> bool| self.cells.iter().position(|cell| is_free(cell) && is_it(cell));
        // A word of two letters is near to too many.
        let is_near = |cell: &str| NAMES[at].len() > 2 && nearest(cell, [NAMES[at]]).is_some();
        of(&|cell| is_other_name(at, cell)).or_else(|| of(&is_near))
    }

    fn columns(&self) -> Option<MapColumns> {
        let paths = [self.column(0)?, self.column(1)?];
        let status = self.column(2).unwrap_or(usize::MAX);
        Some(MapColumns { paths, status, count: self.cells.len(), named: Named::ByHeader })
    }

    fn fault(&self) -> Option<Fault> {
        let is_twice = |name: &&&str| self.cells.iter().filter(|cell| cell.eq_ignore_ascii_case(name)).nth(1).is_some();
        if let Some(name) = NAMES.iter().find(is_twice) {
            let message = format!("the header names `{name}` twice");
            return Some(Fault::whole(&codes::MAP_HEADER, message).help("give the other column another name"));
        }
        // A row needs no status: one that is missing is missed only where another name seems to stand for it.
        let is_missed = |at: &usize| self.exact(*at).is_none() && (*at < 2 || self.meant(*at).is_some());
        let missed: Vec<usize> = (0..NAMES.len()).filter(is_missed).collect();
        let names: Vec<&str> = missed.iter().map(|at| NAMES[*at]).collect();
        let message = format!("the header names no column {}", one_of(&names));
        let fault = (!names.is_empty()).then(|| Fault::whole(&codes::MAP_HEADER, message))?;
        let meant: Option<Vec<usize>> = missed.iter().map(|at| self.meant(*at)).collect();
        Some(match meant {
            Some(meant) => fault.help(format!("write `{}`", self.corrected(&missed, &meant))),
            None => fault.help("name the columns in the order in which they stand, as in `from,to,status,comment`"),
        })
    }

    /// The header with names in the places of what was meant.
    fn corrected(&self, missed: &[usize], meant: &[usize]) -> String {
        let name = |(column, cell): (usize, &&str)| {
            let at = meant.iter().position(|meant| *meant == column).and_then(|at| missed.get(at));
            let text = at.map_or(*cell, |at| NAMES[*at]);
            if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        self.cells.iter().enumerate().map(name).collect::<Vec<_>>().join(",")
    }
}
