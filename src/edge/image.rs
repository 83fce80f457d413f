//! The compiled table as bytes: written once by `crossfade package`, read at every start of the function.
//!
//! ```text
//! magic 8 | format u32 | build u64 | table hash 32 bytes | length u64 | checksum u32 | payload (postcard)
//! ```
//! Numbers are little-endian. The build is a fingerprint of the sources that decide, so an image is read only by the
//! very code that it was written for. The checksum (CRC-32) finds damage; it is no defence against an author.

use crate::route::Table;

/// First bytes of every image.
const MAGIC: [u8; 8] = *b"XFTABLE\n";
/// Number of this layout of the header.
const FORMAT: u32 = 1;

/// What marks a build, also findable in the bytes of the binary: `crossfade-build:` and 16 hex digits.
pub static BUILD_MARK: &str = concat!("crossfade-build:", env!("CROSSFADE_BUILD"));

/// What identifies a table: the SHA-256 of the text it came from.
pub type TableHash = [u8; 32];

/// A table read from an image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The table.
    pub table: Table,
    /// What identifies it.
    pub hash: TableHash,
}

/// Why bytes are no table for this build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// They begin otherwise.
    #[error("this is not a compiled table")]
    NotATable,
    /// The header is of another layout.
    #[error("the compiled table has format {found}, this build reads {FORMAT}")]
    OtherFormat {
        /// The number found.
        found: u32,
    },
    /// It was compiled by other code.
    #[error("the compiled table is stale: build {found:016x} wrote it, this is build {own:016x}")]
    OtherBuild {
        /// Who wrote it.
        found: u64,
        /// Who reads it.
        own: u64,
    },
    /// Bytes are missing or left over.
    #[error("the compiled table is cut off or too long: {expected} bytes announced, {found} found")]
    OtherLength {
        /// As the header says.
        expected: u64,
        /// After the header.
        found: u64,
    },
    /// The checksum differs.
    #[error("the compiled table is damaged: its checksum differs")]
    Damaged,
    /// The payload cannot be read.
    #[error("the compiled table cannot be read: {0}")]
    Unreadable(String),
}

/// The fingerprint of this build.
#[must_use]
pub const fn build() -> u64 {
    BUILD
}

#[allow(clippy::panic, reason = "it would stop the compiler, not the program")]
const BUILD: u64 = match u64::from_str_radix(env!("CROSSFADE_BUILD"), 16) {
    Ok(build) => build,
    Err(_) => panic!("the build script writes 16 hex digits"),
};

/// Writes a table as bytes. O(n).
///
/// # Errors
/// postcard's own; none is known to happen for a [`Table`].
pub fn encode(table: &Table, hash: &TableHash) -> Result<Vec<u8>, postcard::Error> {
    let payload = postcard::to_allocvec(table)?;
    let mut bytes = Vec::with_capacity(payload.len().saturating_add(64));
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&BUILD.to_le_bytes());
    bytes.extend_from_slice(hash);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

/// Reads a table. O(n); compiles no regex.
///
/// # Errors
/// The bytes are not exactly what [`encode`] of this build wrote.
pub fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    let (header, payload) = Header::read(bytes).ok_or(ImageError::NotATable)?;
    if header.magic != MAGIC {
        return Err(ImageError::NotATable);
    }
    if header.format != FORMAT {
        return Err(ImageError::OtherFormat { found: header.format });
    }
    if header.build != BUILD {
        return Err(ImageError::OtherBuild { found: header.build, own: BUILD });
    }
    if header.length != payload.len() as u64 {
        return Err(ImageError::OtherLength { expected: header.length, found: payload.len() as u64 });
    }
    if header.checksum != crc32fast::hash(payload) {
        return Err(ImageError::Damaged);
    }
    let (table, left) =
        postcard::take_from_bytes(payload).map_err(|error| ImageError::Unreadable(error.to_string()))?;
    if !left.is_empty() {
        return Err(ImageError::Unreadable(format!("{} bytes are left over", left.len())));
    }
    Ok(Image { table, hash: header.hash })
}

struct Header {
    magic: [u8; 8],
    format: u32,
    build: u64,
    hash: TableHash,
    length: u64,
    checksum: u32,
}

impl Header {
    /// The header and what follows it; `None` where the bytes end before.
    fn read(bytes: &[u8]) -> Option<(Header, &[u8])> {
        let (magic, bytes) = bytes.split_first_chunk()?;
        let (format, bytes) = bytes.split_first_chunk()?;
        let (build, bytes) = bytes.split_first_chunk()?;
        let (hash, bytes) = bytes.split_first_chunk()?;
        let (length, bytes) = bytes.split_first_chunk()?;
        let (checksum, payload) = bytes.split_first_chunk()?;
        let header = Header {
            magic: *magic,
            format: u32::from_le_bytes(*format),
            build: u64::from_le_bytes(*build),
            hash: *hash,
            length: u64::from_le_bytes(*length),
            checksum: u32::from_le_bytes(*checksum),
        };
        Some((header, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::pattern::PathPattern;
    use crate::route::{
        Action, Definition, HeaderValue, LazyRegex, Origin, OriginAction, Request, Route, Side, decide,
    };

    fn table() -> Table {
        let origin = |id: &str| Origin {
            headers: vec![("x-verify".into(), HeaderValue::Secret("VERIFY".into()))],
            ..Origin::s3(id, Side::Legacy, format!("{id}.example.com"))
        };
        let route = |path, origin: usize| {
            Route::new(format!("route-{origin}"), path, Action::Origin(OriginAction::unchanged(origin)))
        };
        let definition = Definition {
            origins: vec![origin("legacy"), origin("site"), origin("cms")],
            routes: vec![
                route(PathPattern::Exact("/a".into()), 1),
                route(PathPattern::Regex(LazyRegex::new("^/b(?<id>\\d+)$")), 2),
            ],
            ..Definition::default()
        };
        Table::compile(definition).unwrap()
    }

    #[test]
    fn a_table_that_was_written_and_read_decides_as_before() {
        let before = table();
        let bytes = encode(&before, &[7; 32]).unwrap();
        let after = decode(&bytes).unwrap();
        assert_eq!(after.hash, [7; 32]);
        assert_eq!(after.table.definition(), before.definition());
        for path in ["/a", "/b12", "/c"] {
            let request = Request::get(path);
            assert_eq!(decide(&after.table, &request), decide(&before, &request), "{path}");
        }
    }

    #[test]
    fn what_this_build_did_not_write_is_refused() {
        let good = encode(&table(), &[7; 32]).unwrap();
        let payload = good.len() - 64;
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            bytes
        };
        let mut long = good.clone();
        long.push(0);
        let other_build = u64::from_le_bytes(with(12, good[12] ^ 1)[12..20].try_into().unwrap());
        let rows: [(&str, Vec<u8>, ImageError); 8] = [
            ("empty", Vec::new(), ImageError::NotATable),
            ("half a header", good[..40].to_vec(), ImageError::NotATable),
            ("another file", vec![b'{'; 200], ImageError::NotATable),
            ("another format", with(8, 9), ImageError::OtherFormat { found: 9 }),
            ("another build", with(12, good[12] ^ 1), ImageError::OtherBuild { found: other_build, own: BUILD }),
            (
                "cut off",
                good[..good.len() - 1].to_vec(),
                ImageError::OtherLength { expected: payload as u64, found: payload as u64 - 1 },
            ),
            ("too long", long, ImageError::OtherLength { expected: payload as u64, found: payload as u64 + 1 }),
            ("a bit turned", with(good.len() - 1, good[good.len() - 1] ^ 1), ImageError::Damaged),
        ];
        for (name, bytes, expected) in rows {
            assert_eq!(decode(&bytes).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn a_payload_that_lies_under_a_right_checksum_is_refused() {
        let good = encode(&table(), &[7; 32]).unwrap();
        for cut in 0..good.len() - 64 {
            let payload = &good[64..64 + cut];
            let mut bytes = good[..52].to_vec();
            bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
            bytes.extend_from_slice(payload);
            assert!(matches!(decode(&bytes), Err(ImageError::Unreadable(_))), "{cut}");
        }
    }
}
