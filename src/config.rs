//! The configuration: one typed struct, checked as a whole when the isolate starts.
//! Promises to name every missing or weak value and never to show one, nor to fall back to a
//! default secret. Leaves where values come from (bindings, a file, a test) to the caller.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits::gcra::Rate;
use crate::limits::policies::{POLICIES, Quotas};
use crate::secret::Secret;

/// Where this instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On a developer's machine or in a test.
    Development,
    /// For real users: stricter rules for URLs.
    Production,
}

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// `ENVIRONMENT`: `development` or `production`.
    pub environment: Environment,
    /// `ISSUER`: our own URL without a trailing slash; `iss` of tokens, base of links.
    pub issuer: String,
    /// `AUDIENCE`: `aud` of access tokens.
    pub audience: String,
    /// `MASTER_KEY` and `MASTER_KEY_PREVIOUS`: seal private keys at rest.
    pub master_keys: MasterKeys,
    /// `PASSWORD_PEPPER`: the secret input of Argon2.
    pub password_pepper: Secret,
    /// `ALLOWED_ORIGINS`: whose pages may call the API, separated by commas.
    pub allowed_origins: Vec<String>,
    /// `ACCESS_TOKEN_SECONDS`: life of an access token; 600 unless set.
    pub access_token_seconds: i64,
    /// `REFRESH_IDLE_DAYS`: life of an unused refresh token; 14 unless set.
    pub refresh_idle_days: i64,
    /// `REFRESH_ABSOLUTE_DAYS`: life of a login; 90 unless set.
    pub refresh_absolute_days: i64,
    /// `PASSWORD_MIN_LENGTH`: code points of a password; 15 unless set, never below 8.
    pub password_min_length: usize,
    /// `LIMIT_...`: the quotas of `limits::policies`, each as in `1000/60`.
    pub quotas: Quotas,
}

/// The keys that [`crate::identity::seal`] works with.
#[derive(Debug)]
pub struct MasterKeys {
    /// `MASTER_KEY`: seals, and opens.
    pub current: Secret,
    /// `MASTER_KEY_PREVIOUS`: only opens what has not been put under the current one yet. Set only
    /// while the master key is being replaced.
    pub previous: Option<Secret>,
}

/// One value that is missing or weak. Shows the name, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What it must be.
    pub reason: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.reason)
    }
}

/// Every variable that [`Config::load`] asks for.
pub const NAMES: &[&str] = &[
    "ENVIRONMENT",
    "ISSUER",
    "AUDIENCE",
    "MASTER_KEY",
    "MASTER_KEY_PREVIOUS",
    "PASSWORD_PEPPER",
    "ALLOWED_ORIGINS",
    "ACCESS_TOKEN_SECONDS",
    "REFRESH_IDLE_DAYS",
    "REFRESH_ABSOLUTE_DAYS",
    "PASSWORD_MIN_LENGTH",
    "LIMIT_ANONYMOUS",
    "LIMIT_USER",
    "LIMIT_BURST",
    "LIMIT_API_KEY",
    "LIMIT_LOGIN",
    "LIMIT_REGISTRATION",
    "LIMIT_REFRESH",
    "LIMIT_WEBHOOK_TEST",
];

const KEY_BYTES: usize = 32;
/// 32 random bytes have about 30 different values; fewer than this is no accident.
const KEY_DISTINCT_BYTES: usize = 16;

impl Config {
    /// Reads and checks every value; `lookup` gives a variable's text, if it is set.
    pub fn load(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigError>> {
        let mut reader = Reader {
            lookup: &lookup,
            errors: Vec::new(),
        };
        let environment = reader.environment();
        let config = Self {
            environment,
            issuer: reader.issuer(environment),
            audience: reader.audience(),
            master_keys: MasterKeys {
                current: reader.key("MASTER_KEY"),
                previous: reader.optional_key("MASTER_KEY_PREVIOUS"),
            },
            password_pepper: reader.key("PASSWORD_PEPPER"),
            allowed_origins: reader.origins(environment),
            access_token_seconds: reader.number(
                "ACCESS_TOKEN_SECONDS",
                600,
                60,
                3600,
                "must be a whole number of seconds from 60 to 3600",
            ),
            refresh_idle_days: reader.number(
                "REFRESH_IDLE_DAYS",
                14,
                1,
                90,
                "must be a whole number of days from 1 to 90",
            ),
            refresh_absolute_days: reader.number(
                "REFRESH_ABSOLUTE_DAYS",
                90,
                1,
                365,
                "must be a whole number of days from 1 to 365",
            ),
            password_min_length: usize::try_from(reader.number(
                "PASSWORD_MIN_LENGTH",
                15,
                8,
                64,
                "must be a whole number from 8 to 64",
            ))
            .unwrap_or(64),
            quotas: reader.quotas(),
        };
        let mut errors = reader.errors;
        let MasterKeys { current, previous } = &config.master_keys;
        let has_keys = !current.expose().is_empty();
        if has_keys && *current == config.password_pepper {
            errors.push(ConfigError {
                name: "PASSWORD_PEPPER",
                reason: "must differ from MASTER_KEY",
            });
        }
        if has_keys && previous.as_ref() == Some(current) {
            errors.push(ConfigError {
                name: "MASTER_KEY_PREVIOUS",
                reason: "must differ from MASTER_KEY, or be absent",
            });
        }
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors)
        }
    }
}

struct Reader<'a, F> {
    lookup: &'a F,
    errors: Vec<ConfigError>,
}

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn refuse(&mut self, name: &'static str, reason: &'static str) {
        self.errors.push(ConfigError { name, reason });
    }

    fn environment(&mut self) -> Environment {
        match self.get("ENVIRONMENT").as_deref() {
            Some("development") => Environment::Development,
            Some("production") => Environment::Production,
            _ => {
                self.refuse("ENVIRONMENT", "must be development or production");
                Environment::Production
            }
        }
    }

    fn issuer(&mut self, environment: Environment) -> String {
        let issuer = self.get("ISSUER").unwrap_or_default();
        if !is_origin(&issuer, environment) {
            self.refuse("ISSUER", match environment {
                Environment::Production => "must be our own https URL without path or trailing slash, such as https://builds.guild.gg",
                Environment::Development => "must be an http or https URL without path or trailing slash",
            });
        }
        issuer
    }

    fn audience(&mut self) -> String {
        let audience = self.get("AUDIENCE").unwrap_or_default();
        if audience.is_empty() || audience.len() > 200 || audience.contains(char::is_whitespace) {
            self.refuse(
                "AUDIENCE",
                "must be 1 to 200 characters without white space",
            );
        }
        audience
    }

    fn key(&mut self, name: &'static str) -> Secret {
        let Some(text) = self.get(name) else {
            self.refuse(name, "is missing: 32 random bytes in base64");
            return Secret::new(Vec::new());
        };
        let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
        let mut distinct = bytes.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if bytes.len() != KEY_BYTES {
            self.refuse(name, "must be 32 bytes in base64");
        } else if distinct.len() < KEY_DISTINCT_BYTES {
            self.refuse(name, "is not random: make it with a random generator");
        }
        Secret::new(bytes)
    }

    fn optional_key(&mut self, name: &'static str) -> Option<Secret> {
        self.get(name).map(|_| self.key(name))
    }

    fn origins(&mut self, environment: Environment) -> Vec<String> {
        let list = self.get("ALLOWED_ORIGINS").unwrap_or_default();
        let origins: Vec<String> = list
            .split(',')
            .map(|origin| origin.trim().to_owned())
            .filter(|origin| !origin.is_empty())
            .collect();
        if !origins.iter().all(|origin| is_origin(origin, environment)) {
            self.refuse("ALLOWED_ORIGINS", "must list exact origins such as https://guild.gg, separated by commas; no wildcard, no null, in production https only");
        }
        origins
    }

    fn quotas(&mut self) -> Quotas {
        std::array::from_fn(|index| {
            let policy = &POLICIES[index];
            let Some(text) = self.get(policy.variable) else {
                return policy.default;
            };
            Rate::parse(&text).unwrap_or_else(|| {
                self.refuse(policy.variable, "must be a quota and its seconds such as 1000/60: 1 to 1000000 in 1 to 86400 seconds");
                policy.default
            })
        })
    }

    fn number(
        &mut self,
        name: &'static str,
        default: i64,
        min: i64,
        max: i64,
        reason: &'static str,
    ) -> i64 {
        let Some(text) = self.get(name) else {
            return default;
        };
        match text.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => number,
            _ => {
                self.refuse(name, reason);
                default
            }
        }
    }
}

/// Whether `text` is a scheme, a host and perhaps a port, in lower case. Production takes https
/// and real names only.
fn is_origin(text: &str, environment: Environment) -> bool {
    let rest = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if environment == Environment::Development => rest,
        _ => return false,
    };
    let (host, port) = rest
        .split_once(':')
        .map_or((rest, None), |(h, p)| (h, Some(p)));
    let is_host = !host.is_empty()
        && !host.starts_with('.')
        && !host.ends_with('.')
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_placeholder = host == "localhost" || host == "example" || host.ends_with(".example");
    is_host
        && is_port
        && (environment == Environment::Development || (host.contains('.') && !is_placeholder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn key(first: u8) -> String {
        let bytes: Vec<u8> = (first..first + 32).collect();
        STANDARD.encode(bytes)
    }

    fn good() -> HashMap<&'static str, String> {
        HashMap::from([
            ("ENVIRONMENT", "production".to_owned()),
            ("ISSUER", "https://builds.guild.gg".to_owned()),
            ("AUDIENCE", "wvw-builder".to_owned()),
            ("MASTER_KEY", key(1)),
            ("PASSWORD_PEPPER", key(2)),
            (
                "ALLOWED_ORIGINS",
                "https://guild.gg, https://b.gg:8443".to_owned(),
            ),
        ])
    }

    fn load(values: &HashMap<&'static str, String>) -> Result<Config, Vec<ConfigError>> {
        Config::load(|name| values.get(name).cloned())
    }

    #[test]
    fn a_good_configuration_loads() {
        let config = load(&good()).unwrap();
        assert_eq!(config.allowed_origins.len(), 2);
        assert_eq!(config.access_token_seconds, 600);
        assert_eq!(config.password_min_length, 15);
    }

    #[test]
    fn each_bad_value_is_named_and_none_is_shown() {
        for (name, value) in [
            ("ENVIRONMENT", "staging"),
            ("ISSUER", ""),
            ("ISSUER", "http://builds.guild.gg"),
            ("ISSUER", "https://builds.guild.gg/"),
            ("ISSUER", "https://localhost"),
            ("ISSUER", "https://api.example"),
            ("AUDIENCE", ""),
            ("MASTER_KEY", ""),
            ("MASTER_KEY", "changeme"),
            ("MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("MASTER_KEY_PREVIOUS", "changeme"),
            ("PASSWORD_PEPPER", "c2hvcnQ="),
            ("ALLOWED_ORIGINS", "*"),
            ("ALLOWED_ORIGINS", "null"),
            ("ALLOWED_ORIGINS", "http://guild.gg"),
            ("ALLOWED_ORIGINS", "https://guild.gg/path"),
            ("ALLOWED_ORIGINS", "https://*.guild.gg"),
            ("ACCESS_TOKEN_SECONDS", "0"),
            ("ACCESS_TOKEN_SECONDS", "1e3"),
            ("REFRESH_IDLE_DAYS", "1000"),
            ("REFRESH_ABSOLUTE_DAYS", "-1"),
            ("PASSWORD_MIN_LENGTH", "7"),
            ("LIMIT_USER", "1000"),
            ("LIMIT_USER", "1000/0"),
            ("LIMIT_USER", "+1/60"),
            ("LIMIT_BURST", "0/1"),
            ("LIMIT_LOGIN", "20/minute"),
            ("LIMIT_REGISTRATION", "5/86401"),
            ("LIMIT_ANONYMOUS", "1000001/60"),
        ] {
            let mut values = good();
            values.insert(name, value.to_owned());
            let errors = load(&values).unwrap_err();
            assert_eq!(errors.len(), 1, "{name} {value}");
            assert_eq!(errors[0].name, name);
            let is_key = name.starts_with("MASTER_KEY") || name == "PASSWORD_PEPPER";
            assert!(!is_key || value.is_empty() || !errors[0].to_string().contains(value));
            assert!(NAMES.contains(&name));
        }
        let mut values = good();
        values.insert("PASSWORD_PEPPER", key(1));
        assert_eq!(load(&values).unwrap_err()[0].name, "PASSWORD_PEPPER");
    }

    #[test]
    fn a_previous_master_key_may_be_there_and_must_be_another() {
        assert!(load(&good()).unwrap().master_keys.previous.is_none());
        let mut values = good();
        values.insert("MASTER_KEY_PREVIOUS", key(3));
        assert!(load(&values).unwrap().master_keys.previous.is_some());
        values.insert("MASTER_KEY_PREVIOUS", key(1));
        assert_eq!(load(&values).unwrap_err()[0].name, "MASTER_KEY_PREVIOUS");
    }

    #[test]
    fn quotas_are_set_one_by_one() {
        let mut values = good();
        values.insert("LIMIT_LOGIN", "7/30".to_owned());
        let config = load(&values).unwrap();
        for (policy, rate) in POLICIES.iter().zip(config.quotas) {
            let is_set = policy.variable == "LIMIT_LOGIN";
            let expected = if is_set {
                Rate::new(7, 30)
            } else {
                policy.default
            };
            assert_eq!(rate, expected, "{}", policy.name);
            assert!(NAMES.contains(&policy.variable), "{}", policy.variable);
        }
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let errors = Config::load(|_| None).unwrap_err();
        let names: Vec<_> = errors.iter().map(|error| error.name).collect();
        assert_eq!(
            names,
            [
                "ENVIRONMENT",
                "ISSUER",
                "AUDIENCE",
                "MASTER_KEY",
                "PASSWORD_PEPPER"
            ]
        );
    }
}
