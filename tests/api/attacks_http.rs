//! The table of attacks, rows "HTTP", around the body: origins, methods, paths, types, headers. Whatever a
//! client sends, the response is a documented one with all its headers. `limits` has 429,
//! `attacks_authorization` guarded paths; framing is the edge's.

use testing::prelude::*;
use wvw_builder::http::request::MAX_BODY;

use crate::shared_page;

#[test]
fn origins() {
    let app = TestApp::new();
    let plain = "null * https://evil.gg http://guild.gg https://guild.gg.evil.gg https://evilguild.gg \
                 https://sub.guild.gg https://guild.gg:8443 https://GUILD.GG https://guild.gg/ file:// \
                 https://user@guild.gg";
    let odd = [
        "",
        "https://guild.gg, https://evil.gg",
        "https://guild.gg\r\nx: y",
    ];
    for origin in plain.split_whitespace().chain(odd) {
        let allowed = "access-control-allow-origin";
        let call = app.get(BUILDS).header(Header::Origin, origin);
        assert_eq!(call.expect(200).header(allowed), None, "{origin}");
        let preflight = app.call("OPTIONS", BUILDS).header(Header::Origin, origin);
        let preflight = preflight.header(Header::RequestMethod, "POST");
        let refused = preflight.expect_problem(403, "origin_not_allowed");
        for name in [allowed, "access-control-allow-methods"] {
            assert_eq!(refused.header(name), None, "{origin}");
        }
    }
    for (method, target, status) in [
        ("GET", "/health/live", 200),
        ("GET", "/nothing", 404),
        ("DELETE", BUILDS, 405),
        ("GET", ME, 401),
    ] {
        let call = app.call(method, target).header(Header::Origin, ORIGIN);
        let answer = call.expect(status);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, Some(ORIGIN), "{target}");
    }
    let preflight = app.call("OPTIONS", BUILDS).header(Header::Origin, ORIGIN);
    let answer = preflight.header(Header::RequestMethod, "POST").expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let methods = answer.header("access-control-allow-methods");
    assert_eq!(methods, answer.header("allow"));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("Authorization") && !allowed.contains('*'));
}

#[test]
fn methods() {
    let app = TestApp::new();
    for [method, target, allow] in rows(
        "
        DELETE    /api/v1/builds      GET, POST, HEAD, OPTIONS
        TRACE     /api/v1/builds      GET, POST, HEAD, OPTIONS
        CONNECT   /api/v1/builds      GET, POST, HEAD, OPTIONS
        get       /api/v1/builds      GET, POST, HEAD, OPTIONS
        PROPFIND  /api/v1/builds/x    GET, PUT, PATCH, DELETE, HEAD, OPTIONS
        GET       /api/v1/auth/login  POST, OPTIONS
        HEAD      /api/v1/auth/login  POST, OPTIONS
        POST{CRLF}X: y  /health/live        GET, HEAD, OPTIONS
        ",
    ) {
        let method = method.replace("{CRLF}", "\r\n");
        for method in [method.as_str(), "OPTIONS"] {
            let status = if method == "OPTIONS" { 204 } else { 405 };
            let answer = app.call(method, target).expect(status);
            assert_eq!(answer.header("allow"), Some(allow), "{}", answer.what);
        }
    }
    // No way to say one method and mean another.
    let player = app.player("override");
    let build = app.build(&player, &json!({}));
    let path = build_path(&build);
    for parameter in ["_method", "method"] {
        let target = format!("{path}?{parameter}=DELETE");
        app.post_as(&player, &target, &json!({ "_method": "DELETE" }))
            .expect(405);
        app.get_as(&player, &target).expect(422);
    }
    let names = Header::NAMES.join(" ");
    assert!(
        !names.contains("override") && !names.contains("forwarded"),
        "{names}"
    );
    app.get_as(&player, &path).expect(200);
}

#[test]
fn head_is_get_without_a_body() {
    let walk = Walk::with(1);
    for route in ROUTES.iter().filter(|route| route.method == Method::Get) {
        let call = walk.call(route).header(Header::AcceptEncoding, "gzip");
        let is_redirect = route.path == "/.well-known/change-password";
        let status = if is_redirect { 303 } else { 200 };
        let [get, head] = [Method::Get, Method::Head].map(|method| {
            let answer = call.clone().method(method).expect(status);
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "x-request-id" && name != "ratelimit");
            (headers, answer.body.is_empty())
        });
        assert_eq!(get.0, head.0, "{}", route.path);
        assert!(head.1, "{}", route.path);
    }
}

#[test]
fn paths_that_are_not_ours() {
    let (app, player) = TestApp::with_player("paths");
    let targets = "/ // /api /api/ /api/v1 /api/%2e%2e/health/live /api/../health/live /api/v1/builds/ \
                   //api/v1/builds /api//v1/builds /api/v1//builds /API/v1/builds /api/v1/Builds \
                   /api/v1/builds;x=1 /api/v1/builds%00 /api/v1/builds%2f /api/v1/builds%20 \
                   /api/v1/builds.json /api%2fv1%2fbuilds /api/v1/builds/x/y /api/v1/users/me/ \
                   /api/v1/users/%6de /api/v1/users/me; /api/v1/users/me%00 /api/v1/users/ME \
                   /health/live/ /.well-known/jwks.json/ /docs/../openapi.json \
                   /docs/%2e%2e%2fwrangler.toml /docs/.. /docs/index.html /.dev.vars /wrangler.toml \
                   /api/v1/game/professions/guardian /api/v1/game/professions/%47uardian \
                   /api/v1/builds/%2e%2e /api/v1/builds/.. \
                   /api/v1/builds/build_01H455VB4PEX5VSKNK084SN02Q /docs/problems/nothing \
                   /docs/problems/<script> /faults/panic *";
    let odd = ["", "/api/v1/builds/' OR '1'='1"];
    for target in targets.split_whitespace().chain(odd) {
        let answer = app.get_as(&player, target);
        assert_eq!(answer.status, 404, "{target}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("script"), "{target} is reflected: {body}");
    }
    for start in ["/api/v1/builds?q=", "/"] {
        let long = format!("{start}{}", "a".repeat(8 * 1024));
        app.get(&long).expect_problem(414, "target_too_long");
    }
}

#[test]
fn bodies_of_another_kind() {
    let (app, player) = TestApp::with_player("bodies");
    let good = build_body(&json!({})).to_string();
    for (media_type, status) in [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/merge-patch+json", 415),
        ("application/json; charset=utf-16", 415),
        ("application/xml", 415),
        ("application/json, text/plain", 415),
        ("text/plain; application/json", 415),
        ("", 415),
    ] {
        let call = app.call("POST", BUILDS).by(&player);
        call.raw(media_type, good.as_str()).expect(status);
    }
    for encoding in ["gzip", "br", "deflate", "gzip, gzip", "x-gzip"] {
        let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0];
        let call = app.call("POST", BUILDS).by(&player);
        let call = call.raw("application/json", gzip);
        let call = call.header(Header::ContentEncoding, encoding);
        call.expect_problem(415, "unsupported_media_type");
    }
    let form = "application/x-www-form-urlencoded";
    for target in [LOGIN, REGISTER, DECODE] {
        let call = || app.call("POST", target);
        let blank = |length| call().raw("application/json", vec![b' '; length]);
        for (call, status, problem) in [
            (call(), 400, "body_required"),
            (
                call().raw(form, "email=a%40b.gg&password=x"),
                415,
                "unsupported_media_type",
            ),
            (call().json(&json!({})).incomplete(), 400, "body_incomplete"),
            (blank(MAX_BODY + 1), 413, "body_too_large"),
            (blank(MAX_BODY), 400, "body_required"),
        ] {
            call.expect_problem(status, problem);
        }
    }
}

#[test]
fn a_panic_is_answered_without_its_cause() {
    let app = TestApp::new();
    let request = app.get(BUILDS).request();
    let panicked = app.app.answer_panic(&request, "a cause");
    assert_eq!(panicked.status, 500);
    assert!(!String::from_utf8_lossy(&panicked.body_bytes()).contains("a cause"));
}

#[test]
fn what_belongs_to_one_caller_is_in_no_cache() {
    // What comes with a credential is checked with every answer (`support::contract`).
    let (app, player) = TestApp::with_player("cache");
    let answer = app.log_in_with(&player.email, PASSWORD).expect(200);
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    // Only what is the same for everyone may be kept.
    for route in ROUTES.iter().filter(|route| route.access == Access::Public) {
        let target = route
            .path
            .replace("{id}", "Guardian")
            .replace("{code}", "internal")
            .replace("{file}", "reference.css")
            .replace("{slug}", shared_page::SLUG);
        let answer = app.call(route.method.as_str(), &target).send();
        let cache = answer.header("cache-control").expect("cache-control");
        let is_shared = cache.starts_with("public");
        let files = "/openapi.json /.well-known/jwks.json /.well-known/security.txt \
                     /api/v1/webhooks/event-types";
        let is_data = ["/api/v1/game/", "/docs"]
            .iter()
            .any(|it| route.path.starts_with(it));
        let expected = is_data || files.split_whitespace().any(|file| file == route.path);
        assert_eq!(is_shared, expected, "{}: {cache}", route.path);
    }
}

/// Which headers they are is checked with every answer; here each status occurs, in its gzip form too.
#[test]
fn every_error_has_all_headers() {
    let (app, [player, other]) = TestApp::with_players(["errors", "other"]);
    let path = build_path(&app.build(&player, &json!({ "visibility": "public" })));
    let make = || app.call("POST", BUILDS).by(&player);
    for (status, call) in [
        (400, make()),
        (401, app.get(ME)),
        (403, app.call("DELETE", &path).by(&other)),
        (404, app.get("/nothing")),
        (405, app.call("PUT", "/health/live")),
        (412, app.call("DELETE", &path).by(&player).if_match("\"0\"")),
        (
            413,
            make().raw("application/json", vec![b' '; MAX_BODY + 1]),
        ),
        (414, app.get(&format!("/{}", "a".repeat(9_000)))),
        (415, make().raw("text/plain", "x")),
        (422, app.get("/api/v1/game/weapons?x=1")),
    ] {
        call.header(Header::AcceptEncoding, "gzip").expect(status);
    }
    app.test.database.set_away(true);
    app.get(BUILDS).expect(503);
    app.test.database.set_away(false);
    app.execute("ALTER TABLE builds RENAME TO elsewhere");
    app.get(BUILDS).expect(500);
}
