//! What HTTP's own specifications say of conditions, codings, CORS and parameters. The runtime's part,
//! files and HEAD, is in `tests/edge/http.test.mjs`.

use testing::prelude::*;

const NONE_MATCH: Header = Header::IfNoneMatch;

#[test]
fn if_none_match_keeps_what_is_there() {
    let app = TestApp::new();
    let player = app.player("kept");
    let build = app.build(&player, &json!({}));
    let path = build_path(&build);
    let tag = app.get_as(&player, &path).etag();
    let whole = build_body(&json!({ "name": "Changed" })).to_string();
    for (method, media_type, body) in [
        ("PUT", "application/json", whole.as_str()),
        (
            "PATCH",
            "application/merge-patch+json",
            r#"{"name":"Changed"}"#,
        ),
        ("DELETE", "application/json", ""),
    ] {
        let call = |header, value: &str| {
            let call = app.call(method, &path).token(&player.token);
            let call = if body.is_empty() {
                call
            } else {
                call.raw(media_type, body.to_owned())
            };
            call.header(header, value).send()
        };
        for (value, status, code) in [
            ("*", 412, "precondition_failed"),
            (tag.as_str(), 412, "precondition_failed"),
            (&format!("W/{tag}"), 412, "precondition_failed"),
            ("1", 400, "invalid_condition"),
        ] {
            call(NONE_MATCH, value).expect_problem(status, code);
        }
        let unquoted = call(Header::IfMatch, tag.trim_matches('"'));
        let problem = unquoted.expect(400).json();
        assert_eq!(problem["code"], "invalid_condition");
        assert!(text(&problem["detail"]).contains("double quotes"));
        assert_eq!(app.get_as(&player, &path).etag(), tag, "{method}");
    }
}

#[test]
fn what_has_no_tag_is_changed_under_no_tag() {
    let app = TestApp::new();
    let player = app.player("untagged");
    let sessions = "/api/v1/auth/sessions";
    let end = |header, value| {
        let call = app.call("DELETE", sessions).token(&player.token);
        call.header(header, value).send()
    };
    end(NONE_MATCH, "*").expect_problem(412, "precondition_failed");
    end(Header::IfMatch, "\"1\"").expect_problem(412, "precondition_failed");
    end(Header::IfMatch, "1").expect_problem(400, "invalid_condition");
    end(NONE_MATCH, "\"1\"").expect(204);
    end(Header::IfMatch, "*").expect(204);
}

#[test]
fn if_match_on_a_read_is_a_condition() {
    let app = TestApp::new();
    let player = app.player("reads");
    let path = build_path(&app.build(&player, &json!({})));
    let tag = app.get_as(&player, &path).etag();
    for target in [path.as_str(), "/api/v1/game/weapons"] {
        let tag = app.get_as(&player, target).etag();
        let read = |value: &str| {
            let call = app.get(target).token(&player.token);
            call.header(Header::IfMatch, value).send()
        };
        read(&tag).expect(200);
        read("*").expect(200);
        read("\"other\"").expect_problem(412, "precondition_failed");
        read(&format!("W/{tag}")).expect_problem(412, "precondition_failed");
        read("1").expect_problem(400, "invalid_condition");
    }
    // If-Match stands before If-None-Match (RFC 9110, section 13.2.2).
    let both = app.get(&path).token(&player.token);
    let both = both
        .header(Header::IfMatch, "\"other\"")
        .header(NONE_MATCH, &tag);
    both.send().expect_problem(412, "precondition_failed");
}

#[test]
fn a_tag_of_another_coding_is_another_form() {
    let app = TestApp::new();
    let read = |encoding: &str, known: &str| {
        let call = app.get("/api/v1/game/specializations");
        let call = call.header(Header::AcceptEncoding, encoding);
        call.header(NONE_MATCH, known).send()
    };
    let (plain, gzip) = (read("", "").etag(), read("gzip", "").etag());
    assert_eq!(read("gzip;Q=0", "").etag(), plain);
    for (encoding, known, status) in [
        ("", &plain, 304),
        ("gzip", &gzip, 304),
        ("", &gzip, 200),
        ("gzip", &plain, 200),
    ] {
        let answer = read(encoding, known).expect(status);
        let own = if encoding.is_empty() { &plain } else { &gzip };
        assert_eq!(answer.etag(), *own, "{encoding} {known}");
    }
}

#[test]
fn a_refused_body_names_what_is_taken() {
    let app = TestApp::new();
    let player = app.player("codings");
    let path = build_path(&app.build(&player, &json!({})));
    let call = app.call("PATCH", &path).token(&player.token);
    let refused = call.raw("text/plain", "{}".to_owned()).send();
    refused.expect_problem(415, "unsupported_media_type");
    let call = app.call("PATCH", &path).token(&player.token);
    let call = call.raw("application/merge-patch+json", "{}".to_owned());
    let encoded = call
        .header(Header::ContentEncoding, "gzip")
        .send()
        .expect(415);
    assert_eq!(encoded.header("accept-encoding"), Some("identity"));
    let taken = "application/merge-patch+json, application/json";
    assert_eq!(encoded.header("accept-patch"), Some(taken));
    let call = app.call("POST", BUILDS).token(&player.token);
    let plain = call.raw("text/plain", "{}".to_owned()).send().expect(415);
    assert_eq!(plain.header("accept-patch"), None);
    assert_eq!(plain.header("accept-encoding"), None);
}

#[test]
fn pages_and_documents_ignore_parameters_of_others() {
    let app = TestApp::new();
    for (target, status) in [
        ("/openapi.json", 200),
        ("/docs", 200),
        ("/docs/problems/not_found", 200),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/.well-known/jwks.json", 200),
        ("/i/wvwi_0000000000000000EXAMPL", 404),
        ("/c/nothing", 404),
    ] {
        for query in ["v=2", "fbclid=a%20b&fbclid=c", "utm_source=%ff", "=", "%"] {
            let answer = app.get(&format!("{target}?{query}")).send();
            assert_eq!(answer.status, status, "{target}?{query}");
        }
    }
    let answer = app.get("/api/v1/game/weapons?v=2").send();
    answer.expect_problem(422, "invalid_input");
}

#[test]
fn what_is_public_is_open_to_every_origin() {
    let app = TestApp::new();
    let stranger = "https://tool.example";
    let allowed = |answer: &Answer| {
        let value = answer.header("access-control-allow-origin");
        value.map(str::to_owned)
    };
    for (target, is_open) in [
        ("/.well-known/jwks.json", true),
        ("/openapi.json", true),
        ("/api/v1/game/professions", true),
        ("/api/v1/game/professions/Nobody", true),
        ("/docs", false),
        ("/api/v1/builds", false),
        ("/api/v1/users/me", false),
        ("/nothing", false),
    ] {
        let read = app.get(target).header(Header::Origin, stranger).send();
        let expected = is_open.then(|| "*".to_owned());
        assert_eq!(allowed(&read), expected, "{target}");
        let read = app.get(target).header(Header::Origin, ORIGIN).send();
        let own = allowed(&read);
        assert_eq!(own.as_deref(), Some(ORIGIN), "{target}");
        for (method, is_read) in [("GET", true), ("POST", false)] {
            let call = app.call("OPTIONS", target).header(Header::Origin, stranger);
            let preflight = call.header(Header::RequestMethod, method).send();
            let is_granted = allowed(&preflight).as_deref() == Some("*");
            assert_eq!(is_granted, is_open && is_read, "{method} {target}");
        }
    }
}
