//! Names that people have, and names that nobody needs.

use unicode_normalization::UnicodeNormalization;

use super::*;

struct Tables;

impl Unicode for Tables {
    fn nfc(&self, text: &str) -> String {
        text.nfc().collect()
    }

    fn nfkd(&self, text: &str) -> String {
        text.nfkd().collect()
    }
}

fn code(kind: NameKind, text: &str) -> Option<&'static str> {
    let tidied = tidy(kind, text, &Tables);
    check(kind, &tidied, &Tables)
        .err()
        .map(|refusal| refusal.code)
}

#[test]
fn names_that_people_have_pass() {
    for name in
        "José|Zërg|Łowcy Świętych|Иван Грозный|Дракон|ВОЛКИ|Ξένος|Ωmega|守護者の砦|한국 길드|محمد|\
        می\u{200c}خواهم|שלום|שִׁירָה|हिन्दी|ไทยแลนด์|Nguyễn Thị Mỹ Hạnh|🐉 Dragons|\
        👩\u{200d}🚀|🇵🇱 Husaria|⚔\u{fe0f} War|O'Brien|Jean-Luc|l33t|[TAG] Name|\
        xX_Slayer_Xx|DΛRK|Hλlf|𝓢𝓽𝔂𝓵𝓮|Ｗｉｄｅ|A|1|...|Supporters of Kaineng|Moderate Gamers|\
        Badminton|ᏣᎳᎩ|Հայկ|Łódź Ørn Đurđa|🇩🇪 Admirals"
            .split('|')
    {
        assert_eq!(code(NameKind::Party, name), None, "{name}");
        assert_eq!(code(NameKind::Thing, name), None, "{name}");
    }
    for name in "Support|Admin|Support 1|Moderator's build|Staff|Guild Wars 2 zerg".split('|') {
        assert_eq!(code(NameKind::Thing, name), None, "{name}");
    }
    for text in ["first\nsecond\r\n\tthird", "Administrator", "a\u{a0}b"] {
        assert_eq!(code(NameKind::Lines, text), None, "{text:?}");
    }
    for address in [
        "a.b+c@sub.b.gg",
        "ä@b.gg",
        "иван@b.gg",
        "admin@b.gg",
        "jose\u{301}@b.gg",
    ] {
        assert_eq!(code(NameKind::Address, address), None, "{address}");
    }
}

#[test]
fn what_hides_piles_or_shows_nothing_is_refused() {
    for (text, expected) in [
        ("\u{200b}", "invisible_character"),
        ("\u{202e}", "invisible_character"),
        ("ab\u{202e}cd", "invisible_character"),
        ("a\u{200d}b", "invisible_character"),
        ("\u{3164}", "invisible_character"),
        ("\u{2800}\u{2800}", "nothing_visible"),
        ("\u{301}", "nothing_visible"),
        ("\u{301}abc", "nothing_visible"),
        ("Z\u{336}\u{321}\u{31b}\u{338}algo", "too_many_marks"),
        (
            "ก\u{e34}\u{e34}\u{e34}\u{e34}\u{e34}\u{e34}",
            "too_many_marks",
        ),
    ] {
        for kind in [NameKind::Party, NameKind::Thing, NameKind::Address] {
            assert_eq!(code(kind, text), Some(expected), "{text:?}");
        }
        let in_remarks = if expected == "nothing_visible" {
            None
        } else {
            Some(expected)
        };
        assert_eq!(code(NameKind::Lines, text), in_remarks, "{text:?}");
    }
}

#[test]
fn nobody_is_called_like_the_service() {
    for name in "Administrator|ADMINISTRATOR|Admin|-= Admin =-|A d m i n|Moderator|WvW Builder|\
        WvW-Builder Team|VVvVV Builder|wvwbuilder|Support|System"
        .split('|')
    {
        assert_eq!(code(NameKind::Party, name), Some("reserved_name"), "{name}");
    }
    for name in
        "Аdministrator|Administrаtor|Αdministrator|АDМIN|Adm1n|4dmin|Ádministrator|Ａｄｍｉｎ|\
        𝐀𝐝𝐦𝐢𝐧|ᴀᴅᴍɪɴ|Mоderator|M0derator|WvW Вuilder|ＷｖＷ Builder|Suppоrt|5upport|\
        Administrаtоr Bob|Adrnin1strator|Ꭺdministrator|ꭺdmin|ꓮꓓꓟꓲꓠ|ⲀDⲘⲒN|Admiո|Ađmin|\
        🅐🅓🅜🅘🅝|🅰dmin|🇦🇩🇲🇮🇳"
            .split('|')
    {
        assert_eq!(code(NameKind::Party, name), Some("reserved_name"), "{name}");
        assert_eq!(code(NameKind::Thing, name), Some("reserved_name"), "{name}");
    }
    for name in "Аlice|Ivаn|Ивaн|Kоmmander|Сommander|αlice|Ꭺlice|Aliϲe|Boꓐ|Ꮯharr|Նorn".split('|')
    {
        assert_eq!(code(NameKind::Party, name), Some("mixed_scripts"), "{name}");
    }
    for address in ["administrator@b.gg", "support@b.gg", "adm1n@b.gg"] {
        assert_eq!(code(NameKind::Address, address), None, "{address}");
    }
    let imitated = code(NameKind::Address, "аdministrator@b.gg");
    assert_eq!(imitated, Some("reserved_name"));
    assert_eq!(code(NameKind::Address, "аlice@b.gg"), Some("mixed_scripts"));
    assert_eq!(
        code(NameKind::Address, "ａlice@b.gg"),
        Some("styled_letters")
    );
}

#[test]
fn blanks_are_those_that_one_sees() {
    for (text, expected) in [
        ("  Sir \u{a0} Commander\u{3000}", "Sir Commander"),
        ("jose\u{301}", "jos\u{e9}"),
        (" \u{2003} ", ""),
    ] {
        assert_eq!(tidy(NameKind::Party, text, &Tables), expected);
    }
    assert_eq!(tidy(NameKind::Lines, " a\n b ", &Tables), " a\n b ");
}
