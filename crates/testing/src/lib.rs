//! The whole application under test, with control of its clock and database.
//! Checks of every response that it meets `contract`, and that no secret sent or received is logged.

#![cfg(not(target_arch = "wasm32"))]

mod actions;
mod answer;
pub mod authenticator;
mod call;
pub mod compositions;
pub mod contract;
pub mod crowd;
pub mod databases;
pub mod departures;
pub mod forge;
pub mod guild;
pub mod login_throttle;
pub mod mail;
pub mod paths;
pub mod points;
pub mod prelude;
pub mod scene;
pub mod short;
pub mod sql;
mod stored;
pub mod tables;
pub mod teams;
pub mod walk;
mod walk_links;
pub mod webhooks;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

pub use answer::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use call::Call;
use serde_json::{Value, json};
use wvw_builder::app::App;
use wvw_builder::config::Config;
use wvw_builder::limits::object;
use wvw_builder::platform::native::TestPlatform;
use wvw_builder::platform::{Clock as _, Platform};
use wvw_builder::secret::Secret;

pub const ISSUER: &str = "https://builds.guild.gg";
pub const AUDIENCE: &str = "wvw-builder";
pub const ORIGIN: &str = "https://guild.gg";
pub const BUILDS: &str = "/api/v1/builds";
pub const PASSWORD: &str = "four words in a row";
/// A made-up Guardian: Zeal, Virtues, Firebrand.
pub const GUARDIAN_CODE: &str = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
/// Strings shorter than this occur in log lines by chance.
const SECRET_MIN_CHARS: usize = 8;

/// Members of answers that must never be logged; a slug opens a shared page.
const SECRET_MEMBERS: &str = "access_token refresh_token device_token challenge secret otpauth_uri \
                              recovery_codes email key slug";

/// A good configuration.
pub fn config_value(name: &str) -> Option<String> {
    let key = |first: u8| STANDARD.encode((first..first + 32).collect::<Vec<u8>>());
    Some(match name {
        "ENVIRONMENT" => "production".to_owned(),
        "ISSUER" => ISSUER.to_owned(),
        "AUDIENCE" => AUDIENCE.to_owned(),
        "MASTER_KEY" => key(1),
        "PASSWORD_PEPPER" => key(101),
        "MAIL_TRANSPORT" => "cloudflare".to_owned(),
        "EMAIL" => "a binding".to_owned(),
        "MAIL_FROM" => "builds@guild.gg".to_owned(),
        "ALLOWED_ORIGINS" => ORIGIN.to_owned(),
        "BREACH_CHECK" | "DNS_RESOLVER_URL" => "off".to_owned(),
        "SECURITY_CONTACT" => "mailto:security@guild.gg".to_owned(),
        // The clock stands still: what a test sends, it sends at once.
        name if name.starts_with("LIMIT_") => "1000000/60".to_owned(),
        _ => return None,
    })
}

fn configured_value(values: &[(&str, &str)], name: &str) -> Option<String> {
    let own = values.iter().find(|(known, _)| *known == name);
    own.map_or_else(
        || config_value(name),
        |(_, value)| Some((*value).to_owned()),
    )
}

/// The pepper of [`config_value`].
pub fn pepper() -> Secret {
    let text = config_value("PASSWORD_PEPPER").expect("it is set");
    Secret::new(STANDARD.decode(text).expect("base64"))
}

/// An isolate with everything around it.
pub struct TestApp {
    pub app: App,
    pub test: Rc<TestPlatform>,
    /// Whatever was sent or received that must never be logged, also as JSON would write it.
    secrets: Rc<RefCell<BTreeSet<String>>>,
    /// Log lines that were looked at.
    seen_lines: Rc<Cell<usize>>,
}

/// An account that is logged in.
pub struct Player {
    pub id: String,
    pub email: String,
    pub token: String,
    pub refresh_token: String,
}

impl TestApp {
    /// An empty database and a fresh isolate.
    pub fn new() -> Self {
        Self::with(config_value)
    }

    /// With a configuration of the test's own.
    pub fn with(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let (platform, test) = TestPlatform::with_objects(object::RULES);
        Self {
            app: App::new(platform, Config::load(lookup)),
            test: Rc::new(test),
            secrets: Rc::default(),
            seen_lines: Rc::default(),
        }
    }

    /// With these values in place of those of [`config_value`].
    pub fn configured(values: &[(&str, &str)]) -> Self {
        Self::with(|name| configured_value(values, name))
    }

    /// Another isolate on the same database, cache and clock.
    pub fn isolate(&self, seed: u64) -> Self {
        self.isolate_on(self.test.platform(seed))
    }

    /// Another isolate on ports of the test's own.
    pub fn isolate_on(&self, platform: Platform) -> Self {
        self.isolate_with(platform, config_value)
    }

    /// Another isolate with ports and a configuration of the test's own.
    pub fn isolate_with(
        &self,
        platform: Platform,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            app: App::new(platform, Config::load(lookup)),
            test: Rc::clone(&self.test),
            secrets: Rc::clone(&self.secrets),
            seen_lines: Rc::clone(&self.seen_lines),
        }
    }

    /// Another isolate with these values in place of those of [`config_value`].
    pub fn isolate_configured(&self, seed: u64, values: &[(&str, &str)]) -> Self {
        let lookup = |name: &str| configured_value(values, name);
        self.isolate_with(self.test.platform(seed), lookup)
    }

    pub fn call(&self, method: &str, target: &str) -> Call<'_> {
        Call::new(self, method, target)
    }

    pub fn get(&self, target: &str) -> Call<'_> {
        self.call("GET", target)
    }

    pub fn post(&self, target: &str, body: &Value) -> Call<'_> {
        self.call("POST", target).json(body)
    }

    /// Makes an account.
    #[track_caller]
    pub fn register(&self, email: &str) -> String {
        let made = self.register_with(email, PASSWORD).created();
        text(&made["user"]["id"])
    }

    /// Logs in with the usual password.
    #[track_caller]
    pub fn log_in(&self, email: &str) -> Value {
        self.log_in_with(email, PASSWORD).ok()
    }

    /// Makes an account and logs in.
    #[track_caller]
    pub fn player(&self, name: &str) -> Player {
        let email = format!("{name}@players.guild.gg");
        let id = self.register(&email);
        let tokens = self.log_in(&email);
        Player {
            id,
            email,
            token: text(&tokens["access_token"]),
            refresh_token: text(&tokens["refresh_token"]),
        }
    }

    /// Makes an account that administrates, and logs in.
    #[track_caller]
    pub fn administrator(&self, name: &str) -> Player {
        let player = self.player(name);
        self.set_user(&player, "role = 'administrator'");
        self.logged_in_again(&player)
    }

    /// Passwords that this isolate has compared.
    pub fn verifications(&self) -> u64 {
        match &self.app {
            App::Ready(state) => state.verifications.count(),
            App::Misconfigured { .. } => 0,
        }
    }

    /// Stores a build; `body` is laid over a plain one.
    #[track_caller]
    pub fn build(&self, player: &Player, body: &Value) -> Value {
        self.post_as(player, BUILDS, &build_body(body)).created()
    }

    /// Milliseconds since 1970, by the test's clock.
    pub fn test_now(&self) -> i64 {
        self.test.clock.now_ms()
    }

    /// Skips the log lines of requests that were not made with [`Call::send`].
    pub fn skip_log(&self) {
        self.seen_lines.set(self.test.log.lines().len());
    }

    /// Round trips to the database that `act` makes.
    pub fn calls_of(&self, act: impl FnOnce()) -> usize {
        let before = self.test.database.calls();
        act();
        self.test.database.calls() - before
    }

    pub fn keep_secret(&self, text: &str) {
        let is_id = "user_ build_ session_ team_ key_ invitation_"
            .split(' ')
            .any(|prefix| text.starts_with(prefix) && text.len() < 40);
        if text.chars().count() >= SECRET_MIN_CHARS && !is_id {
            let quoted = Value::from(text).to_string();
            let mut secrets = self.secrets.borrow_mut();
            secrets.insert(quoted[1..quoted.len() - 1].to_owned());
            secrets.insert(text.to_owned());
        }
    }

    /// What an answer holds that is worth something to whoever reads it, also in a page of a list.
    fn keep_members_secret(&self, document: &Value, status: u16) {
        for name in SECRET_MEMBERS.split(' ') {
            self.keep_strings_secret(&document[name]);
        }
        // That of an invitation; a problem's says what is wrong.
        if status < 400 {
            self.keep_strings_secret(&document["code"]);
        }
        for item in document["data"].as_array().into_iter().flatten() {
            self.keep_members_secret(item, status);
        }
    }

    pub fn keep_strings_secret(&self, value: &Value) {
        match value {
            Value::String(text) => self.keep_secret(text),
            Value::Array(items) => items.iter().for_each(|item| self.keep_strings_secret(item)),
            Value::Object(members) => members
                .values()
                .for_each(|member| self.keep_strings_secret(member)),
            _ => {}
        }
    }
}

impl Player {
    /// The id of the login that the player was made with.
    pub fn session(&self, app: &TestApp) -> String {
        let sql = format!("SELECT id FROM sessions WHERE user_id = '{}'", self.id);
        app.texts(&sql).remove(0)
    }
}

/// A plain build's input with `body` laid over it; null removes a member.
pub fn build_body(body: &Value) -> Value {
    let mut whole = json!({ "name": "A build", "chat_code": GUARDIAN_CODE });
    for (name, value) in body.as_object().expect("an object") {
        if value.is_null() {
            whole.as_object_mut().expect("an object").remove(name);
        } else {
            whole[name] = value.clone();
        }
    }
    whole
}

/// The path of a build.
pub fn build_path(build: &Value) -> String {
    format!("{BUILDS}/{}", text(&build["id"]))
}

/// Every byte of `text` percent-encoded.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| ["%".to_owned(), hex(&[byte])])
        .collect()
}

/// Bytes in hexadecimal, as SQL's blob literals want them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02X}").expect("a String takes it");
        out
    })
}

/// The elements of a JSON array.
#[track_caller]
pub fn array(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// The text of a JSON string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}
