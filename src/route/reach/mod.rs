//! Reach: which routes can take a path of each cache behavior, and whether the default can be reached there.
//!
//! A cache key holds what decides the answers of one behavior, so it must be known who answers there. Paths are those in
//! the form after step (d) of rule 3, which is how CloudFront is thought to match its patterns; routes are matched on the
//! whole normal form. Nobody is left out by guesswork: a route that is not proved to miss a behavior reaches it, and so
//! does the default.

mod asks;
mod cover;
mod finder;
pub(crate) mod map;
mod pattern;
mod sets;
mod space;
mod walk;

pub use asks::{Askers, Asks};
#[cfg(feature = "cli")]
pub(crate) use pattern::{beginning, regex_of};

use self::map::BehaviorMap;
use self::sets::BehaviorSet;
use self::space::PathSpace;
use super::definition::Definition;
use super::ids::BehaviorId;

/// Who answers in each behavior of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Of each route, by position.
    routes: Vec<BehaviorSet>,
    default: BehaviorSet,
    /// Those that some path falls in.
    with_paths: BehaviorSet,
}

impl Reach {
    /// Works it out. One behavior needs no proof but that of its default. O(n) in routes for plain paths; a glob or regex
    /// whose beginning leaves several behaviors open is walked together with them.
    #[must_use]
    pub fn of(definition: &Definition) -> Reach {
        let Definition { behaviors, canonical, routes, .. } = definition;
        let all = Reach {
            routes: vec![BehaviorSet::ALL; routes.len()],
            default: BehaviorSet::ALL,
            with_paths: BehaviorSet::ALL,
        };
        if behaviors.by_pattern.is_empty() {
            let default = if cover::plainly(routes) { BehaviorSet::NONE } else { BehaviorSet::ALL };
            return Reach { default, ..all };
        }
        let Some(map) = BehaviorMap::new(behaviors, canonical) else { return all };
        let space = PathSpace::new(&map, canonical);
        let found: Vec<BehaviorSet> = routes.iter().map(|route| space.behaviors_of(&route.path)).collect();
        let default = cover::left_over(&space, definition, &found);
        Reach { routes: found, default, with_paths: map.future(map.start()) }
    }

    /// Positions of the routes that can take a path of a behavior, in written order.
    pub fn routes(&self, behavior: BehaviorId) -> impl Iterator<Item = usize> + '_ {
        let reached = self.routes.iter().enumerate().filter(move |(_, set)| set.has(behavior.position()));
        reached.map(|(at, _)| at)
    }

    /// Whether a path of a behavior can come to the default.
    #[must_use]
    pub fn has_default(&self, behavior: BehaviorId) -> bool {
        self.default.has(behavior.position())
    }

    /// Whether any path falls in a behavior: earlier ones may take all of its.
    #[must_use]
    pub fn has_paths(&self, behavior: BehaviorId) -> bool {
        self.with_paths.has(behavior.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::pattern::{Glob, PathPattern, Segment, Template};
    use crate::route::{
        Action, Behavior, BehaviorPattern, Behaviors, Canonical, LazyRegex, Origin, OriginAction, Route, Side,
    };
    use proptest::prelude::*;

    fn definition(words: &str, patterns: &[&str], paths: Vec<PathPattern>) -> Definition {
        let action = || Action::Origin(OriginAction::unchanged(0));
        Definition {
            canonical: Canonical::of_words(words),
            origins: vec![Origin::custom("a", Side::New, "a.example.com")],
            behaviors: Behaviors {
                by_pattern: patterns.iter().map(|text| (BehaviorPattern::new(text), Behavior::default())).collect(),
                ..Behaviors::default()
            },
            routes: paths.into_iter().zip(0..).map(|(path, at)| Route::new(format!("r{at}"), path, action())).collect(),
            ..Definition::default()
        }
    }

    /// The behaviors that a route reaches, by position, and those in which the default is reached.
    fn reached(words: &str, patterns: &[&str], path: PathPattern) -> (Vec<usize>, Vec<usize>) {
        let reach = Reach::of(&definition(words, patterns, vec![path]));
        let ids = || (0..=patterns.len()).map(BehaviorId);
        let by_route = ids().filter(|id| reach.routes(*id).next().is_some()).map(BehaviorId::position);
        (by_route.collect(), ids().filter(|id| reach.has_default(*id)).map(BehaviorId::position).collect())
    }

    fn template(text: &str) -> PathPattern {
        let (segments, rest) = match text.strip_suffix("/{*rest}") {
            Some(before) => (before, Some("rest".to_owned())),
            None => (text, None),
        };
        let segment = |text: &str| match text.strip_prefix('{') {
            Some(name) => Segment::Capture(name.trim_end_matches('}').to_owned()),
            None => Segment::Literal(text.to_owned()),
        };
        PathPattern::Template(Template {
            segments: segments.split('/').skip(1).map(segment).collect(),
            rest,
            takes_bare: false,
        })
    }

    fn exact(text: &str) -> PathPattern {
        PathPattern::Exact(text.to_owned())
    }

    fn prefix(text: &str) -> PathPattern {
        PathPattern::Prefix(text.to_owned())
    }

    fn glob(text: &str) -> PathPattern {
        PathPattern::Glob(Glob::new(text))
    }

    fn regex(text: &str) -> PathPattern {
        PathPattern::Regex(LazyRegex::new(text))
    }

    #[test]
    fn a_route_reaches_the_behaviors_that_its_paths_fall_in() {
        let assets: &[&str] = &["/assets/*", "*.js", "/robots.txt"];
        let rows: Vec<(&str, &[&str], PathPattern, &[usize])> = vec![
            ("", assets, PathPattern::Any, &[0, 1, 2, 3]),
            ("", assets, exact("/assets/a"), &[0]),
            ("", assets, exact("/assets"), &[3]),
            ("", assets, exact("/assets/a.js"), &[0]),
            ("", assets, exact("/ASSETS/a"), &[3]),
            ("lower", assets, exact("/assets/a"), &[0, 3]),
            ("", assets, exact("/robots.txt"), &[2]),
            ("strip", assets, exact("/robots.txt"), &[2, 3]),
            ("strip", assets, exact("/assets"), &[0, 3]),
            ("strip split", &["/a//"], exact("/a"), &[0, 1]),
            ("strip", &["/a//"], exact("/a"), &[1]),
            ("", assets, prefix("/assets"), &[0, 3]),
            ("", &["/a/*"], prefix("/a"), &[0, 1]),
            ("", &["/a/*"], prefix("/a/b"), &[0]),
            ("", &["/a/*"], prefix(""), &[0, 1]),
            ("", &["/a/?/c"], prefix("/a/b"), &[0, 1]),
            ("", &["/a/*"], template("/a/{x}"), &[0]),
            ("", &["/a/*"], template("/{x}"), &[1]),
            ("", &["/a/*"], template("/{x}/{y}"), &[0, 1]),
            ("", &["/a/*"], template("/a/{*rest}"), &[0]),
            ("", &["/a"], template("/a/{*rest}"), &[1]),
            ("strip", &["/a"], template("/a/{*rest}"), &[0, 1]),
            ("", &["/a/*"], glob("/a/**"), &[0]),
            ("", &["/a/*"], glob("/**/a/*"), &[0, 1]),
            ("", assets, glob("/*.css"), &[3]),
            ("", assets, glob("/b/*.{js,css}"), &[1, 3]),
            ("", &["/a/*", "/b/*"], regex("^/b/[0-9]+$"), &[1]),
            ("", &["/a/*", "/b/*"], regex("^/(?:b|c)/[0-9]+$"), &[1, 2]),
            ("", &["/a/*", "*.php"], regex(r"\.php$"), &[0, 1]),
            ("", &["/a/*", "/A/*"], regex("(?i)^/a/"), &[0, 1]),
            ("lower", &["/a/*", "/A/*"], regex("^/a/"), &[0, 1]),
            ("lower", &["/%C3*"], regex("^/%C3%A7$"), &[0]),
            ("", &["/a/*"], regex(r"^/\p{L}/x"), &[0, 1]),
            ("", &["*", "/a/*"], exact("/a/b"), &[0]),
        ];
        for (words, patterns, path, expected) in rows {
            let shown = format!("[{words}] {patterns:?} {path}");
            assert_eq!(reached(words, patterns, path).0, expected, "{shown}");
        }
    }

    #[test]
    fn the_default_is_reached_unless_every_path_is_taken() {
        let rows: Vec<(&str, &[&str], PathPattern, &[usize])> = vec![
            ("", &["/a/*"], PathPattern::Any, &[]),
            ("", &["/a/*"], prefix(""), &[]),
            ("", &["/a/*"], prefix("/a"), &[1]),
            ("", &["/a/*"], prefix("/a/b"), &[0, 1]),
            ("", &["/a/*"], glob("/a/**"), &[1]),
            ("", &["/a/*"], glob("/a/*"), &[0, 1]),
            ("", &["/a/*"], template("/a/{*rest}"), &[1]),
            ("", &["/a/*"], template("/a/{x}"), &[0, 1]),
            ("", &["/a/*"], regex("^/a"), &[1]),
            ("", &["/a/*"], regex("^/a/[^x]"), &[0, 1]),
            ("", &["/robots.txt"], exact("/robots.txt"), &[1]),
            ("lower", &["/a/*"], prefix("/a"), &[1]),
            ("lower", &["/Z/*"], prefix("/z"), &[1]),
            ("", &[], prefix(""), &[]),
            ("", &[], prefix("/a"), &[0]),
            ("", &[], template("/{*rest}"), &[]),
            ("", &[], template("/a/{*rest}"), &[0]),
            ("", &["*", "/a/*"], prefix("/b"), &[0]),
        ];
        for (words, patterns, path, expected) in rows {
            let shown = format!("[{words}] {patterns:?} {path}");
            assert_eq!(reached(words, patterns, path).1, expected, "{shown}");
        }
    }

    #[test]
    fn what_there_is_no_time_for_is_taken_as_reached() {
        let definition = definition("", &["/a/*", "*.js"], vec![regex("^/(?:a|b)/[0-9]+$"), exact("/a/x")]);
        let map = BehaviorMap::new(&definition.behaviors, &definition.canonical).unwrap();
        let space = PathSpace::new(&map, &definition.canonical);
        let sets = || definition.routes.iter().map(|route| space.behaviors_of(&route.path)).collect::<Vec<_>>();
        assert_eq!(sets(), [BehaviorSet::of(0).with(BehaviorSet::of(2)), BehaviorSet::of(0)]);
        assert_eq!(space.spend(usize::MAX), None);
        assert_eq!(sets(), [BehaviorSet::ALL, BehaviorSet::of(0)]);
    }

    #[test]
    fn two_routes_together_take_every_path() {
        let reach = Reach::of(&definition("", &["/a/*"], vec![regex("^/a/[a-m]"), regex("^/a/(?:[^a-m]|$)")]));
        assert!(!reach.has_default(BehaviorId(0)));
        assert!(reach.has_default(BehaviorId(1)));
    }

    #[test]
    fn however_many_cannot_take_all_of_a_behavior_the_one_that_does_is_found() {
        let many = |path: fn(u32) -> PathPattern| (0..100).map(path).chain([prefix("/a")]).collect();
        let rows: [Vec<PathPattern>; 2] =
            [many(|at| exact(&format!("/a/{at}"))), many(|at| prefix(&format!("/b/{at}")))];
        for paths in rows {
            let first = paths.first().map(ToString::to_string);
            assert!(!Reach::of(&definition("", &["/a/*"], paths)).has_default(BehaviorId(0)), "{first:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        /// What takes a path of a behavior is reached there, whatever form the path came in.
        #[test]
        fn nobody_who_answers_is_left_out(
            words in "(lower)?( strip)?( split)?",
            patterns in proptest::collection::vec("/?[abA/*?.]{0,5}", 1..4),
            texts in proptest::collection::vec("(/[ab]{0,2}){1,2}", 3),
            expression in r"\^?/?([abA./]|\[ab]|a\*|\(a\|B\)|\.\*){0,5}\$?",
            raws in proptest::collection::vec("/[abA/.%]{0,6}", 12),
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let plain = Canonical { refuse: Vec::new().into(), ..Canonical::of_words(&words) };
            let [one, two, three] = texts.as_slice() else { unreachable!() };
            let of = |text: &str| plain.normalize(text).as_str().to_owned();
            let mut paths = vec![exact(&of(one)), prefix(of(two).trim_end_matches('/')), template(&format!("{}/{{x}}", of(three)))];
            paths.extend(LazyRegex::for_paths(&expression).is_ok().then(|| regex(&expression)));
            let definition = definition(&words, &patterns, paths);
            let reach = Reach::of(&definition);
            // The form after (d): neither case nor slashes are changed.
            let cleaned = Canonical { case: Default::default(), trailing_slash: Default::default(), ..plain.clone() };
            for raw in &raws {
                let path = cleaned.normalize(raw).as_str().to_owned();
                let behavior = definition.behaviors.of_path(&path);
                let normal = plain.normalize(&path).as_str().to_owned();
                let taker = definition.routes.iter().position(|route| route.path.matches(&normal));
                match taker {
                    Some(taker) => prop_assert!(reach.routes(behavior).any(|at| at == taker), "{path} {:?}", definition.routes[taker].path),
                    None => prop_assert!(reach.has_default(behavior), "{path}"),
                }
            }
        }
    }
}
