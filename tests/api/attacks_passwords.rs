//! The table of attacks, rows "Passwords": what is refused, what is stored unshortened, and that an
//! unknown address looks like a wrong password. Every accepted password logs in. `login_throttle` has
//! pauses and locks; the bench compares times over many samples.

use testing::prelude::*;
use wvw_builder::http::request::MAX_BODY;

fn register(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "display_name": "Sir Commander" });
    app.post(REGISTER, &body).send()
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
    let computed = [
        ("too_short", String::new()),
        ("too_short", long(14)),
        // In 56 bytes, and in NFC.
        ("too_short", dragons.chars().take(14).collect()),
        ("too_short", format!("{}e\u{301}", long(13))),
        ("accepted", long(15)),
        ("accepted", long(64)),
        ("accepted", long(128)),
        ("accepted", long(255)),
        ("accepted", long(256)),
        // 256 characters in 1,024 bytes.
        ("accepted", dragons.clone()),
        ("too_long", long(257)),
        ("too_long", format!("{}x", bytes(1_024))),
        ("too_long", long(5_000)),
        ("is_repetition", "a".repeat(20)),
        ("accepted", format!("  {PASSWORD}  ")),
        ("accepted", "nul \u{0} inside is fine".to_owned()),
    ];
    let written = rows(
        "
        too_common        passwordpassword
        too_common        PASSWORDPASSWORD
        too_common        password12345678
        is_personal       personal12345@guild.gg
        is_personal       Sir Commander 2026
        names_the_game    wvwbuilder-2026!
        names_the_game    guildwars2tyria2
        is_sequence       123456789012345
        is_sequence       abcdefghijklmnop
        is_keyboard_walk  qwertyuiop123456
        is_keyboard_walk  1q2w3e4r5t6y7u8i9o0p
        is_repetition     xqzxqzxqzxqzxqz
        is_one_word       zaunpfahl2039175
        accepted          onlysmallletterswithoutspaces
        accepted          рыцарь верхом на драконе
        ",
    );
    let written = written
        .iter()
        .map(|[refusal, password]| (*refusal, (*password).to_owned()));
    for (number, (refusal, password)) in computed.into_iter().chain(written).enumerate() {
        let email = match password.as_str() {
            "personal12345@guild.gg" => password.clone(),
            _ => format!("row{number}@guild.gg"),
        };
        let answer = register(&app, &email, &password);
        if refusal == "accepted" {
            answer.expect(201);
            app.log_in_with(&email, &password).expect(200);
        } else {
            answer.expect_mistakes(&format!("/password password_{refusal}"));
        }
    }
}

#[test]
fn which_password_logs_in() {
    let app = TestApp::new();
    let after_72 = long(80);
    let other_end = format!("{}x", long(79));
    let (composed, decomposed) = (
        "caf\u{e9} in the borderlands",
        "cafe\u{301} in the borderlands",
    );
    let with_nul = "nul bytes here\u{0} and after";
    let dragons = "\u{1F409} dragons over the keep";
    for (number, (kept, tried, status)) in [
        (PASSWORD, PASSWORD, 200),
        (PASSWORD, "four words in a ro", 401),
        (PASSWORD, "four words in a row!", 401),
        (PASSWORD, "Four words in a row", 401),
        (PASSWORD, " four words in a row", 401),
        (PASSWORD, "", 401),
        (&after_72, &other_end, 401),
        (&after_72, &after_72[..72], 401),
        (composed, decomposed, 200),
        (decomposed, composed, 200),
        (composed, "cafe in the borderlands", 401),
        // Compatibility forms differ.
        ("\u{fb01}ve words in a row", "five words in a row", 401),
        (with_nul, "nul bytes here", 401),
        (with_nul, "nul bytes here\u{0} and later", 401),
        (with_nul, with_nul, 200),
        (dragons, dragons, 200),
        (dragons, "\u{1F40A} dragons over the keep", 401),
        (PASSWORD, "' OR '1'='1", 401),
        (PASSWORD, "$argon2id$v=19$m=8,t=1,p=1$AA$AA", 401),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("row{number}@guild.gg");
        register(&app, &email, kept).expect(201);
        app.log_in_with(&email, tried).expect(status);
    }
}

#[test]
fn an_unknown_address_looks_like_a_wrong_password() {
    let app = TestApp::new();
    for name in ["known", "disabled", "broken"] {
        register(&app, &format!("{name}@guild.gg"), PASSWORD).expect(201);
    }
    app.execute("UPDATE users SET disabled_at = 1 WHERE email_key LIKE 'disabled%'");
    app.execute("UPDATE users SET password_hash = 'x' WHERE email_key LIKE 'broken%'");
    let wrong = "another four words";
    let expected = app.log_in_with("known@guild.gg", wrong);
    let expected = expected.expect_problem(401, "invalid_credentials");
    let expected = expected.without_request_id();
    for (name, email, password) in [
        ("unknown", "unknown@guild.gg", wrong),
        ("unknown, known password", "unknown@guild.gg", PASSWORD),
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
        let calls = app.calls_of(|| answer = Some(app.log_in_with(email, password)));
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
            let answer = app.log_in_with(email, &password);
            answer.expect_mistakes("/password password_too_long");
        }
        for path in [REGISTER, LOGIN] {
            let body = json!({ "email": email, "password": long(MAX_BODY), "display_name": "x" });
            app.post(path, &body).expect_problem(413, "body_too_large");
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
        app.log_in_with(email, PASSWORD).expect(200);
        // It is no other account's, though the answer does not say so.
        register(&app, email, PASSWORD).expect(201);
        assert_eq!(app.rows("users"), 1, "{email}");
    }
    for email in ["jose.rytlock@guild.gg", "jos\u{e9}.rytlock@guild.g"] {
        app.log_in_with(email, PASSWORD).expect(401);
    }
    assert_eq!(app.rows("users"), 1);
}

#[test]
fn what_is_no_password_is_no_password() {
    let app = TestApp::new();
    for password in json_of(r#"[null, 123456789012345, ["four words"], { "$ne": "" }, true]"#)
        .as_array()
        .expect("a list")
    {
        let account = json!({ "email": "a@guild.gg", "password": password, "display_name": "x" });
        let login = json!({ "email": "a@guild.gg", "password": password });
        for (path, body) in [(REGISTER, account), (LOGIN, login)] {
            app.post(path, &body)
                .expect_mistakes("/password invalid_type");
        }
    }
}

#[test]
fn neither_password_nor_token_is_kept_readable() {
    let (app, player) = TestApp::with_player("kept");
    for table in ["users", "sessions", "signing_keys"] {
        let kept = format!("{:?}", app.execute(format!("SELECT * FROM {table}")));
        for secret in [PASSWORD, &player.refresh_token, &player.token] {
            assert!(!kept.contains(secret), "{table}");
        }
    }
    let hash = app.texts("SELECT password_hash FROM users").remove(0);
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
    let (app, player) = TestApp::with_player("raced");
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
        let raced = app.racing("INSERT INTO sessions", sql);
        let answer = raced.log_in_with(&player.email, PASSWORD);
        answer.expect_problem(401, "invalid_credentials");
        assert_eq!(app.rows("sessions"), 1, "{name}");
        app.execute(undo);
    }
    // With nothing in between it is let in.
    app.log_in(&player.email);
}
