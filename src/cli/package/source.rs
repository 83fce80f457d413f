//! What identifies the table to be packaged, and what infrastructure code reads of it.

use sha2::{Digest, Sha256};

use crate::analysis::manifest::{Identity, Manifest};
use crate::cli::table::OpenTable;
use crate::diagnostic::{SourceFile, Sources};
use crate::edge::image::{self, TableHash};
use crate::text::hex;

/// SHA-256 of the names and texts of all files, the top one first.
#[must_use]
pub fn table_hash(sources: &Sources) -> TableHash {
    let mut hash = Sha256::new();
    for SourceFile { name, text, .. } in sources.files() {
        for part in [name, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

/// What infrastructure code reads of a table.
#[must_use]
pub fn manifest(open: &OpenTable) -> Manifest {
    let identity = Identity { table_hash: hex(&table_hash(&open.sources)), build: format!("{:016x}", image::build()) };
    Manifest::of(&open.table, identity)
}
