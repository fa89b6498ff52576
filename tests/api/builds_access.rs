//! Access to builds, its conditions and its cost: a row for every method, visibility and kind of caller.
//! `builds` has their content.

use testing::prelude::*;
use wvw_builder::game::model::REFERENCE_VERSION;

#[test]
fn who_may_do_what() {
    let (app, [owner, stranger]) = TestApp::with_players(["owner", "stranger"]);
    let body = build_body(&json!({ "name": "Changed" }));
    // What a stranger gets for a read and for a write.
    for (visibility, read, write) in [
        ("private", 404, 404),
        ("team", 404, 404),
        ("unlisted", 200, 403),
        ("public", 200, 403),
    ] {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
            let is_read = matches!(method, "GET" | "HEAD");
            let callers = [
                (
                    "owner",
                    Some(&owner),
                    if method == "DELETE" { 204 } else { 200 },
                ),
                (
                    "stranger",
                    Some(&stranger),
                    if is_read { read } else { write },
                ),
                ("anonymous", None, if is_read { read } else { 401 }),
            ];
            for (name, caller, status) in callers {
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
fn a_bad_id_or_body_asks_for_nothing() {
    let (app, player) = TestApp::with_player("count");
    app.get_as(&player, BUILDS).expect(200);
    let none = format!("{BUILDS}/x");
    for call in [app.get(&none), app.post(BUILDS, &json!({}))] {
        let calls = app.calls_of(|| drop(call.by(&player).send()));
        assert_eq!(calls, 0);
    }
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
