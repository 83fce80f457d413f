//! The normal form once more, a step at a time, for people who want to see what each step did.

use serde::Serialize;

use super::passes::{Pass, lower, merge_slashes, remove_dot_segments, strip_parameters, strip_slashes};
use super::{Canonical, LetterCase, PathBuffer, PathParameters, Slashes, TrailingSlash};

/// One step of [`Canonical::normalize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// (a) Escapes are brought into one form.
    Escapes,
    /// (b) What follows a `;` goes.
    PathParameters,
    /// (c) Runs of slashes become one.
    MergeSlashes,
    /// (d) `.` and `..` are resolved.
    DotSegments,
    /// (e) Letters become lower case.
    Case,
    /// (f) Slashes at the end go.
    TrailingSlash,
    /// A path of no text is `/`.
    Root,
}

/// A step that changed the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which.
    pub step: Step,
    /// The path after it.
    pub path: String,
}

impl Canonical {
    /// The steps that change a raw path, in order; the last one's path is its normal form. O(m).
    #[must_use]
    pub fn changes(&self, raw: &str) -> Vec<Change> {
        let mut path = PathBuffer::escaped(raw);
        let mut before = raw.to_owned();
        let mut changes = Vec::new();
        let mut tell = |step: Step, after: &str| {
            if after != before {
                before = after.to_owned();
                changes.push(Change { step, path: after.to_owned() });
            }
        };
        tell(Step::Escapes, path.as_str());
        for (step, pass) in self.passes() {
            path.shorten(pass);
            tell(step, path.as_str());
        }
        path.root();
        tell(Step::Root, path.as_str());
        changes
    }

    /// The steps after the first that this table asks for.
    fn passes(&self) -> impl Iterator<Item = (Step, Pass)> {
        let passes: [(bool, Step, Pass); 5] = [
            (self.path_parameters == PathParameters::Strip, Step::PathParameters, strip_parameters),
            (self.slashes == Slashes::Merge, Step::MergeSlashes, merge_slashes),
            (true, Step::DotSegments, remove_dot_segments),
            (self.case == LetterCase::Lower, Step::Case, lower),
            (self.trailing_slash == TrailingSlash::Strip, Step::TrailingSlash, strip_slashes),
        ];
        passes.into_iter().filter(|(is_asked, ..)| *is_asked).map(|(_, step, pass)| (step, pass))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_that_changed_the_path_is_told_and_the_last_is_the_normal_form() {
        let canonical = Canonical::of_words("lower strip cut");
        let rows: [(&str, &[(Step, &str)]); 6] = [
            ("/a", &[]),
            ("", &[(Step::Root, "/")]),
            ("/ç/", &[(Step::Escapes, "/%C3%A7/"), (Step::TrailingSlash, "/%C3%A7")]),
            (
                "/A//b/../%c3",
                &[
                    (Step::Escapes, "/A//b/../%C3"),
                    (Step::MergeSlashes, "/A/b/../%C3"),
                    (Step::DotSegments, "/A/%C3"),
                    (Step::Case, "/a/%C3"),
                ],
            ),
            ("..", &[(Step::DotSegments, ""), (Step::Root, "/")]),
            (
                "/a;b/..;c/;d/e",
                &[(Step::PathParameters, "/a/..//e"), (Step::MergeSlashes, "/a/../e"), (Step::DotSegments, "/e")],
            ),
        ];
        for (raw, expected) in rows {
            let changes = canonical.changes(raw);
            let told: Vec<_> = changes.iter().map(|change| (change.step, change.path.as_str())).collect();
            assert_eq!(told, expected, "{raw}");
            let last = told.last().map_or(raw, |(_, path)| path);
            assert_eq!(canonical.normalize(raw).as_str(), last, "{raw}");
        }
    }
}
