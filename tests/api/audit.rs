//! The audit log: filters, a chain without gaps, and entries in the same batch as their change. A filter
//! is a value, never SQL. `tests/edge/scripts.test.mjs` has the script that checks a whole chain.

use testing::prelude::*;
use wvw_builder::auth::audit::model::{GENESIS, chain};

const LOG: &str = "/api/v1/admin/audit-log";

/// Checks every row against the one before; gives the number of rows.
#[track_caller]
fn check_chain(app: &TestApp) -> i64 {
    let sql = "SELECT seq, entry, previous_hash, hash FROM audit_log ORDER BY seq";
    let mut previous = GENESIS.to_owned();
    let rows = app.test.database.execute(sql);
    for (row, expected) in rows.iter().zip(1..) {
        assert_eq!(row.integer(0).expect("a number"), expected, "no gap");
        let entry = row.text(1).expect("text");
        assert_eq!(row.text(2).expect("text"), previous, "{entry}");
        previous = chain(&previous, entry);
        assert_eq!(row.text(3).expect("text"), previous, "{entry}");
        let entry: Value = serde_json::from_str(entry).expect("JSON");
        assert_eq!(entry["seq"], expected);
    }
    i64::try_from(rows.len()).expect("few")
}

/// A log with rows of three people over three days.
fn scene() -> (TestApp, Player, Player) {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    app.test.clock.advance_ms(86_400_000);
    let player = app.player("player");
    app.test.clock.advance_ms(86_400_000);
    let target = format!("/api/v1/admin/users/{}", player.id);
    let boss = Player {
        token: text(&app.log_in(&boss.email)["access_token"]),
        ..boss
    };
    for body in [json!({ "disabled": true }), json!({ "disabled": false })] {
        let call = app.call("PATCH", &target).by(&boss).json(&body);
        call.send().expect(200);
    }
    (app, boss, player)
}

#[track_caller]
fn read(app: &TestApp, by: &Player, query: &str) -> Vec<Value> {
    let page = app.get_as(by, &format!("{LOG}?{query}")).ok();
    array(&page["data"]).to_vec()
}

#[test]
fn filters_narrow_the_log_and_all_of_them_hold() {
    let (app, boss, player) = scene();
    let (boss_id, player_id) = (&boss.id, &player.id);
    let day = |number: u8| format!("2026-11-2{number}T00:00:00Z");
    for (query, expected) in [
        (String::new(), vec![8, 7, 6, 5, 4, 3, 2, 1]),
        (format!("actor={player_id}"), vec![5, 4]),
        (format!("target={player_id}"), vec![8, 7, 4]),
        (format!("actor={boss_id}&target={player_id}"), vec![8, 7]),
        ("action=account.registered".to_owned(), vec![4, 1]),
        (
            format!("action=account.registered&actor={player_id}"),
            vec![4],
        ),
        (format!("since={}", day(3)), vec![8, 7, 6, 5, 4]),
        (format!("until={}", day(3)), vec![3, 2, 1]),
        (format!("since={}&until={}", day(3), day(4)), vec![5, 4]),
        ("since=2026-11-23T00:00:00.001Z".to_owned(), vec![8, 7, 6]),
        (
            "until=2026-11-23T00:00:00.001Z".to_owned(),
            vec![5, 4, 3, 2, 1],
        ),
        (format!("since={}", day(5)), vec![]),
        ("until=2000-01-01T00:00:00Z".to_owned(), vec![]),
        (format!("since={}&actor={boss_id}", day(4)), vec![8, 7, 6]),
        ("actor=system".to_owned(), vec![]),
        ("limit=2".to_owned(), vec![8, 7]),
    ] {
        let found = read(&app, &boss, &query);
        let found: Vec<i64> = found.iter().filter_map(|row| row["seq"].as_i64()).collect();
        assert_eq!(found, expected, "{query}");
    }
    let row = &read(&app, &boss, "action=account.disabled")[0];
    let session = row["via"].as_str().expect("a session");
    assert!(session.starts_with("session_"));
    assert_eq!(row["at"], "2026-11-24T00:00:00.000Z");
    assert_eq!(text(&row["hash"]).len(), 64);
}

#[test]
fn pages_follow_one_another() {
    let (app, boss, _) = scene();
    let mut target = format!("{LOG}?limit=3");
    let mut seen = Vec::new();
    loop {
        let page = app.get_as(&boss, &target).expect(200).json();
        let rows = array(&page["data"]);
        seen.extend(rows.iter().filter_map(|row| row["seq"].as_i64()));
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("{LOG}?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [8, 7, 6, 5, 4, 3, 2, 1]);
    // MS4wIG9y: "1.0 or"; the cursor of a list of builds is no cursor here.
    for cursor in ["MS4wIG9y", "MS4w", "MS4tMQ", "MS5idWlsZF8", "x"] {
        let answer = app.get(&format!("{LOG}?cursor={cursor}")).by(&boss);
        let answer = answer.send().expect_problem(422, "invalid_input");
        assert_eq!(answer.mistakes()[0].1, "invalid_cursor", "{cursor}");
    }
}

#[test]
fn sql_in_a_filter_is_a_value() {
    let (app, boss, _) = scene();
    let rows = app.rows("audit_log");
    for attack in [
        "' OR '1'='1",
        "'; DROP TABLE audit_log; --",
        "\" OR \"\"=\"",
        "user_x' UNION SELECT seq, password_hash, email FROM users --",
        "?1",
        "%",
        "*",
    ] {
        let value = percent_encoded(attack);
        for filter in ["actor", "target"] {
            let found = read(&app, &boss, &format!("{filter}={value}"));
            assert!(found.is_empty(), "{filter}={attack}: {found:?}");
        }
        for filter in ["action", "since", "until", "limit", "cursor", "order"] {
            let answer = app.get(&format!("{LOG}?{filter}={value}")).by(&boss).send();
            answer.expect_problem(422, "invalid_input");
        }
    }
    assert_eq!(app.rows("audit_log"), rows);
}

#[test]
fn a_change_and_its_row_are_one() {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    let player = app.player("player");
    let rows = || app.rows("audit_log");
    let state = || app.count("SELECT count(*) FROM users WHERE disabled_at IS NOT NULL");
    let before = rows();
    let disable = || {
        let call = app.call("PATCH", &format!("/api/v1/admin/users/{}", player.id));
        call.by(&boss).json(&json!({ "disabled": true })).send()
    };
    // The change fails: no row.
    app.test.database.execute(
        "CREATE TRIGGER no_change BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    disable().expect_problem(500, "internal");
    assert_eq!((rows(), state()), (before, 0));
    app.test.database.execute("DROP TRIGGER no_change");
    // The row fails: no change.
    app.test.database.execute(
        "CREATE TRIGGER no_row BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    disable().expect_problem(500, "internal");
    assert_eq!((rows(), state()), (before, 0));
    app.test.database.execute("DROP TRIGGER no_row");
    disable().expect(200);
    assert_eq!((rows(), state()), (before + 1, 1));
    check_chain(&app);
}

#[test]
fn two_writers_at_once_follow_one_another() {
    let app = TestApp::new();
    let (one, two) = (app.player("one"), app.player("two"));
    let slow = |seed| app.slow_isolate(seed);
    let (left, right) = (slow(2), slow(3));
    let before = check_chain(&app);
    for round in 0..5 {
        let rename = |app: &TestApp, player: &Player| {
            let body = json!({ "display_name": format!("Name {round}") });
            let call = app.call("PATCH", "/api/v1/users/me").by(player);
            call.json(&body).request()
        };
        let (first, second) = (rename(&left, &one), rename(&right, &two));
        let (first, second) = pollster::block_on(async {
            together(left.app.handle(&first), right.app.handle(&second))
        });
        assert_eq!((first.status, second.status), (200, 200));
    }
    assert_eq!(check_chain(&app), before + 10);
}

/// Isolates on databases that let everyone else run before each answer.
fn slow_isolates(app: &TestApp, number: u64) -> Vec<TestApp> {
    let isolate = |seed| app.slow_isolate(100 + seed);
    (0..number).map(isolate).collect()
}

#[test]
fn forty_people_log_in_at_once_wherever_they_come_in() {
    let app = TestApp::new();
    let names: Vec<String> = (0..40).map(|n| format!("{n}@guild.gg")).collect();
    for name in &names {
        app.register(name);
    }
    // All in one isolate; in a few; each in one of their own.
    for number in [1, 4, 40] {
        let isolates = slow_isolates(&app, number);
        let before = check_chain(&app);
        let requests: Vec<_> = names
            .iter()
            .map(|email| {
                let body = json!({ "email": email, "password": PASSWORD });
                app.post("/api/v1/auth/login", &body).request()
            })
            .collect();
        let logins = requests.iter().zip(isolates.iter().cycle());
        let answers = all_together(logins.map(|(it, isolate)| isolate.app.handle(it)));
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200; 40], "{number} isolates");
        assert_eq!(check_chain(&app), before + 40);
        assert_eq!(
            app.count("SELECT count(*) FROM guesses WHERE failures > 0"),
            0
        );
    }
}

#[test]
fn writers_of_one_isolate_do_not_turn_each_other_away() {
    let app = TestApp::new();
    let players: Vec<Player> = (0..10).map(|n| app.player(&format!("{n}"))).collect();
    let isolate = &slow_isolates(&app, 1)[0];
    let body = json!({ "display_name": "Renamed" });
    let rename = |player: &Player| {
        let call = app.call("PATCH", "/api/v1/users/me").by(player);
        call.json(&body).request()
    };
    let requests: Vec<_> = players.iter().map(rename).collect();
    let before = app.test.database.recorded().len();
    let answers = all_together(requests.iter().map(|it| isolate.app.handle(it)));
    assert!(answers.iter().all(|answer| answer.status == 200));
    let recorded = app.test.database.recorded();
    let rows = recorded[before..]
        .iter()
        .filter(|it| it.sql.contains("INTO audit_log"));
    assert_eq!(rows.count(), 10, "each row is written once");
}

#[test]
fn a_right_password_is_not_counted_as_wrong_when_the_log_takes_no_row() {
    let app = TestApp::new();
    let player = app.player("unlucky");
    // As when others write at the same time, always.
    app.test.database.execute(
        "CREATE TRIGGER taken BEFORE INSERT ON audit_log BEGIN \
         SELECT RAISE(ABORT, 'UNIQUE constraint failed: audit_log.seq'); END",
    );
    for _ in 0..12 {
        let body = json!({ "email": player.email, "password": PASSWORD });
        let answer = app.post("/api/v1/auth/login", &body).send();
        answer.expect_problem(503, "unavailable");
    }
    assert_eq!(
        app.count("SELECT count(*) FROM guesses WHERE failures > 0"),
        0
    );
    app.test.database.execute("DROP TRIGGER taken");
    app.log_in(&player.email);
    check_chain(&app);
}

#[test]
fn ending_other_logins_when_there_are_none_is_no_event() {
    let app = TestApp::new();
    let player = app.player("alone");
    let end_others = || {
        let call = app.call("DELETE", "/api/v1/auth/sessions");
        call.by(&player).send().expect(204);
    };
    let before = check_chain(&app);
    end_others();
    assert_eq!(check_chain(&app), before);
    app.log_in(&player.email);
    end_others();
    assert_eq!(check_chain(&app), before + 2, "the login, and its end");
    end_others();
    assert_eq!(check_chain(&app), before + 2);
}

#[test]
fn the_time_of_the_log_never_runs_back() {
    let app = TestApp::new();
    let player = app.player("clock");
    app.test.clock.advance_ms(-5_000);
    app.log_in(&player.email);
    let back = "SELECT count(*) FROM audit_log a JOIN audit_log b ON b.seq = a.seq + 1 \
                WHERE b.at < a.at";
    assert_eq!(app.count(back), 0);
    check_chain(&app);
}

#[test]
fn no_row_has_an_address_a_name_or_a_password() {
    let (app, boss, player) = scene();
    let body =
        json!({ "email": "moved@guild.gg", "display_name": "Moved", "current_password": PASSWORD });
    let tokens = app.log_in(&player.email);
    let token = text(&tokens["access_token"]);
    let call = app.call("PATCH", "/api/v1/users/me").token(&token);
    call.json(&body).send().expect(200);
    for row in read(&app, &boss, "limit=100") {
        let row = row.to_string();
        for personal in [
            &player.email,
            "moved@guild.gg",
            "Moved",
            "A player",
            PASSWORD,
        ] {
            assert!(!row.contains(personal), "{personal}: {row}");
        }
    }
}
