//! Tests of the check, mistake by mistake, and of the document that says the same.

use super::*;
use platform::native::TestPlatform;

const NUMBER: Schema = Schema::integer(1, 5);
const NAMES: Schema = Schema::list(&Text::line(1, 3), 0, 2);
const THING: Schema = Schema::Object(&[
    Field::required("number", &NUMBER, "n"),
    Field::optional("names", &NAMES, "n"),
    Field::optional("kind", &Schema::Nullable(&Schema::Choice(&["a", "b"])), "k"),
]);

fn check(schema: &Schema, mut value: Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (platform, _) = TestPlatform::new();
    schema.check(&mut value, platform.unicode.as_ref(), "", &mut errors);
    errors
}

/// The mistakes of a `THING`: `pointer code` of each.
fn mistakes(value: Value) -> Vec<String> {
    let told = |e: FieldError| format!("{} {}", e.pointer, e.code);
    check(&THING, value).into_iter().map(told).collect()
}

#[test]
fn all_mistakes_are_found_at_once() {
    let value = json!({ "names": ["abcd", 1, "x"], "kind": "c", "is/admin": true });
    assert_eq!(
        mistakes(value).join(", "),
        "/number required, /names invalid_length, /kind invalid_choice, /is~1admin unknown_field"
    );
    let value = json!({ "number": "1", "names": ["abcd", "a\u{7}"], "kind": null });
    assert_eq!(
        mistakes(value).join(", "),
        "/number invalid_type, /names/0 invalid_length, /names/1 invalid_format"
    );
}

#[test]
fn a_list_of_mistakes_is_not_kept_whole() {
    let list = Schema::list(&NUMBER, 0, usize::MAX);
    assert_eq!(check(&list, json!(vec![0; 1_000])).len(), MAX_ERRORS);
}

#[test]
fn whole_numbers_in_every_spelling() {
    for (number, expected) in [
        (json!(1), None),
        (json!(1.0), None),
        (json!(1.5), Some("invalid_type")),
        (json!(0), Some("out_of_range")),
        (json!(-1), Some("out_of_range")),
        (json!(9_007_199_254_740_993_u64), Some("out_of_range")),
        (json!(u64::MAX), Some("invalid_type")),
        (json!(1e300), Some("invalid_type")),
        (json!(true), Some("invalid_type")),
    ] {
        let found = check(&NUMBER, number.clone()).first().map(|e| e.code);
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn the_document_says_what_the_check_does() {
    let mut named = Map::new();
    let document = Schema::Named("Thing", &THING).document(&mut named);
    assert_eq!(document["$ref"], "#/components/schemas/Thing");
    assert_eq!(named["Thing"]["required"], json!(["number"]));
    assert_eq!(named["Thing"]["additionalProperties"], false);
    assert_eq!(named["Thing"]["properties"]["number"]["maximum"], 5);
}
