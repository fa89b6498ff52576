//! Every real chat code of the shared golden data, field by field and byte for byte. The skipped test is
//! named when that data is absent. Unit tests have made-up codes, `chat_code_laws` random ones.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wvw_builder::game::chat_code::{decode, decode_bytes, encode, encode_bytes};
use wvw_builder::game::model::BuildTemplate;
use wvw_builder::game::template::TemplateInput;

/// The file's entries, or `None` (said aloud) where the shared data is missing.
fn entries_of(test: &str, file: &str) -> Option<Vec<Value>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !shared.is_dir() {
        println!("skipped: {test}: ../shared/data is not here");
        return None;
    }
    let path = shared.join("golden").join(file);
    let json = fs::read_to_string(path).expect("the golden file");
    Some(serde_json::from_str(&json).expect("an array of JSON"))
}

fn bytes_of(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().expect("hexadecimal digits");
    let pairs = (0..digits.len()).step_by(2).map(|i| &digits[i..i + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("two digits"))
        .collect()
}

fn view_of(template: &BuildTemplate) -> Value {
    serde_json::to_value(template.view()).expect("a template is always JSON")
}

/// What the view must say about the three slots, from what the golden entry says.
fn specializations(entry: &Value) -> Value {
    let slots = entry["specializations"].as_array().expect("three slots");
    slots
        .iter()
        .map(|slot| match slot["id"].as_u64() {
            Some(0) => Value::Null,
            _ => json!({
                "id": slot["id"],
                "name": slot["name"],
                "elite": slot["elite"],
                "traits": slot["choices"]
            }),
        })
        .collect()
}

fn skills(palettes: &Value) -> Value {
    json!({
        "heal": palettes[0],
        "utilities": [palettes[1], palettes[2], palettes[3]],
        "elite": palettes[4]
    })
}

fn legends(entry: &Value, element: &str, names: [&Value; 2]) -> Value {
    let legends = &entry["legends"];
    let legend = |i: usize| {
        let code = legends[element][i].as_u64().expect("a legend's code");
        let known = (1..=8).contains(&code);
        let view = json!({
            "code": code,
            "id": known.then(|| format!("Legend{code}")),
            // The golden file's game data was older and called one stance by another name.
            "name": match names[i].as_str() {
                Some("Legendary Alliance") => "Legendary Alliance Stance".into(),
                _ => names[i].clone(),
            }
        });
        if code == 0 { Value::Null } else { view }
    };
    json!({
        "active": legend(0),
        "inactive": legend(1),
        "inactive_utilities": legends[format!("inactive_{element}_utilities")]
    })
}

fn skill_overrides(entry: &Value) -> Value {
    let overrides = entry["skill_overrides"].as_array().into_iter().flatten();
    overrides.map(|skill| skill["id"].clone()).collect()
}

fn expected_view(entry: &Value) -> Value {
    let mut expected = json!({
        "profession": {"id": entry["profession"], "code": entry["profession_code"]},
        "specializations": specializations(entry),
        "skills": {
            "land": skills(&entry["palettes"]["terrestrial"]),
            "water": skills(&entry["palettes"]["aquatic"])
        },
        "weapons": if entry["weapons"].is_null() { json!([]) } else { entry["weapons"].clone() },
        "skill_overrides": skill_overrides(entry)
    });
    if let Some(pets) = entry.get("pets") {
        expected["pets"] = json!({"land": pets["terrestrial"], "water": pets["aquatic"]});
    }
    if let Some(golden) = entry.get("legends") {
        let names = &golden["names"];
        expected["legends"] = json!({
            "land": legends(entry, "terrestrial", [&names[0], &names[1]]),
            "water": legends(entry, "aquatic", [&names[2], &names[3]])
        });
    }
    if entry["weapons"].is_null() {
        expected["raw"] = json!({"weapon_section": false});
    }
    expected
}

#[test]
fn golden_chat_codes() {
    let Some(entries) = entries_of("golden chat codes", "build_codes.json") else {
        return;
    };
    assert_eq!(entries.len(), 63);
    for entry in &entries {
        let code = entry["code"].as_str().expect("a chat code");
        let bytes = bytes_of(&entry["hex"]);
        let template = decode(code).unwrap_or_else(|refusal| panic!("{code}: {refusal}"));

        assert_eq!(decode_bytes(&bytes).as_ref(), Ok(&template), "{code}");
        assert_eq!(encode(&template), code);
        assert_eq!(encode_bytes(&template), bytes, "{code}");
        assert_eq!(json!(bytes.len()), entry["bytes"], "{code}");

        let view = view_of(&template);
        assert_eq!(view, expected_view(entry), "{code}");
        let again = TemplateInput::from_json(&view, "");
        assert_eq!(again.as_ref().map(encode), Ok(code.to_owned()));

        for (slot, golden) in template.specializations.iter().zip(0..) {
            let trait_byte = &entry["specializations"][golden]["trait_byte"];
            assert_eq!(json!(slot.trait_byte), *trait_byte, "{code}");
        }
        let reserved = entry.get("tail16").or(entry.get("tail12"));
        let reserved = reserved.map_or(Vec::new(), bytes_of);
        assert_eq!(template.reserved(), reserved, "{code}");
    }
}

/// A build of the golden data contradicts itself only where the data itself says so.
#[test]
fn golden_contradictions() {
    let Some(entries) = entries_of("golden contradictions", "build_codes.json") else {
        return;
    };
    for entry in &entries {
        let code = entry["code"].as_str().expect("a chat code");
        let template = decode(code).unwrap_or_else(|refusal| panic!("{code}: {refusal}"));
        let slots = entry["specializations"].as_array().expect("three slots");
        let is_foreign =
            |slot: &Value| slot["id"] != 0 && slot["spec_profession"] != entry["profession"];
        let at = |place: usize| format!("/specializations/{place}");
        let foreign: Vec<_> = (0..3).filter(|&i| is_foreign(&slots[i])).map(at).collect();
        let misplaced = (0..2).filter(|&i| slots[i]["elite"] == true);
        let misplaced: Vec<_> = misplaced.map(at).collect();
        for (kind, expected) in [
            ("specialization_of_other_profession", foreign),
            ("elite_not_in_third_slot", misplaced),
        ] {
            let all = template.contradictions().into_iter();
            let found = all.filter(|it| it.code == kind).map(|it| it.pointer);
            assert_eq!(found.collect::<Vec<_>>(), expected, "{code}");
        }
    }
}

#[test]
fn golden_refusals() {
    let Some(entries) = entries_of("golden refusals", "build_codes.negative.json") else {
        return;
    };
    let refusals = entries.iter().map(|entry| {
        let code = entry["code"].as_str().expect("a text");
        let refusal = decode(code).expect_err("a code that must be refused");
        (refusal.code(), refusal.to_string())
    });
    let (codes, messages): (Vec<_>, Vec<_>) = refusals.unzip();
    assert_eq!(
        codes.join(" "),
        "truncated truncated not_a_build_template truncated empty missing_wrapper"
    );
    for (length, message) in [40, 5, 0, 1].iter().zip(&messages) {
        let place = match length {
            0 => "This is an item link".to_owned(),
            _ => format!("ends at byte {length}, inside the fixed part; it needs at least 44"),
        };
        assert!(message.contains(&place), "{message}");
    }
}
