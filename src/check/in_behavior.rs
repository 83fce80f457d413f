//! A concrete path of a behavior that a route takes: the witness of what is said of the two.

use super::language::{Language, NormalForm, PathState};
use super::sample::{Sample, Walker};
use super::witness::paths;
use crate::route::canonical::{LetterCase, TrailingSlash};
use crate::route::pattern::PathPattern;
use crate::route::reach::map::{BehaviorMap, MapState};
use crate::route::reach::regex_of;
use crate::route::{BehaviorId, LazyRegex, Table};

/// A path that falls in a behavior and whose normal form a pattern takes; `None` where none was found.
pub(crate) fn path_in(table: &Table, id: BehaviorId, pattern: &PathPattern) -> Option<String> {
    let definition = table.definition();
    let is_in = |path: &String| definition.behaviors.of_path(path) == id;
    let of_rows = pattern.rows().iter().map(|row| row.path().to_owned());
    let canonical = &definition.canonical;
    // CloudFront looks at case, and at a slash at the end, whatever the table says.
    let forms = |path: String| {
        let capital = (canonical.case == LetterCase::Lower).then(|| path.to_ascii_uppercase());
        let folder = (canonical.trailing_slash == TrailingSlash::Strip).then(|| format!("{path}/"));
        [Some(path), folder, capital].into_iter().flatten()
    };
    if let Some(path) = paths(canonical, pattern).into_iter().chain(of_rows).flat_map(forms).find(is_in) {
        return Some(path);
    }
    let map = BehaviorMap::new(&definition.behaviors, canonical)?;
    let language = InBehavior::new(NormalForm::new(canonical), &map, id);
    match Walker::regex(&LazyRegex::new(regex_of(pattern)?)).sample(&language) {
        Sample::Text(path) => Some(path),
        Sample::Nothing | Sample::Unknown => None,
    }
}

/// The normal forms that fall in a behavior as they are.
struct InBehavior<'m> {
    form: NormalForm<'m>,
    map: &'m BehaviorMap,
    behavior: usize,
    classes: Vec<u8>,
}

impl<'m> InBehavior<'m> {
    fn new(form: NormalForm<'m>, map: &'m BehaviorMap, id: BehaviorId) -> InBehavior<'m> {
        let mut known: Vec<(u8, u8)> = Vec::new();
        let mut class_of = |byte: u8| {
            let pair = (form.class(byte), map.class(byte));
            if pair.0 == u8::MAX || pair.1 == u8::MAX {
                return u8::MAX;
            }
            let at = known.iter().position(|other| *other == pair).unwrap_or_else(|| {
                known.push(pair);
                known.len() - 1
            });
            u8::try_from(at).unwrap_or(u8::MAX)
        };
        let classes = (0..=u8::MAX).map(&mut class_of).collect();
        InBehavior { form, map, behavior: id.position(), classes }
    }
}

impl Language for InBehavior<'_> {
    type State = (PathState, MapState);

    fn start(&self) -> Self::State {
        (self.form.start(), self.map.start())
    }

    fn next(&self, (form, map): Self::State, byte: u8) -> Option<Self::State> {
        let next = (self.form.next(form, byte)?, self.map.next(map, byte)?);
        self.map.may_end_in(next.1, self.behavior).then_some(next)
    }

    fn accepts(&self, (form, map): Self::State) -> bool {
        self.form.accepts(form) && self.map.end(map) == Some(self.behavior)
    }

    fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(u8::MAX)
    }
}
