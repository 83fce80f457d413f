//! Words in a sentence: each in backticks, the last after an `and` or `or`.

/// `` `a`, `b` and `c` ``.
#[must_use]
pub fn quoted(words: &[impl AsRef<str>]) -> String {
    listed(words, "and")
}

/// `` `a`, `b` or `c` ``.
#[must_use]
pub fn one_of(words: &[&str]) -> String {
    listed(words, "or")
}

fn listed(words: &[impl AsRef<str>], last_word: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {last_word} {last}", others.join(", ")),
        None => String::new(),
    }
}
