//! The table of attacks, rows "HTTP", inside the input: JSON, numbers, SQL, line breaks. Input is never
//! trusted, reflected or run as anything but data. `attacks_authorization` has who may send it,
//! `attacks_sql` SQL on every route. There are no sort parameters.

use testing::prelude::*;
use wvw_builder::http::pagination::cursor_after;
use wvw_builder::http::request::MAX_BODY;

pub const SQL: [&str; 6] = [
    "' OR '1'='1",
    "'; DROP TABLE builds; --",
    "\" OR 1=1 --",
    "x') UNION SELECT password_hash FROM users --",
    "%' AND 1=1 AND '%'='",
    "\\'; DELETE FROM users WHERE ''='",
];

#[test]
fn json_that_two_readers_would_read_differently() {
    let (app, player) = TestApp::with_player("json");
    let deep = |levels: usize| format!("{{\"name\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let table = r#"
        400 duplicate_key   {"name":"a","name":"b","chat_code":"CODE"}
        400 duplicate_key   {"name":"a","n\u0061me":"b","chat_code":"CODE"}
        400 duplicate_key   {"name":"a","gear":{"rune":"a","rune":"b"},"chat_code":"CODE"}
        400 invalid_json    {"name":"a","game_build":1e999,"chat_code":"CODE"}
        400 invalid_json    {"name":NaN}
        400 invalid_json    {"name":"a" /* b */}
        400 invalid_json    {"name":"a",}
        400 invalid_json    {} {}
        400 invalid_json    {"name":"a
        400 invalid_json    {"name":"\ud800"}
        422 invalid_input   null
        422 invalid_input   []
        422 invalid_input   "name"
        422 invalid_input   {"name":"a","__proto__":{},"chat_code":"CODE"}
    "#;
    let table = table.replace("CODE", GUARDIAN_CODE);
    let (deep, deeper) = (deep(200), deep(100_000));
    let mut cases = rows(&table);
    cases.push(["400 too_deep", &deep]);
    cases.push(["400 too_deep", &deeper]);
    cases.push(["400 invalid_json", "\u{feff}{}"]);
    for [expected, body] in cases {
        for target in [BUILDS, ENCODE] {
            let call = app.call("POST", target).by(&player);
            let answer = call.raw("application/json", body).send();
            let found = format!("{} {}", answer.status, text(&answer.json()["code"]));
            assert_eq!(found, expected, "{}", answer.what);
        }
    }
    let call = app.call("POST", BUILDS).by(&player);
    call.raw("application/json", b"{\"name\":\"\xff\xfe\"}".as_slice())
        .expect_problem(400, "invalid_json");
    assert_eq!(app.rows("builds"), 0);
}

#[test]
fn numbers_at_their_edges() {
    let (app, player) = TestApp::with_player("numbers");
    for (number, expected) in [
        ("1", Ok(1)),
        ("1.0", Ok(1)),
        ("1e3", Ok(1000)),
        ("10000000", Ok(10_000_000)),
        ("0", Err("out_of_range")),
        ("-0", Err("out_of_range")),
        ("-1", Err("out_of_range")),
        ("1.5", Err("invalid_type")),
        ("10000001", Err("out_of_range")),
        ("9007199254740993", Err("out_of_range")),
        ("9223372036854775807", Err("out_of_range")),
        ("9223372036854775808", Err("invalid_type")),
        ("18446744073709551616", Err("invalid_type")),
        ("1e300", Err("invalid_type")),
        ("\"1\"", Err("invalid_type")),
        ("true", Err("invalid_type")),
    ] {
        let body = format!(r#"{{"name":"n","chat_code":"{GUARDIAN_CODE}","game_build":{number}}}"#);
        let call = app.call("POST", BUILDS).by(&player);
        let call = call.raw("application/json", body);
        match expected {
            Ok(kept) => assert_eq!(call.created()["game_build"], kept, "{number}"),
            Err(code) => drop(call.expect_mistakes(&format!("/game_build {code}"))),
        }
    }
    let accepted = "limit=1 limit=100 limit=%31";
    let refused = "limit=0 limit=101 limit=-1 limit=1e1 limit=1.0 limit=9223372036854775808 limit=0x10 \
                   limit=1&limit=2 limit= game_build=9007199254740993 specialization=256 specialization=200";
    for (queries, status) in [(accepted, 200), (refused, 422)] {
        for query in queries.split_whitespace() {
            app.get(&format!("{BUILDS}?{query}")).expect(status);
        }
    }
}

#[test]
fn sql_is_data_everywhere() {
    let (app, [player, other]) = TestApp::with_players(["sql", "victim"]);
    let secret = json!({ "name": "Secret", "visibility": "private" });
    app.build(&other, &secret);
    for payload in SQL {
        let gear = json!({ "stats": payload, "sigils": [payload] });
        let tag: String = payload.chars().take(32).collect();
        let tag = tag.trim();
        let body = json!({ "name": payload, "notes": payload, "tags": [tag], "gear": gear });
        let build = app.build(&player, &body);
        assert_eq!(build["name"], payload);
        let path = build_path(&build);
        assert_eq!(app.get_as(&player, &path).ok(), build, "{payload}");
        let encoded = percent_encoded(payload);
        let list = |query: &str| app.get_as(&player, &format!("{BUILDS}?{query}"));
        let by_tag = format!("tag={}", percent_encoded(tag));
        let by_text = format!("q={encoded}");
        for query in [&by_text, &format!("{by_text}&limit=100&owner=me"), &by_tag] {
            assert_eq!(list(query).ok()["data"], json!([build]), "{query}");
        }
        let in_cursor = cursor_after(&format!("build_{payload}"));
        list(&format!("cursor={in_cursor}")).expect_problem(422, "invalid_input");
        for name in
            "cursor limit owner role profession specialization team_id game_build sort".split(' ')
        {
            let answer = list(&format!("{name}={encoded}"));
            answer.expect_problem(422, "invalid_input");
        }
        list(&format!("{encoded}=1")).expect_problem(422, "invalid_input");
        app.get_as(&player, &format!("{BUILDS}/{encoded}"))
            .expect(404);
        let name = json!({ "email": "sql@b.gg", "password": PASSWORD, "display_name": payload });
        let made = app.post(REGISTER, &name).created();
        assert_eq!(made["user"]["display_name"], payload.trim());
        app.execute("DELETE FROM users WHERE email_key = 'sql@b.gg'");
        app.register_with(payload, PASSWORD).expect(422);
        app.log_in_with(payload, payload).expect(401);
        app.delete_as(&player, &path).expect(204);
    }
    assert_eq!(app.rows("users"), 2);
    assert_eq!(app.rows("builds"), 1);
}

#[test]
fn line_breaks_and_quotes_reach_neither_headers_nor_the_log() {
    let (app, player) = TestApp::with_player("lines");
    for _ in 0..2 {
        app.build(&player, &json!({ "name": "a build" }));
    }
    let forged = "x\r\nSet-Cookie: a=b\r\n\r\n{\"event\":\"request\",\"user_id\":\"admin\"}";
    let encoded = percent_encoded(forged);
    let live = || app.get("/health/live");
    let list = |query: &str| app.get(&format!("{BUILDS}?{query}")).by(&player);
    let make = || app.call("POST", BUILDS).by(&player);
    for call in [
        live().header(Header::RequestId, forged),
        live().header(Header::Traceparent, forged),
        live().header(Header::Origin, forged),
        live().header(Header::AcceptEncoding, forged),
        app.call("OPTIONS", BUILDS)
            .header(Header::RequestMethod, forged),
        app.get(BUILDS).header(Header::Authorization, forged),
        app.get(&format!("/{forged}")),
        app.get(&format!("/docs/problems/{encoded}")),
        app.get(&format!("{BUILDS}/{encoded}")).by(&player),
        list(&format!("{encoded}=1")),
        list(&format!("cursor={encoded}")),
        list(&format!("limit=1&tag={encoded}")),
        list("").header(Header::IfNoneMatch, forged),
        app.call(forged, BUILDS),
        make().json(&json!({ forged: forged })),
        make().raw(forged, "{}"),
        make().raw("application/json", forged),
    ] {
        let answer = call.send();
        assert!(answer.status < 500, "{}", answer.what);
        assert_ne!(answer.header("x-request-id"), Some(forged));
    }
    for (_, line) in app.test.log.lines() {
        let is_clean = !line.contains("Set-Cookie") && !line.contains("admin");
        assert!(is_clean, "{line}");
    }
    // What is reflected in Link is what was understood, encoded again.
    list("limit=1&q=a%20b%3E%3B%22").expect(200);
    let answer = list("limit=1&q=a+build").expect(200);
    let link = answer.header("link").expect("a second page").to_owned();
    assert!(link.contains("limit=1&q=a%20build&cursor="), "{link}");
}

#[test]
fn a_good_request_id_is_kept_and_a_bad_one_replaced() {
    let app = TestApp::new();
    let long = "a".repeat(129);
    for (id, kept) in [
        ("0123-abcd_EF.9", true),
        ("short", false),
        ("", false),
        ("has spaces in it", false),
        ("<script>alert(1)</script>", false),
        (&long, false),
    ] {
        let call = app.get("/health/live").header(Header::RequestId, id);
        let answer = call.expect(200);
        assert_eq!(answer.header("x-request-id") == Some(id), kept, "{id}");
    }
}

#[test]
fn a_flood_of_mistakes_is_answered_briefly() {
    let (app, player) = TestApp::with_player("flood");
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let unknown: Vec<String> = (0..60_000).map(|n| format!("\"a{n}\":1")).collect();
    let unknown = unknown.join(",");
    for body in [
        format!(r#"{{"tags":{}}}"#, list("\"a\"", 200_000)),
        format!(r#"{{"tags":{}}}"#, list("\" \"", 200_000)),
        format!(r#"{{"tags":{}}}"#, list("1", 400_000)),
        format!(r#"{{"roles":{}}}"#, list("\"strip\"", 100_000)),
        format!("{{{unknown}}}"),
        format!(r#"{{"gear":{{{unknown}}}}}"#),
        format!(r#"{{"template":{{{unknown}}}}}"#),
        format!(r#"{{"template":{{"weapons":{}}}}}"#, list("{}", 255)),
    ] {
        assert!(body.len() < MAX_BODY, "{body:.40}");
        let call = app.call("POST", BUILDS).by(&player);
        let answer = call.raw("application/json", body).expect(422);
        let (count, what) = (answer.mistakes().len(), &answer.what);
        assert!((1..=100).contains(&count), "{what}: {count} mistakes");
        assert!(
            answer.body.len() < 32_768,
            "{what}: {} bytes",
            answer.body.len()
        );
    }
    let query: Vec<String> = (0..700).map(|n| format!("a{n}=1")).collect();
    let query = query.join("&");
    let answer = app.get(&format!("{BUILDS}?{query}")).expect(422);
    assert!(answer.mistakes().len() <= 100);
}
