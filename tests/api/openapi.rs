//! The OpenAPI document against the product: the same routes, valid examples, references that resolve.
//! Documented requests can be sent and responses parse. `support::contract` checks each response against
//! the document.

use testing::contract::{DOCUMENT, assert_matches, documented, mistakes, resolved};
use testing::prelude::*;
use wvw_builder::catalogue;
use wvw_builder::http::operation::Condition;
use wvw_builder::http::problems;
use wvw_builder::ids::{BuildId, UserId};
use wvw_builder::openapi;

/// Every operation with its route.
fn operations() -> Vec<(&'static Route, &'static Value)> {
    let routes = ROUTES.iter();
    routes.map(|route| (route, documented(route))).collect()
}

#[test]
fn the_document_has_the_routes_of_the_table_and_no_others() {
    let mut in_document = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            in_document.insert((path.clone(), method.to_uppercase()));
        }
    }
    let in_table: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.path.to_owned(), route.method.as_str().to_owned()))
        .collect();
    assert_eq!(in_document, in_table);
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    assert_eq!(DOCUMENT["servers"], json!([{ "url": "/" }]));
}

#[test]
fn each_operation_is_complete() {
    let tags = array(&DOCUMENT["tags"]).iter();
    let tags: Vec<&Value> = tags.map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (route, operation) in operations() {
        let id = text(&operation["operationId"]);
        let is_snake_case = id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(is_snake_case && ids.insert(id.clone()), "{id}");
        let summary = text(&operation["summary"]);
        let is_short = (5..80).contains(&summary.len()) && !summary.ends_with('.');
        assert!(is_short, "{id}: {summary}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
        assert!(tags.contains(&&operation["tags"][0]), "{id}");

        let parameters = operation["parameters"].as_array().expect("parameters");
        let in_path: Vec<String> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", text(&parameter["name"])))
            .collect();
        assert_eq!(in_path.len(), route.path.matches('{').count(), "{id}");
        let is_in_path = |name: &String| route.path.contains(name.as_str());
        assert!(in_path.iter().all(is_in_path), "{id}");
        let takes_key = parameters
            .iter()
            .any(|parameter| parameter["name"] == "Idempotency-Key" && parameter["in"] == "header");
        assert_eq!(takes_key, route.method == Method::Post, "{id}");
        for parameter in parameters {
            let name = &parameter["name"];
            assert!(text(&parameter["description"]).len() > 3, "{id} {name}");
            let is_shared = route.operation.condition == Condition::SharedWrite;
            let must_be = parameter["in"] == "path" || is_shared && parameter["name"] == "If-Match";
            assert_eq!(parameter["required"], must_be, "{id}");
            assert!(parameter["schema"].is_object(), "{id}");
        }
        let security = match route.access {
            Access::Public => json!([]),
            Access::Optional(_) => json!([{}, { "bearer": [] }]),
            Access::Required(_) => json!([{ "bearer": [] }]),
        };
        assert_eq!(operation["security"], security, "{id}");
        // What deletes may ask for proof. What a new secret is made of is ours alone, and a delivery
        // is sent again, and a version brought back, as it is.
        let has_body = ![
            "begin_two_factor",
            "end_everything",
            "retry_webhook_delivery",
            "restore_composition_version",
            "create_share_link",
            "send_verification",
        ]
        .contains(&id.as_str())
            && matches!(route.method.as_str(), "POST" | "PUT" | "PATCH")
            || route.operation.request.is_some();
        assert_eq!(operation["requestBody"].is_object(), has_body, "{id}");

        let responses = operation["responses"].as_object().expect("responses");
        for (status, response) in responses {
            let response = resolved(response);
            assert!(text(&response["description"]).len() > 3, "{id} {status}");
            let is_json = !response["content"]["application/json"].is_null();
            let example = &response["content"]["application/json"]["example"];
            // Documents that are written beforehand are not quoted.
            let is_file = ["/openapi.json", "/api/v1/webhooks/event-types"].contains(&route.path);
            let needs_example = is_json && !is_file;
            assert_eq!(!example.is_null(), needs_example, "{id} {status}");
        }
        for kind in openapi::problems_of(route) {
            let is_listed = responses.contains_key(&kind.status.to_string());
            let is_described = text(&operation["description"]).contains(kind.code);
            assert!(is_listed && is_described, "{id}: {}", kind.code);
        }
    }
}

#[test]
fn examples_are_what_their_schemas_say() {
    let mut seen = 0;
    let mut check = |what: &str, content: &Value| {
        for (media_type, media) in content.as_object().into_iter().flatten() {
            let named = media["examples"].as_object().into_iter().flatten();
            let named = named.map(|(name, example)| (name.as_str(), &example["value"]));
            let single = media.get("example").map(|example| ("example", example));
            for (name, example) in named.chain(single) {
                let what = format!("{what} {media_type} {name}");
                let errors = mistakes(&what, &media["schema"], example);
                assert!(errors.is_empty(), "{what}: {errors:?}");
                seen += 1;
            }
        }
    };
    for (route, operation) in operations() {
        let id = route.operation.id;
        check(&format!("{id} body"), &operation["requestBody"]["content"]);
        for (status, response) in operation["responses"].as_object().expect("responses") {
            check(&format!("{id} {status}"), &resolved(response)["content"]);
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn references_lead_somewhere_and_schemas_are_schemas() {
    let mut used = BTreeSet::new();
    let mut open = vec![&*DOCUMENT];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref") {
                    let pointer = text(reference).trim_start_matches('#').to_owned();
                    assert!(DOCUMENT.pointer(&pointer).is_some(), "{pointer}");
                    used.insert(pointer);
                }
                open.extend(members.values());
            }
            _ => {}
        }
    }
    for kind in ["schemas", "headers"] {
        let components = DOCUMENT["components"][kind].as_object();
        for (name, schema) in components.expect("components") {
            let pointer = format!("/components/{kind}/{name}");
            // A merge patch has no schema of its own; what it leads to has, and the text says so.
            assert!(used.contains(&pointer), "{pointer} is used nowhere");
            let schema = schema.get("schema").unwrap_or(schema);
            assert!(jsonschema::draft202012::meta::is_valid(schema), "{pointer}");
        }
    }
}

/// The operation with this id.
fn operation(id: &str) -> &'static Value {
    let mut operations = operations().into_iter();
    let found = operations.find(|(_, operation)| operation["operationId"] == id);
    found.expect("a call").1
}

/// The documented example of what a call takes.
fn request_example(id: &str) -> Value {
    operation(id)["requestBody"]["content"]["application/json"]["example"].clone()
}

/// The documented example of what a call answers.
fn response_example(id: &str, status: &str) -> Value {
    operation(id)["responses"][status]["content"]["application/json"]["example"].clone()
}

#[test]
fn examples_can_be_sent_and_are_what_is_answered() {
    let app = TestApp::new();
    let registration = request_example("register");
    let made = app.post(REGISTER, &registration).created();
    let ids = ["/user/id", "/user/created_at", "/user/updated_at"];
    assert_same_but(&made, &response_example("register", "201"), &ids);
    let login = request_example("login");
    assert_eq!(login["password"], registration["password"]);
    let tokens = app.post(LOGIN, &login).ok();
    let fresh = ["/access_token", "/refresh_token", "/device_token"];
    assert_same_but(&tokens, &response_example("login", "200"), &fresh);
    let token = text(&tokens["access_token"]);
    let me = app.get(ME).token(&token).ok();
    let fresh = ["/id", "/created_at", "/updated_at"];
    assert_same_but(&me, &response_example("get_me", "200"), &fresh);
    let key = app.post(API_KEYS, &request_example("create_api_key"));
    let key = key.token(&token).created();
    let fresh = ["/id", "/created_at", "/expires_at", "/key"];
    assert_same_but(&key, &response_example("create_api_key", "201"), &fresh);

    let own = ["/id", "/owner_id", "/created_at", "/updated_at"];
    let input = request_example("create_build");
    let build = app.post(BUILDS, &input).token(&token).created();
    let example = response_example("create_build", "201");
    assert_same_but(&build, &example, &own);
    assert!(BuildId::parse(&text(&example["id"])).is_some());
    assert!(UserId::parse(&text(&example["owner_id"])).is_some());
    for id in ["get_build", "replace_build", "patch_build"] {
        assert_eq!(response_example(id, "200"), example, "{id}");
    }
    let listed = response_example("list_builds", "200");
    assert_eq!(listed["data"], json!([example]));
    let code = json!({ "code": example["chat_code"] });
    let decoded = app.post(DECODE, &code).ok();
    assert_eq!(decoded["template"], example["template"]);
    for (method, id) in [("PUT", "replace_build"), ("PATCH", "patch_build")] {
        let call = app.call(method, &build_path(&build)).token(&token);
        call.json(&request_example(id)).expect(200);
    }
}

#[test]
fn examples_of_what_is_public_are_what_is_answered() {
    let app = TestApp::new();
    for (id, target) in [
        ("decode_chat_code", DECODE),
        ("encode_chat_code", ENCODE),
        ("assign_squad", "/api/v1/squads/assign"),
    ] {
        let answer = app.post(target, &request_example(id)).ok();
        assert_eq!(answer, response_example(id, "200"), "{id}");
    }
    for table in ["professions", "specializations", "weapons", "roles"] {
        let rows = app.get(&format!("/api/v1/game/{table}")).ok();
        let example = response_example(&format!("list_{table}"), "200");
        let first = &example["data"][0];
        assert!(
            array(&rows["data"]).contains(first),
            "{table}: {first} is not there"
        );
    }
    let profession = app.get("/api/v1/game/professions/Guardian").ok();
    assert_eq!(profession, response_example("get_profession", "200"));
}

/// Compares two objects but for the values at these pointers, which differ from call to call.
#[track_caller]
fn assert_same_but(found: &Value, example: &Value, different: &[&str]) {
    let (mut left, mut right) = (found.clone(), example.clone());
    for pointer in different {
        for side in [&mut left, &mut right] {
            *side.pointer_mut(pointer).expect(pointer) = Value::Null;
        }
    }
    assert_eq!(left, right, "the answer is {found}");
}

#[test]
fn every_code_has_a_page_and_a_place() {
    let app = TestApp::new();
    let listed = &DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let codes: Vec<&str> = problems::ALL.iter().map(|kind| kind.code).collect();
    assert_eq!(*listed, json!(codes));
    for kind in problems::ALL {
        let page = app
            .get(&format!("/docs/problems/{}", kind.code))
            .expect(200);
        let html = Some("text/html; charset=utf-8");
        assert_eq!(page.header("content-type"), html);
        let html = page.text();
        for part in [kind.code, kind.title, kind.help, &kind.status.to_string()] {
            assert!(html.contains(part), "{}: {part}", kind.code);
        }
        // What any path may answer is in no operation: there is none for it.
        let belongs_to_no_route = matches!(kind.code, "method_not_allowed" | "origin_not_allowed");
        let mut routes = ROUTES.iter();
        let is_documented = routes.any(|route| {
            let mut known = openapi::problems_of(route).into_iter();
            known.any(|known| known.code == kind.code)
        });
        assert_eq!(is_documented, !belongs_to_no_route, "{}", kind.code);
        let examples = &DOCUMENT["components"]["responses"][kind.status.to_string()]["content"];
        let example = &examples["application/problem+json"]["examples"][kind.code]["value"];
        assert_matches("#/components/schemas/Problem", example, kind.code);
    }
    app.get("/docs/problems/unheard_of")
        .expect_problem(404, "not_found");
}

#[test]
fn the_file_that_is_served_is_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == format!("{:#}\n", *DOCUMENT),
        "docs/openapi.json is not what the routes say: run `npm run openapi`"
    );
}

#[test]
fn the_event_types_that_are_served_are_those_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhook-event-types.json");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let document = catalogue::ALL.document();
    assert!(
        written == format!("{document:#}\n"),
        "docs/webhook-event-types.json is not what the code says: run `npm run openapi`"
    );
    let listed = array(&document["data"]);
    assert_eq!(listed.len(), catalogue::ALL.iter().count());
    for (entry, kind) in listed.iter().zip(catalogue::ALL.iter()) {
        let name = text(&entry["name"]);
        assert_eq!(name, kind.name);
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        assert!(name.split('.').all(is_part), "{name}");
        // The schema says it all by itself, and the example is what it says.
        let validator = jsonschema::draft202012::new(&entry["schema"]).expect("a schema");
        let data = &entry["example"]["data"];
        assert!(validator.is_valid(data), "{name}: {data}");
        let other = json!({ "of": "another kind" });
        assert!(!validator.is_valid(&other), "{name}");
        assert_eq!(entry["example"]["type"], entry["name"]);
        assert!(text(&entry["description"]).len() > 10, "{name}");
    }
}

#[test]
fn pages_and_document_are_files() {
    let app = TestApp::new();
    let answer = app.get("/openapi.json").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let page = app.get("/docs").expect(200);
    let html = Some("text/html; charset=utf-8");
    assert_eq!(page.header("content-type"), html);
}

#[test]
fn a_document_that_is_wrong_would_be_noticed() {
    // The validator itself: what it lets through is worth nothing unless it refuses something.
    let build = response_example("get_build", "200");
    assert_matches("#/components/schemas/Build", &build, "the example");
    for (member, value) in [
        ("id", Value::Null),
        ("id", json!("x")),
        ("name", json!("a\nb")),
        ("name", json!("")),
        ("visibility", json!("everyone")),
        ("game_build", json!(0)),
        ("extra", json!(1)),
        ("roles", json!(["king"])),
        ("template", json!({})),
    ] {
        let mut wrong = build.clone();
        wrong[member] = value.clone();
        let schema = json!({ "$ref": "#/components/schemas/Build" });
        let found = mistakes("#/components/schemas/Build", &schema, &wrong);
        assert!(!found.is_empty(), "{member} {value}");
    }
}
