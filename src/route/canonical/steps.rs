//! The normal form once more, a step at a time, for people who want to see what each step did.

use serde::Serialize;

use super::{Canonical, Escaped, LetterCase, Slashes, TrailingSlash, ascii, lower, merge_slashes, remove_dot_segments};

/// One step of [`Canonical::normalize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// (a) Escapes are brought into one form.
    Escapes,
    /// (b) Runs of slashes become one.
    MergeSlashes,
    /// (c) `.` and `..` are resolved.
    DotSegments,
    /// (d) Letters become lower case.
    Case,
    /// (e) Slashes at the end go.
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
        let mut before = raw.as_bytes().to_vec();
        let mut changes = Vec::new();
        for step in [Step::Escapes, Step::MergeSlashes, Step::DotSegments, Step::Case, Step::TrailingSlash, Step::Root]
        {
            let after = self.after(step, &before);
            if after != before {
                changes.push(Change { step, path: ascii(&after).to_owned() });
                before = after;
            }
        }
        changes
    }

    fn after(&self, step: Step, before: &[u8]) -> Vec<u8> {
        let mut path = before.to_vec();
        match step {
            Step::Escapes => return Escaped::new(before).collect(),
            Step::MergeSlashes if self.slashes == Slashes::Merge => {
                let len = merge_slashes(&mut path);
                path.truncate(len);
            }
            Step::DotSegments => {
                let len = remove_dot_segments(&mut path);
                path.truncate(len);
            }
            Step::Case if self.case == LetterCase::Lower => lower(&mut path),
            Step::TrailingSlash if self.trailing_slash == TrailingSlash::Strip => {
                while path.len() > 1 && path.last() == Some(&b'/') {
                    path.pop();
                }
            }
            Step::Root if path.is_empty() => path.push(b'/'),
            _ => {}
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_that_changed_the_path_is_told_and_the_last_is_the_normal_form() {
        let canonical =
            Canonical { case: LetterCase::Lower, trailing_slash: TrailingSlash::Strip, ..Canonical::default() };
        let rows: [(&str, &[(Step, &str)]); 5] = [
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
