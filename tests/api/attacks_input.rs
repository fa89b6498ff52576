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
    let app = TestApp::new();
    let player = app.player("json");
    let deep = |levels: usize| format!("{{\"name\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let code = GUARDIAN_CODE;
    for (name, body, status, problem) in [
        ("depth 200", deep(200), 400, "too_deep"),
        ("depth 100,000", deep(100_000), 400, "too_deep"),
        (
            "a member twice",
            format!(r#"{{"name":"a","name":"b","chat_code":"{code}"}}"#),
            400,
            "duplicate_key",
        ),
        (
            "twice by an escape",
            format!(r#"{{"name":"a","n\u0061me":"b","chat_code":"{code}"}}"#),
            400,
            "duplicate_key",
        ),
        (
            "twice inside",
            format!(r#"{{"name":"a","gear":{{"rune":"a","rune":"b"}},"chat_code":"{code}"}}"#),
            400,
            "duplicate_key",
        ),
        (
            "1e999",
            format!(r#"{{"name":"a","game_build":1e999,"chat_code":"{code}"}}"#),
            400,
            "invalid_json",
        ),
        ("NaN", r#"{"name":NaN}"#.to_owned(), 400, "invalid_json"),
        (
            "a comment",
            r#"{"name":"a" /* b */}"#.to_owned(),
            400,
            "invalid_json",
        ),
        (
            "a comma more",
            r#"{"name":"a",}"#.to_owned(),
            400,
            "invalid_json",
        ),
        ("two values", "{} {}".to_owned(), 400, "invalid_json"),
        ("cut off", r#"{"name":"a"#.to_owned(), 400, "invalid_json"),
        (
            "a lone surrogate",
            r#"{"name":"\ud800"}"#.to_owned(),
            400,
            "invalid_json",
        ),
        (
            "a byte order mark",
            "\u{feff}{}".to_owned(),
            400,
            "invalid_json",
        ),
        ("null", "null".to_owned(), 422, "invalid_input"),
        ("a list", "[]".to_owned(), 422, "invalid_input"),
        ("text", "\"name\"".to_owned(), 422, "invalid_input"),
        (
            "__proto__",
            format!(r#"{{"name":"a","__proto__":{{}},"chat_code":"{code}"}}"#),
            422,
            "invalid_input",
        ),
    ] {
        for (method, target) in [("POST", BUILDS), ("POST", "/api/v1/chat-codes/encode")] {
            let call = app.call(method, target).by(&player);
            let answer = call.raw("application/json", body.as_str()).send();
            assert_eq!(answer.status, status, "{name}: {}", answer.json());
            assert_eq!(answer.json()["code"], problem, "{name}");
        }
    }
    let call = app.call("POST", BUILDS).by(&player);
    call.raw("application/json", b"{\"name\":\"\xff\xfe\"}".as_slice())
        .send()
        .expect_problem(400, "invalid_json");
    assert_eq!(app.rows("builds"), 0);
}

#[test]
fn numbers_at_their_edges() {
    let app = TestApp::new();
    let player = app.player("numbers");
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
        let answer = app
            .call("POST", BUILDS)
            .by(&player)
            .raw("application/json", body)
            .send();
        match expected {
            Ok(kept) => assert_eq!(answer.expect(201).json()["game_build"], kept, "{number}"),
            Err(code) => {
                let mistakes = answer.expect(422).mistakes();
                assert_eq!(
                    mistakes,
                    [("/game_build".to_owned(), code.to_owned())],
                    "{number}"
                );
            }
        }
    }
    for (query, status) in [
        ("limit=1", 200),
        ("limit=100", 200),
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=-1", 422),
        ("limit=1e1", 422),
        ("limit=1.0", 422),
        ("limit=9223372036854775808", 422),
        ("limit=0x10", 422),
        ("limit=%31", 200),
        ("limit=1&limit=2", 422),
        ("limit=", 422),
        ("game_build=9007199254740993", 422),
        ("specialization=256", 422),
        ("specialization=200", 422),
    ] {
        let answer = app.get(&format!("{BUILDS}?{query}")).send();
        assert_eq!(answer.status, status, "{query}");
    }
}

#[test]
fn sql_is_data_everywhere() {
    let app = TestApp::new();
    let player = app.player("sql");
    let other = app.player("victim");
    app.build(
        &other,
        &json!({ "name": "Secret", "visibility": "private" }),
    );
    for payload in SQL {
        let gear = json!({ "stats": payload, "sigils": [payload] });
        let tag: String = payload
            .chars()
            .take(32)
            .collect::<String>()
            .trim()
            .to_owned();
        let body = json!({ "name": payload, "notes": payload, "tags": [tag], "gear": gear });
        let build = app.build(&player, &body);
        assert_eq!(build["name"], payload);
        let path = format!("{BUILDS}/{}", text(&build["id"]));
        let read = app.get_as(&player, &path).ok();
        assert_eq!(read, build, "{payload}");
        let encoded = percent_encoded(payload);
        let list = |query: &str| app.get_as(&player, &format!("{BUILDS}?{query}"));
        for query in [
            format!("q={encoded}"),
            format!("q={encoded}&limit=100&owner=me"),
        ] {
            let found = list(&query).ok();
            assert_eq!(found["data"], json!([build]), "{query}");
        }
        let tag = percent_encoded(&tag);
        assert_eq!(
            list(&format!("tag={tag}")).expect(200).json()["data"],
            json!([build])
        );
        let in_cursor = cursor_after(&format!("build_{payload}"));
        for query in [
            format!("cursor={encoded}"),
            format!("cursor={in_cursor}"),
            format!("limit={encoded}"),
            format!("owner={encoded}"),
            format!("role={encoded}"),
            format!("profession={encoded}"),
            format!("specialization={encoded}"),
            format!("team_id={encoded}"),
            format!("game_build={encoded}"),
            format!("{encoded}=1"),
            format!("sort={encoded}"),
        ] {
            list(&query).expect_problem(422, "invalid_input");
        }
        app.get_as(&player, &format!("{BUILDS}/{encoded}"))
            .expect(404);
        let name = json!({ "email": "sql@b.gg", "password": PASSWORD, "display_name": payload });
        let answer = app.post("/api/v1/auth/register", &name).send().created();
        assert_eq!(answer["user"]["display_name"], payload.trim());
        app.test
            .database
            .execute("DELETE FROM users WHERE email_key = 'sql@b.gg'");
        let email = json!({ "email": payload, "password": PASSWORD, "display_name": "x" });
        app.post("/api/v1/auth/register", &email).send().expect(422);
        let login = json!({ "email": payload, "password": payload });
        app.post("/api/v1/auth/login", &login).send().expect(401);
        app.delete_as(&player, &path).expect(204);
    }
    assert_eq!(app.rows("users"), 2);
    assert_eq!(app.rows("builds"), 1);
}

#[test]
fn line_breaks_and_quotes_reach_neither_headers_nor_the_log() {
    let app = TestApp::new();
    let player = app.player("lines");
    app.build(&player, &json!({ "name": "a build" }));
    app.build(&player, &json!({ "name": "a build" }));
    let forged = "x\r\nSet-Cookie: a=b\r\n\r\n{\"event\":\"request\",\"user_id\":\"admin\"}";
    let encoded = percent_encoded(forged);
    let token = player.token.as_str();
    for call in [
        app.get("/health/live").header(Header::RequestId, forged),
        app.get("/health/live").header(Header::Traceparent, forged),
        app.get("/health/live").header(Header::Origin, forged),
        app.get("/health/live")
            .header(Header::AcceptEncoding, forged),
        app.call("OPTIONS", BUILDS)
            .header(Header::RequestMethod, forged),
        app.get(BUILDS).header(Header::Authorization, forged),
        app.get(&format!("/{forged}")),
        app.get(&format!("/docs/problems/{encoded}")),
        app.get(&format!("{BUILDS}/{encoded}")).token(token),
        app.get(&format!("{BUILDS}?{encoded}=1")).token(token),
        app.get(&format!("{BUILDS}?cursor={encoded}")).token(token),
        app.get(&format!("{BUILDS}?limit=1&tag={encoded}"))
            .token(token),
        app.get(BUILDS)
            .token(token)
            .header(Header::IfNoneMatch, forged),
        app.call(forged, BUILDS),
        app.post(BUILDS, &json!({ forged: forged })).token(token),
        app.call("POST", BUILDS).token(token).raw(forged, "{}"),
        app.call("POST", BUILDS)
            .token(token)
            .raw("application/json", forged),
    ] {
        let answer = call.send();
        assert!(answer.status < 500, "{}", answer.what);
        assert_ne!(answer.header("x-request-id"), Some(forged));
    }
    for (_, line) in app.test.log.lines() {
        assert!(
            !line.contains("Set-Cookie") && !line.contains("admin"),
            "{line}"
        );
    }
    // What is reflected in Link is what was understood, encoded again.
    let query = "limit=1&q=a%20b%3E%3B%22";
    app.get(&format!("{BUILDS}?{query}"))
        .token(token)
        .send()
        .expect(200);
    let answer = app
        .get(&format!("{BUILDS}?limit=1&q=a+build"))
        .token(token)
        .send()
        .expect(200);
    let link = answer.header("link").expect("a second page").to_owned();
    assert!(link.contains("limit=1&q=a%20build&cursor="), "{link}");
}

#[test]
fn a_good_request_id_is_kept_and_a_bad_one_replaced() {
    let app = TestApp::new();
    for (id, kept) in [
        ("0123-abcd_EF.9", true),
        ("short", false),
        ("", false),
        ("has spaces in it", false),
        ("<script>alert(1)</script>", false),
    ] {
        let answer = app
            .get("/health/live")
            .header(Header::RequestId, id)
            .send()
            .expect(200);
        assert_eq!(answer.header("x-request-id") == Some(id), kept, "{id}");
    }
    let long = "a".repeat(129);
    let answer = app
        .get("/health/live")
        .header(Header::RequestId, &long)
        .send();
    assert_ne!(answer.header("x-request-id"), Some(long.as_str()));
}

#[test]
fn a_flood_of_mistakes_is_answered_briefly() {
    let app = TestApp::new();
    let player = app.player("flood");
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let unknown: Vec<String> = (0..60_000).map(|n| format!("\"a{n}\":1")).collect();
    let unknown = unknown.join(",");
    for (name, body) in [
        (
            "equal tags",
            format!(r#"{{"tags":{}}}"#, list("\"a\"", 200_000)),
        ),
        (
            "blank tags",
            format!(r#"{{"tags":{}}}"#, list("\" \"", 200_000)),
        ),
        (
            "numbers for tags",
            format!(r#"{{"tags":{}}}"#, list("1", 400_000)),
        ),
        (
            "equal roles",
            format!(r#"{{"roles":{}}}"#, list("\"strip\"", 100_000)),
        ),
        ("unknown members", format!("{{{unknown}}}")),
        (
            "unknown members inside",
            format!(r#"{{"gear":{{{unknown}}}}}"#),
        ),
        (
            "unknown members of a template",
            format!(r#"{{"template":{{{unknown}}}}}"#),
        ),
        (
            "weapons",
            format!(r#"{{"template":{{"weapons":{}}}}}"#, list("{}", 255)),
        ),
    ] {
        assert!(body.len() < MAX_BODY, "{name}");
        let call = app.call("POST", BUILDS).by(&player);
        let answer = call.raw("application/json", body).send().expect(422);
        let count = answer.mistakes().len();
        assert!((1..=100).contains(&count), "{name}: {count} mistakes");
        assert!(
            answer.body.len() < 32_768,
            "{name}: {} bytes",
            answer.body.len()
        );
    }
    let query: Vec<String> = (0..700).map(|n| format!("a{n}=1")).collect();
    let answer = app
        .get(&format!("{BUILDS}?{}", query.join("&")))
        .send()
        .expect(422);
    assert!(answer.mistakes().len() <= 100);
}
