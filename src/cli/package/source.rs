//! The table to be packaged: checked, with the text that it was read from.

use sha2::{Digest, Sha256};

use crate::analysis::manifest::{Identity, Manifest};
use crate::check;
use crate::cli::files::DiskFiles;
use crate::cli::{CliError, Global, table};
use crate::diagnostic::{Severity, SourceFile};
use crate::edge::image::{self, TableHash};
use crate::route::Table;

/// A table without errors and its files, named relative to the top one's folder.
#[derive(Debug)]
pub struct Source {
    /// The table.
    pub table: Table,
    /// The top file first.
    pub files: Vec<SourceFile>,
}

impl Source {
    /// Reads the table of `--routes`.
    ///
    /// # Errors
    /// It cannot be read, or has errors.
    pub fn read(global: &Global) -> Result<Source, CliError> {
        let disk = DiskFiles::beside(&global.routes)?;
        let mut loaded = check::load(disk.top(), &disk);
        let has_errors = loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
        match loaded.table.take() {
            Some(table) if !has_errors => Ok(Source { table, files: loaded.sources.files().to_vec() }),
            _ => {
                loaded.sources.prefix_names(&disk.prefix());
                Err(table::refused(&loaded, global))
            }
        }
    }

    /// SHA-256 of the names and texts of all files, the top one first.
    #[must_use]
    pub fn table_hash(&self) -> TableHash {
        let mut hash = Sha256::new();
        for SourceFile { name, text, .. } in &self.files {
            for part in [name, text] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        hash.finalize().into()
    }

    /// The same as people write it.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&self.table_hash())
    }

    /// What infrastructure code reads of it.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        Manifest::of(&self.table, Identity { table_hash: self.hash(), build: format!("{:016x}", image::build()) })
    }
}

/// Bytes as hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
