//! The configuration, checked as a whole when the isolate starts. Every missing or weak value is named and
//! none is shown; there are no default secrets.

mod mail;
pub mod schedule;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use crypto::seal::MasterKeys;

use crate::auth::tokens::TokenSettings;
use crate::limits::gcra::Rate;
use crate::limits::policies::{POLICIES, Quotas};
use crate::platform::MailSettings;
use crate::secret::Secret;

use schedule::RetrySchedule;

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
    /// `WEBHOOK_...` and `DNS_RESOLVER_URL`: the delivery of webhooks.
    pub webhooks: Webhooks,
    /// `MAIL_...` and `SMTP_...`: how mail is sent, if it is.
    pub mail: MailSettings,
    /// `BREACH_RANGE_URL`: where lists of breached passwords are asked (`accounts::breach`); unless set,
    /// in production a public one, in development none. None where `BREACH_CHECK` is `off`.
    pub breach_range_url: Option<String>,
    /// `GAME_BALANCE_BUILD`: the game's build number of its last balance change; builds that were
    /// made for an older one are stale. None is, unless it is set.
    pub game_balance_build: Option<i64>,
    /// `ASSIGN_MAX_MOVES`: moves that placing a squad tries at most, whoever asks for more; 1,000,000
    /// unless set.
    pub assign_max_moves: u32,
    /// `SECURITY_CONTACT`: whom security.txt (RFC 9116) names, if anyone.
    pub security_contact: Option<String>,
    /// `LIMIT_...`: the quotas of `limits::policies`, each as in `1000/60`.
    pub quotas: Quotas,
}

/// How webhooks are delivered.
#[derive(Debug)]
pub struct Webhooks {
    /// `WEBHOOK_RETRY_SECONDS`: the waits between attempts.
    pub schedule: RetrySchedule,
    /// `WEBHOOK_RETENTION_DAYS`: how long events and the log of deliveries are kept; 90 unless set.
    pub retention_days: i64,
    /// `WEBHOOK_ALLOW_LOCAL`: whether http, and addresses of this machine and its network, may be
    /// called. Development only.
    pub allow_local: bool,
    /// `DNS_RESOLVER_URL`: whom names are looked up with before they are called (DNS over HTTPS with
    /// JSON answers). Unless set, in production [`RESOLVER`], in development nobody; `off`: nobody.
    pub resolver: Option<String>,
}

/// One value that is missing or weak. Shows the name, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {reason}")]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What it must be.
    pub reason: Cow<'static, str>,
}

/// Asked in production unless another one is named: it is free, and has a list to download.
const BREACH_RANGE_URL: &str = "https://api.pwnedpasswords.com/range/";
/// Who is asked for names in production unless `DNS_RESOLVER_URL` says otherwise.
const RESOLVER: &str = "https://cloudflare-dns.com/dns-query";
const KEY_BYTES: usize = 32;
/// 32 random bytes have about 30 different values; fewer than this is no accident.
const KEY_DISTINCT_BYTES: usize = 16;

impl Config {
    /// What credentials are issued and checked with.
    pub fn tokens(&self) -> TokenSettings<'_> {
        TokenSettings {
            issuer: &self.issuer,
            audience: &self.audience,
            lifetime_seconds: self.access_token_seconds,
            pepper: &self.password_pepper,
        }
    }

    /// Reads and checks every value; `lookup` gives a variable's text, if it is set, and any text
    /// for a binding that is there.
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
            access_token_seconds: reader.whole(
                "ACCESS_TOKEN_SECONDS",
                600,
                60..=3600,
                " of seconds",
            ),
            refresh_idle_days: reader.whole("REFRESH_IDLE_DAYS", 14, 1..=90, " of days"),
            refresh_absolute_days: reader.whole("REFRESH_ABSOLUTE_DAYS", 90, 1..=365, " of days"),
            password_min_length: usize::try_from(reader.whole(
                "PASSWORD_MIN_LENGTH",
                15,
                8..=64,
                "",
            ))
            .unwrap_or(64),
            webhooks: reader.webhooks(environment),
            mail: reader.mail(environment),
            breach_range_url: reader.range_url(environment),
            game_balance_build: Some(reader.number(
                "GAME_BALANCE_BUILD",
                0,
                0..=10_000_000,
                "must be a build number of the game, up to 10000000",
            ))
            .filter(|number| *number > 0),
            assign_max_moves: u32::try_from(reader.whole(
                "ASSIGN_MAX_MOVES",
                1_000_000,
                1_000..=3_000_000,
                " of moves",
            ))
            .unwrap_or(1_000),
            security_contact: reader.security_contact(),
            quotas: reader.quotas(),
        };
        let MasterKeys { current, previous } = &config.master_keys;
        let has_keys = !current.expose().is_empty();
        if has_keys && *current == config.password_pepper {
            reader.refuse("PASSWORD_PEPPER", "must differ from MASTER_KEY");
        }
        if has_keys && previous.as_ref() == Some(current) {
            let reason = "must differ from MASTER_KEY, or be absent";
            reader.refuse("MASTER_KEY_PREVIOUS", reason);
        }
        if reader.errors.is_empty() {
            Ok(config)
        } else {
            Err(reader.errors)
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

    fn refuse(&mut self, name: &'static str, reason: impl Into<Cow<'static, str>>) {
        let reason = reason.into();
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

    fn webhooks(&mut self, environment: Environment) -> Webhooks {
        let schedule = match self.get("WEBHOOK_RETRY_SECONDS") {
            None => RetrySchedule::default(),
            Some(text) => RetrySchedule::parse(&text).unwrap_or_else(|| {
                self.refuse(
                    "WEBHOOK_RETRY_SECONDS",
                    "must be 1 to 20 whole numbers of seconds from 1 to 86400, separated by commas",
                );
                RetrySchedule::default()
            }),
        };
        let allow_local = match self.get("WEBHOOK_ALLOW_LOCAL").as_deref() {
            None | Some("false") => false,
            Some("true") if environment == Environment::Development => true,
            Some(_) => {
                self.refuse(
                    "WEBHOOK_ALLOW_LOCAL",
                    "must be false, or in development true",
                );
                false
            }
        };
        Webhooks {
            schedule,
            retention_days: self.whole("WEBHOOK_RETENTION_DAYS", 90, 7..=365, " of days"),
            allow_local,
            resolver: match self.get("DNS_RESOLVER_URL").as_deref() {
                Some("off") => None,
                None if environment == Environment::Production => Some(RESOLVER.to_owned()),
                _ => self.service("DNS_RESOLVER_URL", environment),
            },
        }
    }

    /// The URL of someone else's service.
    fn service(&mut self, name: &'static str, environment: Environment) -> Option<String> {
        let url = self.get(name)?;
        let is_secure = url.starts_with("https://");
        let is_local = environment == Environment::Development && url.starts_with("http://");
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
        if !(is_secure || is_local) || !is_plain || url.contains(['?', '#', '@']) {
            self.refuse(
                name,
                "must be an https URL without query, be off, or be absent",
            );
        }
        Some(url)
    }

    fn security_contact(&mut self) -> Option<String> {
        let contact = self.get("SECURITY_CONTACT")?;
        let is_uri = ["https://", "mailto:", "tel:"]
            .iter()
            .any(|scheme| contact.len() > scheme.len() && contact.starts_with(scheme));
        if !is_uri || !contact.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.refuse("SECURITY_CONTACT", "must be a URI such as mailto:security@guild.gg or an https URL (RFC 9116), or be absent");
        }
        Some(contact)
    }

    fn range_url(&mut self, environment: Environment) -> Option<String> {
        match self.get("BREACH_CHECK").as_deref() {
            None | Some("on") => {}
            Some("off") => return None,
            Some(_) => self.refuse("BREACH_CHECK", "must be on or off"),
        }
        let Some(url) = self.get("BREACH_RANGE_URL") else {
            let is_production = environment == Environment::Production;
            return is_production.then(|| BREACH_RANGE_URL.to_owned());
        };
        if !is_folder(&url, environment) {
            self.refuse("BREACH_RANGE_URL", "must be an https URL that ends in a slash, such as https://api.pwnedpasswords.com/range/; http only in development");
        }
        Some(url)
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

    /// As [`Self::number`]; `unit` is what it counts, as in ` of days`.
    fn whole(
        &mut self,
        name: &'static str,
        default: i64,
        range: RangeInclusive<i64>,
        unit: &str,
    ) -> i64 {
        let (min, max) = (range.start(), range.end());
        let reason = format!("must be a whole number{unit} from {min} to {max}");
        self.number(name, default, range, reason)
    }

    fn number(
        &mut self,
        name: &'static str,
        default: i64,
        range: RangeInclusive<i64>,
        reason: impl Into<Cow<'static, str>>,
    ) -> i64 {
        let Some(text) = self.get(name) else {
            return default;
        };
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => number,
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

/// Whether `text` is an origin and a path that ends in a slash, without a query.
fn is_folder(text: &str, environment: Environment) -> bool {
    let start = text.find("://").map_or(0, |at| at + 3);
    let path = text[start..].find('/').map_or(text.len(), |at| start + at);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
    is_origin(&text[..path], environment)
        && text.ends_with('/')
        && text[path..].bytes().all(is_plain)
}

#[cfg(test)]
mod tests;
