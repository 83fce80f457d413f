//! Numbers as people read them.

/// A count with its noun: `1 route`, `1,204 routes`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A number with its thousands set apart: `1,204`.
#[must_use]
pub fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let rows = [(0, "0 routes"), (1, "1 route"), (999, "999 routes"), (1204, "1,204 routes")];
        for (number, text) in rows {
            assert_eq!(count(number, "route"), text);
        }
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
