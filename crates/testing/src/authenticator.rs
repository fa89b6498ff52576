//! An authenticator app: reads the URI, shows codes. Written from RFC 4648 and RFC 6238 anew, so
//! that it agrees with the service only when both are right. And a player who has one.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::{Answer, PASSWORD, Player, TestApp, array, text};

pub const TWO_FACTOR: &str = "/api/v1/auth/two-factor";
pub const SECOND_STEP: &str = "/api/v1/auth/login/two-factor";
pub const CONFIRM: &str = "/api/v1/auth/two-factor/confirm";
pub const STEP_MS: i64 = 30_000;

/// What an app keeps of an account.
pub struct Authenticator {
    secret: Vec<u8>,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// Scans what the service has answered.
    pub fn scan(enrolment: &Value) -> Self {
        let uri = text(&enrolment["otpauth_uri"]);
        let (_, query) = uri.split_once("?secret=").expect("a secret");
        let digits = query.split('&').next().expect("a value");
        assert_eq!(digits, enrolment["secret"]);
        let mut secret = Vec::new();
        let (mut bits, mut count) = (0_u32, 0);
        for digit in digits.chars() {
            let value = match digit {
                'A'..='Z' => u32::from(digit) - u32::from('A'),
                '2'..='7' => u32::from(digit) - u32::from('2') + 26,
                _ => panic!("{digits} is not base32"),
            };
            bits = (bits << 5 | value) & 0xfff;
            count += 5;
            if count >= 8 {
                count -= 8;
                secret.push((bits >> count & 0xff) as u8);
            }
        }
        assert_eq!(secret.len(), 20, "160 bits");
        Self {
            secret,
            recovery_codes: Vec::new(),
        }
    }

    /// Its bytes.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The code at a time, in milliseconds since 1970.
    pub fn code_at(&self, ms: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("any length");
        mac.update(&(ms / STEP_MS).to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = (hash[19] & 0xf) as usize;
        let word: [u8; 4] = hash[offset..offset + 4].try_into().expect("four");
        let code = (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000;
        format!("{code:06}")
    }

    /// The code now, after waiting for one that was not used yet.
    pub fn fresh_code(&self, app: &TestApp) -> String {
        app.test.clock.advance_ms(STEP_MS);
        self.code_at(app.test_now())
    }

    /// A code that is wrong now and for a good while.
    pub fn wrong_code(&self, app: &TestApp) -> String {
        let near: Vec<_> = (-9..=9)
            .map(|step| self.code_at(app.test_now() + step * STEP_MS))
            .collect();
        let codes = (0..).map(|number| format!("{number:06}"));
        let mut wrong = codes.filter(|code| !near.contains(code));
        wrong.next().expect("most codes are wrong")
    }
}

/// Switches the second factor of a player on.
#[track_caller]
pub fn enrol(app: &TestApp, player: &Player) -> Authenticator {
    let begun = app.act_as(player, TWO_FACTOR);
    let mut authenticator = Authenticator::scan(&begun.ok());
    let body = json!({ "code": authenticator.code_at(app.test_now()) });
    let answer = app.post_as(player, CONFIRM, &body).ok();
    let codes = array(&answer["recovery_codes"]).iter();
    authenticator.recovery_codes = codes.map(text).collect();
    authenticator
}

/// Gives the password; gets the challenge.
#[track_caller]
pub fn challenge(app: &TestApp, player: &Player) -> String {
    let answer = app.log_in_with(&player.email, PASSWORD);
    let answer = answer.expect_problem(401, "two_factor_required");
    text(&answer.json()["challenge"])
}

/// Logs a player in with both factors.
#[track_caller]
pub fn log_in(app: &TestApp, player: Player, device: &Authenticator) -> Player {
    let code = device.fresh_code(app);
    let body = json!({ "challenge": challenge(app, &player), "code": code });
    player.with_tokens(&app.post(SECOND_STEP, &body).ok())
}

/// A player with a second factor.
pub struct Guarded {
    pub app: TestApp,
    pub player: Player,
    pub authenticator: Authenticator,
}

/// Sets it up.
pub fn guarded() -> Guarded {
    let (app, player) = TestApp::with_player("guarded");
    let authenticator = enrol(&app, &player);
    Guarded {
        app,
        player,
        authenticator,
    }
}

impl Guarded {
    pub fn challenge(&self) -> String {
        challenge(&self.app, &self.player)
    }

    pub fn fresh_code(&self) -> String {
        self.authenticator.fresh_code(&self.app)
    }

    /// The code so many steps from now.
    pub fn code_of(&self, steps: i64) -> String {
        let at = self.app.test_now() + steps * STEP_MS;
        self.authenticator.code_at(at)
    }

    pub fn wrong_code(&self) -> String {
        self.authenticator.wrong_code(&self.app)
    }

    pub fn recovery_code(&self) -> &str {
        &self.authenticator.recovery_codes[0]
    }

    pub fn give(&self, challenge: &str, code: &str) -> Answer {
        let body = json!({ "challenge": challenge, "code": code });
        self.app.post(SECOND_STEP, &body).send()
    }

    /// Logs in with both factors.
    pub fn log_in(&self, code: &str) -> Answer {
        self.give(&self.challenge(), code)
    }

    /// A call with the player's own token.
    pub fn own(&self, method: &str, path: &str, body: &Value) -> Answer {
        let call = self.app.call(method, path).by(&self.player);
        call.json(body).send()
    }

    pub fn switch_off(&self, password: &str, code: &str) -> Answer {
        let body = json!({ "password": password, "code": code });
        self.own("DELETE", TWO_FACTOR, &body)
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.app.count(sql)
    }
}
