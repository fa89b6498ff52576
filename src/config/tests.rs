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

/// What is loaded of a good configuration with these values in it.
fn with(changes: &[(&'static str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let mut values = good();
    for (name, value) in changes {
        values.insert(name, (*value).to_owned());
    }
    Config::load(|name| values.get(name).cloned())
}

#[test]
fn a_good_configuration_loads() {
    let config = with(&[]).unwrap();
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
        let errors = with(&[(name, value)]).unwrap_err();
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
    let errors = with(&[("PASSWORD_PEPPER", &key(1))]).unwrap_err();
    assert_eq!(errors[0].name, "PASSWORD_PEPPER");
}

#[test]
fn a_previous_master_key_may_be_there_and_must_be_another() {
    assert!(with(&[]).unwrap().master_keys.previous.is_none());
    let previous = |key: &str| with(&[("MASTER_KEY_PREVIOUS", key)]);
    assert!(previous(&key(3)).unwrap().master_keys.previous.is_some());
    let errors = previous(&key(1)).unwrap_err();
    assert_eq!(errors[0].name, "MASTER_KEY_PREVIOUS");
}

const DEVELOPMENT: (&str, &str) = ("ENVIRONMENT", "development");

#[test]
fn breached_passwords_are_asked_for_in_production_unless_switched_off_by_name() {
    let url = |url| ("BREACH_RANGE_URL", url);
    let check = |word| ("BREACH_CHECK", word);
    for (changes, expected) in [
        (&[][..], Some(BREACH_RANGE_URL)),
        (&[check("on")], Some(BREACH_RANGE_URL)),
        (&[check("off")], None),
        (&[check("off"), url(BREACH_RANGE_URL)], None),
        (&[DEVELOPMENT], None),
        (
            &[url("https://api.guild.gg/range/")],
            Some("https://api.guild.gg/range/"),
        ),
        (
            &[url("https://api.guild.gg:8443/")],
            Some("https://api.guild.gg:8443/"),
        ),
        (
            &[DEVELOPMENT, url("http://127.0.0.1:8080/range/")],
            Some("http://127.0.0.1:8080/range/"),
        ),
    ] {
        let config = with(changes).unwrap();
        assert_eq!(config.breach_range_url.as_deref(), expected, "{changes:?}");
    }
}

#[test]
fn names_are_looked_up_in_production_unless_that_is_switched_off_by_name() {
    let url = |url| ("DNS_RESOLVER_URL", url);
    for (changes, expected) in [
        (&[][..], Some(RESOLVER)),
        (&[url("off")], None),
        (
            &[url("https://dns.guild.gg/q")],
            Some("https://dns.guild.gg/q"),
        ),
        (&[DEVELOPMENT], None),
        (&[DEVELOPMENT, url("off")], None),
    ] {
        let found = with(changes).unwrap().webhooks.resolver;
        assert_eq!(found.as_deref(), expected, "{changes:?}");
    }
    for wrong in ["", "OFF", "none", "false"] {
        let found = with(&[url(wrong)]).map(|config| config.webhooks.resolver);
        assert!(!matches!(found, Ok(None)), "{wrong}");
    }
}

#[test]
fn quotas_are_set_one_by_one() {
    let config = with(&[("LIMIT_LOGIN", "7/30")]).unwrap();
    for (policy, rate) in POLICIES.iter().zip(config.quotas) {
        let expected = match policy.variable {
            "LIMIT_LOGIN" => Rate::new(7, 30),
            _ => policy.default,
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

fn with_smtp(changes: &[(&'static str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let smtp = [
        ("MAIL_TRANSPORT", "smtp"),
        ("EMAIL", ""),
        ("SMTP_HOST", "smtp.guild.gg"),
        ("SMTP_USER", "wren"),
        ("SMTP_PASSWORD", "hunter2"),
    ];
    with(&[&smtp, changes].concat())
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
        let errors = with_smtp(&[(name, value)]).unwrap_err();
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
        let config = with_smtp(&[("SMTP_PORT", port), ("SMTP_TLS", tls)]).unwrap();
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
        let config = with(&[
            ("ENVIRONMENT", environment),
            ("MAIL_TRANSPORT", transport),
            ("EMAIL", binding),
        ])
        .unwrap();
        assert_eq!(config.mail.is_off(), is_off, "{environment} {transport}");
    }
    assert!(with(&[("MAIL_TRANSPORT", "off"), ("MAIL_FROM", "")]).is_ok());
}
