//! The table of attacks, rows "Second factor": codes that are reused, too early, too late, of others or
//! concurrent, and invalid challenges. `second_factor` has switching on and off and the count of wrong
//! codes.

use testing::authenticator::{Guarded, SECOND_STEP, STEP_MS, challenge, enrol, guarded};
use testing::prelude::*;

/// What is tried, the code of the last answer, and the attempt.
type Row = (&'static str, &'static str, fn(&Guarded) -> Answer);

const LETS_IN: &str = "";
const WRONG_CODE: &str = "invalid_two_factor_code";
const WRONG_CHALLENGE: &str = "invalid_challenge";

const LOGINS: &[Row] = &[
    ("the code of now", LETS_IN, |it| it.log_in(&it.fresh_code())),
    ("the code of the step before", LETS_IN, |it| {
        it.app.test.clock.advance_ms(2 * STEP_MS);
        it.log_in(&it.code_of(-1))
    }),
    ("the code of the next step", LETS_IN, |it| {
        it.log_in(&it.code_of(1))
    }),
    ("two steps old", WRONG_CODE, |it| {
        it.app.test.clock.advance_ms(3 * STEP_MS);
        it.log_in(&it.code_of(-2))
    }),
    ("two steps early", WRONG_CODE, |it| {
        it.log_in(&it.code_of(2))
    }),
    ("the code that has confirmed the factor", WRONG_CODE, |it| {
        it.log_in(&it.code_of(0))
    }),
    ("the same code twice", WRONG_CODE, |it| {
        let code = it.fresh_code();
        it.log_in(&code).expect(200);
        it.log_in(&code)
    }),
    ("the code before one that was used", WRONG_CODE, |it| {
        it.app.test.clock.advance_ms(2 * STEP_MS);
        it.log_in(&it.code_of(0)).expect(200);
        it.log_in(&it.code_of(-1))
    }),
    ("no digits", WRONG_CODE, |it| it.log_in("abcdef")),
    ("a recovery code", LETS_IN, |it| {
        it.log_in(it.recovery_code())
    }),
    ("a recovery code as people type it", LETS_IN, |it| {
        it.log_in(&it.recovery_code().to_lowercase().replace('-', " "))
    }),
    ("a recovery code twice", WRONG_CODE, |it| {
        it.log_in(it.recovery_code()).expect(200);
        it.log_in(it.recovery_code())
    }),
    ("a recovery code after another", LETS_IN, |it| {
        it.log_in(it.recovery_code()).expect(200);
        it.log_in(&it.authenticator.recovery_codes[1])
    }),
    ("a recovery code that was replaced", WRONG_CODE, |it| {
        let body = json!({ "code": it.fresh_code() });
        it.own("POST", RECOVERY_CODES, &body).expect(200);
        it.log_in(it.recovery_code())
    }),
    ("a recovery code that has replaced it", LETS_IN, |it| {
        let body = json!({ "code": it.recovery_code() });
        let made = it.own("POST", RECOVERY_CODES, &body).ok();
        it.log_in(&text(&made["recovery_codes"][9]))
    }),
    ("a recovery code of someone else", WRONG_CODE, |it| {
        let other = it.app.player("other");
        it.log_in(&enrol(&it.app, &other).recovery_codes[0])
    }),
    (
        "the challenge of someone else, with one's own code",
        WRONG_CODE,
        |it| {
            let other = it.app.player("other");
            enrol(&it.app, &other);
            let code = it.fresh_code();
            it.give(&challenge(&it.app, &other), &code)
        },
    ),
    ("a challenge twice", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge();
        it.give(&challenge, &it.fresh_code()).expect(200);
        it.give(&challenge, &it.fresh_code())
    }),
    ("a challenge of five minutes ago", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge();
        it.app.test.clock.advance_ms(5 * MINUTE_MS);
        it.give(&challenge, &it.code_of(0))
    }),
    ("a challenge of a little less", LETS_IN, |it| {
        let challenge = it.challenge();
        it.app.test.clock.advance_ms(5 * MINUTE_MS - 1);
        it.give(&challenge, &it.code_of(0))
    }),
    ("the right code after four wrong ones", LETS_IN, |it| {
        let challenge = it.challenge();
        for _ in 0..4 {
            it.give(&challenge, &it.wrong_code()).expect(401);
        }
        it.give(&challenge, &it.fresh_code())
    }),
    (
        "the right code after five wrong ones",
        WRONG_CHALLENGE,
        |it| {
            let challenge = it.challenge();
            for _ in 0..5 {
                let answer = it.give(&challenge, &it.wrong_code());
                answer.expect_problem(401, WRONG_CODE);
            }
            it.give(&challenge, &it.fresh_code())
        },
    ),
    ("the password has changed since", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge();
        it.app.test.clock.advance_ms(1);
        let changed = it
            .app
            .change_password(&it.player, "five other words in a row");
        changed.expect(204);
        it.give(&challenge, &it.fresh_code())
    }),
    ("the account was disabled since", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge();
        it.app.disable(&it.player);
        it.give(&challenge, &it.fresh_code())
    }),
    ("the factor was switched off since", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge();
        it.switch_off(PASSWORD, &it.fresh_code()).expect(204);
        it.give(&challenge, it.recovery_code())
    }),
    ("an access token as challenge", WRONG_CHALLENGE, |it| {
        it.give(&it.player.token[..128], &it.fresh_code())
    }),
    ("a refresh token as challenge", WRONG_CHALLENGE, |it| {
        it.give(&it.player.refresh_token, &it.fresh_code())
    }),
    ("a challenge that nobody made", WRONG_CHALLENGE, |it| {
        let challenge = it.challenge().replace(char::is_numeric, "A");
        it.give(&challenge, &it.fresh_code())
    }),
    ("a challenge as access token", "invalid_token", |it| {
        it.app.get(ME).token(&it.challenge()).send()
    }),
    (
        "a challenge as refresh token",
        "invalid_refresh_token",
        |it| it.app.refresh(&it.challenge()),
    ),
];

#[test]
fn which_codes_and_challenges_log_in() {
    for (name, code, attack) in LOGINS {
        let answer = attack(&guarded());
        if *code == LETS_IN {
            assert_eq!(answer.status, 200, "{name}: {}", answer.json());
            let token = text(&answer.json()["access_token"]);
            let payload: Value = serde_json::from_str(&payload_of(&token).text()).expect("JSON");
            assert_eq!(payload["amr"], json!(["pwd", "otp"]), "{name}");
        } else {
            answer.expect_problem(401, code);
        }
    }
}

/// Challenges and codes.
type Attempts = Vec<(String, String)>;
/// What comes at once.
type AtOnce = (&'static str, fn(&Guarded) -> Attempts);

/// Sends all at once, from isolates on a slow database; gives the statuses, in order.
fn at_once(it: &Guarded, attempts: &[(String, String)]) -> Vec<u16> {
    let call = |(challenge, code): &(String, String)| {
        let body = json!({ "challenge": challenge, "code": code });
        it.app.post(SECOND_STEP, &body)
    };
    let answers =
        testing::databases::at_once(&it.app.slow_isolates(2..5), attempts.iter().map(call));
    answers.iter().map(|answer| answer.status).collect()
}

#[test]
fn what_counts_once_counts_once_also_at_once() {
    let rows: [AtOnce; 4] = [
        ("one code, two challenges", |it| {
            let code = it.fresh_code();
            vec![(it.challenge(), code.clone()), (it.challenge(), code)]
        }),
        ("one recovery code, two challenges", |it| {
            let code = it.recovery_code().to_owned();
            vec![(it.challenge(), code.clone()), (it.challenge(), code)]
        }),
        ("one challenge, two codes", |it| {
            let (challenge, code) = (it.challenge(), it.fresh_code());
            let recovery = it.recovery_code().to_owned();
            vec![(challenge.clone(), code), (challenge, recovery)]
        }),
        ("one challenge, one code", |it| {
            let (challenge, code) = (it.challenge(), it.fresh_code());
            vec![(challenge.clone(), code.clone()), (challenge, code)]
        }),
    ];
    for (name, attempts) in rows {
        let it = guarded();
        let before = it.app.rows("sessions");
        let attempts = attempts(&it);
        let statuses = at_once(&it, &attempts);
        let is_one = statuses == [200, 401] || statuses == [401, 200];
        assert!(is_one, "{name}: {statuses:?}");
        assert_eq!(it.app.rows("sessions"), before + 1, "{name}");
    }
}

#[test]
fn of_a_hundred_codes_at_once_five_are_judged() {
    let it = guarded();
    // The right one comes last: judging more than five would let it in.
    let (challenge, wrong, right) = (it.challenge(), it.wrong_code(), it.fresh_code());
    let mut attempts = vec![(challenge.clone(), wrong); 99];
    attempts.push((challenge, right));
    let statuses = at_once(&it, &attempts);
    assert!(!statuses.contains(&200), "the last one is too late");
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(refused, 95);
}
