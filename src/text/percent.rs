//! Percent-encoding: which bytes stand for themselves (RFC 3986), and the three characters that stand for one that does not.

/// RFC 3986 2.3.
#[must_use]
pub const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` of RFC 3986 3.3 without the escape, and `/`.
#[must_use]
pub const fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/'
        )
}

/// What stands for itself in a query or fragment (RFC 3986 3.4, 3.5) beside an escape.
#[must_use]
pub const fn is_query_byte(byte: u8) -> bool {
    is_path_byte(byte) || byte == b'?'
}

/// What browsers and header fields take in a `location` as it is: what is visible ASCII, and not a byte that WHATWG's
/// URL standard escapes or RFC 3986 forbids.
#[must_use]
pub const fn is_location_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// `%XX` of a byte, digits in capitals.
#[must_use]
#[allow(clippy::indexing_slicing, reason = "there is a digit for each of four bits")]
pub fn escape(byte: u8) -> [u8; 3] {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| HEX[usize::from(nibble & 15)];
    [b'%', digit(byte >> 4), digit(byte)]
}

/// The byte that two hex digits stand for, in any case.
#[must_use]
pub fn decode(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4) | digit(low)?)
}

/// The byte of an escape that a text begins with.
#[must_use]
pub fn leading(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => decode(*high, *low),
        _ => None,
    }
}

/// Appends `%XX` of every byte.
pub fn push_escaped(out: &mut String, bytes: &[u8]) {
    out.extend(bytes.iter().flat_map(|byte| escape(*byte)).map(char::from));
}

/// A character with every byte as `%XX`.
#[must_use]
pub fn escaped(char: char) -> String {
    let mut text = String::new();
    push_escaped(&mut text, char.encode_utf8(&mut [0; 4]).as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_escaped_and_read_back() {
        for byte in 0..=255 {
            let escape = escape(byte);
            assert_eq!(leading(&escape), Some(byte));
            assert_eq!(std::str::from_utf8(&escape), Ok(format!("%{byte:02X}").as_str()));
        }
        for text in ["", "%", "%4", "4a", "%g1", "%+1", "%é"] {
            assert_eq!(leading(text.as_bytes()), None, "{text}");
        }
        assert_eq!(escaped('ç'), "%C3%A7");
    }
}
