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
    ROUTES
        .iter()
        .map(|route| (route, documented(route)))
        .collect()
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
    let tags: Vec<&Value> = DOCUMENT["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut ids = BTreeSet::new();
    for (route, operation) in operations() {
        let id = text(&operation["operationId"]);
        let is_snake_case = id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(is_snake_case && ids.insert(id.clone()), "{id}");
        let summary = text(&operation["summary"]);
        assert!(
            (5..80).contains(&summary.len()) && !summary.ends_with('.'),
            "{id}: {summary}"
        );
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id}");
        assert!(tags.contains(&&operation["tags"][0]), "{id}");

        let parameters = operation["parameters"].as_array().expect("parameters");
        let in_path: Vec<String> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", text(&parameter["name"])))
            .collect();
        assert_eq!(in_path.len(), route.path.matches('{').count(), "{id}");
        assert!(
            in_path
                .iter()
                .all(|name| route.path.contains(name.as_str())),
            "{id}"
        );
        let takes_key = parameters
            .iter()
            .any(|parameter| parameter["name"] == "Idempotency-Key" && parameter["in"] == "header");
        assert_eq!(takes_key, route.method == Method::Post, "{id}");
        for parameter in parameters {
            assert!(
                text(&parameter["description"]).len() > 3,
                "{id} {}",
                parameter["name"]
            );
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
            assert!(
                responses.contains_key(&kind.status.to_string()),
                "{id}: {}",
                kind.code
            );
            assert!(
                text(&operation["description"]).contains(kind.code),
                "{id}: {}",
                kind.code
            );
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
        for (name, schema) in DOCUMENT["components"][kind]
            .as_object()
            .expect("components")
        {
            let pointer = format!("/components/{kind}/{name}");
            // A merge patch has no schema of its own; what it leads to has, and the text says so.
            assert!(used.contains(&pointer), "{pointer} is used nowhere");
            let schema = if kind == "schemas" {
                schema
            } else {
                &schema["schema"]
            };
            assert!(jsonschema::draft202012::meta::is_valid(schema), "{pointer}");
        }
    }
}

/// The documented example of what a call takes.
fn request_example(id: &str) -> Value {
    let (_, operation) = operations()
        .into_iter()
        .find(|(_, o)| o["operationId"] == id)
        .expect("a call");
    operation["requestBody"]["content"]["application/json"]["example"].clone()
}

/// The documented example of what a call answers.
fn response_example(id: &str, status: &str) -> Value {
    let (_, operation) = operations()
        .into_iter()
        .find(|(_, o)| o["operationId"] == id)
        .expect("a call");
    operation["responses"][status]["content"]["application/json"]["example"].clone()
}

#[test]
fn examples_can_be_sent_and_are_what_is_answered() {
    let app = TestApp::new();
    let registration = request_example("register");
    let made = app
        .post("/api/v1/auth/register", &registration)
        .send()
        .created();
    assert_same_but(
        &made,
        &response_example("register", "201"),
        &["/user/id", "/user/created_at", "/user/updated_at"],
    );
    let login = request_example("login");
    assert_eq!(login["password"], registration["password"]);
    let tokens = app.post("/api/v1/auth/login", &login).send().ok();
    assert_same_but(
        &tokens,
        &response_example("login", "200"),
        &["/access_token", "/refresh_token", "/device_token"],
    );
    let token = text(&tokens["access_token"]);
    let me = app.get("/api/v1/users/me").token(&token).send().ok();
    assert_same_but(
        &me,
        &response_example("get_me", "200"),
        &["/id", "/created_at", "/updated_at"],
    );
    let key = request_example("create_api_key");
    let key = app.post("/api/v1/auth/api-keys", &key).token(&token);
    assert_same_but(
        &key.send().created(),
        &response_example("create_api_key", "201"),
        &["/id", "/created_at", "/expires_at", "/key"],
    );

    let own = ["/id", "/owner_id", "/created_at", "/updated_at"];
    let input = request_example("create_build");
    let build = app.post(BUILDS, &input).token(&token).send().created();
    let example = response_example("create_build", "201");
    assert_same_but(&build, &example, &own);
    assert!(BuildId::parse(&text(&example["id"])).is_some());
    assert!(UserId::parse(&text(&example["owner_id"])).is_some());
    for id in ["get_build", "replace_build", "patch_build"] {
        assert_eq!(response_example(id, "200"), example, "{id}");
    }
    assert_eq!(
        response_example("list_builds", "200")["data"],
        json!([example])
    );
    let decoded = app.post(
        "/api/v1/chat-codes/decode",
        &json!({ "code": example["chat_code"] }),
    );
    assert_eq!(
        decoded.send().expect(200).json()["template"],
        example["template"]
    );
    for (method, id) in [("PUT", "replace_build"), ("PATCH", "patch_build")] {
        let call = app
            .call(method, &format!("{BUILDS}/{}", text(&build["id"])))
            .token(&token)
            .json(&request_example(id));
        call.send().expect(200);
    }
}

#[test]
fn examples_of_what_is_public_are_what_is_answered() {
    let app = TestApp::new();
    for (id, target) in [
        ("decode_chat_code", "/api/v1/chat-codes/decode"),
        ("encode_chat_code", "/api/v1/chat-codes/encode"),
        ("assign_squad", "/api/v1/squads/assign"),
    ] {
        let answer = app.post(target, &request_example(id)).send().ok();
        assert_eq!(answer, response_example(id, "200"), "{id}");
    }
    for table in ["professions", "specializations", "weapons", "roles"] {
        let rows = app.get(&format!("/api/v1/game/{table}")).send().ok();
        let example = response_example(&format!("list_{table}"), "200");
        let rows = rows["data"].as_array().expect("rows");
        let first = &example["data"][0];
        assert!(
            rows.contains(first),
            "{table}: {first} is not in the table: {:?}",
            rows[0]
        );
    }
    let profession = app.get("/api/v1/game/professions/Guardian").send().ok();
    assert_eq!(profession, response_example("get_profession", "200"));
}

/// Compares two objects but for the values at these pointers, which differ from call to call.
#[track_caller]
fn assert_same_but(found: &Value, example: &Value, different: &[&str]) {
    let (mut left, mut right) = (found.clone(), example.clone());
    for pointer in different {
        for side in [&mut left, &mut right] {
            *side
                .pointer_mut(pointer)
                .unwrap_or_else(|| panic!("{pointer}")) = Value::Null;
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
            .send()
            .expect(200);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let html = String::from_utf8_lossy(&page.body).into_owned();
        for part in [kind.code, kind.title, kind.help, &kind.status.to_string()] {
            assert!(html.contains(part), "{}: {part}", kind.code);
        }
        // What any path may answer is in no operation: there is none for it.
        let belongs_to_no_route = matches!(kind.code, "method_not_allowed" | "origin_not_allowed");
        let mut routes = ROUTES.iter();
        let is_documented = routes.any(|route| {
            openapi::problems_of(route)
                .iter()
                .any(|known| known.code == kind.code)
        });
        assert_eq!(is_documented, !belongs_to_no_route, "{}", kind.code);
        let examples = &DOCUMENT["components"]["responses"][kind.status.to_string()]["content"];
        let example = &examples["application/problem+json"]["examples"][kind.code]["value"];
        assert_matches("#/components/schemas/Problem", example, kind.code);
    }
    app.get("/docs/problems/unheard_of")
        .send()
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
        assert!(
            !validator.is_valid(&json!({ "of": "another kind" })),
            "{name}"
        );
        assert_eq!(entry["example"]["type"], entry["name"]);
        assert!(text(&entry["description"]).len() > 10, "{name}");
    }
}

#[test]
fn pages_and_document_are_files() {
    let app = TestApp::new();
    let answer = app.get("/openapi.json").send().expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let page = app.get("/docs").send().expect(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
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
