//! Tests of the JSON form: its exact shape, the way back, and every mistake an input can have.

use serde_json::{Map, Value, json};

use super::*;
use crate::game::chat_code::{decode_bytes, encode_bytes};
use crate::game::model::{PROFESSIONS, TemplateError, profession_by_id};

fn json_of(template: &BuildTemplate) -> Value {
    serde_json::to_value(template.view()).expect("a template is always JSON")
}

fn bytes(profession: u8, mechanic: [u8; 16], tail: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x0d, profession, 42, 0b10_11_01, 0, 0, 250, 0b11];
    for palette in [279u16, 1, 2, 3, 4, 5, 6, 7, 151, 0] {
        bytes.extend(palette.to_le_bytes());
    }
    bytes.extend(mechanic);
    bytes.extend(tail);
    bytes
}

fn view(bytes: &[u8]) -> Value {
    json_of(&decode_bytes(bytes).expect("a valid code"))
}

fn back(value: &Value) -> Vec<u8> {
    encode_bytes(&TemplateInput::from_json(value, "").expect("a valid template"))
}

fn errors(value: &Value) -> Vec<(String, &'static str)> {
    let errors = TemplateInput::from_json(value, "").expect_err("something to complain about");
    errors.into_iter().map(|e| (e.pointer, e.code)).collect()
}

/// The one error of a Guardian's template with this member put in.
fn error_of(member: &str, value: Value) -> (String, &'static str) {
    let mut template = json!({"profession": {"id": "Guardian"}});
    template[member] = value;
    let mut errors = errors(&template);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
    (pointer.into(), code)
}

#[test]
fn a_guardian_reads_as_documented() {
    let bytes = bytes(1, [0; 16], &[2, 89, 0, 0xff, 0xff, 1, 4, 3, 2, 1]);
    let expected = json!({
        "profession": {"id": "Guardian", "code": 1},
        "specializations": [
            {"id": 42, "name": "Zeal", "elite": false, "traits": [1, 3, 2]},
            null,
            {"id": 250, "name": null, "elite": null, "traits": [3, 0, 0]}
        ],
        "skills": {
            "land": {"heal": 279, "utilities": [2, 4, 6], "elite": 151},
            "water": {"heal": 1, "utilities": [3, 5, 7], "elite": 0}
        },
        "weapons": [{"id": 89, "name": "Staff"}, {"id": 65535, "name": null}],
        "skill_overrides": [16_909_060]
    });
    assert_eq!(view(&bytes), expected);
    assert_eq!(back(&expected), bytes);
}

#[test]
fn a_ranger_has_pets() {
    let mut mechanic = [0; 16];
    mechanic[..4].copy_from_slice(&[1, 2, 3, 0]);
    let bytes = bytes(4, mechanic, &[0, 0]);
    let view = view(&bytes);
    assert_eq!(view["pets"], json!({"land": [1, 2], "water": [3, 0]}));
    assert_eq!((view.get("legends"), view.get("raw")), (None, None));
    assert_eq!(back(&view), bytes);
}

#[test]
fn a_revenant_has_legends_known_or_not() {
    let mechanic = [4, 3, 16, 0, 6, 18, 43, 18, 212, 17, 43, 18, 212, 17, 6, 18];
    let bytes = bytes(9, mechanic, &[0, 0]);
    let view = view(&bytes);
    let expected = json!({
        "land": {
            "active": {"code": 4, "id": "Legend4", "name": "Legendary Demon Stance"},
            "inactive": {"code": 3, "id": "Legend3", "name": "Legendary Dwarf Stance"},
            "inactive_utilities": [4614, 4651, 4564]
        },
        "water": {
            "active": {"code": 16, "id": null, "name": null},
            "inactive": null,
            "inactive_utilities": [4651, 4564, 4614]
        }
    });
    assert_eq!(view["legends"], expected);
    assert_eq!((view.get("pets"), view.get("raw")), (None, None));
    assert_eq!(back(&view), bytes);
}

#[test]
fn what_is_unusual_stands_under_raw() {
    let old = bytes(1, [0; 16], &[]);
    assert_eq!(view(&old)["raw"], json!({"weapon_section": false}));
    assert_eq!(back(&view(&old)), old);

    let mut padded = bytes(1, [0; 16], &[0, 0]);
    padded[3] |= 0b1000_0000;
    padded[5] |= 0b0100_0000;
    assert_eq!(view(&padded)["raw"], json!({"trait_padding": [2, 1, 0]}));
    assert_eq!(view(&padded)["specializations"][1], Value::Null);
    assert_eq!(back(&view(&padded)), padded);

    let mut mechanic = [0; 16];
    (mechanic[4], mechanic[15]) = (0x0a, 0xff);
    let guardian = bytes(1, mechanic, &[0, 0]);
    let reserved = json!({"reserved": "000000000a00000000000000000000ff"});
    assert_eq!(view(&guardian)["raw"], reserved);
    assert_eq!(back(&view(&guardian)), guardian);
    let ranger = bytes(4, mechanic, &[0, 0]);
    assert_eq!(
        view(&ranger)["raw"],
        json!({"reserved": "0a00000000000000000000ff"})
    );
    assert_eq!(back(&view(&ranger)), ranger);
}

#[test]
fn trait_choices_of_an_empty_slot_are_kept() {
    let mut bytes = bytes(1, [0; 16], &[0, 0]);
    bytes[5] = 0b01_00_10;
    let slot = json!({"id": 0, "name": null, "elite": null, "traits": [2, 0, 1]});
    assert_eq!(view(&bytes)["specializations"][1], slot);
    assert_eq!(back(&view(&bytes)), bytes);
}

#[test]
fn only_the_profession_must_be_given() {
    for profession in PROFESSIONS {
        let input = json!({"profession": {"id": profession.id}});
        let template = TemplateInput::from_json(&input, "").expect("all else has a usual value");
        assert_eq!(template, BuildTemplate::empty(profession));
        let input = json!({
            "profession": {"id": profession.id},
            "specializations": [null, {"id": 42}, null],
            "skills": {"land": {}, "water": {"heal": 7}},
            "weapons": [{"id": 89}],
            "raw": {}
        });
        let template = TemplateInput::from_json(&input, "").expect("members have usual values too");
        assert_eq!(template.specializations[1].id, 42);
        assert_eq!(
            (template.skills.water.heal, template.weapons()),
            (7, &[89][..])
        );
    }
}

#[test]
fn members_that_are_only_for_reading_decide_nothing() {
    let input = json!({
        "profession": {"id": "Revenant", "code": 1},
        "specializations": [{"id": 3, "name": "Zeal", "elite": true}, null, null],
        "legends": {"land": {"active": {"code": 2, "id": "Legend7", "name": "Legendary Nobody"}}},
        "weapons": [{"id": 89, "name": "Axe"}]
    });
    let view = json_of(&TemplateInput::from_json(&input, "").expect("names are ignored"));
    assert_eq!(view["profession"], json!({"id": "Revenant", "code": 9}));
    assert_eq!(view["specializations"][0]["name"], "Invocation");
    assert_eq!(view["legends"]["land"]["active"]["id"], "Legend2");
    assert_eq!(view["weapons"][0]["name"], "Staff");
}

/// Codes, places, and templates with one mistake each: a Guardian's unless they name a profession.
const MISTAKES: &str = r#"
required /profession/id {"profession": {"code": 1}}
required /specializations/1/id {"specializations": [null, {"traits": [1, 1, 1]}, null]}
required /weapons/0/id {"weapons": [{"name": "Axe"}]}
required /legends/land/active/code {"profession": {"id": "Revenant"}, "legends": {"land": {"active": {}}}}
unknown_field /is_admin {"is_admin": true}
unknown_field /a~1b~0c {"a/b~c": 1}
unknown_field /skills/air {"skills": {"air": {}}}
unknown_field /raw/hex {"raw": {"hex": ""}}
unknown_field /profession/name {"profession": {"id": "Guardian", "name": "Guardian"}}
unknown_field /weapons/1/type {"weapons": [{"id": 5}, {"id": 5, "type": 1}]}
invalid_type /profession/id {"profession": {"id": 1}}
invalid_type /specializations {"specializations": {}}
invalid_type /specializations {"specializations": null}
invalid_type /weapons {"weapons": {}}
invalid_type /weapons {"weapons": null}
invalid_type /skill_overrides {"skill_overrides": {}}
invalid_type /skill_overrides {"skill_overrides": null}
invalid_type /skill_overrides/0 {"skill_overrides": ["1"]}
invalid_type /skill_overrides/0 {"skill_overrides": [1.5]}
invalid_type /skill_overrides/0 {"skill_overrides": [null]}
invalid_type /skill_overrides/0 {"skill_overrides": [true]}
invalid_type /skill_overrides/0 {"skill_overrides": [[1]]}
invalid_type /specializations/0/name {"specializations": [{"id": 1, "name": 1}, null, null]}
invalid_type /specializations/0/elite {"specializations": [{"id": 1, "elite": 1}, null, null]}
invalid_type /weapons/0 {"weapons": [5]}
invalid_type /raw/weapon_section {"raw": {"weapon_section": 0}}
invalid_type /raw/reserved {"raw": {"reserved": 0}}
out_of_range /skill_overrides/1 {"skill_overrides": [0, 4294967296]}
out_of_range /skill_overrides/1 {"skill_overrides": [0, -1]}
out_of_range /skill_overrides/1 {"skill_overrides": [0, 18446744073709551615]}
out_of_range /skill_overrides/1 {"skill_overrides": [0, -9223372036854775808]}
out_of_range /skill_overrides/1 {"skill_overrides": [0, 1e300]}
out_of_range /skill_overrides/1 {"skill_overrides": [0, 18446744073709551616]}
out_of_range /skills/land/heal {"skills": {"land": {"heal": 65536}}}
out_of_range /skills/water/utilities/2 {"skills": {"water": {"utilities": [0, 0, 65536]}}}
out_of_range /specializations/2/id {"specializations": [null, null, {"id": 256}]}
out_of_range /specializations/0/traits/1 {"specializations": [{"id": 1, "traits": [0, 4, 0]}, null, null]}
out_of_range /weapons/0/id {"weapons": [{"id": 65536}]}
out_of_range /raw/trait_padding/0 {"raw": {"trait_padding": [4, 0, 0]}}
out_of_range /pets/land/1 {"profession": {"id": "Ranger"}, "pets": {"land": [0, 256]}}
invalid_length /specializations {"specializations": []}
invalid_length /specializations {"specializations": [null, null]}
invalid_length /specializations {"specializations": [null, null, null, null]}
invalid_length /skills/land/utilities {"skills": {"land": {"utilities": [1, 2]}}}
unknown_profession /profession/id {"profession": {"id": "guardian"}}
unknown_profession /profession/id {"profession": {"id": ""}}
unknown_profession /profession/id {"profession": {"id": "Monk"}}
not_for_profession /pets {"pets": {}}
not_for_profession /legends {"legends": {}}
invalid_hex /raw/reserved {"raw": {"reserved": ""}}
invalid_hex /raw/reserved {"raw": {"reserved": "00"}}
invalid_hex /raw/reserved {"raw": {"reserved": "+0000000000000000000000000000000"}}
invalid_hex /raw/reserved {"raw": {"reserved": "0000000000000000000000000000000g"}}
invalid_hex /raw/reserved {"profession": {"id": "Revenant"}, "raw": {"reserved": "00"}}
weapon_section_missing /raw/weapon_section {"weapons": [{"id": 5}], "raw": {"weapon_section": false}}
"#;

#[test]
fn each_mistake_has_its_code_and_its_place() {
    for line in MISTAKES.trim().lines() {
        let mut parts = line.splitn(3, ' ');
        let mut next = || parts.next().expect("code, place and template");
        let (code, pointer) = (next(), next());
        let members: Map<String, Value> = serde_json::from_str(next()).expect("JSON");
        let mut template = json!({"profession": {"id": "Guardian"}});
        for (member, value) in members {
            template[member] = value;
        }
        assert_eq!(errors(&template), [(pointer.to_owned(), code)], "{line}");
    }
    assert_eq!(errors(&json!({})), [at("/profession", "required")]);
}

#[test]
fn only_an_object_is_an_object() {
    let code = "invalid_type";
    for value in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(errors(&value), [at("", code)]);
        let profession = json!({"profession": value});
        assert_eq!(errors(&profession), [at("/profession", code)]);
        assert_eq!(error_of("skills", value.clone()), at("/skills", code));
        assert_eq!(error_of("raw", value), at("/raw", code));
    }
}

#[test]
fn the_answer_to_a_list_that_is_too_long_is_short() {
    for list in ["weapons", "skill_overrides"] {
        // All entries are of the wrong type, too.
        let found = error_of(list, json!(vec!["x"; 256]));
        assert_eq!(found, at(&format!("/{list}"), "invalid_length"));
    }
}

#[test]
fn numbers_and_hex_have_more_than_one_spelling() {
    let float = json!({"profession": {"id": "Guardian"}, "skill_overrides": [1.0]});
    let whole = json!({"profession": {"id": "Guardian"}, "skill_overrides": [1]});
    assert_eq!(back(&float), back(&whole));
    let upper = json!({
        "profession": {"id": "Guardian"},
        "raw": {"reserved": "ABCDEF00000000000000000000000001"}
    });
    let template = TemplateInput::from_json(&upper, "").expect("either case will do");
    assert_eq!((template.mechanic[0], template.mechanic[15]), (0xab, 1));
}

#[test]
fn all_mistakes_come_at_once_under_the_given_prefix() {
    let input = json!({
        "profession": {"id": "Monk"},
        "specializations": [{"id": 1, "traits": [9, 9, 0]}, 7, null],
        "skills": {"land": {"heal": -1}, "water": []},
        "weapons": [{}],
        "extra": 1
    });
    let errors = TemplateInput::from_json(&input, "/template").expect_err("many mistakes");
    let mut pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/template/extra",
            "/template/profession/id",
            "/template/skills/land/heal",
            "/template/skills/water",
            "/template/specializations/0/traits/0",
            "/template/specializations/0/traits/1",
            "/template/specializations/1",
            "/template/weapons/0/id",
        ]
    );
}

#[test]
fn the_list_of_mistakes_is_bounded() {
    let input = Value::Object(
        (0..10_000)
            .map(|i| (format!("x{i}"), Value::Null))
            .collect(),
    );
    let errors: Vec<TemplateError> = TemplateInput::from_json(&input, "").expect_err("10,000");
    assert_eq!(errors.len(), MAX_ERRORS);
}

#[test]
fn a_list_may_have_255_entries() {
    let guardian = profession_by_id("Guardian").expect("a profession of the table");
    let input = json!({
        "profession": {"id": guardian.id},
        "weapons": vec![json!({"id": 89}); 255],
        "skill_overrides": vec![7; 255]
    });
    let template = TemplateInput::from_json(&input, "").expect("255 fit");
    assert_eq!(
        (template.weapons().len(), template.skill_overrides().len()),
        (255, 255)
    );
}
