//! The normal form of any text at all.

use crossfade::route::canonical::{Canonical, LetterCase, PathParameters, Slashes, Spellings, TrailingSlash};
use proptest::prelude::*;

use crate::depth::size;
use crate::placement::spellings;
use crate::walk::normal;

fn every_canonical() -> Vec<Canonical> {
    let mut all = Vec::new();
    for case in [LetterCase::Keep, LetterCase::Lower] {
        for trailing_slash in [TrailingSlash::Keep, TrailingSlash::Strip] {
            for slashes in [Slashes::Merge, Slashes::Keep] {
                for path_parameters in [PathParameters::Keep, PathParameters::Strip] {
                    all.push(Canonical { case, trailing_slash, path_parameters, slashes, ..Canonical::default() });
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: size(500, 4000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_form_is_the_one_of_six_plain_passes_and_its_own(
        raw in prop_oneof![
            "[/a-zA-Z.%0-9F;]{0,20}",
            "[/.;]{0,16}",
            "\\PC{0,30}",
            ".{0,400}",
            "(/%2[ef5]|/\\.|/|a|%|;|\\.|%3b){0,12}",
        ],
    ) {
        for canonical in every_canonical() {
            let found = canonical.normalize(&raw).as_str().to_owned();
            let expected = String::from_utf8(normal(&canonical, &raw)).unwrap();
            prop_assert_eq!(&found, &expected, "{:?} {}", canonical, raw);
            let again = canonical.normalize(&found).as_str().to_owned();
            prop_assert_eq!(&again, &found, "{:?} {}", canonical, raw);
            let told = canonical.changes(&raw);
            let last = told.last().map_or(raw.as_str(), |change| change.path.as_str());
            prop_assert_eq!(last, &found);
        }
    }

    #[test]
    fn the_spellings_of_a_path_are_those_of_plain_passes_and_the_clean_one_has_no_other(
        raw in prop_oneof!["[/a-zA-Z.%0-9F;]{0,20}", "[/.;]{0,16}", "\\PC{0,30}", ".{0,400}", "(/%2[ef5]|/\\.|/|a|%|//|;){0,12}"],
        strips in any::<bool>(),
    ) {
        let parameters = if strips { PathParameters::Strip } else { PathParameters::Keep };
        let forms = |raw| {
            let Spellings { raw, resolved, merged_first, bare: [bare, bare_merged], clean } = Spellings::of(raw, parameters);
            [raw.to_owned(), resolved.into(), merged_first.into(), bare.into(), bare_merged.into(), clean.into()]
        };
        let found: [String; 6] = forms(&raw);
        prop_assert_eq!(&found, &spellings(&raw, strips));
        let [.., clean] = found;
        prop_assert_eq!(forms(&clean), [(); 6].map(|()| clean.clone()));
        prop_assert!(clean.starts_with('/') && !clean.starts_with("//") && clean.is_ascii(), "{}", clean);
    }
}
