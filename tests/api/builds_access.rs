//! Access to builds, its conditions and its cost: a row for every method, visibility and kind of caller.
//! `builds` has their content.

use testing::prelude::*;
use wvw_builder::game::model::REFERENCE_VERSION;

#[test]
fn who_may_do_what() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let body = build_body(&json!({ "name": "Changed" }));
    // Statuses for the owner, a stranger and someone without a token.
    let hidden = [
        ("GET", [200, 404, 404]),
        ("HEAD", [200, 404, 404]),
        ("PUT", [200, 404, 401]),
        ("PATCH", [200, 404, 401]),
        ("DELETE", [204, 404, 401]),
    ];
    let seen = [
        ("GET", [200, 200, 200]),
        ("HEAD", [200, 200, 200]),
        ("PUT", [200, 403, 401]),
        ("PATCH", [200, 403, 401]),
        ("DELETE", [204, 403, 401]),
    ];
    for (visibility, table) in [
        ("private", hidden),
        ("team", hidden),
        ("unlisted", seen),
        ("public", seen),
    ] {
        for (method, statuses) in table {
            let callers = [
                ("owner", Some(&owner)),
                ("stranger", Some(&stranger)),
                ("anonymous", None),
            ];
            for ((name, caller), status) in callers.into_iter().zip(statuses) {
                let build = app.build(&owner, &json!({}));
                let id = text(&build["id"]);
                // No team exists yet that could be named, so the database is told.
                app.execute(format!(
                    "UPDATE builds SET visibility = '{visibility}' WHERE id = '{id}'"
                ));
                let mut call = app.call(method, &build_path(&build)).by(caller);
                if matches!(method, "PUT" | "PATCH") {
                    call = call.json(&body);
                }
                let answer = call.send();
                let what = format!("{name} {method} {visibility}");
                assert_eq!(answer.status, status, "{what}");
                if method != "HEAD" && status == 404 {
                    assert_eq!(answer.json()["code"], "not_found");
                }
                let is_there = app.rows(&format!("builds WHERE id = '{id}'"));
                assert_eq!(is_there == 0, status == 204, "{what}");
                let changed = app.rows("builds WHERE search_text LIKE 'changed%'");
                let is_write = matches!(method, "PUT" | "PATCH") && status == 200;
                assert_eq!(changed == 1, is_write, "{what}");
                app.clear("builds");
            }
        }
    }
}

#[test]
fn what_one_may_not_see_looks_like_what_is_not_there() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let build = app.build(&owner, &json!({}));
    let absent = format!("{BUILDS}/build_01h455vb4pex5vsknk084sn02q");
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        for tag in [None, Some("\"1-x\""), Some("*")] {
            let send = |target: &str| {
                let call = app.call(method, target).by(&stranger).json(&json!({}));
                let call = match tag {
                    Some(tag) => call.if_match(tag).header(Header::IfNoneMatch, tag),
                    None => call,
                };
                call.send().without_request_id()
            };
            assert_eq!(send(&build_path(&build)), send(&absent), "{method} {tag:?}");
        }
    }
}

#[test]
fn conditions() {
    let (app, player) = TestApp::with_player("etag");
    // Long enough to be worth compressing.
    let body = build_body(&json!({ "notes": "x".repeat(1_000) }));
    let build = app.build(&player, &body);
    let first = format!("\"1-{REFERENCE_VERSION}\"");
    let gzip = format!("\"1-{REFERENCE_VERSION}-gzip\"");
    let weak = format!("W/{first}");
    for (tag, read) in [
        (first.as_str(), 304),
        (&gzip, 200), // another form
        (&weak, 304),
        ("*", 304),
        (&format!("\"x\", {first}"), 304),
        ("\"x\"", 200),
        ("", 200),
        ("1", 400),
    ] {
        let call = app.get(&build_path(&build)).by(&player);
        call.header(Header::IfNoneMatch, tag).expect(read);
    }
    let send = |method: &str, tag: &str| {
        let call = app.call(method, &build_path(&build)).by(&player);
        call.json(&body).if_match(tag).send()
    };
    for (tag, status) in [
        ("\"x\"", 412),
        (weak.as_str(), 412),
        ("\"2-\"", 412),
        ("", 412),
        (&first, 200), // now in version 2
        (&first, 412),
        ("*", 200),
    ] {
        let status_now = send("PUT", tag).status;
        assert_eq!(status_now, status, "If-Match: {tag}");
    }
    for method in ["PATCH", "DELETE"] {
        send(method, &first).expect(412);
    }
    let gzip = app.get(&build_path(&build)).by(&player);
    let gzip = gzip.header(Header::AcceptEncoding, "gzip").expect(200);
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert!(gzip.etag().ends_with("-gzip\""));
    let call = app.call("DELETE", &build_path(&build)).by(&player);
    call.if_match(&gzip.etag()).expect(204);
}

#[test]
fn a_read_is_one_statement_and_a_write_one_batch() {
    let (app, player) = TestApp::with_player("count");
    let build = app.build(&player, &json!({ "visibility": "public" }));
    let token = player.token.as_str();
    let body = build_body(&json!({}));
    let path = build_path(&build);
    let none = format!("{BUILDS}/x");
    // The session was looked at just now; ten seconds later it is looked at once more.
    for (name, expected, call) in [
        ("read", 1, app.get(&path).token(token)),
        ("read without a token", 1, app.get(&path)),
        ("list", 1, app.get(BUILDS).token(token)),
        ("list without a token", 1, app.get(BUILDS)),
        (
            "replace",
            2,
            app.call("PUT", &path).token(token).json(&body),
        ),
        ("create", 1, app.post(BUILDS, &body).token(token)),
        ("an id that is none", 0, app.get(&none).token(token)),
        ("a bad body", 0, app.post(BUILDS, &json!({})).token(token)),
        ("professions", 0, app.get("/api/v1/game/professions")),
    ] {
        let calls = app.calls_of(|| drop(call.send()));
        assert_eq!(calls, expected, "{name}");
    }
    app.test.clock.advance_ms(10_000);
    let calls = app.calls_of(|| drop(app.get(&path).token(token).send()));
    assert_eq!(calls, 2, "read with the session's re-check");
}

#[test]
fn a_write_that_comes_too_late_changes_nothing() {
    let (app, player) = TestApp::with_player("race");
    let body = json!({ "tags": ["kept"], "visibility": "public" });
    let build = app.build(&player, &body);
    let id = text(&build["id"]);
    let state = || {
        let sql = "SELECT facet || '=' || value FROM build_facets ORDER BY 1";
        let facets = app.execute(sql);
        let builds = app.execute("SELECT document, version FROM builds");
        format!("{facets:?} {builds:?}")
    };
    let moved = format!("UPDATE builds SET version = version + 1 WHERE id = '{id}'");
    let gone = "DELETE FROM builds".to_owned();
    let body = build_body(&json!({ "tags": ["late"] }));
    for (method, sql) in [
        ("PUT", &moved),
        ("PATCH", &moved),
        ("DELETE", &moved),
        ("PUT", &gone),
    ] {
        let (late, sql_slot) = app.racing_isolate("builds", None);
        late.get_as(&player, &build_path(&build)).expect(200);
        let before = state();
        *sql_slot.borrow_mut() = Some(sql.clone());
        let answer = late.as_player(&player, method, &build_path(&build), &body);
        answer.expect_problem(412, "precondition_failed");
        let after = state();
        if *sql == gone {
            assert_eq!(after, "[] []");
        } else {
            let version = |state: &str| state.replace(char::is_numeric, "");
            assert_eq!(version(&after), version(&before), "{method}");
            let is_kept = after.contains("tag=kept") && !after.contains("tag=late");
            assert!(is_kept, "{after}");
        }
    }
}
