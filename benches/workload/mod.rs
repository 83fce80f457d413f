//! Tables and requests of any size, the same ones on every machine: `docs/performance.md` says what they stand for.

use std::collections::HashSet;

use crossfade::route::pattern::{Glob, MapRow, PathPattern, RedirectMap, Segment, Template};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::Target;
use crossfade::route::{
    Action, Definition, LazyRegex, MapAction, Origin, OriginAction, Place, RedirectAction, ResponseHeaders, Route, Side,
};

/// splitmix64: a fixed stream of numbers for a seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Of 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `end`, the first ones most often: about Zipf's law with exponent 1.
    pub(crate) fn zipf(&mut self, end: usize) -> usize {
        let rank = ((end as f64 + 1.0).ln() * self.share()).exp() - 1.0;
        (rank as usize).min(end.saturating_sub(1))
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// How requests of a class are spread over its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Few routes take most.
    Zipf,
    /// All alike: no hot set.
    Uniform,
}

/// What a route of the mixed table, and a request of its stream, is meant to exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Exact,
    Prefix,
    Glob,
    Regex,
    Miss,
}

/// A table and, for each class, paths that its routes take.
pub(crate) struct Workload {
    pub(crate) definition: Definition,
    exact: Vec<String>,
    prefix: Vec<String>,
    glob: Vec<String>,
    regex: Vec<String>,
    random: Random,
}

const WORDS: &[&str] = &[
    "about",
    "account",
    "airline",
    "archive",
    "beneficios",
    "blog",
    "campanha",
    "card",
    "cidade",
    "club",
    "conta",
    "docs",
    "event",
    "extrato",
    "familia",
    "guide",
    "help",
    "hotel",
    "img",
    "local",
    "loja",
    "marca",
    "miles",
    "news",
    "oferta",
    "page",
    "parceiro",
    "pontos",
    "press",
    "promo",
    "resgate",
    "sobre",
    "static",
    "store",
    "team",
    "termos",
    "travel",
    "viagem",
    "video",
    "voo",
];

impl Workload {
    /// 80 % exact paths (a sixth of them below a prefix), 12 % prefixes, 5 % globs, 3 % regexes, shuffled.
    pub(crate) fn mixed(routes: usize, seed: u64) -> Workload {
        let mut load = Workload {
            definition: Definition { origins: origins(), files: vec!["routes.toml".into()], ..Definition::default() },
            exact: Vec::new(),
            prefix: Vec::new(),
            glob: Vec::new(),
            regex: Vec::new(),
            random: Random::new(seed),
        };
        let mut patterns = Vec::new();
        let mut used = HashSet::new();
        for at in 0..routes {
            let share = at * 100 / routes;
            let pattern = match share {
                0..12 => load.add_prefix(at),
                12..17 => load.add_glob(at),
                17..20 => load.add_regex(at),
                _ => load.add_exact(at, &mut used),
            };
            patterns.push(pattern);
        }
        load.random.shuffle(&mut patterns);
        load.definition.routes = patterns.into_iter().enumerate().map(|(at, pattern)| route(at, pattern)).collect();
        load
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| *self.random.pick(WORDS)).collect();
        words.join("-")
    }

    fn add_prefix(&mut self, at: usize) -> PathPattern {
        let prefix = format!("/{}/{}-{at}", self.words(1), self.words(1));
        self.prefix.push(prefix.clone());
        PathPattern::Prefix(prefix)
    }

    fn add_glob(&mut self, at: usize) -> PathPattern {
        let (word, other) = (self.words(1), self.words(2));
        let (glob, path) = match at % 4 {
            0 => (format!("/{word}/*/x-{at}/**"), format!("/{word}/{other}/x-{at}/some/page-of-it")),
            1 => (format!("/s-{at}/*/{word}/**"), format!("/s-{at}/{other}/{word}/more/of/it.html")),
            2 => (format!("/{word}/slug-{at}/*.html"), format!("/{word}/slug-{at}/{other}-page.html")),
            _ => (format!("/**/x-{at}.php"), format!("/{word}/{other}/deeper/x-{at}.php")),
        };
        self.glob.push(path);
        PathPattern::Glob(Glob::new(glob))
    }

    fn add_regex(&mut self, at: usize) -> PathPattern {
        let (word, other) = (self.words(1), self.words(1));
        let (regex, path) = match at % 4 {
            0 => (format!("^/{word}/x-{at}/([0-9]+)(?:/([a-z-]+))?$"), format!("/{word}/x-{at}/4711/{other}-of-it")),
            1 => (format!("^/(en|de|fr|es)/{word}-{at}/(.*)$"), format!("/fr/{word}-{at}/{other}/and-more-of-it")),
            2 => (format!(r"^/([a-z]{{2}})/([a-z-]+)/x{at}\.aspx$"), format!("/br/{word}-{other}-page/x{at}.aspx")),
            _ => (format!("^/(?:old|legacy)/{word}-{at}(/.*)?$"), format!("/legacy/{word}-{at}/{other}/the-page")),
        };
        self.regex.push(path);
        PathPattern::Regex(LazyRegex::new(regex))
    }

    fn add_exact(&mut self, at: usize, used: &mut HashSet<String>) -> PathPattern {
        let stem = if self.random.below(100) < 15 && !self.prefix.is_empty() {
            let below = self.random.below(self.prefix.len());
            self.prefix[below].clone()
        } else {
            format!("/{}/{}", self.words(1), self.words(2))
        };
        let path = format!("{stem}/{}-{at}", self.words(2));
        used.insert(path.clone());
        self.exact.push(path.clone());
        PathPattern::Exact(path)
    }

    /// A path of a class.
    pub(crate) fn path(&mut self, class: Class, spread: Spread) -> String {
        let pick = |random: &mut Random, paths: &[String]| {
            let at = match spread {
                Spread::Zipf => random.zipf(paths.len()),
                Spread::Uniform => random.below(paths.len()),
            };
            paths.get(at).cloned().unwrap_or_else(|| "/".to_owned())
        };
        match class {
            Class::Exact => pick(&mut self.random, &self.exact),
            Class::Prefix => {
                let prefix = pick(&mut self.random, &self.prefix);
                format!("{prefix}/{}/{}.html", self.words(1), self.words(2))
            }
            Class::Glob => pick(&mut self.random, &self.glob),
            Class::Regex => pick(&mut self.random, &self.regex),
            Class::Miss => {
                let number = self.random.below(1_000_000);
                format!("/{}/{}/none-{number}/{}", self.words(1), self.words(2), self.words(2))
            }
        }
    }

    /// A path for each glob and each regex.
    pub(crate) fn patterned(&self) -> Vec<String> {
        [self.glob.as_slice(), self.regex.as_slice()].concat()
    }

    /// 60 % exact, 20 % prefix, 10 % glob or regex, 10 % miss.
    pub(crate) fn stream(&mut self, requests: usize, spread: Spread) -> Vec<String> {
        let class = |share: usize| match share {
            0..60 => Class::Exact,
            60..80 => Class::Prefix,
            80..86 => Class::Glob,
            86..90 => Class::Regex,
            _ => Class::Miss,
        };
        (0..requests)
            .map(|_| {
                let class = class(self.random.below(100));
                self.path(class, spread)
            })
            .collect()
    }
}

/// A table of templates `/word-7/{name}/edit` (and one path that each takes).
pub(crate) fn templates(routes: usize) -> (Definition, Vec<String>) {
    let mut random = Random::new(3);
    let mut paths = Vec::new();
    let patterns = (0..routes).map(|at| {
        let (area, verb) = (*random.pick(WORDS), *random.pick(WORDS));
        paths.push(format!("/{area}-{}/the-{verb}-of-it/{verb}-{at}/edit", at % 100));
        let literal = |text: String| Segment::Literal(text);
        let segments = vec![
            literal(format!("{area}-{}", at % 100)),
            Segment::Capture("name".into()),
            literal(format!("{verb}-{at}")),
            literal("edit".into()),
        ];
        PathPattern::Template(Template { segments, rest: None, takes_bare: false })
    });
    let patterns: Vec<_> = patterns.collect();
    (definition(patterns), paths)
}

/// One redirect map of so many rows.
pub(crate) fn map(rows: usize) -> (Definition, Vec<String>) {
    let row = |at: usize| MapRow { from: format!("/old/page-{at}"), to: "/new".into(), status: None, line: 1 };
    let paths = (0..rows).map(|at| format!("/old/page-{at}")).collect();
    (definition(vec![PathPattern::Map((0..rows).map(row).collect::<Vec<_>>().into())]), paths)
}

/// So many rows on one path, told apart by two parameters.
pub(crate) fn keyed_rows(rows: usize) -> RedirectMap {
    let from = |at: usize| format!("/page.do?id={at}&lang=de");
    let row = |at: usize| MapRow { from: from(at), to: format!("/new/{at}"), status: None, line: 1 };
    RedirectMap { rows: (0..rows).map(row).collect(), names: vec!["id".into(), "lang".into()] }
}

/// A table of these patterns, in this order.
pub(crate) fn definition(patterns: Vec<PathPattern>) -> Definition {
    let routes = patterns.into_iter().enumerate().map(|(at, pattern)| route(at, pattern)).collect();
    Definition { origins: origins(), routes, files: vec!["routes.toml".into()], ..Definition::default() }
}

/// A route; exact paths redirect, maps do what maps do, all else is sent on.
pub(crate) fn route(at: usize, path: PathPattern) -> Route {
    let response = ResponseHeaders::default();
    let query_string = QueryPolicy::Keep;
    let action = match &path {
        PathPattern::Exact(_) => {
            let target = Target::literal(format!("/new/place/of/{at}"));
            Action::Redirect(RedirectAction { target, status: 301, query_string, response })
        }
        PathPattern::Map(_) => Action::RedirectMap(MapAction { status: 302, query_string, response }),
        _ => Action::Origin(OriginAction::unchanged(1)),
    };
    let place = Place { file: 0, line: at as u32 };
    Route { place, ..Route::new(format!("r-{at}"), path, action) }
}

/// `legacy`, the default, and `cms`.
pub(crate) fn origins() -> Vec<Origin> {
    [("legacy", Side::Legacy), ("cms", Side::New)]
        .map(|(id, side)| Origin::custom(id, side, format!("{id}.example.com")))
        .to_vec()
}
