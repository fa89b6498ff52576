//! Attempts to log in, from any address and with any device, to accounts that are known nowhere or at
//! home.

use serde_json::{Value, json};

use super::paths::LOGIN;
use super::{Answer, PASSWORD, Player, TestApp};

pub const CHANGE: &str = "/api/v1/auth/password";
pub const WRONG: &str = "another four words";
pub const HOME: &str = "192.0.2.1";
pub const ELSEWHERE: &str = "198.51.100.7";

/// One attempt to log in.
pub struct Try<'a> {
    pub email: &'a str,
    pub password: &'a str,
    pub address: &'a str,
    pub device_token: Option<&'a str>,
}

impl<'a> Try<'a> {
    pub fn send(&self, app: &TestApp) -> Answer {
        let mut body = json!({ "email": self.email, "password": self.password });
        if let Some(token) = self.device_token {
            body["device_token"] = token.into();
        }
        let call = app.post(LOGIN, &body);
        call.from_address(self.address).send()
    }

    /// The same attempt with the token of a device.
    pub fn with_device(self, device_token: &'a str) -> Self {
        Self {
            device_token: Some(device_token),
            ..self
        }
    }
}

pub fn from<'a>(player: &'a Player, password: &'a str, address: &'a str) -> Try<'a> {
    Try {
        email: &player.email,
        password,
        address,
        device_token: None,
    }
}

/// As after so many failures of strangers.
pub fn set_strangers(app: &TestApp, count: i64) {
    app.execute(format!(
        "UPDATE guesses SET failures = {count} WHERE place = x'00'"
    ));
}

/// An account that has never been logged in to: no place is known.
pub fn stranger_to_all(app: &TestApp, name: &str) -> Player {
    let email = format!("{name}@players.guild.gg");
    Player {
        id: app.register(&email),
        email,
        token: String::new(),
        refresh_token: String::new(),
    }
}

/// An account that has been logged in to from home.
pub fn at_home(app: &TestApp, name: &str) -> (Player, Value) {
    let player = stranger_to_all(app, name);
    let tokens = from(&player, PASSWORD, HOME).send(app).ok();
    (player, tokens)
}

/// Fails `count` times from an address, waiting out the pauses but not what the last one leaves.
pub fn fail(app: &TestApp, player: &Player, address: &str, count: usize) {
    for number in 0..count {
        if number >= 5 {
            app.test.clock.advance_ms(16_000);
        }
        let answer = from(player, WRONG, address).send(app);
        answer.expect_problem(401, "invalid_credentials");
    }
}
