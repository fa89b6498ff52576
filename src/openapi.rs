//! The OpenAPI 3.1 document, written from the route table. What is not in an `Operation` is not in it.

use serde_json::{Map, Value, json};

use crate::auth::model::Scope;
use crate::auth::permissions::scopes_for_api_keys;
use crate::limits::policies::Limit;
use crate::routes::{Access, ROUTES, Route};

use crate::http::operation::{Alternative, Condition, Content, Operation};
use crate::http::problems::{self, ProblemKind};
use crate::http::request::Method;
use crate::http::schema::{Field, Schema};

const ABOUT: &str = "Builds and squads for Guild Wars 2 World vs World. Errors are problem details (RFC 9457) with a stable code; lists are paged by cursor; single resources carry a strong ETag.";
const ABOUT_TEMPLATE_ERRORS: &str = "All mistakes at once, each with a JSON Pointer (RFC 6901) into the body, or ?name for a query parameter.";

/// Stands for the service's own URL in examples: the document is the same for every instance.
const EXAMPLE_BASE: &str = "https://builds.example";

/// Where a POST makes a resource with an address and a tag of its own.
const MAKE_ONE: [&str; 3] = [
    "/api/v1/builds",
    "/api/v1/webhooks",
    "/api/v1/teams/{id}/players",
];

/// The whole document.
pub fn document() -> Value {
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem_schema());
    let mut paths = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_ascii_lowercase();
        entry[method] = operation(route, &mut schemas);
    }
    let scopes: Vec<String> = Scope::ALL
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "WvW Builder",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": problem_responses(),
            "headers": headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": format!("An access token of POST /api/v1/auth/login, or an API key (wvw_...) of POST /api/v1/auth/api-keys. Scopes: {}. An API key can have: {}.", scopes.join(", "), scopes_for_api_keys().to_string().replace(' ', ", ")),
                },
            },
        },
    })
}

fn tags() -> Value {
    let mut names: Vec<&str> = Vec::new();
    for route in ROUTES {
        if !names.contains(&route.operation.tag) {
            names.push(route.operation.tag);
        }
    }
    names.iter().map(|name| json!({ "name": name })).collect()
}

fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "X-Request-Id": text("Names this request in the log. A valid one that you send is kept."),
        "ETag": text("Strong entity tag (RFC 9110, section 8.8.3)."),
        "Location": text("Path of what was made."),
        "Link": text("rel=\"next\": the next page (RFC 8288)."),
        "WWW-Authenticate": text("How to authenticate (RFC 6750, section 3)."),
        "Retry-After": text("Seconds to wait."),
        "RateLimit-Policy": text("The quotas that the caller has: q requests in w seconds (draft-ietf-httpapi-ratelimit-headers)."),
        "RateLimit": text("What is left now: r requests; all of the quota again in t seconds."),
        "Allow": text("Methods this path takes."),
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "additionalProperties": false,
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "A page about this kind of problem." },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What to do about it." },
            "code": { "type": "string", "enum": problems::CODES.as_slice(), "description": "Stable." },
            "request_id": { "type": "string" },
            "violated-policies": {
                "type": "array",
                "description": "With quota_exceeded: the quotas of RateLimit-Policy that are spent.",
                "items": { "type": "string" },
            },
            "challenge": { "type": "string", "description": "With two_factor_required: what the second step of the login needs." },
            "errors": {
                "type": "array",
                "description": ABOUT_TEMPLATE_ERRORS,
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "additionalProperties": false,
                    "properties": {
                        "pointer": { "type": "string" },
                        "code": { "type": "string" },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
}

/// The problems that follow from what a call takes, and those it names itself.
pub fn problems_of(route: &Route) -> Vec<&'static ProblemKind> {
    let operation = route.operation;
    let mut kinds: Vec<&'static ProblemKind> = vec![
        &problems::TARGET_TOO_LONG,
        &problems::INVALID_INPUT,
        &problems::INTERNAL,
        &problems::MISCONFIGURED,
        &problems::UNAVAILABLE,
    ];
    if operation.request.is_some() {
        kinds.extend([
            &problems::INVALID_JSON,
            &problems::DUPLICATE_KEY,
            &problems::TOO_DEEP,
            &problems::BODY_REQUIRED,
            &problems::BODY_INCOMPLETE,
            &problems::BODY_TOO_LARGE,
            &problems::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    if route.access != Access::Public {
        kinds.extend([
            &problems::AUTHENTICATION_REQUIRED,
            &problems::INVALID_TOKEN,
            &problems::INSUFFICIENT_SCOPE,
        ]);
    }
    if let Access::Optional(rule) | Access::Required(rule) = route.access
        && rule.needs_proof
    {
        kinds.push(&problems::REAUTHENTICATION_REQUIRED);
    }
    if route.limit != Limit::Unlimited {
        kinds.push(&problems::QUOTA_EXCEEDED);
    }
    if route.method == Method::Post {
        kinds.extend([
            &problems::INVALID_IDEMPOTENCY_KEY,
            &problems::IDEMPOTENCY_KEY_IN_USE,
            &problems::IDEMPOTENCY_KEY_REUSED,
        ]);
    }
    if operation.condition != Condition::None || route.takes_no_condition() {
        kinds.extend([&problems::INVALID_CONDITION, &problems::PRECONDITION_FAILED]);
    }
    if operation.condition == Condition::SharedWrite {
        kinds.push(&problems::PRECONDITION_REQUIRED);
    }
    kinds.extend(operation.problems);
    kinds
}

/// Pages whose form people send: also what went wrong is a page.
pub const FORM_PAGES: [&str; 4] = ["/reset", "/verify", "/undo", "/remove-factor"];

/// One reusable response for each status, with an example for each of its codes.
fn problem_responses() -> Value {
    let mut responses = Map::new();
    for kind in problems::ALL {
        let response = responses
            .entry(format!("{}", kind.status))
            .or_insert_with(|| {
                json!({
                    "description": "",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } },
                    "content": { "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem" },
                        "examples": {},
                    } },
                })
            });
        let described = match response["description"].as_str() {
            Some("") | None => kind.title.to_owned(),
            Some(text) => format!("{text}. {}", kind.title),
        };
        response["description"] = described.into();
        let extra: &[&str] = match kind.status {
            401 => &["WWW-Authenticate"],
            405 => &["Allow"],
            429 => &["Retry-After", "RateLimit-Policy", "RateLimit"],
            503 => &["Retry-After"],
            _ => &[],
        };
        for name in extra.iter().copied() {
            response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
        response["content"]["application/problem+json"]["examples"][kind.code] = json!({
            "summary": kind.title,
            "value": {
                "type": kind.type_uri(EXAMPLE_BASE),
                "title": kind.title,
                "status": kind.status,
                "detail": kind.help,
                "code": kind.code,
                "request_id": "req_01kanp2xc0e8br5v0xmvhv7j2d",
            },
        });
    }
    Value::Object(responses)
}

fn operation(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let operation = route.operation;
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |field: &Field, place: &str, required: bool| {
        parameters.push(json!({
            "name": field.name,
            "in": place,
            "required": required,
            "description": field.about,
            "schema": field.schema.document(schemas),
        }));
    };
    for field in operation.path {
        add(field, "path", true);
    }
    for field in operation.query {
        add(field, "query", field.required);
    }
    match operation.condition {
        Condition::Read => {
            add(&IF_MATCH, "header", false);
            add(&IF_NONE_MATCH, "header", false);
        }
        Condition::Write => add(&IF_MATCH, "header", false),
        Condition::SharedWrite => add(&IF_MATCH, "header", true),
        Condition::None => {}
    }
    if route.method == Method::Post {
        add(&IDEMPOTENCY_KEY, "header", false);
    }
    let mut codes: Vec<&str> = problems_of(route).iter().map(|kind| kind.code).collect();
    codes.dedup();
    let mut entry = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": format!("{}{}\n\nProblems: {}.", operation.description, about_proof(route), codes.join(", ")).trim(),
        "parameters": parameters,
        "responses": responses(route, schemas),
        "security": match route.access {
            Access::Public => json!([]),
            Access::Optional(_) => json!([{}, { "bearer": [] }]),
            Access::Required(_) => json!([{ "bearer": [] }]),
        },
    });
    if let Some(body) = request_body(operation, schemas) {
        entry["requestBody"] = body;
    }
    entry
}

/// Says that a call needs a recent proof, and whether an API key will do instead.
fn about_proof(route: &Route) -> &'static str {
    match route.access {
        Access::Optional(rule) | Access::Required(rule) if rule.needs_proof => {
            if rule.takes_api_keys {
                " A login needs a proof from the last five minutes (POST /api/v1/auth/reauthenticate); an API key does not."
            } else {
                " Needs a login with a proof from the last five minutes (POST /api/v1/auth/reauthenticate)."
            }
        }
        _ => "",
    }
}

const ETAG_LIST: Schema = crate::http::schema::Text::of(1, 1000);
const IF_NONE_MATCH: Field = Field::optional(
    "If-None-Match",
    &ETAG_LIST,
    "ETags that you have; 304 when one is current.",
);
const IF_MATCH: Field = Field::optional(
    "If-Match",
    &ETAG_LIST,
    "The ETag that you read; 412 when it is no longer current.",
);

const IDEMPOTENCY_KEY: Field = Field::optional(
    "Idempotency-Key",
    &crate::idempotency::model::KEY,
    "Makes it safe to send the request again: for 24 hours the same key with the same body, from the same login or API key (without one: the same address), gets the same answer, marked with Idempotency-Replayed: true, and nothing is done twice. Tokens of a login are given again only while they are its newest, those of a renewal for 10 seconds; after that the request is a new one. Errors are not kept.",
);

fn request_body(operation: &Operation, schemas: &mut Map<String, Value>) -> Option<Value> {
    let request = operation.request.as_ref()?;
    let example = parse(request.example);
    if request.is_merge_patch {
        // What a patch leads to is checked against the schema; the patch itself may leave all out.
        let schema = request.schema.patch_document(schemas);
        return Some(json!({
            "required": true,
            "content": {
                "application/merge-patch+json": { "schema": schema, "example": example },
                "application/json": { "schema": schema, "example": example },
            },
        }));
    }
    let mut body = json!({
        "required": true,
        "content": { "application/json": {
            "schema": request.schema.document(schemas),
            "example": example,
        } },
    });
    if let Some(alternative) = &operation.alternative {
        body["content"][alternative.media_type] = alternative_content(alternative);
    }
    Some(body)
}

fn alternative_content(alternative: &Alternative) -> Value {
    json!({ "schema": { "type": "string" }, "example": alternative.example })
}

/// Whoever has filled in a form is a person with a browser too: also what went wrong is a page. What sends JSON wrongly gets a
/// problem.
fn add_form_pages(route: &Route, all: &mut Map<String, Value>) {
    if route.method != Method::Post || !FORM_PAGES.contains(&route.path) {
        return;
    }
    for (status, about) in [
        ("410", "The link does not work any more; a page says so."),
        ("422", "The page again, with what is wrong."),
    ] {
        let mut page = all["200"].clone();
        page["description"] = about.into();
        page["content"]["application/problem+json"] =
            json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        all.insert(status.to_owned(), page);
    }
}

fn responses(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let answer = &route.operation.response;
    let mut response = json!({
        "description": answer.about,
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } },
    });
    let mut header = |name: &str| {
        response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
    };
    if route.limit != Limit::Unlimited {
        header("RateLimit-Policy");
        header("RateLimit");
    }
    if route.operation.condition != Condition::None && answer.status != 204 {
        header("ETag");
    }
    if answer.status == 201 && MAKE_ONE.contains(&route.path) {
        header("ETag");
        header("Location");
    }
    match &answer.content {
        Content::None => {}
        Content::Media(media_type) => {
            let schema = if *media_type == "application/json" {
                json!({ "type": "object" })
            } else {
                json!({ "type": "string" })
            };
            response["content"] = json!({ *media_type: { "schema": schema } });
        }
        Content::Json(schema, example) => {
            response["content"] = json!({ "application/json": {
                "schema": schema.document(schemas),
                "example": parse(example),
            } });
        }
        Content::JsonOr(schema, example, alternative) => {
            response["content"] = json!({
                "application/json": {
                    "schema": schema.document(schemas),
                    "example": parse(example),
                },
                alternative.media_type: alternative_content(alternative),
            });
        }
        Content::Page(schema, example) => {
            header("Link");
            response["content"] = json!({ "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["data", "next_cursor"],
                    "additionalProperties": false,
                    "properties": {
                        "data": { "type": "array", "items": schema.document(schemas) },
                        "next_cursor": {
                            "type": ["string", "null"],
                            "description": "Send it as cursor to get the next page; null: there is none.",
                        },
                    },
                },
                "example": { "data": [parse(example)], "next_cursor": null },
            } });
        }
    }
    let mut all = Map::new();
    all.insert(answer.status.to_string(), response);
    if route.operation.condition == Condition::Read && route.method == Method::Get {
        all.insert(
            "304".to_owned(),
            json!({
                "description": "You have the current one.",
                "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
            }),
        );
    }
    for kind in problems_of(route) {
        let reference = format!("#/components/responses/{}", kind.status);
        all.insert(kind.status.to_string(), json!({ "$ref": reference }));
    }
    if matches!(route.path, "/c/{slug}" | "/i/{code}") {
        // Whoever follows a link that was withdrawn is a person with a browser.
        let mut missing = all["200"].clone();
        missing["headers"] =
            json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
        missing["description"] = "The link leads nowhere; a page says so.".into();
        all.insert("404".to_owned(), missing);
    }
    add_form_pages(route, &mut all);
    if route.path == "/health/ready" {
        // Its 503 has the form of its 200, so that the failed dependency is named; without a
        // configuration it is a problem as everywhere.
        let mut failed = all["200"].clone();
        failed["headers"] =
            json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
        failed["description"] = "Something it cannot do without has failed.".into();
        failed["content"]["application/problem+json"] =
            json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        all.insert("503".to_owned(), failed);
    }
    Value::Object(all)
}

/// Examples are written by hand; a test reads each one.
fn parse(example: &str) -> Value {
    serde_json::from_str(example).unwrap_or(Value::Null)
}
