use super::*;
use crate::squads::page::sample;

#[test]
fn a_full_card_is_small() {
    let card = draw(&sample::full());
    assert!(card.len() < 60_000, "{}", card.len());
    assert!(card.len() > 5_000, "{}", card.len());
}

#[test]
fn names_become_letters_of_the_font() {
    for (text, expected) in [
        ("Thursday zerg", Some("Thursday zerg")),
        ("Größe & Überfall", Some("Größe & Überfall")),
        ("Zerg 🔥 night", Some("Zerg night")),
        ("Z\u{0351}\u{0316}a\u{0300}lgo", Some("Zalgo")),
        ("a\u{202e}b", Some("ab")),
        ("الجيش", None),
        ("", None),
    ] {
        assert_eq!(in_font(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn whatever_is_on_the_page_there_is_a_card() {
    let mut view = sample::full();
    view.title = "W".repeat(500);
    view.team = Some("\u{1F525}".repeat(80));
    for count in [0, 1, 2, 15] {
        view.subgroups = sample::full()
            .subgroups
            .into_iter()
            .cycle()
            .take(count)
            .collect();
        for slots in [0, 1, 50] {
            for group in &mut view.subgroups {
                group.slots = group.slots.iter().cloned().cycle().take(slots).collect();
                group.bars = group.bars.iter().cloned().cycle().take(slots).collect();
            }
            assert!(draw(&view).len() < 60_000);
        }
    }
}
