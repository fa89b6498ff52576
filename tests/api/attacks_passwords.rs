//! The table of attacks, rows "Passwords": what is refused, what is stored unshortened, and that an
//! unknown address looks like a wrong password. Every accepted password logs in. `login_throttle` has
//! pauses and locks; the bench compares times over many samples.

use testing::prelude::*;
use wvw_builder::http::request::MAX_BODY;

fn register(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "display_name": "Sir Commander" });
    app.post(REGISTER, &body).send()
}

fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.post(LOGIN, &body).send()
}

/// Text of `length` code points that repeats nothing.
fn long(length: usize) -> String {
    (0..)
        .flat_map(|n: u32| format!("{}", n.wrapping_mul(2_654_435_769) ^ n << 9).into_bytes())
        .map(|digit| b"kvxqzjwpmt"[usize::from(digit - b'0')])
        .map(char::from)
        .take(length)
        .collect()
}

#[test]
fn what_may_become_a_password() {
    let dragons: String = (0..256)
        .map(|n| char::from_u32(0x1_F300 + n).expect("a character"))
        .collect();
    let bytes = |length: usize| "é".repeat(length / 2 - 8) + &long(16);
    let app = TestApp::new();
    for (number, (name, password, refusal)) in [
        ("14 characters", long(14), Some("password_too_short")),
        (
            "14 characters in 56 bytes",
            dragons.chars().take(14).collect(),
            Some("password_too_short"),
        ),
        (
            "15 combining pairs that are 14 in NFC",
            format!("{}e\u{301}", long(13)),
            Some("password_too_short"),
        ),
        ("empty", String::new(), Some("password_too_short")),
        ("15 characters", long(15), None),
        ("64 characters", long(64), None),
        ("128 characters", long(128), None),
        ("255 characters", long(255), None),
        ("256 characters", long(256), None),
        ("256 characters in 1,024 bytes", dragons.clone(), None),
        ("257 characters", long(257), Some("password_too_long")),
        (
            "1,025 bytes",
            format!("{}x", bytes(1_024)),
            Some("password_too_long"),
        ),
        ("5,000 bytes", long(5_000), Some("password_too_long")),
        (
            "common",
            "passwordpassword".to_owned(),
            Some("password_too_common"),
        ),
        (
            "common in capitals",
            "PASSWORDPASSWORD".to_owned(),
            Some("password_too_common"),
        ),
        ("one letter", "a".repeat(20), Some("password_is_repetition")),
        (
            "the address",
            "personal12345@guild.gg".to_owned(),
            Some("password_is_personal"),
        ),
        (
            "the name",
            "Sir Commander 2026".to_owned(),
            Some("password_is_personal"),
        ),
        (
            "the product",
            "wvwbuilder-2026!".to_owned(),
            Some("password_names_the_game"),
        ),
        ("spaces around", format!("  {PASSWORD}  "), None),
        ("NUL inside", "nul \u{0} inside is fine".to_owned(), None),
        (
            "no composition rules",
            "onlysmallletterswithoutspaces".to_owned(),
            None,
        ),
        ("other scripts", "рыцарь верхом на драконе".to_owned(), None),
    ]
    .into_iter()
    .enumerate()
    {
        let email = if name == "the address" {
            "personal12345@guild.gg".to_owned()
        } else {
            format!("row{number}@guild.gg")
        };
        let answer = register(&app, &email, &password);
        if let Some(code) = refusal {
            assert_eq!(answer.status, 422, "{name}");
            let expected = vec![("/password".to_owned(), code.to_owned())];
            assert_eq!(answer.mistakes(), expected, "{name}");
        } else {
            assert_eq!(answer.status, 201, "{name}: {}", answer.json());
            let status = log_in(&app, &email, &password).status;
            assert_eq!(status, 200, "{name}");
        }
    }
}

#[test]
fn an_easy_password_is_refused_with_the_reason() {
    let app = TestApp::new();
    for (number, (password, code)) in [
        ("123456789012345", "password_is_sequence"),
        ("abcdefghijklmnop", "password_is_sequence"),
        ("password12345678", "password_too_common"),
        ("qwertyuiop123456", "password_is_keyboard_walk"),
        ("1q2w3e4r5t6y7u8i9o0p", "password_is_keyboard_walk"),
        ("xqzxqzxqzxqzxqz", "password_is_repetition"),
        ("zaunpfahl2039175", "password_is_one_word"),
        ("guildwars2tyria2", "password_names_the_game"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = register(&app, &format!("row{number}@guild.gg"), password);
        assert_eq!(answer.status, 422, "{password}");
        let expected = vec![("/password".to_owned(), code.to_owned())];
        assert_eq!(answer.mistakes(), expected, "{password}");
    }
}

#[test]
fn which_password_logs_in() {
    let app = TestApp::new();
    let after_72 = long(80);
    for (number, (name, kept, tried, status)) in [
        ("the same", PASSWORD, PASSWORD, 200),
        ("a prefix", PASSWORD, "four words in a ro", 401),
        ("one more", PASSWORD, "four words in a row!", 401),
        ("other case", PASSWORD, "Four words in a row", 401),
        ("a space before", PASSWORD, " four words in a row", 401),
        ("empty", PASSWORD, "", 401),
        (
            "difference after byte 72",
            &after_72,
            &format!("{}x", long(79)),
            401,
        ),
        ("the first 72 bytes", &after_72, &after_72[..72], 401),
        (
            "NFC kept, NFD sent",
            "caf\u{e9} in the borderlands",
            "cafe\u{301} in the borderlands",
            200,
        ),
        (
            "NFD kept, NFC sent",
            "cafe\u{301} in the borderlands",
            "caf\u{e9} in the borderlands",
            200,
        ),
        (
            "no accent",
            "caf\u{e9} in the borderlands",
            "cafe in the borderlands",
            401,
        ),
        (
            "compatibility forms differ",
            "\u{fb01}ve words in a row",
            "five words in a row",
            401,
        ),
        (
            "up to the NUL",
            "nul bytes here\u{0} and after",
            "nul bytes here",
            401,
        ),
        (
            "NUL then another end",
            "nul bytes here\u{0} and after",
            "nul bytes here\u{0} and later",
            401,
        ),
        (
            "NUL",
            "nul bytes here\u{0} and after",
            "nul bytes here\u{0} and after",
            200,
        ),
        (
            "emoji",
            "\u{1F409} dragons over the keep",
            "\u{1F409} dragons over the keep",
            200,
        ),
        (
            "another emoji",
            "\u{1F409} dragons over the keep",
            "\u{1F40A} dragons over the keep",
            401,
        ),
        ("SQL", PASSWORD, "' OR '1'='1", 401),
        (
            "the hash's own form",
            PASSWORD,
            "$argon2id$v=19$m=8,t=1,p=1$AA$AA",
            401,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("row{number}@guild.gg");
        register(&app, &email, kept).expect(201);
        let answer = log_in(&app, &email, tried);
        assert_eq!(answer.status, status, "{name}");
    }
}

#[test]
fn an_unknown_address_looks_like_a_wrong_password() {
    let app = TestApp::new();
    register(&app, "known@guild.gg", PASSWORD).expect(201);
    register(&app, "disabled@guild.gg", PASSWORD).expect(201);
    register(&app, "broken@guild.gg", PASSWORD).expect(201);
    app.test
        .database
        .execute("UPDATE users SET disabled_at = 1 WHERE email_key LIKE 'disabled%'");
    app.test
        .database
        .execute("UPDATE users SET password_hash = 'x' WHERE email_key LIKE 'broken%'");
    let wrong = "another four words";
    let expected = log_in(&app, "known@guild.gg", wrong)
        .expect_problem(401, "invalid_credentials")
        .without_request_id();
    for (name, email, password) in [
        ("unknown", "unknown@guild.gg", wrong),
        (
            "unknown with a known password",
            "unknown@guild.gg",
            PASSWORD,
        ),
        ("disabled, right password", "disabled@guild.gg", PASSWORD),
        ("disabled, wrong password", "disabled@guild.gg", wrong),
        ("a hash that cannot be read", "broken@guild.gg", PASSWORD),
        ("no address at all", "", wrong),
        ("not an address", "known", wrong),
        ("empty password", "known@guild.gg", ""),
        ("empty password, unknown", "unknown@guild.gg", ""),
        ("SQL", "known@guild.gg' OR '1'='1", PASSWORD),
        ("SQL comment", "known@guild.gg'--", PASSWORD),
        ("LIKE", "%", PASSWORD),
        ("NUL", "known@guild.gg\u{0}", PASSWORD),
        ("a space after", "known@guild.gg ", PASSWORD),
    ] {
        let mut answer = None;
        let calls = app.calls_of(|| answer = Some(log_in(&app, email, password)));
        let answer = answer.expect("an answer").without_request_id();
        assert_eq!(answer, expected, "{name}");
        // What is counted, counting, the account, the verdict.
        assert_eq!(calls, 4, "{name}: round trips tell it apart");
        // So that none of the rows runs into the pauses between guesses.
        app.test.clock.advance_ms(DAY_MS);
    }
    assert_eq!(app.rows("sessions"), 0);
}

#[test]
fn too_long_to_be_a_password_is_said_before_any_hashing() {
    let app = TestApp::new();
    register(&app, "known@guild.gg", PASSWORD).expect(201);
    for email in ["known@guild.gg", "unknown@guild.gg"] {
        for password in [long(257), "é".repeat(513), long(5_000)] {
            let answer = log_in(&app, email, &password).expect(422);
            let expected = vec![("/password".to_owned(), "password_too_long".to_owned())];
            assert_eq!(answer.mistakes(), expected);
        }
        for path in [REGISTER, LOGIN] {
            let body = json!({ "email": email, "password": long(MAX_BODY), "display_name": "x" });
            app.post(path, &body)
                .send()
                .expect_problem(413, "body_too_large");
        }
    }
}

#[test]
fn an_address_is_the_same_in_any_case_and_form() {
    let app = TestApp::new();
    register(&app, "Jos\u{e9}.Rytlock@Guild.GG", PASSWORD).expect(201);
    for email in [
        "Jos\u{e9}.Rytlock@Guild.GG",
        "jos\u{e9}.rytlock@guild.gg",
        "JOS\u{c9}.RYTLOCK@GUILD.GG",
        "jose\u{301}.rytlock@guild.gg",
    ] {
        log_in(&app, email, PASSWORD).expect(200);
        // It is no other account's, though the answer does not say so.
        register(&app, email, PASSWORD).expect(201);
        assert_eq!(app.rows("users"), 1, "{email}");
    }
    for email in ["jose.rytlock@guild.gg", "jos\u{e9}.rytlock@guild.g"] {
        log_in(&app, email, PASSWORD).expect(401);
    }
    assert_eq!(app.rows("users"), 1);
}

#[test]
fn what_is_no_password_is_no_password() {
    let app = TestApp::new();
    for (name, password) in [
        ("null", Value::Null),
        ("a number", json!(123_456_789_012_345_i64)),
        ("a list", json!([PASSWORD])),
        ("an object", json!({ "$ne": "" })),
        ("true", json!(true)),
    ] {
        let body = json!({ "email": "a@guild.gg", "password": password, "display_name": "x" });
        let answer = app.post(REGISTER, &body).send().expect(422);
        let expected = vec![("/password".to_owned(), "invalid_type".to_owned())];
        assert_eq!(answer.mistakes(), expected, "{name}");
        let body = json!({ "email": "a@guild.gg", "password": password });
        let answer = app.post(LOGIN, &body).send().expect(422);
        assert_eq!(answer.mistakes(), expected, "{name}");
    }
}

#[test]
fn neither_password_nor_token_is_kept_readable() {
    let app = TestApp::new();
    let player = app.player("kept");
    for table in ["users", "sessions", "signing_keys"] {
        for row in app.test.database.execute(&format!("SELECT * FROM {table}")) {
            let kept = format!("{row:?}");
            assert!(!kept.contains(PASSWORD), "{table}");
            assert!(!kept.contains(&player.refresh_token), "{table}");
            assert!(!kept.contains(&player.token), "{table}");
        }
    }
    let hashes = app.test.database.execute("SELECT password_hash FROM users");
    let hash = hashes[0].text(0).expect("text");
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    app.player("second");
    let distinct = "SELECT count(DISTINCT password_hash) FROM users";
    assert_eq!(app.count(distinct), 2, "the same password is salted twice");
}

#[test]
fn no_login_begins_in_another_state_than_it_was_judged_in() {
    let app = TestApp::new();
    let player = app.player("raced");
    let confirmed = format!(
        "INSERT INTO two_factor (user_id, sealed_secret, created_at, confirmed_at) \
         VALUES ('{}', x'00', 1, 1)",
        player.id
    );
    for (name, sql, undo) in [
        (
            "the password changes",
            "UPDATE users SET password_hash = 'old-' || password_hash",
            "UPDATE users SET password_hash = substr(password_hash, 5)",
        ),
        (
            "the account is disabled",
            "UPDATE users SET disabled_at = 1",
            "UPDATE users SET disabled_at = NULL",
        ),
        (
            "a second factor is confirmed",
            confirmed.as_str(),
            "DELETE FROM two_factor",
        ),
    ] {
        let (raced, _) = app.racing_isolate("INSERT INTO sessions", Some(sql.to_owned()));
        let body = json!({ "email": player.email, "password": PASSWORD });
        let answer = raced.post("/api/v1/auth/login", &body).send();
        assert_eq!(answer.status, 401, "{name}");
        answer.expect_problem(401, "invalid_credentials");
        assert_eq!(app.rows("sessions"), 1, "{name}");
        app.test.database.execute(undo);
    }
    // With nothing in between it is let in.
    app.log_in(&player.email);
}
