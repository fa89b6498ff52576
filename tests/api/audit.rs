//! The audit log: filters, a chain without gaps, and entries in the same batch as their change. A filter
//! is a value, never SQL. `tests/edge/scripts.test.mjs` has the script that checks a whole chain.

use testing::prelude::*;
use wvw_builder::auth::audit::model::{GENESIS, chain};

/// Checks every row against the one before; gives the number of rows.
#[track_caller]
fn check_chain(app: &TestApp) -> i64 {
    let sql = "SELECT seq, entry, previous_hash, hash FROM audit_log ORDER BY seq";
    let mut previous = GENESIS.to_owned();
    let rows = app.execute(sql);
    for (row, expected) in rows.iter().zip(1..) {
        let text = |at| row.text(at).expect("text");
        let entry = text(1);
        assert!(row.integer(0).is_ok_and(|seq| seq == expected), "no gap");
        assert_eq!(text(2), previous, "{entry}");
        previous = chain(&previous, entry);
        assert_eq!(text(3), previous, "{entry}");
        assert_eq!(json_of(entry)["seq"], expected);
    }
    i64::try_from(rows.len()).expect("few")
}

fn disable(app: &TestApp, by: &Player, player: &Player, disabled: bool) -> Answer {
    let path = format!("/api/v1/admin/users/{}", player.id);
    app.patch_as(by, &path, &json!({ "disabled": disabled }))
}

/// A log with rows of three people over three days.
fn scene() -> (TestApp, Player, Player) {
    let app = TestApp::new();
    let boss = app.administrator("boss");
    app.test.clock.advance_ms(DAY_MS);
    let player = app.player("player");
    app.test.clock.advance_ms(DAY_MS);
    let boss = app.logged_in_again(&boss);
    for disabled in [true, false] {
        disable(&app, &boss, &player, disabled).expect(200);
    }
    (app, boss, player)
}

#[track_caller]
fn read(app: &TestApp, by: &Player, query: &str) -> Vec<Value> {
    let page = app.get_as(by, &format!("{AUDIT_LOG}?{query}")).ok();
    array(&page["data"]).to_vec()
}

#[test]
fn filters_narrow_the_log_and_all_of_them_hold() {
    let (app, boss, player) = scene();
    let (boss_id, player_id) = (&boss.id, &player.id);
    let (since, until) = ("since=2026-11-2", "until=2026-11-2");
    let actor = format!("actor={player_id}");
    let registered = "action=account.registered";
    for (query, expected) in [
        (String::new(), vec![8, 7, 6, 5, 4, 3, 2, 1]),
        (actor.clone(), vec![5, 4]),
        (format!("target={player_id}"), vec![8, 7, 4]),
        (format!("actor={boss_id}&target={player_id}"), vec![8, 7]),
        (registered.to_owned(), vec![4, 1]),
        (format!("{registered}&{actor}"), vec![4]),
        (format!("{since}3T00:00:00Z"), vec![8, 7, 6, 5, 4]),
        (format!("{until}3T00:00:00Z"), vec![3, 2, 1]),
        (format!("{since}3T00:00:00Z&{until}4T00:00:00Z"), vec![5, 4]),
        (format!("{since}3T00:00:00.001Z"), vec![8, 7, 6]),
        (format!("{until}3T00:00:00.001Z"), vec![5, 4, 3, 2, 1]),
        (format!("{since}5T00:00:00Z"), vec![]),
        ("until=2000-01-01T00:00:00Z".to_owned(), vec![]),
        (format!("{since}4T00:00:00Z&actor={boss_id}"), vec![8, 7, 6]),
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
    let pages = app.pages(&boss, &format!("{AUDIT_LOG}?limit=3"));
    let seen: Vec<_> = pages
        .concat()
        .iter()
        .filter_map(|row| row["seq"].as_i64())
        .collect();
    assert_eq!(seen, [8, 7, 6, 5, 4, 3, 2, 1]);
    // MS4wIG9y: "1.0 or"; the cursor of a list of builds is no cursor here.
    for cursor in ["MS4wIG9y", "MS4w", "MS4tMQ", "MS5idWlsZF8", "x"] {
        let answer = app.get(&format!("{AUDIT_LOG}?cursor={cursor}")).by(&boss);
        answer.expect_mistakes("?cursor invalid_cursor");
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
            let answer = app.get_as(&boss, &format!("{AUDIT_LOG}?{filter}={value}"));
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
    let state = || {
        let disabled = app.rows("users WHERE disabled_at IS NOT NULL");
        (app.rows("audit_log"), disabled)
    };
    let (before, _) = state();
    let disable = || disable(&app, &boss, &player, true);
    // Neither without the other.
    for write in ["UPDATE ON users", "INSERT ON audit_log"] {
        let answer = app.while_failing(write, "no", disable);
        answer.expect_problem(500, "internal");
        assert_eq!(state(), (before, 0), "{write}");
    }
    disable().expect(200);
    assert_eq!(state(), (before + 1, 1));
    check_chain(&app);
}

#[test]
fn two_writers_at_once_follow_one_another() {
    let (app, [one, two]) = TestApp::with_players(["one", "two"]);
    let isolates = app.slow_isolates(2..4);
    let before = check_chain(&app);
    for round in 0..5 {
        let body = json!({ "display_name": format!("Name {round}") });
        let call = app.call("PATCH", ME).json(&body);
        let answers = at_once(
            &isolates,
            [&one, &two].map(|player| call.clone().by(player)),
        );
        assert_eq!(count_of(&answers, 200), 2);
    }
    assert_eq!(check_chain(&app), before + 10);
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
        let isolates = app.slow_isolates(100..100 + number);
        let before = check_chain(&app);
        let login = |email| {
            let body = json!({ "email": email, "password": PASSWORD });
            app.post(LOGIN, &body)
        };
        let answers = at_once(&isolates, names.iter().map(login));
        assert_eq!(count_of(&answers, 200), 40, "{number} isolates");
        assert_eq!(check_chain(&app), before + 40);
        assert_eq!(app.counted_failures(), 0);
    }
}

#[test]
fn writers_of_one_isolate_do_not_turn_each_other_away() {
    let app = TestApp::new();
    let players: Vec<Player> = (0..10).map(|n| app.player(&format!("{n}"))).collect();
    let body = json!({ "display_name": "Renamed" });
    let rename = |player| app.call("PATCH", ME).by(player).json(&body);
    let before = app.test.database.recorded().len();
    let answers = at_once(&app.slow_isolates(100..101), players.iter().map(rename));
    assert_eq!(count_of(&answers, 200), 10);
    let recorded = app.test.database.recorded();
    let rows = recorded[before..]
        .iter()
        .filter(|it| it.sql.contains("INTO audit_log"));
    assert_eq!(rows.count(), 10, "each row is written once");
}

#[test]
fn a_right_password_is_not_counted_as_wrong_when_the_log_takes_no_row() {
    let (app, player) = TestApp::with_player("unlucky");
    // As when others write at the same time, always.
    let taken = "UNIQUE constraint failed: audit_log.seq";
    app.while_failing("INSERT ON audit_log", taken, || {
        for _ in 0..12 {
            let answer = app.log_in_with(&player.email, PASSWORD);
            answer.expect_problem(503, "unavailable");
        }
    });
    assert_eq!(app.counted_failures(), 0);
    app.log_in(&player.email);
    check_chain(&app);
}

#[test]
fn ending_other_logins_when_there_are_none_is_no_event() {
    let (app, player) = TestApp::with_player("alone");
    let end_others = || app.delete_as(&player, SESSIONS).expect(204);
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
    let (app, player) = TestApp::with_player("clock");
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
    let player = app.logged_in_again(&player);
    app.move_to(&player, "moved@guild.gg").expect(200);
    let body = json!({ "display_name": "Moved" });
    app.patch_as(&player, ME, &body).expect(200);
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
