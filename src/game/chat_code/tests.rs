//! Tests of the codec on made-up templates: the layout, and every refusal with its place.

use super::*;
use crate::game::model::{PROFESSIONS, profession_by_id};

/// A Guardian with two weapons and one override: 44 + 1 + 4 + 1 + 4 bytes.
fn guardian() -> BuildTemplate {
    let profession = profession_by_id("Guardian").expect("a profession of the table");
    BuildTemplate {
        specializations: [
            SpecializationSlot::new(42, [1, 3, 2], 0),
            SpecializationSlot::new(46, [2, 2, 2], 0),
            SpecializationSlot::new(62, [3, 1, 0], 0),
        ],
        skills: LandAndWater {
            land: SkillBar {
                heal: 0x0102,
                utilities: [0x0304, 0x0506, 0x0708],
                elite: 0x090a,
            },
            water: SkillBar {
                heal: 0x1112,
                utilities: [0x1314, 0x1516, 0x1718],
                elite: 0x191a,
            },
        },
        mechanic: [0; 16],
        weapon_section: Some(WeaponSection {
            weapons: CountedList::new(vec![89, 265]).expect("two fit"),
            skill_overrides: CountedList::new(vec![0x0102_0304]).expect("one fits"),
        }),
        profession,
    }
}

/// The bytes `guardian` must have, written out by hand from the table of the format.
const GUARDIAN: [u8; 54] = [
    0x0d, 1, 42, 0b10_11_01, 46, 0b10_10_10, 62, 0b00_01_11, // specializations
    0x02, 0x01, 0x12, 0x11, 0x04, 0x03, 0x14, 0x13, 0x06, 0x05, 0x16, 0x15, 0x08, 0x07, 0x18, 0x17,
    0x0a, 0x09, 0x1a, 0x19, // skills
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // no pets, no legends
    2, 89, 0, 9, 1, 1, 4, 3, 2, 1, // weapons and overrides
];

fn text_of(bytes: &[u8]) -> String {
    format!("[&{}]", STANDARD.encode(bytes))
}

#[test]
fn the_layout_is_the_one_of_the_game() {
    assert_eq!(encode_bytes(&guardian()), GUARDIAN);
    assert_eq!(decode_bytes(&GUARDIAN), Ok(guardian()));
    let text = text_of(&GUARDIAN);
    assert_eq!(encode(&guardian()), text);
    assert_eq!(decode(&text), Ok(guardian()));
}

#[test]
fn a_code_without_weapon_section_stays_without() {
    let old = decode_bytes(&GUARDIAN[..44]).expect("an old code");
    assert_eq!(old.weapon_section, None);
    assert_eq!(encode_bytes(&old), GUARDIAN[..44]);
    let mut bytes = GUARDIAN[..44].to_vec();
    bytes.extend([0, 0]);
    let new = decode_bytes(&bytes).expect("a code with an empty weapon section");
    assert_eq!(new.weapon_section, Some(WeaponSection::default()));
    assert_eq!(encode_bytes(&new), bytes);
}

#[test]
fn the_longest_template_comes_back() {
    let longest = BuildTemplate {
        weapon_section: Some(WeaponSection {
            weapons: CountedList::new(vec![0xffff; 255]).expect("255 fit"),
            skill_overrides: CountedList::new(vec![0xffff_ffff; 255]).expect("255 fit"),
        }),
        ..guardian()
    };
    let text = encode(&longest);
    assert_eq!(text.len(), MAX_TEXT_LEN);
    assert_eq!(decode(&text), Ok(longest));
}

#[test]
fn any_value_of_any_byte_but_type_profession_and_counts_comes_back() {
    for profession in PROFESSIONS {
        for at in (2..54).filter(|at| ![44, 49].contains(at)) {
            for value in 0..=u8::MAX {
                let mut bytes = GUARDIAN;
                bytes[1] = profession.code;
                bytes[at] = value;
                let template = decode_bytes(&bytes).expect("only counts and codes can be refused");
                assert_eq!(encode_bytes(&template), bytes, "byte {at} = {value}");
            }
        }
    }
}

#[test]
fn empty() {
    for text in ["", "[&]"] {
        assert_eq!(decode(text), Err(ChatCodeError::Empty), "{text:?}");
    }
    assert_eq!(decode_bytes(&[]), Err(ChatCodeError::Empty));
}

#[test]
fn missing_wrapper() {
    let text = text_of(&GUARDIAN);
    let inside = &text[2..text.len() - 1];
    for bare in [
        inside.to_owned(),
        format!("[&{inside}"),
        format!("{inside}]"),
        format!("[{inside}]"),
        format!(" {text}"),
        format!("{text}\n"),
        "[&".into(),
        "]".into(),
    ] {
        assert_eq!(
            decode(&bare),
            Err(ChatCodeError::MissingWrapper),
            "{bare:?}"
        );
    }
}

#[test]
fn too_long() {
    let length = MAX_TEXT_LEN + 1;
    let text = "[".repeat(length);
    assert_eq!(decode(&text), Err(ChatCodeError::TooLong { length }));
    assert_eq!(decode(&text[1..]), Err(ChatCodeError::MissingWrapper));
}

#[test]
fn invalid_base64() {
    let refused = |text: &str| match decode(text) {
        Err(ChatCodeError::InvalidBase64 { offset, reason }) => (offset, reason),
        other => panic!("{text}: {other:?}"),
    };
    let alphabet = "this character is not in the base64 alphabet";
    let padding = "the padding is missing or incomplete";
    for (text, expected) in [
        ("[&D Q=]", (3, alphabet)),
        // URL-safe base64 is another alphabet.
        ("[&DQ-_]", (4, alphabet)),
        ("[&DQ\u{e9}=]", (4, alphabet)),
        (
            "[&DR==]",
            (3, "the last character has bits that no encoder sets"),
        ),
        ("[&DQ=]", (5, padding)),
        ("[&DQ]", (4, padding)),
        ("[&DQAAA]", (7, "the number of characters is not possible")),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    let misplaced = "padding stands where it does not belong";
    assert_eq!(refused("[&DQ==DQ==]").1, misplaced);
}

#[test]
fn not_a_build_template() {
    let item = decode("[&AgEAWgAA]").expect_err("an item link");
    assert_eq!(item, ChatCodeError::NotABuildTemplate { type_byte: 2 });
    assert_eq!(
        item.to_string(),
        "This is an item link (type 0x02 at byte 0), not a build template (type 0x0d). \
         Copy the link from the build panel of the game."
    );
    for type_byte in (0..=u8::MAX).filter(|&byte| byte != TYPE_BYTE) {
        let mut bytes = GUARDIAN;
        bytes[0] = type_byte;
        let refused = Err(ChatCodeError::NotABuildTemplate { type_byte });
        assert_eq!(decode_bytes(&bytes), refused);
        assert_eq!(decode_bytes(&[type_byte]), refused);
    }
}

#[test]
fn truncated() {
    for length in 1..44 {
        let part = "the fixed part";
        let expected = ChatCodeError::Truncated {
            length,
            needed: 44,
            part,
        };
        assert_eq!(decode_bytes(&GUARDIAN[..length]), Err(expected));
    }
    let refused = decode_bytes(&GUARDIAN[..49]).expect_err("no count of overrides");
    let part = "the weapon section: the count of skill overrides is missing";
    assert_eq!(
        refused,
        ChatCodeError::Truncated {
            length: 49,
            needed: 50,
            part
        }
    );
}

#[test]
fn unknown_profession() {
    for code in (0..=u8::MAX).filter(|code| !(1..=9).contains(code)) {
        let mut bytes = GUARDIAN;
        bytes[1] = code;
        assert_eq!(
            decode_bytes(&bytes),
            Err(ChatCodeError::UnknownProfession { code })
        );
    }
}

#[test]
fn count_overruns() {
    for (lengths, offset, count, part, needed) in [
        (45..49, 44, 2, "weapons", 49),
        (50..54, 49, 1, "skill overrides", 54),
    ] {
        for length in lengths {
            let expected = ChatCodeError::CountOverruns {
                offset,
                count,
                part,
                needed,
                length,
            };
            assert_eq!(decode_bytes(&GUARDIAN[..length]), Err(expected));
        }
    }
}

#[test]
fn trailing_bytes() {
    let mut bytes = GUARDIAN.to_vec();
    bytes.extend([0, 0, 0]);
    let expected = ChatCodeError::TrailingBytes {
        offset: 54,
        count: 3,
    };
    assert_eq!(decode_bytes(&bytes), Err(expected));
}

#[test]
fn every_refusal_has_its_own_code_and_says_what_to_do() {
    let refusals = [
        ChatCodeError::Empty,
        ChatCodeError::MissingWrapper,
        ChatCodeError::SeveralCodes { count: 2 },
        ChatCodeError::TooLong { length: 9000 },
        ChatCodeError::InvalidBase64 {
            offset: 7,
            reason: "because",
        },
        ChatCodeError::NotABuildTemplate { type_byte: 0x0c },
        ChatCodeError::Truncated {
            length: 5,
            needed: 44,
            part: "the fixed part",
        },
        ChatCodeError::UnknownProfession { code: 10 },
        ChatCodeError::CountOverruns {
            offset: 44,
            count: 9,
            part: "weapons",
            needed: 63,
            length: 50,
        },
        ChatCodeError::TrailingBytes {
            offset: 46,
            count: 2,
        },
    ];
    let codes: Vec<_> = refusals.iter().map(ChatCodeError::code).collect();
    assert_eq!(
        codes.join(" "),
        "empty missing_wrapper several_codes too_long invalid_base64 not_a_build_template \
         truncated unknown_profession count_overruns trailing_bytes"
    );
    for refusal in refusals {
        let message = refusal.to_string();
        assert!(
            message.ends_with('.') && !message.contains("  "),
            "{message}"
        );
    }
}
