//! `[gate]`: how the gate works.

use crate::config::read::value::{Setting, TextValue};
use crate::diagnostic::{Findings, codes};
use crate::route::GateSettings;
use crate::text::host::check_host;

/// Lowers the section.
pub(crate) fn lower(findings: &mut Findings, entry: Setting<'_>) -> GateSettings {
    let Some(section) = entry.section(findings, &["live", "cookie_domain"]) else { return GateSettings::default() };
    let is_live = section.get("live").and_then(|entry| entry.boolean(findings)).unwrap_or_default();
    let domain = section.get("cookie_domain").and_then(|entry| entry.filled_text(findings));
    GateSettings { is_live, cookie_domain: domain.map(|domain| cookie_domain(findings, &domain)) }
}

fn cookie_domain(findings: &mut Findings, domain: &TextValue<'_>) -> String {
    let lower = domain.text.to_ascii_lowercase();
    if !is_cookie_domain(&lower) {
        let message = format!("`{}` cannot be the domain of a cookie", domain.text);
        findings
            .report(&codes::BAD_COOKIE_DOMAIN, domain.span.clone(), message)
            .help("write the name that all hosts of the site end with, such as `example.com`, without a dot before it");
    }
    lower
}

/// A name of two labels or more: browsers keep no cookie for all of `com`, and none for the parts of an address.
fn is_cookie_domain(domain: &str) -> bool {
    let last = domain.rsplit_once('.').map(|(_, last)| last);
    check_host(domain).is_ok() && last.is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_a_name_of_two_labels() {
        let rows = [
            ("example.com", true),
            ("www.example.com.br", true),
            ("com", false),
            (".example.com", false),
            ("example.com.", false),
            ("192.0.2.1", false),
            ("example.com:8080", false),
            ("https://example.com", false),
            ("example.com; Secure", false),
            ("*.example.com", false),
            ("exampl\u{e9}.com", false),
        ];
        for (domain, fits) in rows {
            assert_eq!(is_cookie_domain(domain), fits, "{domain}");
        }
    }
}
