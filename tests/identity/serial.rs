//! Serial numbers: what counts when they are compared, and what only looks alike.

use armoury::identity::serial::{confusable_form, search_form};

#[test]
fn separators_case_and_width_do_not_count() {
    for text in ["AK-0047/B", "ak 0047 b", "ＡＫ００４７Ｂ", "AK.0047\u{2013}B", "A\u{a0}K0047b"] {
        assert_eq!(search_form(text), "AK0047B", "{text}");
    }
}

#[test]
fn leading_zeros_and_scripts_count() {
    assert_ne!(search_form("007"), search_form("7"));
    assert_ne!(confusable_form("007"), confusable_form("7"));
    assert_ne!(
        search_form("АК47"),
        search_form("AK47"),
        "Cyrillic is not Latin until someone asks for suggestions"
    );
    assert_eq!(search_form("دب ١٢"), "دب١٢");
}

#[test]
fn look_alikes_are_one_only_in_the_confusable_form() {
    for (one, other) in [("O0", "00"), ("IL", "11"), ("S5B8Z2", "558822"), ("АВС", "A8C"), ("ЅІ", "51")]
    {
        assert_ne!(search_form(one), search_form(other));
        assert_eq!(confusable_form(one), confusable_form(other), "{one} {other}");
    }
    assert_ne!(confusable_form("AK47"), confusable_form("AK48"));
}
