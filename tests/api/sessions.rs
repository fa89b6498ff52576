//! The table of attacks, rows "Sessions": reused refresh tokens, and logins that end. Of concurrent
//! attempts one makes a successor, and what has ended stays ended. `attacks_tokens` and
//! `attacks_sessions` have access tokens.

use testing::prelude::*;

const SESSIONS: &str = "/api/v1/auth/sessions";
const CHANGE: &str = "/api/v1/auth/password";
const NEW_PASSWORD: &str = "five other words in a row";

fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(REFRESH, &json!({ "refresh_token": token })).send()
}

/// Renews a login; gives the new refresh token.
#[track_caller]
fn next(app: &TestApp, token: &str) -> String {
    text(&refresh(app, token).ok()["refresh_token"])
}

fn me(app: &TestApp, token: &Value) -> Answer {
    app.get(ME).token(token.as_str().expect("a token")).send()
}

#[test]
fn a_login_is_renewed_again_and_again() {
    let app = TestApp::new();
    let mut token = app.player("renews").refresh_token.clone();
    let mut seen = BTreeSet::from([token.clone()]);
    for _ in 0..20 {
        app.test.clock.advance_ms(600_000);
        let answer = refresh(&app, &token).ok();
        token = text(&answer["refresh_token"]);
        assert!(seen.insert(token.clone()), "a token came again");
        me(&app, &answer["access_token"]).expect(200);
        assert_eq!(answer["refresh_expires_in"], 14 * 86_400);
    }
    assert_eq!(app.rows("sessions"), 1);
    assert_eq!(app.count("SELECT counter FROM sessions"), 20);
}

/// What is done to a refresh token before it is presented, and what it is then.
struct Row {
    name: &'static str,
    /// Presents some token of the login.
    attack: fn(&TestApp, &Player) -> Answer,
    status: u16,
    code: &'static str,
    /// Whether the login still goes on: a fresh access token of it is good afterwards.
    goes_on: bool,
}

const ATTACKS: &[Row] = &[
    Row {
        name: "retry within the grace",
        attack: |app, player| {
            let second = next(app, &player.refresh_token);
            app.test.clock.advance_ms(10_000);
            let again = refresh(app, &player.refresh_token);
            assert_eq!(again.json()["refresh_token"], second.as_str());
            again
        },
        status: 200,
        code: "",
        goes_on: true,
    },
    Row {
        name: "reuse after the grace",
        attack: |app, player| {
            next(app, &player.refresh_token);
            app.test.clock.advance_ms(10_001);
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "refresh_token_reused",
        goes_on: false,
    },
    Row {
        name: "reuse within the grace when the successor was used",
        attack: |app, player| {
            let second = next(app, &player.refresh_token);
            next(app, &second);
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "refresh_token_reused",
        goes_on: false,
    },
    Row {
        name: "two steps old",
        attack: |app, player| {
            let second = next(app, &player.refresh_token);
            app.test.clock.advance_ms(60_000);
            next(app, &second);
            app.test.clock.advance_ms(60_000);
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "refresh_token_reused",
        goes_on: false,
    },
    Row {
        name: "after logout",
        attack: |app, player| {
            let body = json!({ "refresh_token": player.refresh_token });
            app.post(LOGOUT, &body).send().expect(204);
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "after logout with a spent token",
        attack: |app, player| {
            let second = next(app, &player.refresh_token);
            app.test.clock.advance_ms(60_000);
            let body = json!({ "refresh_token": player.refresh_token });
            app.post(LOGOUT, &body).send().expect(204);
            refresh(app, &second)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "unused for 14 days",
        attack: |app, player| {
            app.test.clock.advance_ms(14 * DAY_MS);
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "unused for just under 14 days",
        attack: |app, player| {
            app.test.clock.advance_ms(14 * DAY_MS - 1);
            refresh(app, &player.refresh_token)
        },
        status: 200,
        code: "",
        goes_on: true,
    },
    Row {
        name: "after 90 days, renewed each week",
        attack: |app, player| {
            let mut token = player.refresh_token.clone();
            for _ in 0..12 {
                app.test.clock.advance_ms(7 * DAY_MS);
                token = next(app, &token);
            }
            app.test.clock.advance_ms(6 * DAY_MS);
            refresh(app, &token)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "of a disabled account",
        attack: |app, player| {
            app.test
                .database
                .execute("UPDATE users SET disabled_at = 1");
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "of a deleted account",
        attack: |app, player| {
            app.clear("users");
            refresh(app, &player.refresh_token)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: false,
    },
    Row {
        name: "an access token",
        attack: |app, player| refresh(app, &player.token),
        status: 401,
        code: "invalid_refresh_token",
        goes_on: true,
    },
    Row {
        name: "of another user's session",
        attack: |app, player| {
            let other = app.player("other");
            // The other's secret under this login's id.
            let forged = format!(
                "{}{}",
                &player.refresh_token[..31],
                &other.refresh_token[31..]
            );
            refresh(app, &forged)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: true,
    },
    Row {
        name: "a made-up secret for a known session does not end it",
        attack: |app, player| {
            let forged = format!("{}{}", &player.refresh_token[..31], "A".repeat(64));
            refresh(app, &forged)
        },
        status: 401,
        code: "invalid_refresh_token",
        goes_on: true,
    },
    Row {
        name: "one bit more",
        attack: |app, player| refresh(app, &format!("{}A", player.refresh_token)),
        status: 401,
        code: "invalid_refresh_token",
        goes_on: true,
    },
    Row {
        name: "empty",
        attack: |app, _| refresh(app, ""),
        status: 401,
        code: "invalid_refresh_token",
        goes_on: true,
    },
];

#[test]
fn refresh_tokens_that_come_again_or_are_none() {
    for row in ATTACKS {
        let app = TestApp::new();
        let player = app.player("renews");
        let bystander = app.player("bystander");
        let session = player.session(&app);
        let answer = (row.attack)(&app, &player);
        assert_eq!(answer.status, row.status, "{}", row.name);
        if row.status != 200 {
            assert_eq!(answer.json()["code"], row.code, "{}", row.name);
        }
        let live = app.count(&format!(
            "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.id = '{session}' AND s.ended_at IS NULL AND u.disabled_at IS NULL \
             AND s.refresh_expires_at > {now} AND s.expires_at > {now}",
            now = app.test_now()
        ));
        assert_eq!(live == 1, row.goes_on, "{}: the login goes on", row.name);
        // Only that family: nobody else notices.
        if row.code == "refresh_token_reused" {
            next(&app, &bystander.refresh_token);
        }
    }
}

#[test]
fn a_stolen_token_ends_the_whole_family_at_once() {
    let app = TestApp::new();
    let player = app.player("robbed");
    let own = refresh(&app, &player.refresh_token).ok();
    me(&app, &own["access_token"]).expect(200);
    app.test.clock.advance_ms(60_000);
    refresh(&app, &player.refresh_token).expect_problem(401, "refresh_token_reused");
    // In this isolate at once, with what it remembers of the token.
    me(&app, &own["access_token"]).expect_problem(401, "invalid_token");
    let successor = text(&own["refresh_token"]);
    refresh(&app, &successor).expect_problem(401, "invalid_refresh_token");
    assert_eq!(app.logged("session.refresh_token_reused"), 1);
}

#[test]
fn fifty_parallel_refreshes_make_one_successor() {
    let app = TestApp::new();
    let player = app.player("parallel");
    let isolates: Vec<TestApp> = (0..50).map(|seed| app.slow_isolate(100 + seed)).collect();
    let body = json!({ "refresh_token": player.refresh_token });
    let requests: Vec<_> = isolates
        .iter()
        .map(|isolate| isolate.post(REFRESH, &body).request())
        .collect();
    let answers = pollster::block_on(async {
        let calls = isolates.iter().zip(&requests);
        all_together(calls.map(|(isolate, request)| isolate.app.handle(request)))
    });
    let successors: BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200);
            let body: Value = serde_json::from_slice(&answer.body_bytes()).expect("JSON");
            text(&body["refresh_token"])
        })
        .collect();
    assert_eq!(successors.len(), 1, "one successor");
    assert_eq!(app.count("SELECT counter FROM sessions"), 1);
    let successor = successors.first().expect("a successor");
    app.test.clock.advance_ms(60_000);
    app.skip_log();
    next(&app.isolate(7), successor);
}

#[test]
fn logout_ends_the_login_and_answers_the_same_when_there_is_none() {
    let app = TestApp::new();
    let player = app.player("leaves");
    let out = |token: &str| {
        let body = json!({ "refresh_token": token });
        app.post(LOGOUT, &body).send().expect(204)
    };
    app.get_as(&player, ME).expect(200);
    let first = out(&player.refresh_token);
    app.get_as(&player, ME).expect(401);
    let forged = format!("{}{}", &player.refresh_token[..31], "A".repeat(64));
    for token in [
        player.refresh_token.as_str(),
        &forged,
        "",
        "x",
        &player.token,
    ] {
        let again = out(token);
        assert_eq!(again.body, first.body);
    }
    app.post(LOGOUT, &json!({}))
        .send()
        .expect_problem(422, "invalid_input");
}

#[test]
fn a_stranger_who_knows_the_session_id_cannot_end_it() {
    let app = TestApp::new();
    let player = app.player("stays");
    let forged = format!("{}{}", &player.refresh_token[..31], "A".repeat(64));
    app.post(LOGOUT, &json!({ "refresh_token": forged }))
        .send()
        .expect(204);
    next(&app, &player.refresh_token);
}

#[test]
fn sessions_are_listed_and_ended_by_their_owner() {
    let app = TestApp::new();
    let player = app.player("many");
    let stranger = app.player("stranger");
    for number in 0..4 {
        app.test.clock.advance_ms(1);
        let body = json!({ "email": player.email, "password": PASSWORD });
        let call = app.post("/api/v1/auth/login", &body);
        let agent = format!("tool/{number} {}", "x".repeat(300));
        call.header(Header::UserAgent, &agent).send().expect(200);
    }
    let list = |target: &str| app.get_as(&player, target);
    let all = list(SESSIONS).ok();
    let data = array(&all["data"]).to_vec();
    assert_eq!(data.len(), 5);
    let agents: Vec<usize> = data
        .iter()
        .map(|it| it["user_agent"].as_str().map_or(0, str::len))
        .collect();
    assert_eq!(agents, [200, 200, 200, 200, 0]);
    let current: Vec<bool> = data.iter().map(|it| it["current"] == true).collect();
    assert_eq!(current, [false, false, false, false, true]);
    // Page by page they are the same.
    let mut paged = Vec::new();
    let mut target = format!("{SESSIONS}?limit=2");
    loop {
        let page = list(&target).ok();
        paged.extend(array(&page["data"]).to_vec());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        target = format!("{SESSIONS}?limit=2&cursor={cursor}");
    }
    assert_eq!(paged, data);

    let path = |index: usize| format!("{SESSIONS}/{}", text(&data[index]["id"]));
    let end = |target: &str, token: &str| app.call("DELETE", target).token(token).send();
    end(&path(0), &stranger.token).expect_problem(404, "not_found");
    end(&path(0), &player.token).expect(204);
    end(&path(0), &player.token).expect_problem(404, "not_found");
    end(&format!("{SESSIONS}/x"), &player.token).expect_problem(404, "not_found");
    end(SESSIONS, &player.token).expect(204);
    let left = list(SESSIONS).ok();
    assert_eq!(left["data"], json!([data[4]]));
    next(&app, &stranger.refresh_token);
    // One's own goes too.
    end(&path(4), &player.token).expect(204);
    list(SESSIONS).expect_problem(401, "invalid_token");
}

#[test]
fn a_password_is_changed_and_every_other_login_ends() {
    let app = TestApp::new();
    let player = app.player("changes");
    let other = app.log_in(&player.email);
    me(&app, &other["access_token"]).expect(200);
    app.test.clock.advance_ms(1_000);
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        app.post_as(&player, CHANGE, &body)
    };
    change("not the password at all", NEW_PASSWORD).expect_problem(403, "wrong_password");
    for (new, code) in [
        ("short", "password_too_short"),
        ("changes@players.guild.gg", "password_is_personal"),
        ("passwordpassword", "password_too_common"),
        (&"x".repeat(257), "password_too_long"),
    ] {
        let mistakes = change(PASSWORD, new).expect(422).mistakes();
        assert_eq!(mistakes, [("/new_password".to_owned(), code.to_owned())]);
    }
    change(PASSWORD, NEW_PASSWORD).expect(204);

    me(&app, &other["access_token"]).expect_problem(401, "invalid_token");
    refresh(&app, other["refresh_token"].as_str().expect("a token"))
        .expect_problem(401, "invalid_refresh_token");
    // The login that changed it goes on, also elsewhere.
    app.get_as(&player, ME).expect(200);
    app.isolate(8).get_as(&player, ME).expect(200);
    next(&app, &player.refresh_token);
    for (password, status) in [(PASSWORD, 401), (NEW_PASSWORD, 200)] {
        let body = json!({ "email": player.email, "password": password });
        app.post("/api/v1/auth/login", &body).send().expect(status);
    }
    assert_eq!(app.logged("password.changed"), 1);
}

#[test]
fn no_refresh_token_can_be_read_in_the_database() {
    let app = TestApp::new();
    let player = app.player("sealed");
    let second = next(&app, &player.refresh_token);
    for table in ["sessions", "audit_log", "users"] {
        for row in app.test.database.execute(&format!("SELECT * FROM {table}")) {
            let row = format!("{row:?}");
            for token in [&player.refresh_token, &second] {
                assert!(!row.contains(&token[31..]), "{table}: {row}");
            }
        }
    }
}
