//! `[origins.x]`: something that answers requests.

use std::ops::RangeInclusive;

use toml::de::DeValue;

use crate::platform::buckets::is_website_endpoint;
use crate::platform::limits::{self, Unfit};
use crate::platform::{SSL_PROTOCOLS, headers};
use crate::route::{
    CustomOrigin, HeaderValue, HostRule, Origin, OriginKind, Protocol, S3Origin, ServerSetting, Side, Varies,
    VariesQuery,
};

use crate::config::lower::conditions::NamedFact;
use crate::config::lower::foreign;
use crate::config::lower::headers::{HeaderNames, HeaderUse, as_secret, check_value, tells_a_secret};
use crate::config::lower::query_names::{is_one_name, one_name, plain_names};
use crate::config::lower::secrets::secret;
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, codes};
use crate::text::host::{NotAHost, check_host};
use crate::text::quoted;

const COMMON: &[&str] = &["side", "type", "domain", "varies", "path"];
const CUSTOM: &[&str] = &[
    "headers",
    "host",
    "protocol",
    "port",
    "read_timeout",
    "keepalive_timeout",
    "response_completion_timeout",
    "ssl_protocols",
];
const S3: &[&str] = &["region"];

/// Keys whose settings the distribution keeps where the table has none; a protocol says its port.
const SETTINGS: [(&str, ServerSetting); 8] = [
    ("protocol", ServerSetting::Protocol),
    ("protocol", ServerSetting::Port),
    ("port", ServerSetting::Port),
    ("path", ServerSetting::Path),
    ("read_timeout", ServerSetting::ReadTimeout),
    ("keepalive_timeout", ServerSetting::KeepaliveTimeout),
    ("response_completion_timeout", ServerSetting::ResponseCompletionTimeout),
    ("ssl_protocols", ServerSetting::SslProtocols),
];

/// Seconds for the first byte where the table says nothing.
const READ_TIMEOUT: u16 = 30;

#[derive(Clone, Copy, PartialEq, Eq)]
enum OriginType {
    Custom,
    S3,
}

/// Lowers an origin. What is wrong is reported and stands in with a default, so that its name is known to routes.
pub(crate) fn lower(findings: &mut Findings, entry: Setting<'_>) -> Origin {
    let mut origin = blank(entry.key());
    let keys = [COMMON, CUSTOM, S3].concat();
    let name = format!("`[origins.{}]`", entry.key());
    let Some(section) = entry.section_named(findings, name, &keys) else { return origin };
    let side = section.require(findings, "side");
    let side = side.and_then(|entry| entry.word(findings, &[Side::Legacy, Side::New].map(|side| (side.name(), side))));
    origin.side = side.unwrap_or(Side::Legacy);
    let kind = section.require(findings, "type");
    let kind = kind.and_then(|entry| entry.word(findings, &[("custom", OriginType::Custom), ("s3", OriginType::S3)]));
    if let Some(kind) = kind {
        for_other_type(findings, &section, kind);
    }
    let domain = section.require(findings, "domain").and_then(|entry| entry.text(findings));
    if let Some(domain) = &domain {
        origin.domain = self::domain(findings, domain, kind.unwrap_or(OriginType::Custom));
    }
    origin.kind = match kind {
        Some(OriginType::S3) => OriginKind::S3(s3(findings, &section)),
        _ => OriginKind::Custom(custom(findings, &section)),
    };
    if let (Some(domain), Some(_)) = (&domain, kind) {
        check_website(findings, &section, domain, &origin.kind);
    }
    if let Some(entry) = section.get("headers").filter(|_| !origin.is_bucket()) {
        origin.headers = self::headers(findings, entry);
    }
    if origin.is_bucket() {
        origin.varies.query = VariesQuery::Names(Vec::new());
    }
    if let Some(entry) = section.get("varies") {
        varies(findings, entry, &mut origin.varies);
    }
    origin
}

/// A bucket's website endpoint is a web server that speaks http only.
fn check_website(findings: &mut Findings, section: &TomlTable<'_>, domain: &TextValue<'_>, kind: &OriginKind) {
    if !is_website_endpoint(domain.text) {
        return;
    }
    let span = domain.span.clone();
    match kind {
        OriginKind::S3(_) => {
            let message = format!("`{}` is the website endpoint of a bucket, not a bucket", domain.text);
            let report = findings.report(&codes::WEBSITE_IS_NOT_S3, span, message);
            report
                .help("write the bucket's own domain: `BUCKET.s3.REGION.amazonaws.com`")
                .help("or, for the website's index pages and redirects: `type = \"custom\"`, `protocol = \"http\"`");
        }
        OriginKind::Custom(custom) if custom.protocol == Protocol::Https => {
            let message = format!("`{}` is the website endpoint of a bucket, which speaks http only", domain.text);
            let report = findings.report(&codes::WEBSITE_OVER_HTTPS, span, message);
            let report = match section.get("protocol") {
                Some(entry) => report.also(entry.span(), "here it is asked over https"),
                None => report.label("it is asked over https, since `protocol` is not written"),
            };
            report.help("write `protocol = \"http\"`");
        }
        OriginKind::Custom(_) => {}
    }
}

fn blank(id: &str) -> Origin {
    Origin {
        id: id.to_owned(),
        side: Side::Legacy,
        domain: String::new(),
        headers: Vec::new(),
        varies: Varies::default(),
        kind: OriginKind::S3(S3Origin { region: None, path: String::new() }),
    }
}

fn for_other_type(findings: &mut Findings, section: &TomlTable<'_>, kind: OriginType) {
    let (foreign, types) = match kind {
        OriginType::Custom => (S3, ("custom", "s3")),
        OriginType::S3 => (CUSTOM, ("s3", "custom")),
    };
    for entry in foreign.iter().filter_map(|key| section.get(key)) {
        let message = format!("`{}` does not apply to an origin of type `{}`", entry.key(), types.0);
        let report = findings.report(&codes::NOT_FOR_THIS_TYPE, entry.key_span(), message);
        let report = report.help(format!("remove it; only an origin of type `{}` has it", types.1));
        if entry.key() == "headers" {
            report.help("a bucket is sent what the distribution has: a function cannot add a header to its origin");
        }
    }
}

fn domain(findings: &mut Findings, domain: &TextValue<'_>, kind: OriginType) -> String {
    let fit = match kind {
        OriginType::Custom => limits::check_domain(domain.text),
        OriginType::S3 => limits::check_s3_domain(domain.text),
    };
    if let Err(unfit) = fit {
        let message = format!("`{}` cannot be an origin's domain: {unfit}", domain.text);
        let report = findings.report(&codes::BAD_DOMAIN, domain.span.clone(), message);
        match unfit {
            Unfit::UpperCase => report.help(format!("write `{}`", domain.text.to_ascii_lowercase())),
            _ if !domain.text.is_ascii() => report.help("write it in punycode: `xn--…`"),
            _ => report.help("write a DNS name without scheme, port and path, such as `cms.example.com`"),
        };
    }
    domain.text.to_ascii_lowercase()
}

fn s3(findings: &mut Findings, section: &TomlTable<'_>) -> S3Origin {
    let region = section.get("region").and_then(|entry| entry.filled_text(findings));
    S3Origin { region: region.map(|region| region.text.to_owned()), path: origin_path(findings, section) }
}

fn origin_path(findings: &mut Findings, section: &TomlTable<'_>) -> String {
    let Some(path) = section.get("path").and_then(|entry| entry.text(findings)) else { return String::new() };
    if let Err(unfit) = limits::check_origin_path(path.text) {
        let message = format!("`{}` cannot be an origin's path: {unfit}", path.text);
        let report = findings.report(&codes::BAD_ORIGIN_PATH, path.span, message);
        match unfit {
            Unfit::Slashes if path.text.trim_matches('/').is_empty() => {
                report.help("leave `path` out: without it paths are sent on as they are")
            }
            Unfit::Slashes => report.help(format!("write `/{}`", path.text.trim_matches('/'))),
            Unfit::Climbs => report.help("write the path that is meant, without dot segments"),
            _ => report.help("write it as it goes on the wire, such as `/site` or `/a%20b`"),
        };
    }
    path.text.to_owned()
}

fn custom(findings: &mut Findings, section: &TomlTable<'_>) -> CustomOrigin {
    let protocols = [Protocol::Http, Protocol::Https].map(|protocol| (protocol.name(), protocol));
    let protocol = section.get("protocol").and_then(|entry| entry.word(findings, &protocols));
    let protocol = protocol.unwrap_or(Protocol::Https);
    let own_port = if protocol == Protocol::Https { 443 } else { 80 };
    let read = seconds(findings, section, ("read_timeout", limits::READ_TIMEOUT));
    let whole = seconds(findings, section, ("response_completion_timeout", limits::RESPONSE_COMPLETION_TIMEOUT));
    check_completion(findings, section, read, whole);
    CustomOrigin {
        host: section.get("host").map_or(HostRule::Origin, |entry| host_rule(findings, entry)),
        protocol,
        port: section.get("port").and_then(|entry| port(findings, entry)).unwrap_or(own_port),
        path: origin_path(findings, section),
        read_timeout: read.unwrap_or(READ_TIMEOUT),
        keepalive_timeout: seconds(findings, section, ("keepalive_timeout", limits::KEEPALIVE_TIMEOUT)).unwrap_or(5),
        response_completion_timeout: whole,
        ssl_protocols: section
            .get("ssl_protocols")
            .map_or_else(|| vec!["TLSv1.2".to_owned()], |entry| ssl_protocols(findings, entry)),
        said: SETTINGS.iter().filter(|(key, _)| section.get(key).is_some()).map(|&(_, setting)| setting).collect(),
    }
}

fn check_completion(findings: &mut Findings, section: &TomlTable<'_>, read: Option<u16>, whole: Option<u16>) {
    let first = read.unwrap_or(READ_TIMEOUT);
    let (Some(whole), Some(entry)) = (whole, section.get("response_completion_timeout")) else { return };
    if whole < first {
        let message =
            format!("the total timeout ({whole} s) is shorter than the time allowed for the first byte ({first} s)");
        let report = findings.report(&codes::COMPLETION_TOO_SHORT, entry.span(), message);
        let report = report.help(format!("write {first} or more"));
        if let Some(entry) = read.and(section.get("read_timeout")) {
            report.also(entry.span(), "allowed for the first byte");
        }
    }
}

fn seconds(findings: &mut Findings, section: &TomlTable<'_>, limit: (&str, RangeInclusive<u16>)) -> Option<u16> {
    let (key, range) = limit;
    section.get(key)?.whole(findings, i64::from(*range.start())..=i64::from(*range.end()))
}

fn port(findings: &mut Findings, entry: Setting<'_>) -> Option<u16> {
    let port = entry.whole::<u16>(findings, 1..=65_535)?;
    if !limits::is_origin_port(port) {
        findings
            .report(&codes::OUT_OF_RANGE, entry.span(), format!("CloudFront does not connect to port {port}"))
            .help("ports are 80, 443 and 1024 to 65535");
    }
    Some(port)
}

fn host_rule(findings: &mut Findings, entry: Setting<'_>) -> HostRule {
    let Some(text) = entry.text(findings) else { return HostRule::Origin };
    let host = text.text.to_ascii_lowercase();
    let trouble = match text.text {
        "origin" => return HostRule::Origin,
        "viewer" => return HostRule::Viewer,
        _ => check_host(&host).err(),
    };
    if trouble.is_none() && host.contains('.') {
        return HostRule::Name(host);
    }
    let why = trouble.filter(|why| *why != NotAHost::Empty);
    let message = match why {
        Some(why) => format!("`{}` is not a host name: {why}", text.text),
        None => format!("`host` cannot be `{}`", text.text),
    };
    findings
        .report(&codes::BAD_HOST, text.span, message)
        .did_you_mean(text.text, ["origin", "viewer"])
        .help("`origin` sends the origin's own domain, `viewer` the viewer's host, `some.name` that name");
    HostRule::Origin
}

fn ssl_protocols(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    let mut protocols = Vec::new();
    for text in entry.one_or_more(findings) {
        if SSL_PROTOCOLS.contains(&text.text) {
            protocols.push(text.text.to_owned());
            continue;
        }
        let message = format!("`{}` is not a protocol that CloudFront speaks to origins", text.text);
        findings
            .report(&codes::UNKNOWN_VALUE, text.span, message)
            .did_you_mean(text.text, SSL_PROTOCOLS)
            .help(format!("CloudFront speaks {}", quoted(&SSL_PROTOCOLS)));
    }
    protocols
}

fn headers(findings: &mut Findings, entry: Setting<'_>) -> Vec<(String, HeaderValue)> {
    let mut names = HeaderNames::new(HeaderUse::Origin);
    let mut headers: Vec<(String, HeaderValue)> = Vec::new();
    for header in entry.names(findings) {
        let Some(name) = names.take(findings, header.key(), header.key_span()) else { continue };
        let Some(value) = header_value(findings, header, &name) else { continue };
        headers.push((name, value));
    }
    let literal = |value: &HeaderValue| match value {
        HeaderValue::Text(text) => text.len(),
        HeaderValue::Secret(_) => 0,
    };
    let total: usize = headers.iter().map(|(name, value)| name.len() + literal(value)).sum();
    if headers.len() > limits::MAX_CUSTOM_HEADERS || total > limits::MAX_CUSTOM_HEADERS_TOTAL {
        let message = format!("the origin has {} headers of {total} bytes, more than CloudFront adds", headers.len());
        findings
            .report(&codes::ORIGIN_HEADERS_TOO_LARGE, entry.key_span(), message)
            .help("at most 30 headers with names and values of 10,240 bytes together");
    }
    headers
}

fn header_value(findings: &mut Findings, entry: Setting<'_>, name: &str) -> Option<HeaderValue> {
    match entry.value() {
        DeValue::String(_) => {
            let text = entry.text(findings)?;
            check_value(findings, headers::Written::OnOrigin, text.text, text.span.clone());
            let cure = "an origin's headers are the same for every request; a route's `request_headers` are filled";
            foreign::values::check_header(findings, &text, &format!("the header `{name}`"), cure);
            if tells_a_secret(name) {
                findings
                    .report(&codes::LITERAL_SECRET, text.span, format!("the value of `{name}` looks like a secret"))
                    .help(format!("name it and keep it elsewhere: `{}`", as_secret(name)));
            }
            Some(HeaderValue::Text(text.text.to_owned()))
        }
        DeValue::Table(_) => secret(findings, entry, name).map(HeaderValue::Secret),
        _ => entry.not_even_a_text(findings, "a text or `{ secret = \"NAME\" }`"),
    }
}

fn varies(findings: &mut Findings, entry: Setting<'_>, varies: &mut Varies) {
    let Some(section) = entry.section(findings, &["query", "cookies", "headers"]) else { return };
    if let Some(entry) = section.get("query") {
        varies.query = match entry.value() {
            DeValue::Array(_) => VariesQuery::Names(plain_names(findings, entry, NamedFact::Query)),
            DeValue::String(text) if is_one_name(text, &["all"]) => {
                one_name(findings, entry, "`\"all\"` or a list of names");
                VariesQuery::default()
            }
            _ => entry.word(findings, &[("all", ())]).map(|()| VariesQuery::All).unwrap_or_default(),
        };
    }
    let cookies = section.get("cookies").map(|entry| plain_names(findings, entry, NamedFact::Cookie));
    varies.cookies = cookies.unwrap_or_default();
    let mut names = HeaderNames::new(HeaderUse::Read);
    for text in section.get("headers").map(|entry| entry.texts(findings)).unwrap_or_default() {
        varies.headers.extend(names.take(findings, text.text, text.span));
    }
}
