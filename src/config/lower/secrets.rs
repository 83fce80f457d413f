//! `{ secret = "NAME" }`: a header's value that is in no file.

use crate::config::lower::names::is_secret_name;
use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, codes};

/// The name of the secret that is the value of a header.
pub(crate) fn secret(findings: &mut Findings, entry: Setting<'_>, header: &str) -> Option<String> {
    let section = entry.section_named(findings, format!("the value of `{header}`"), &["secret"])?;
    let secret = section.require(findings, "secret")?.text(findings)?;
    if !is_secret_name(secret.text) {
        findings
            .report(&codes::BAD_NAME, secret.span, format!("`{}` cannot be the name of a secret", secret.text))
            .help("use letters, digits and `_`, as for an environment variable");
        return None;
    }
    Some(secret.text.to_owned())
}
