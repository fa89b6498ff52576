//! Tests of the check, mistake by mistake, and of the document that says the same.

use super::*;
use platform::native::TestPlatform;

const NUMBER: Schema = Schema::Integer { min: 1, max: 5 };
const NAMES: Schema = Schema::List {
    items: &Text::line(1, 3),
    min: 0,
    max: 2,
};
const THING: Schema = Schema::Object(&[
    Field::required("number", &NUMBER, "n"),
    Field::optional("names", &NAMES, "n"),
    Field::optional("kind", &Schema::Nullable(&Schema::Choice(&["a", "b"])), "k"),
]);

fn errors(value: &Value) -> Vec<(String, &'static str)> {
    let mut errors = Vec::new();
    let (platform, _) = TestPlatform::new();
    let unicode = platform.unicode.as_ref();
    THING.check(&mut value.clone(), unicode, "", &mut errors);
    errors.into_iter().map(|e| (e.pointer, e.code)).collect()
}

#[test]
fn all_mistakes_are_found_at_once() {
    let value = json!({ "names": ["abcd", 1, "x"], "kind": "c", "is/admin": true });
    assert_eq!(
        errors(&value),
        [
            ("/number".to_owned(), "required"),
            ("/names".to_owned(), "invalid_length"),
            ("/kind".to_owned(), "invalid_choice"),
            ("/is~1admin".to_owned(), "unknown_field"),
        ]
    );
    let value = json!({ "number": "1", "names": ["abcd", "a\u{7}"], "kind": null });
    assert_eq!(
        errors(&value),
        [
            ("/number".to_owned(), "invalid_type"),
            ("/names/0".to_owned(), "invalid_length"),
            ("/names/1".to_owned(), "invalid_format"),
        ]
    );
}

#[test]
fn a_list_of_mistakes_is_not_kept_whole() {
    let list = Schema::List {
        items: &NUMBER,
        min: 0,
        max: usize::MAX,
    };
    let mut errors = Vec::new();
    let (platform, _) = TestPlatform::new();
    let unicode = platform.unicode.as_ref();
    list.check(&mut json!(vec![0; 1_000]), unicode, "", &mut errors);
    assert_eq!(errors.len(), MAX_ERRORS);
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
        let found = errors(&json!({ "number": number })).first().map(|e| e.1);
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
