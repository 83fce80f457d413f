//! The catalogue: every finding that a table can have, with its stable code.
//!
//! A code is never used for another meaning and never renumbered; gaps are fine, and [`RETIRED`] tells of those that were
//! used before. Each code has its page, `docs/diagnostics/RNNN.md`, without which nothing is built, and its row in
//! `tests/diagnostics/`. This file is a data table.
//!
//! R001–R019 files and TOML · R020–R029 include · R030–R039 top-level keys · R040–R059 origins · R060–R079 routes and
//! conditions · R080–R089 headers · R090–R109 paths · R110–R119 targets · R120–R125 answers · R118, R126–R139 redirect maps ·
//! R140–R159 examples and tests · R160–R169 lints of the whole table · R170–R183 behaviors,
//! cache keys and the function · R184–R185 the syntax of other tools.

use crate::diagnostic::Severity;

/// One kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `R005`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Why it is a finding, in a sentence.
    pub explanation: &'static str,
    /// The text of its [`page`], Markdown.
    pub text: &'static str,
}

/// The page of a code: `docs/diagnostics/R005.md`.
#[must_use]
pub fn page(code: &str) -> String {
    format!("docs/diagnostics/{code}.md")
}

/// The command that prints it: `crossfade rule R005`.
#[must_use]
pub fn command(code: &str) -> String {
    format!("crossfade rule {code}")
}

/// Codes that no table can have any more, each with the reason.
pub static RETIRED: &[(&str, &str)] = &[
    ("R034", "each cohort has its own share of all viewers, so shares may add up to more than 100"),
    ("R160", "`GET` takes HEAD too, so no table can decide the two differently"),
];

macro_rules! catalogue {
    ($($name:ident = $code:literal $severity:ident $title:literal: $explanation:literal;)*) => {
        $(
            #[doc = concat!("`", $code, "`: ", $title, ". ", $explanation, ".")]
            pub static $name: Code = Code {
                code: $code,
                severity: Severity::$severity,
                title: $title,
                explanation: $explanation,
                text: include_str!(concat!("../../docs/diagnostics/", $code, ".md")),
            };
        )*

        /// Every code, in the order of its number.
        pub static CATALOGUE: &[&Code] = &[$(&$name),*];
    };
}

catalogue! {
    // Files and TOML
    UNREADABLE = "R001" Error "a file cannot be read":
        "a table is read whole or not at all";
    NOT_UTF8 = "R002" Error "a file is not UTF-8":
        "TOML and redirect maps are UTF-8; another encoding would change the paths it names";
    SYNTAX = "R003" Error "the text is not TOML":
        "a table that cannot be read cannot be used";
    UNKNOWN_KEY = "R004" Error "a key is unknown":
        "crossfade would ignore this key, so the condition would not apply";
    MISSING_KEY = "R005" Error "a key is missing":
        "the key has no default";
    WRONG_TYPE = "R006" Error "a value has the wrong type":
        "values are never converted to another type";
    UNKNOWN_VALUE = "R007" Error "a value is not one of the known words":
        "only the listed words have a meaning";
    OUT_OF_RANGE = "R008" Error "a number is out of range":
        "CloudFront or the table's meaning sets the limits";
    BAD_SCHEMA = "R009" Error "the schema is not known":
        "a table says which version of the language it is written in";
    EMPTY_VALUE = "R010" Error "a value is empty":
        "an empty list or text here would match nothing, or everything, by accident";
    REPEATED_VALUE = "R011" Warning "a list names a value twice":
        "the second has no effect and is often a slip for another";
    MORE_ERRORS = "R013" Error "there are more errors than are listed":
        "ten thousand are enough to begin with";
    MORE_WARNINGS = "R014" Warning "there are more warnings than are listed":
        "ten thousand are enough to begin with";

    // Include
    BAD_FILE_NAME = "R020" Error "a file name leads out of the table's folder":
        "a table's files are beside it, so that it means the same on every machine";
    NOTHING_INCLUDED = "R021" Error "an included file is not there":
        "a name without a wildcard means that very file";
    EMPTY_PATTERN = "R022" Warning "an include pattern matches no file":
        "it may be waiting for its first file, or be mistyped";
    INCLUDED_TWICE = "R023" Error "a file is included twice":
        "its routes would be in the table twice";
    NOT_IN_INCLUDED = "R024" Error "an included file has more than routes and tests":
        "origins, defaults and includes are in the top file, so that one place says what they are";

    // Top level
    UNKNOWN_ORIGIN = "R030" Error "an origin is not declared":
        "a request can be sent only to an origin of the table";
    NO_ORIGIN = "R031" Error "`[origins]` is missing or empty":
        "`default` must name an origin";
    S3_NOT_CONFIGURED = "R032" Error "an s3 origin is used that CloudFront does not have on the behavior":
        "a function cannot set an s3 origin that is signed by OAC; only the configured one can be chosen";
    CONFIGURED_UNCLEAR = "R033" Error "the table does not say which of its s3 origins is the configured one":
        "only one origin can be configured on the behavior";
    BAD_NAME = "R035" Error "a name has invalid characters":
        "names are used in headers, logs, file names and command lines";
    BAD_REFUSE = "R036" Error "a refused text can never be in a raw path":
        "a path ends before `?` and `#`";
    REFUSE_LACKS_DEFAULT = "R037" Warning "`refuse` lacks a text of its default":
        "a server behind may read such a path as another one than was decided";

    // Origins
    BAD_DOMAIN = "R040" Error "a domain is not a DNS name that CloudFront takes":
        "an answer with such a domain is a 502 for the viewer";
    BAD_ORIGIN_PATH = "R041" Error "an origin's path is malformed":
        "CloudFront puts it before every path: it begins with `/` and does not end with one";
    ORIGIN_HEADER_DENIED = "R042" Error "CloudFront does not take this origin custom header":
        "an answer with it is a 502 for the viewer";
    ORIGIN_HEADERS_TOO_LARGE = "R043" Error "an origin's custom headers are too many or too large":
        "CloudFront's limits are 30 headers, 256 bytes a name, 1,783 bytes a value, 10,240 bytes together";
    LITERAL_SECRET = "R044" Warning "a literal looks like a secret":
        "the table is in version control; a secret's value is not";
    NOT_FOR_THIS_TYPE = "R045" Error "a key does not apply to this type of origin":
        "it would have no effect";
    COMPLETION_TOO_SHORT = "R046" Error "the completion timeout is shorter than the read timeout":
        "CloudFront refuses it";
    WEBSITE_IS_NOT_S3 = "R047" Error "an s3 origin has the domain of a website endpoint":
        "CloudFront refuses it: a website endpoint is a web server, so a custom origin";
    EMPTY_KEY = "R048" Error "a rewrite makes the empty key of a bucket":
        "a bucket has no object without a name: S3 answers 403, or lists what it has";
    WEBSITE_OVER_HTTPS = "R049" Warning "a website endpoint is asked over https":
        "it speaks http only, so CloudFront reaches nothing";

    // Routes and conditions
    BAD_ID = "R060" Error "an id is malformed":
        "an id is in URLs, logs and reports: `a-z`, `0-9` and `-`, at most 64 characters";
    DUPLICATE_ID = "R061" Error "two routes have the same id":
        "a decision, a log line and a test name a route by its id";
    TWO_PATHS = "R062" Error "a route has two kinds of path":
        "at most one of `path`, `prefix`, `glob`, `regex` and `redirect_map`";
    TWO_ACTIONS = "R063" Error "a route has two actions":
        "exactly one of `origin`, `redirect`, `gone`, `respond` and `redirect_map` says what happens";
    NO_ACTION = "R064" Error "a route has no action":
        "exactly one of `origin`, `redirect`, `gone`, `respond` and `redirect_map` says what happens";
    NEEDS_ACTION = "R065" Error "a key does not apply to this action":
        "it would have no effect";
    BAD_HOST = "R066" Error "a host is malformed":
        "no request could have it";
    BAD_METHOD = "R067" Error "a method is not a token":
        "no request could have it";
    UNKNOWN_METHOD = "R068" Warning "a method that CloudFront never passes on":
        "CloudFront knows GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE; methods are case-sensitive";
    BAD_COUNTRY = "R069" Error "a country is not a code of ISO 3166-1":
        "CloudFront sends its two capital letters, and countries are compared with case";
    UNKNOWN_COHORT = "R070" Warning "a cohort is not declared":
        "the gate will put no viewer in it";
    NO_OFFSET = "R071" Error "a date-time has no offset":
        "a table means the same moment everywhere";
    EMPTY_WINDOW = "R072" Error "`from` is not before `until`":
        "the route would never be live";
    BAD_NAME_IN_CONDITION = "R073" Error "a name can never be in a request":
        "no query parameter or cookie could have it, so what names it would have no effect";
    BAD_VALUE_IN_CONDITION = "R074" Error "a condition's value can never be in a request":
        "the condition would never hold";
    COHORT_AND_SECRET = "R075" Warning "only routes by cohort lead to an origin that is sent a secret":
        "a viewer can choose its cohort, so a cohort proves nothing of a viewer";
    BAD_COOKIE_DOMAIN = "R076" Error "the domain of the gate's cookie is malformed":
        "browsers would drop the cookie, and each request would draw anew";
    EXPIRES_BEFORE_ADDED = "R077" Error "`expires` is before `added`":
        "one of the two days is wrong";
    OVER = "R078" Warning "the time of a route is over":
        "it makes the table longer, and nothing else";

    // Headers
    BAD_HEADER_NAME = "R080" Error "a header name is malformed":
        "RFC 9110 allows letters, digits and !#$%&'*+-.^_`|~";
    BAD_HEADER_VALUE = "R081" Error "a header value is malformed":
        "control characters end a header or worse";
    OUR_PREFIX = "R082" Error "a header name begins with `x-crossfade-`":
        "the gate sets these headers; a viewer's are dropped";
    HEADER_DISALLOWED = "R083" Error "CloudFront does not let a function touch this header":
        "an answer that does is a 502 for the viewer";
    HEADER_READ_ONLY = "R084" Error "CloudFront does not let an origin-request function change this header":
        "an answer that does is a 502 for the viewer";
    HEADER_HAS_KEY = "R085" Error "a header has its own key":
        "two places for one header could disagree";
    HEADER_TWICE = "R086" Error "a header is named twice":
        "what comes out would depend on an order that nobody sees";
    NOT_FOR_A_BUCKET = "R087" Error "a header is set that no bucket is sent":
        "CloudFront signs requests to a bucket; `authorization` and `cookie` are taken off them";

    // Paths
    PATH_START = "R090" Error "a path does not begin with `/`":
        "no request's path could match";
    PATH_HOLDS_QUERY = "R091" Error "a path has `?` or `#`":
        "a path ends before them";
    PARTIAL_CAPTURE = "R092" Error "a capture is only part of a segment":
        "a capture fills one whole segment";
    BAD_CAPTURE = "R093" Error "a capture is malformed":
        "a capture is `{name}` or `{*name}`, the name of letters, digits and `_`";
    DUPLICATE_CAPTURE = "R094" Error "two captures have the same name":
        "a target that names it could mean either";
    REST_NOT_LAST = "R095" Error "`{*name}` is not last":
        "it takes all that is left";
    BRACE_IN_PREFIX = "R096" Error "a prefix has a brace":
        "a prefix is literal text";
    BAD_GLOB = "R097" Error "a glob is malformed":
        "it matches nothing";
    GLOB_STARS = "R098" Error "`**` stands beside other text in a segment":
        "it would mean `*`, and not cross segments";
    GLOB_EMPTY_ALTERNATIVE = "R099" Error "a glob has an empty alternative":
        "libraries differ in what it means";
    GLOB_START = "R100" Error "a glob cannot match a text that begins with `/`":
        "every path begins with `/`";
    BAD_REGEX = "R101" Error "a regex is malformed":
        "it matches nothing";
    REGEX_TOO_LONG = "R102" Error "a regex is too long":
        "4,096 bytes are enough for people to read";
    REGEX_TOO_LARGE = "R103" Error "a regex is too large when compiled":
        "the edge function's memory and start are shared by all routes";
    NEVER_MATCHES = "R104" Error "a pattern can never match the normal form of a path":
        "globs and regexes are used as written, and compared with the normal form";
    LITERAL_UNSTABLE = "R105" Error "a template's normal form would lose a capture":
        "dot segments and empty segments are removed before any match";

    // Targets
    TARGET_START = "R110" Error "a target begins with neither one `/` nor `http://` or `https://`":
        "anything else is relative to the page that the viewer is on, or leads to another host";
    TARGET_HOST = "R111" Error "a target's host is malformed or captured":
        "what a viewer sends may choose a label of the host, never its domain";
    UNDEFINED_CAPTURE = "R112" Error "a target names a capture that nothing fills":
        "it would always be empty";
    TARGET_BRACE = "R113" Error "a target has a brace that is not part of a capture":
        "a literal brace is written `%7B` or `%7D`, in a header `{{` or `}}`";
    TARGET_UNSAFE = "R114" Error "a target would lead elsewhere":
        "what begins with `//`, has a control character, climbs with `.` or `..` in any spelling or holds a text of `refuse` is refused for every request";
    REWRITE_QUERY = "R115" Error "a rewrite has `#`":
        "it is what is sent on: only browsers see a fragment";
    TARGET_CHARACTER = "R116" Error "a target has a character that no URL may have":
        "browsers and servers differ in what they make of it";
    TARGET_DOUBLE_SLASH = "R117" Warning "a target doubles the slash of `{rest}` or `{path}`":
        "`{path}` begins with a slash itself; after a prefix, so does `{rest}` where it is not empty";
    QUOTE_NOT_CLOSED = "R118" Error "a quote in a redirect map is not closed":
        "all rows up to the next quote, or to the end of the file, are read as one cell";

    // Answers
    BAD_REDIRECT_STATUS = "R120" Error "a status is not a redirect status":
        "301, 302, 303, 307 and 308 carry a `location`";
    BAD_STATUS = "R121" Error "a status is not one that a function may answer":
        "CloudFront takes 200 to 599";
    BODY_NOT_ALLOWED = "R122" Error "an answer with this status cannot have a body":
        "CloudFront answers 502 to a function that sends one";
    BODY_TOO_LARGE = "R123" Error "a body is too large":
        "CloudFront takes 1 MB of headers and body";
    GONE_FALSE = "R124" Error "`gone` is not `true`":
        "a route that is not gone needs another action";
    PERSONAL_IS_PUBLIC = "R125" Warning "an answer that is not for everyone may be kept for everyone":
        "it depends on who asks, sets a cookie, or is an error: CloudFront would give it to the next viewer too";

    // Redirect maps
    OTHER_SEPARATOR = "R126" Error "the cells of a redirect map are not separated by commas":
        "a map is CSV: a row that is not taken apart has no source and no target";
    MAP_HEADER = "R127" Error "the header of a redirect map does not name its columns":
        "a header says which columns are `from`, `to` and `status`; nobody reads a column with another name";
    ROW_QUERY = "R128" Error "a row's query is not one that `map_query` covers":
        "requests are told apart by the path and the parameters of `map_query`, with their values as they are sent";
    ROW_COLUMNS = "R130" Error "a row has too few or too many columns":
        "a row is `from,to` or `from,to,status`, unless a header names further columns";
    ROW_STATUS = "R131" Error "a row's status is not a redirect status":
        "301, 302, 303, 307 and 308 carry a `location`, and 410 says that a page is gone";
    ROW_DUPLICATE = "R132" Error "two rows have the same source":
        "only one of them can decide";
    ROW_SOURCE = "R133" Error "a row's source is not a path":
        "a map is looked up by path, without host and fragment";
    ROW_TARGET = "R134" Error "a row's target is malformed":
        "it would lead elsewhere, or nowhere";
    EMPTY_MAP = "R135" Warning "a redirect map has no rows":
        "its route never applies";
    MORE_ROWS = "R136" Error "a redirect map has more findings":
        "only the first hundred are shown";

    // Examples and tests
    BAD_REQUEST = "R140" Error "a request of a test or example is malformed":
        "no request could be like it";
    EXPECTS_UNKNOWN = "R141" Error "a test expects a route or origin that the table does not have":
        "no decision could name it";
    NEEDS_TIME = "R142" Error "a test or example needs a time and gives none":
        "no expectation reads a clock, so that it holds the same today and tomorrow";
    EXAMPLE_NOT_TAKEN = "R143" Error "an example is not taken by its route":
        "an example says what the route is for";
    NOT_EXAMPLE_TAKEN = "R144" Error "a route takes one of its `not_examples`":
        "the route reaches further than it should";

    // Lints of the whole table
    REDIRECT_LOSES_METHOD = "R161" Warning "a 301 or 302 takes more than GET and HEAD":
        "browsers follow it with GET, so a form that is sent loses its data; OPTIONS is never cached";
    REDIRECT_TAKES_OPTIONS = "R162" Warning "a redirect takes OPTIONS":
        "a browser's preflight request must not be redirected, and OPTIONS is never cached";
    HEAD_WITHOUT_GET = "R163" Error "`method` has HEAD without GET":
        "CloudFront keeps one answer for GET and HEAD, so a route takes both or neither";
    BUCKET_TAKES_WRITES = "R164" Warning "a route to a bucket names a method that writes":
        "CloudFront signs what it sends to a bucket, so a viewer's PUT or DELETE could change the site";
    KEY_KEEPS_CASE = "R165" Warning "a path that is matched without case is sent to a bucket as it came":
        "keys have case: `/Assets/App.js` would be another object than `/assets/app.js`, or none";
    REDIRECT_TO_ITSELF = "R166" Warning "a redirect leads back to its own route":
        "a browser follows it until it gives up";
    GUARD_PASSED = "R167" Warning "a route that answers 401, 403, 404 or 410 can be passed by another spelling of its path":
        "servers of Java ignore what follows a `;` in a segment, and so read the path that the route is there to keep from them";

    // Holes
    HOLE_TWICE = "R168" Error "two conditions fill the same hole":
        "a target that names it could mean either";
    RESERVED_CAPTURE = "R169" Error "a capture has a name that stands for something in every route":
        "`{path}` and `{host}` are the request's own; after a prefix, so is `{rest}`";

    // Behaviors, cache keys and the function
    BAD_PATH_PATTERN = "R170" Error "a path pattern is none of CloudFront's":
        "a behavior must be the one that CloudFront has, or the router decides for another";
    BEHAVIOR_ORDER = "R171" Error "the behaviors are not in CloudFront's order":
        "CloudFront tries the patterns in order and its default behavior last";
    BAD_FAILOVER = "R172" Error "an origin cannot be the failover of its behavior":
        "the function must see in an event whether CloudFront goes to the first origin or to the second";
    BEHAVIOR_UNREACHED = "R173" Warning "no path reaches a behavior":
        "CloudFront takes the first pattern that a path fits, so an earlier one takes all that this one would";
    ROUTE_NOT_RUN = "R174" Warning "the router does not run on any path of a route":
        "CloudFront sends these paths to the configured origin without asking the router";
    HEADER_NOT_KEYABLE = "R175" Error "a header decides an answer and can be in no cache key":
        "the answer to one viewer would be served to all the others";
    KEY_OVER_QUOTA = "R176" Warning "a cache key names more than CloudFront's quota":
        "a cache policy names so many headers, cookies and query strings, until AWS raises it";
    KEY_TOO_LONG = "R177" Error "the names in a cache key are too long together":
        "CloudFront takes a limited number of characters in a cache policy";
    SESSION_IN_KEY = "R178" Warning "a session is in the cache key of paths that do not need it":
        "each of these is kept once for every viewer, so hardly any answer comes from the cache";
    NORMALIZE_NOTHING = "R179" Error "`normalize` has nothing to normalize":
        "it redirects what `[canonical]` folds or strips, and nothing else";
    TWO_TESTS = "R180" Error "a condition has two tests":
        "a value is tested in one way";
    REFUSED_ALWAYS = "R181" Error "a target is refused for every request":
        "the route would do nothing: each request that it takes would be sent to the default";
    REFUSED_SOMETIMES = "R182" Warning "a target is refused for some requests":
        "such a request is sent to the default, not to where the route says";
    TOO_LITTLE_MEMORY = "R183" Error "the function has too little memory for the table":
        "a process that runs out of memory is a 503 for every viewer, start after start";

    // The syntax of other tools
    FOREIGN_PATTERN = "R184" Warning "a pattern is written in another tool's syntax":
        "it is compared as text, so the route takes only requests that hold these very characters";
    FOREIGN_TARGET = "R185" Warning "a target or header is written in another tool's syntax":
        "it is sent as text, and nothing fills it";
}

/// Findings that say that something is missing: not to be believed of a file of which a part could not be read.
pub(crate) static NEEDS_WHOLE_TREE: &[&Code] =
    &[&MISSING_KEY, &BAD_SCHEMA, &UNKNOWN_ORIGIN, &NO_ORIGIN, &NO_ACTION, &UNKNOWN_COHORT, &UNDEFINED_CAPTURE];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_once_and_in_order() {
        for pair in CATALOGUE.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} comes before {}", pair[0].code, pair[1].code);
        }
        for code in CATALOGUE {
            let digits = code.code.strip_prefix('R').unwrap_or_default();
            assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", code.code);
            assert!(RETIRED.iter().all(|(retired, _)| *retired != code.code), "{} is retired", code.code);
            assert!(!code.title.ends_with('.') && !code.explanation.ends_with('.'), "{}", code.code);
        }
    }
}
