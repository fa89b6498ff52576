//! A reference table that contradicts itself stops the build, with every contradiction named: each rule
//! of `build.rs` is broken once. The unit tests of `game::model` have the compiled tables.

// The build script is no library: its source is the only way to its rules.
#[allow(dead_code)]
#[path = "../build.rs"]
mod build_script;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

const TABLE: &str = include_str!("../src/game/reference.json");

/// The rows of a table: pointer, value and what is said of it.
fn rows(table: &str) -> impl Iterator<Item = (&str, Value, &str)> {
    table.trim().lines().map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let mut next = || cells.next().expect("three cells");
        let (pointer, value) = (next(), next());
        (pointer, serde_json::from_str(value).expect("JSON"), next())
    })
}

/// What the build says when the value at `pointer` is another.
fn refusal(pointer: &str, value: Value) -> String {
    let mut table: Value = serde_json::from_str(TABLE).expect("the table is JSON");
    *table.pointer_mut(pointer).expect("a place in the table") = value;
    match build_script::parse(&table.to_string()) {
        Ok(_) => panic!("{pointer}: the contradiction went unnoticed"),
        Err(reason) => reason,
    }
}

/// The table without the last entry of the list at `pointer`.
fn shortened(pointer: &str) -> String {
    let table: Value = serde_json::from_str(TABLE).expect("the table is JSON");
    let mut list = table.pointer(pointer).expect("a list of the table").clone();
    list.as_array_mut().expect("a list").pop();
    refusal(pointer, list)
}

#[test]
fn the_table_as_it_is_does_not_contradict_itself() {
    assert!(build_script::parse(TABLE).is_ok());
}

#[test]
fn each_contradiction_is_named() {
    let cases = "
        /professions/1/id | \"Guardian\" | profession id Guardian stands twice
        /professions/1/code | 1 | profession code 1 stands where 2 belongs
        /professions/0/core/0/id | 16 | specialization id 16 stands twice
        /professions/8/elite/0/id | 13 | specialization id 13 stands twice
        /professions/8/elite/0/id | 0 | Herald: id 0 is the empty slot
        /professions/0/core/0/name | \"Zeal\" | specialization name Zeal stands twice
        /professions/0/core/0/expansion | \"Path of Fire\" | Valor: a core specialization has no expansion
        /professions/0/elite/0/expansion | null | Dragonhunter: an elite specialization needs its expansion
        /professions/0/elite/0/expansion | \"Path of Water\" | Dragonhunter: \"Path of Water\" is no expansion
        /professions/0/elite/0/expansion | \"Path of Fire\" | expansion of Guardian Path of Fire stands twice
        /weapons/1/id | 5 | weapon id 5 stands twice
        /weapons/0/id | 400 | weapons are not in the order of their ids
        /weapons/1/name | \"Axe\" | weapon name Axe stands twice
        /legends/0/code | 2 | legend code 2 stands where 1 belongs
        /legends/0/id | \"Legend9\" | legend 1 has the id Legend9
        /roles/0/id | \"strip\" | role id strip stands twice
        /roles/0/id | \"Strip!\" | role id \"Strip!\" is not snake_case
        /roles/0/description | 7 | invalid type
        /roles/0 | {\"id\": \"a\", \"name\": \"A\", \"description\": \"\", \"x\": 1} | unknown field
    ";
    for (pointer, value, expected) in rows(cases) {
        // A place that the table leaves out is put in first, so that it can be replaced.
        let reason = if pointer.ends_with("core/0/expansion") {
            let core = json!({"id": 13, "name": "Valor", "expansion": value});
            refusal("/professions/0/core/0", core)
        } else {
            refusal(pointer, value)
        };
        assert!(reason.contains(expected), "{pointer}: {reason}");
    }
}

#[test]
fn a_missing_row_is_named() {
    let cases = "
        /professions | 8 professions, the game has 9
        /professions/3/core | Ranger has 4 core specializations, not 5
        /professions/3/elite | Ranger has 3 elite specializations, not 4
    ";
    for row in cases.trim().lines() {
        let (pointer, expected) = row.trim().split_once(" | ").expect("two cells");
        let reason = shortened(pointer);
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn all_contradictions_come_at_once() {
    let table = TABLE
        .replace("\"Valor\"", "\"Zeal\"")
        .replace("\"Legend3\"", "\"Legend4\"");
    let reason = build_script::parse(&table).err().unwrap_or_default();
    assert!(reason.contains("name Zeal stands twice"), "{reason}");
    assert!(reason.contains("legend 3 has the id Legend4"), "{reason}");
}

const FUNCTIONS: &str = include_str!("../src/squads/functions.json");

/// What the build says of a table of functions.
fn functions(table: &Value) -> Result<(), String> {
    let reference = build_script::parse(TABLE).expect("the reference tables");
    build_script::functions::parse(&table.to_string(), &reference).map(drop)
}

#[test]
fn the_table_of_functions_does_not_contradict_itself_and_each_contradiction_is_named() {
    let whole: Value = serde_json::from_str(FUNCTIONS).expect("the table is JSON");
    assert_eq!(functions(&whole), Ok(()));
    let all = whole["specializations"].as_array().expect("rows");
    let place = all.iter().position(|row| row["id"] == 62);
    let firebrand = format!("/specializations/{}", place.expect("Firebrand"));
    let cases = "
        FIREBRAND/id | 46 | 46 is no elite specialization
        FIREBRAND/id | 250 | 250 is no elite specialization
        FIREBRAND/id | 61 | specialization id 61 stands twice
        FIREBRAND/id | 61 | Firebrand has no scores
        FIREBRAND/name | \"Firebird\" | 62 is called Firebrand
        FIREBRAND/weapon | 6 | Firebrand: there is no such weapon
        FIREBRAND/confidence | \"D\" | unknown variant
        FIREBRAND/scores | { \"stability\": 4 } | Firebrand: stability is not from 1 to 3
        FIREBRAND/scores | { \"hugs\": 1 } | Firebrand: there is no function hugs
        /functions/0/id | \"aegis\" | function id aegis stands twice
        /functions/0/id | \"firmness\" | the function stability is missing
        /functions/0/weight | 0 | stability: a target above 0 and a weight above 0 go together
        /functions/0/target | 0 | stability: a target above 0 and a weight above 0 go together
        /functions/0/kind | \"guild\" | unknown variant
    ";
    for (pointer, value, expected) in rows(cases) {
        let pointer = pointer.replace("FIREBRAND", &firebrand);
        let mut table = whole.clone();
        *table.pointer_mut(&pointer).expect("a place in the table") = value;
        let reason = functions(&table).expect_err(expected);
        assert!(reason.contains(expected), "{pointer}: {reason}");
    }
}

#[test]
fn the_scores_are_those_of_the_shared_data() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !shared.is_dir() {
        println!("skipped: the_scores_are_those_of_the_shared_data: ../shared/data is not here");
        return;
    }
    let text = fs::read_to_string(shared.join("squads/spec_functions.json"));
    let theirs: Value = serde_json::from_str(&text.expect("the file")).expect("JSON");
    let ours: Value = serde_json::from_str(FUNCTIONS).expect("JSON");
    let functions = ours["functions"].as_array().expect("a list");
    let ids: Vec<&Value> = functions.iter().map(|it| &it["id"]).collect();
    assert_eq!(json!(ids), theirs["keys"]);
    let rows = ours["specializations"].as_array().expect("rows");
    let specs = theirs["specs"].as_array().expect("rows");
    assert_eq!(rows.len(), specs.len());
    for row in rows {
        let spec = specs.iter().find(|spec| spec["spec_id"] == row["id"]);
        let spec = spec.unwrap_or_else(|| panic!("{} is not there", row["name"]));
        assert_eq!(spec["conf"], row["confidence"], "{}", row["name"]);
        for (function, score) in spec["caps"].as_object().expect("scores") {
            let own = row["scores"].get(function).cloned().unwrap_or(json!(0));
            assert_eq!(own, *score, "{} {function}", row["name"]);
        }
    }
    let text = fs::read_to_string(shared.join("gw2-api/v2_professions.en.json"));
    let professions: Value = serde_json::from_str(&text.expect("the file")).expect("JSON");
    let reference: Value = serde_json::from_str(TABLE).expect("JSON");
    let mut gates: Vec<(Value, Value)> = Vec::new();
    for profession in professions.as_array().expect("a list") {
        for (name, weapon) in profession["weapons"].as_object().expect("weapons") {
            // The game has one row for both hands; Rangers without the specialization wield the
            // dagger in the other hand, and a chat code does not say which.
            let is_shared = (&profession["id"], name.as_str()) == (&json!("Ranger"), "Dagger");
            if weapon["specialization"].is_number() && !is_shared {
                let is_meant = |it: &str| it.eq_ignore_ascii_case(name);
                let mut known = reference["weapons"].as_array().expect("weapons").iter();
                let known = known.find(|it| it["name"].as_str().is_some_and(is_meant));
                let id = known.expect("a known weapon")["id"].clone();
                gates.push((weapon["specialization"].clone(), id));
            }
        }
    }
    let with_weapon = rows.iter().filter(|row| row["weapon"].is_number());
    assert_eq!(gates.len(), with_weapon.count());
    for (specialization, weapon) in gates {
        let row = rows.iter().find(|row| row["id"] == specialization);
        assert_eq!(row.expect("a row")["weapon"], weapon, "{specialization}");
    }
}
