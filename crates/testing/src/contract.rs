//! What every answer must keep: request id, security headers, the form of problems, caching of
//! what belongs to one caller, and the OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use wvw_builder::http::problems;
use wvw_builder::http::request::{Method, Request};
use wvw_builder::openapi;
use wvw_builder::routes::{self, Access, Match, Route};

use super::{Answer, text};

/// The document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Checks one answer.
#[track_caller]
pub fn check(request: &Request, sent: &[u8], answer: &Answer) {
    check_headers(answer);
    let route = match routes::find(request.method, &request.path) {
        Match::Route(route, _) => Some(route),
        Match::OtherMethods(_) | Match::Nothing => None,
    };
    if request.method == Method::Head || matches!(answer.status, 204 | 304) {
        assert!(answer.body.is_empty(), "{}: a body", answer.what);
    }
    let is_health = route.is_some_and(|route| route.path == "/health/ready");
    // Who follows a link that was withdrawn sees a page.
    let is_page = |path: &str| matches!(path, "/c/{slug}" | "/i/{code}");
    let is_missing_page = answer.status == 404 && route.is_some_and(|it| is_page(it.path));
    // So does who has filled in a form.
    let is_form_page = matches!(answer.status, 410 | 422)
        && request.method == Method::Post
        && route.is_some_and(|it| openapi::FORM_PAGES.contains(&it.path));
    let is_other = (is_health || is_form_page) && !is_problem(answer) || is_missing_page;
    if answer.status >= 400 && request.method != Method::Head && !is_other {
        check_problem(answer);
    }
    let Some(route) = route else {
        return;
    };
    if request.credential().is_some() && route.access != Access::Public {
        check_is_kept_from_caches(answer);
    }
    check_against_document(route, request, answer);
    if answer.status < 300 && !sent.is_empty() {
        check_accepted_body(route, sent, answer);
    }
}

fn is_problem(answer: &Answer) -> bool {
    answer.header("content-type") == Some("application/problem+json")
}

#[track_caller]
fn check_headers(answer: &Answer) {
    let what = &answer.what;
    for (index, (name, value)) in answer.headers.iter().enumerate() {
        assert_eq!(*name, name.to_ascii_lowercase());
        let has_control = value.contains(|c: char| c.is_control());
        assert!(!has_control, "{what}: {name}: {value:?}");
        let mut before = answer.headers[..index].iter();
        let is_first = before.all(|(known, _)| known != name);
        assert!(is_first, "{what}: {name} is there twice");
    }
    let id = answer.header("x-request-id").expect("x-request-id");
    let is_harmless = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    assert!((8..=128).contains(&id.len()) && id.bytes().all(is_harmless));
    for (name, part) in [
        (
            "strict-transport-security",
            "max-age=63072000; includeSubDomains",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("permissions-policy", "camera=()"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", ""),
        ("vary", "Origin"),
    ] {
        let value = answer.header(name);
        let is_right = value.is_some_and(|value| value.contains(part));
        assert!(is_right, "{what}: {name}: {value:?}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[track_caller]
fn check_problem(answer: &Answer) {
    let what = &answer.what;
    assert!(is_problem(answer), "{what}: {:?}", answer.headers);
    let body = answer.json();
    assert_matches("#/components/schemas/Problem", &body, what);
    let code = text(&body["code"]);
    let kind = problems::by_code(&code).expect("a code of the catalogue");
    assert_eq!(answer.status, kind.status, "{what}: {code}");
    assert_eq!(body["status"], kind.status);
    assert_eq!(body["title"], kind.title);
    assert!(text(&body["type"]).ends_with(&kind.type_uri("")), "{what}");
    assert_eq!(body["request_id"], answer.header("x-request-id").unwrap());
    assert!(!text(&body["detail"]).is_empty());
    let with_errors = ["invalid_input", "duplicate_key", "constraints_clash"];
    let has_errors = body["errors"].is_array();
    assert_eq!(has_errors, with_errors.contains(&&*code), "{what}: {body}");
    let needed = match answer.status {
        401 => "www-authenticate",
        405 => "allow",
        429 | 503 => "retry-after",
        _ => "x-request-id",
    };
    assert!(answer.header(needed).is_some(), "{what}: {needed}");
    let cache = answer.header("cache-control").unwrap();
    assert!(cache.contains("no-store"), "{what}: {cache}");
}

#[track_caller]
fn check_is_kept_from_caches(answer: &Answer) {
    let (what, cache) = (&answer.what, answer.header("cache-control").unwrap());
    assert!(cache.contains("no-store"), "{what}: {cache}");
    if matches!(answer.status, 200 | 201 | 304) {
        assert_eq!(cache, "private, no-store", "{what}");
    }
    let vary = answer.header("vary").unwrap();
    assert!(vary.contains("Authorization"), "{what}: {vary}");
}

/// The operation of a route in the document.
pub fn documented(route: &Route) -> &'static Value {
    let method = route.method.as_str().to_ascii_lowercase();
    &DOCUMENT["paths"][route.path][method]
}

/// Follows a reference into the document.
pub fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT
            .pointer(reference.trim_start_matches('#'))
            .expect("a reference that leads somewhere"),
        None => value,
    }
}

#[track_caller]
fn check_against_document(route: &Route, request: &Request, answer: &Answer) {
    let what = &answer.what;
    let is_open = answer.header("access-control-allow-origin") == Some("*");
    assert!(!is_open || route.is_open(), "{what}: open to every origin");
    let status = answer.status.to_string();
    let response = resolved(&documented(route)["responses"][&status]);
    assert!(response.is_object(), "{what}: {status} is not documented");
    if is_problem(answer) && request.method != Method::Head {
        let code = text(&answer.json()["code"]);
        let known = openapi::problems_of(route);
        let is_known = known.iter().any(|kind| kind.code == code);
        assert!(is_known, "{what}: {code} is not documented");
    }
    let headers = response["headers"].as_object().into_iter().flatten();
    // A last page has no next one; a problem in place of a health report has its own headers.
    for (name, _) in headers.filter(|(name, _)| *name != "Link") {
        let found = answer.header(&name.to_ascii_lowercase());
        assert!(found.is_some(), "{what}: {status} without {name}");
    }
    if answer.body.is_empty() {
        return;
    }
    let media_type = answer.header("content-type").unwrap_or("*/*");
    let essence = media_type.split(';').next().unwrap_or_default();
    let content = &response["content"][essence];
    assert!(content.is_object(), "{what}: {status} as {essence}");
    if answer.is_json() {
        let name = format!("{} {status} {essence}", route.operation.id);
        let errors = mistakes(&name, &content["schema"], &answer.json());
        assert!(errors.is_empty(), "{what}: {status}: {errors:?}");
    }
}

/// What a call accepts, its documented schema must accept.
#[track_caller]
fn check_accepted_body(route: &Route, sent: &[u8], answer: &Answer) {
    let content = &documented(route)["requestBody"]["content"];
    let Ok(body) = serde_json::from_slice::<Value>(sent) else {
        return;
    };
    let name = format!("{} request", route.operation.id);
    let errors = mistakes(&name, &content["application/json"]["schema"], &body);
    assert!(errors.is_empty(), "{}: accepted {errors:?}", answer.what);
}

/// Fails unless `value` is what the schema at `reference` says.
#[track_caller]
pub fn assert_matches(reference: &str, value: &Value, what: &str) {
    let errors = mistakes(reference, &json!({ "$ref": reference }), value);
    assert!(errors.is_empty(), "{what}: {errors:?}");
}

/// The named schemas that `schema` leads to: a validator that holds them all takes long to make.
fn named_in(schema: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    let mut left = vec![schema.to_string()];
    while let Some(text) = left.pop() {
        for rest in text.split("\"#/components/schemas/").skip(1) {
            let name = rest.split('"').next().unwrap_or_default();
            if !found.contains_key(name) {
                let named = DOCUMENT["components"]["schemas"][name].clone();
                left.push(named.to_string());
                found.insert(name.to_owned(), named);
            }
        }
    }
    found
}

/// What of `value` is not as `schema`, a part of the document, says. Validators are kept by `name`.
pub fn mistakes(name: &str, schema: &Value, value: &Value) -> Vec<String> {
    let known = VALIDATORS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .get(name)
        .cloned();
    let validator = known.unwrap_or_else(|| {
        let whole = json!({ "allOf": [schema], "components": { "schemas": named_in(schema) } });
        let validator =
            jsonschema::draft202012::new(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        let validator = Arc::new(validator);
        VALIDATORS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(name.to_owned(), Arc::clone(&validator));
        validator
    });
    validator
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}
