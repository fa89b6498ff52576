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
        ("MAIL_TRANSPORT", "cloudflare".to_owned()),
        ("EMAIL", "a binding".to_owned()),
        ("MAIL_FROM", "builds@guild.gg".to_owned()),
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
        ("WEBHOOK_RETRY_SECONDS", "5,0"),
        ("WEBHOOK_RETENTION_DAYS", "1"),
        ("WEBHOOK_ALLOW_LOCAL", "true"),
        ("DNS_RESOLVER_URL", "http://dns.guild.gg/query"),
        ("MAIL_TRANSPORT", ""),
        ("MAIL_TRANSPORT", "mailgun"),
        ("EMAIL", ""),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "builds"),
        ("MAIL_FROM", "WvW Builder <builds@guild.gg>"),
        ("MAIL_FROM", "builds@guild.gg\r\nBcc: eve@evil.gg"),
        ("MAIL_FROM", "grüße@guild.gg"),
        ("BREACH_RANGE_URL", "http://api.guild.gg/range/"),
        ("BREACH_RANGE_URL", "https://api.guild.gg/range"),
        ("BREACH_RANGE_URL", "https://api.guild.gg"),
        ("BREACH_RANGE_URL", "https://api.guild.gg/?range=/"),
        ("BREACH_RANGE_URL", "https://user@api.guild.gg/"),
        ("BREACH_RANGE_URL", "https:///"),
        ("BREACH_RANGE_URL", "/range/"),
        ("BREACH_CHECK", "no"),
        ("GAME_BALANCE_BUILD", "2026-11-24"),
        ("ASSIGN_MAX_MOVES", "999"),
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
        let named = if name == "EMAIL" {
            "MAIL_TRANSPORT"
        } else {
            name
        };
        assert_eq!(errors[0].name, named);
        let is_key = name.starts_with("MASTER_KEY") || name == "PASSWORD_PEPPER";
        assert!(!is_key || value.is_empty() || !errors[0].to_string().contains(value));
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
fn breached_passwords_are_asked_for_in_production_unless_switched_off_by_name() {
    let asked = |values: &HashMap<&'static str, String>| load(values).unwrap().breach_range_url;
    let mut values = good();
    assert_eq!(asked(&values).as_deref(), Some(BREACH_RANGE_URL));
    values.insert("BREACH_CHECK", "on".to_owned());
    assert_eq!(asked(&values).as_deref(), Some(BREACH_RANGE_URL));
    values.insert("BREACH_CHECK", "off".to_owned());
    assert_eq!(asked(&values), None);
    values.insert("BREACH_RANGE_URL", BREACH_RANGE_URL.to_owned());
    assert_eq!(asked(&values), None);
    let mut values = good();
    values.insert("ENVIRONMENT", "development".to_owned());
    assert_eq!(asked(&values), None);
    for (environment, url) in [
        ("production", "https://api.guild.gg/range/"),
        ("production", "https://api.guild.gg:8443/"),
        ("development", "http://127.0.0.1:8080/range/"),
    ] {
        values.insert("ENVIRONMENT", environment.to_owned());
        values.insert("BREACH_RANGE_URL", url.to_owned());
        assert_eq!(
            load(&values).unwrap().breach_range_url.as_deref(),
            Some(url)
        );
    }
}

#[test]
fn names_are_looked_up_in_production_unless_that_is_switched_off_by_name() {
    let mut values = good();
    for (environment, url, expected) in [
        ("production", None, Some(RESOLVER)),
        ("production", Some("off"), None),
        (
            "production",
            Some("https://dns.guild.gg/q"),
            Some("https://dns.guild.gg/q"),
        ),
        ("development", None, None),
        ("development", Some("off"), None),
    ] {
        values.insert("ENVIRONMENT", environment.to_owned());
        values.remove("DNS_RESOLVER_URL");
        if let Some(url) = url {
            values.insert("DNS_RESOLVER_URL", url.to_owned());
        }
        let config = load(&values).unwrap();
        assert_eq!(
            config.webhooks.resolver.as_deref(),
            expected,
            "{environment}"
        );
    }
    for wrong in ["", "OFF", "none", "false"] {
        values.insert("ENVIRONMENT", "production".to_owned());
        values.insert("DNS_RESOLVER_URL", wrong.to_owned());
        let found = load(&values).map(|config| config.webhooks.resolver);
        assert!(!matches!(found, Ok(None)), "{wrong}");
    }
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
            "PASSWORD_PEPPER",
            "MAIL_TRANSPORT"
        ]
    );
}

fn with_smtp() -> HashMap<&'static str, String> {
    let mut values = good();
    values.extend([
        ("MAIL_TRANSPORT", "smtp".to_owned()),
        ("EMAIL", String::new()),
        ("SMTP_HOST", "smtp.guild.gg".to_owned()),
        ("SMTP_USER", "wren".to_owned()),
        ("SMTP_PASSWORD", "hunter2".to_owned()),
    ]);
    values
}

#[test]
fn a_mail_server_is_named_whole_or_not_at_all() {
    for (name, value) in [
        ("SMTP_HOST", ""),
        ("SMTP_HOST", "localhost"),
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_HOST", "https://smtp.guild.gg"),
        ("SMTP_HOST", "smtp.guild.gg:587"),
        ("SMTP_HOST", "smtp..gg"),
        ("SMTP_PORT", "25"),
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "65536"),
        ("SMTP_TLS", "none"),
        ("SMTP_TLS", "opportunistic"),
        ("SMTP_USER", ""),
        ("SMTP_USER", "wren\0"),
        ("SMTP_PASSWORD", ""),
        ("SMTP_PASSWORD", "hunter2\r\nMAIL FROM:<eve@evil.gg>"),
    ] {
        let mut values = with_smtp();
        values.insert(name, value.to_owned());
        let errors = load(&values).unwrap_err();
        assert_eq!(errors.len(), 1, "{name} {value}");
        assert_eq!(errors[0].name, name);
        assert!(!errors[0].to_string().contains("hunter2"));
    }
}

#[test]
fn tls_is_from_the_start_on_its_port_or_where_it_is_said() {
    for (port, tls, expected) in [
        ("", "", (587, false)),
        ("465", "", (465, true)),
        ("2465", "implicit", (2465, true)),
        ("465", "starttls", (465, false)),
    ] {
        let mut values = with_smtp();
        values.insert("SMTP_PORT", port.to_owned());
        values.insert("SMTP_TLS", tls.to_owned());
        let config = load(&values).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        let crate::platform::Transport::Smtp(smtp) = config.mail.transport else {
            panic!("{:?}", config.mail);
        };
        assert_eq!((smtp.port, smtp.is_tls), expected);
    }
}

#[test]
fn mail_is_off_by_name_or_in_development_without_a_binding() {
    for (environment, transport, binding, is_off) in [
        ("production", "off", "", true),
        ("production", "off", "a binding", true),
        ("production", "cloudflare", "a binding", false),
        ("development", "", "", true),
        ("development", "", "a binding", false),
        ("development", "off", "a binding", true),
    ] {
        let mut values = good();
        values.insert("ENVIRONMENT", environment.to_owned());
        values.insert("MAIL_TRANSPORT", transport.to_owned());
        values.insert("EMAIL", binding.to_owned());
        let config = load(&values).unwrap();
        assert_eq!(config.mail.is_off(), is_off, "{environment} {transport}");
    }
    let mut values = good();
    values.insert("MAIL_TRANSPORT", "off".to_owned());
    values.insert("MAIL_FROM", String::new());
    assert!(load(&values).is_ok());
}
