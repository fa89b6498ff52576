//! The table of attacks, rows "Sessions": reused refresh tokens, and logins that end. Of concurrent
//! attempts one makes a successor, and what has ended stays ended. `attacks_tokens` and
//! `attacks_sessions` have access tokens.

use testing::prelude::*;
use wvw_builder::http::response::Response;

const NEW_PASSWORD: &str = "five other words in a row";

/// Renews a login; gives the new refresh token.
#[track_caller]
fn next(app: &TestApp, token: &str) -> String {
    text(&app.refresh(token).ok()["refresh_token"])
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
        app.wait_ms(600_000);
        let answer = app.refresh(&token).ok();
        token = text(&answer["refresh_token"]);
        assert!(seen.insert(token.clone()), "a token came again");
        me(&app, &answer["access_token"]).expect(200);
        assert_eq!(answer["refresh_expires_in"], 14 * 86_400);
    }
    assert_eq!(app.rows("sessions"), 1);
    assert_eq!(app.count("SELECT counter FROM sessions"), 20);
}

const GOOD: &str = "";
const REUSED: &str = "refresh_token_reused";
const INVALID: &str = "invalid_refresh_token";

/// A login's id with another secret.
fn with_secret(player: &Player, secret: &str) -> String {
    format!("{}{secret}", &player.refresh_token[..31])
}

fn made_up(player: &Player) -> String {
    with_secret(player, &"A".repeat(64))
}

fn log_out(app: &TestApp, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    app.post(LOGOUT, &body).send().expect(204)
}

/// What is done to a login before a token of it is presented; the problem's code; and whether the login
/// still goes on.
type Row = (
    &'static str,
    &'static str,
    bool,
    fn(&TestApp, &Player) -> Answer,
);

const ATTACKS: &[Row] = &[
    ("retry within the grace", GOOD, true, |app, player| {
        let second = next(app, &player.refresh_token);
        app.wait_ms(10_000);
        let again = app.refresh(&player.refresh_token);
        assert_eq!(again.json()["refresh_token"], second.as_str());
        again
    }),
    ("reuse after the grace", REUSED, false, |app, player| {
        next(app, &player.refresh_token);
        app.wait_ms(10_001);
        app.refresh(&player.refresh_token)
    }),
    ("its successor was used", REUSED, false, |app, player| {
        let second = next(app, &player.refresh_token);
        next(app, &second);
        app.refresh(&player.refresh_token)
    }),
    ("two steps old", REUSED, false, |app, player| {
        let second = next(app, &player.refresh_token);
        app.wait_ms(60_000);
        next(app, &second);
        app.wait_ms(60_000);
        app.refresh(&player.refresh_token)
    }),
    ("after logout", INVALID, false, |app, player| {
        log_out(app, &player.refresh_token);
        app.refresh(&player.refresh_token)
    }),
    ("logout by a spent one", INVALID, false, |app, player| {
        let second = next(app, &player.refresh_token);
        app.wait_ms(60_000);
        log_out(app, &player.refresh_token);
        app.refresh(&second)
    }),
    ("unused for 14 days", INVALID, false, |app, player| {
        app.wait_ms(14 * DAY_MS);
        app.refresh(&player.refresh_token)
    }),
    ("just under 14 days", GOOD, true, |app, player| {
        app.wait_ms(14 * DAY_MS - 1);
        app.refresh(&player.refresh_token)
    }),
    ("90 days, renewed weekly", INVALID, false, |app, player| {
        let mut token = player.refresh_token.clone();
        for _ in 0..12 {
            app.wait_ms(7 * DAY_MS);
            token = next(app, &token);
        }
        app.wait_ms(6 * DAY_MS);
        app.refresh(&token)
    }),
    ("of a disabled account", INVALID, false, |app, player| {
        app.execute(sql::disabled(player, true));
        app.refresh(&player.refresh_token)
    }),
    ("of a deleted account", INVALID, false, |app, player| {
        app.clear("users");
        app.refresh(&player.refresh_token)
    }),
    ("an access token", INVALID, true, |app, player| {
        app.refresh(&player.token)
    }),
    ("with another's secret", INVALID, true, |app, player| {
        let other = app.player("other");
        app.refresh(&with_secret(player, &other.refresh_token[31..]))
    }),
    ("a made-up secret", INVALID, true, |app, player| {
        app.refresh(&made_up(player))
    }),
    ("one bit more", INVALID, true, |app, player| {
        app.refresh(&format!("{}A", player.refresh_token))
    }),
    ("empty", INVALID, true, |app, _| app.refresh("")),
];

#[test]
fn refresh_tokens_that_come_again_or_are_none() {
    for (name, code, goes_on, attack) in ATTACKS {
        let (app, [player, bystander]) = TestApp::with_players(["renews", "bystander"]);
        let session = player.session(&app);
        let answer = attack(&app, &player);
        let status = if *code == GOOD { 200 } else { 401 };
        assert_eq!(answer.status, status, "{name}");
        if *code != GOOD {
            assert_eq!(answer.json()["code"], *code, "{name}");
        }
        let live = app.rows(&format!(
            "sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.id = '{session}' AND s.ended_at IS NULL AND u.disabled_at IS NULL \
             AND s.refresh_expires_at > {now} AND s.expires_at > {now}",
            now = app.test_now()
        ));
        assert_eq!(live == 1, *goes_on, "{name}: the login goes on");
        // Only that family: nobody else notices.
        if *code == REUSED {
            next(&app, &bystander.refresh_token);
        }
    }
}

#[test]
fn a_stolen_token_ends_the_whole_family_at_once() {
    let (app, player) = TestApp::with_player("robbed");
    let own = app.refresh(&player.refresh_token).ok();
    me(&app, &own["access_token"]).expect(200);
    app.wait_ms(60_000);
    app.refresh(&player.refresh_token)
        .expect_problem(401, "refresh_token_reused");
    // In this isolate at once, with what it remembers of the token.
    me(&app, &own["access_token"]).expect_problem(401, "invalid_token");
    let successor = text(&own["refresh_token"]);
    app.refresh(&successor)
        .expect_problem(401, "invalid_refresh_token");
    assert_eq!(app.logged("session.refresh_token_reused"), 1);
}

#[test]
fn fifty_parallel_refreshes_make_one_successor() {
    let (app, player) = TestApp::with_player("parallel");
    let isolates = app.slow_isolates(100..150);
    let body = json!({ "refresh_token": player.refresh_token });
    let request = app.post(REFRESH, &body).request();
    let answers = all_together(isolates.iter().map(|isolate| isolate.app.handle(&request)));
    let successor = |answer: &Response| {
        assert_eq!(answer.status, 200);
        let body: Value = serde_json::from_slice(&answer.body_bytes()).expect("JSON");
        text(&body["refresh_token"])
    };
    let successors: BTreeSet<String> = answers.iter().map(successor).collect();
    assert_eq!(successors.len(), 1, "one successor");
    assert_eq!(app.count("SELECT counter FROM sessions"), 1);
    let successor = successors.first().expect("a successor");
    app.wait_ms(60_000);
    app.skip_log();
    next(&app.isolate(7), successor);
}

#[test]
fn logout_ends_the_login_and_answers_the_same_when_there_is_none() {
    let (app, player) = TestApp::with_player("leaves");
    let out = |token: &str| log_out(&app, token);
    app.get_as(&player, ME).expect(200);
    // A stranger who knows the id of the session cannot end it.
    let forged = out(&made_up(&player));
    app.get_as(&player, ME).expect(200);
    let own = next(&app, &player.refresh_token);
    assert_eq!(out(&own).body, forged.body);
    app.get_as(&player, ME).expect(401);
    for token in [own.as_str(), "", "x", &player.token] {
        assert_eq!(out(token).body, forged.body);
    }
    let empty = app.post(LOGOUT, &json!({})).send();
    empty.expect_problem(422, "invalid_input");
}

#[test]
fn sessions_are_listed_and_ended_by_their_owner() {
    let (app, [player, stranger]) = TestApp::with_players(["many", "stranger"]);
    for number in 0..4 {
        app.wait_ms(1);
        let body = json!({ "email": player.email, "password": PASSWORD });
        let call = app.post(LOGIN, &body);
        let agent = format!("tool/{number} {}", "x".repeat(300));
        call.header(Header::UserAgent, &agent).send().expect(200);
    }
    let all = app.get_as(&player, SESSIONS).ok();
    let data = array(&all["data"]);
    let length = |it: &Value| it["user_agent"].as_str().map_or(0, str::len);
    let agents: Vec<usize> = data.iter().map(length).collect();
    assert_eq!(agents, [200, 200, 200, 200, 0]);
    let current: Vec<bool> = data.iter().map(|it| it["current"] == true).collect();
    assert_eq!(current, [false, false, false, false, true]);
    // Page by page they are the same.
    let pages = app.pages(&player, &format!("{SESSIONS}?limit=2"));
    assert_eq!((pages.len(), pages.concat()), (3, data.to_vec()));

    let path = |index: usize| format!("{SESSIONS}/{}", text(&data[index]["id"]));
    let end = |target: &str, token: &str| app.call("DELETE", target).token(token).send();
    end(&path(0), &stranger.token).expect_problem(404, "not_found");
    end(&path(0), &player.token).expect(204);
    end(&path(0), &player.token).expect_problem(404, "not_found");
    end(&format!("{SESSIONS}/x"), &player.token).expect_problem(404, "not_found");
    end(SESSIONS, &player.token).expect(204);
    let left = app.get_as(&player, SESSIONS).ok();
    assert_eq!(left["data"], json!([data[4]]));
    next(&app, &stranger.refresh_token);
    // One's own goes too.
    end(&path(4), &player.token).expect(204);
    let gone = app.get_as(&player, SESSIONS);
    gone.expect_problem(401, "invalid_token");
}

#[test]
fn a_password_is_changed_and_every_other_login_ends() {
    let (app, player) = TestApp::with_player("changes");
    let other = app.log_in(&player.email);
    me(&app, &other["access_token"]).expect(200);
    app.wait_ms(1_000);
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        app.post_as(&player, CHANGE_PASSWORD, &body)
    };
    change("not the password at all", NEW_PASSWORD).expect_problem(403, "wrong_password");
    for (new, code) in [
        ("short", "password_too_short"),
        ("changes@players.guild.gg", "password_is_personal"),
        ("passwordpassword", "password_too_common"),
        (&"x".repeat(257), "password_too_long"),
    ] {
        change(PASSWORD, new).expect_mistakes(&format!("/new_password {code}"));
    }
    change(PASSWORD, NEW_PASSWORD).expect(204);

    me(&app, &other["access_token"]).expect_problem(401, "invalid_token");
    app.refresh(&text(&other["refresh_token"]))
        .expect_problem(401, INVALID);
    // The login that changed it goes on, also elsewhere.
    app.get_as(&player, ME).expect(200);
    app.isolate(8).get_as(&player, ME).expect(200);
    next(&app, &player.refresh_token);
    app.log_in_with(&player.email, PASSWORD).expect(401);
    app.log_in_with(&player.email, NEW_PASSWORD).expect(200);
    assert_eq!(app.logged("password.changed"), 1);
}

#[test]
fn no_refresh_token_can_be_read_in_the_database() {
    let (app, player) = TestApp::with_player("sealed");
    let second = next(&app, &player.refresh_token);
    for table in ["sessions", "audit_log", "users"] {
        for row in app.execute(format!("SELECT * FROM {table}")) {
            let row = format!("{row:?}");
            for token in [&player.refresh_token, &second] {
                assert!(!row.contains(&token[31..]), "{table}: {row}");
            }
        }
    }
}
