//! Access tokens of the test's own making, signed with a key that the service trusts: nothing but what a
//! row changes is wrong with them, so that a refusal proves that very rule.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use wvw_builder::auth::keys::PublicKey;

use super::{TestApp, hex};

/// A JSON object as text, member by member: it can hold what no JSON value holds (1e400, a member
/// twice).
#[derive(Debug, Clone)]
pub struct Members(Vec<(String, String)>);

impl Members {
    pub fn of(value: &Value) -> Self {
        let members = value.as_object().expect("an object");
        Self(
            members
                .iter()
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
        )
    }

    pub fn set(mut self, name: &str, json: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name.to_owned(), json.to_owned())),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// Adds a member that may be there already.
    pub fn again(mut self, name: &str, json: &str) -> Self {
        self.0.push((name.to_owned(), json.to_owned()));
        self
    }

    /// With edits, `; ` between them: `-name` takes a member out, `+name json` adds another one of the
    /// name, `name json` sets it.
    pub fn edited(&self, edits: &str) -> Self {
        edits.split("; ").fold(self.clone(), |members, edit| {
            if let Some(name) = edit.strip_prefix('-') {
                return members.without(name);
            }
            let (name, json) = edit.split_once(' ').expect("a name and JSON");
            match name.strip_prefix('+') {
                Some(name) => members.again(name, json),
                None => members.set(name, json),
            }
        })
    }

    pub fn text(&self) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    /// The value of a claim as a whole number.
    pub fn number(&self, name: &str) -> i64 {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.expect("the claim").1.parse().expect("a whole number")
    }
}

/// In the year 2096: long after every test.
const LATER_MS: i64 = 4_000_000_000_000;

/// Signs what it is given.
pub struct Forger {
    key: SigningKey,
    pub kid: String,
}

impl Forger {
    /// A signer whose public half is among the service's signing keys.
    pub fn trusted(app: &TestApp, seed: u8) -> Self {
        // Signs no more: the service's own key does. Its tokens are still good.
        Self::with_life(app, seed, &format!("0, 0, {LATER_MS}, NULL"))
    }

    /// A signer whose public half the service has had since 1970. `life` is as SQL takes it: when it
    /// begins to sign, when it ends, when it verifies no more, when it was revoked.
    pub fn with_life(app: &TestApp, seed: u8, life: &str) -> Self {
        let forger = Self::stranger(seed);
        let public = hex(&forger.public_bytes());
        app.execute(format!(
            "INSERT INTO signing_keys (kid, generation, public_key, created_at, activates_at, \
             retires_at, removed_at, revoked_at) VALUES ('{}', -{seed}, x'{public}', 0, {life})",
            forger.kid,
        ));
        forger
    }

    /// A signer that the service has never heard of.
    pub fn stranger(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes());
        Self {
            kid: public.expect("a key").kid,
            key,
        }
    }

    pub fn public_bytes(&self) -> [u8; 32] {
        *self.key.verifying_key().as_bytes()
    }

    pub fn header(&self) -> Members {
        Members::of(&serde_json::json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid }))
    }

    pub fn sign(&self, header: &Members, payload: &Members) -> String {
        self.sign_text(&header.text(), &payload.text())
    }

    pub fn sign_text(&self, header: &str, payload: &str) -> String {
        let input = signing_input(header, payload);
        let signature = self.key.sign(input.as_bytes());
        format!("{input}.{}", encode(&signature.to_bytes()))
    }
}

pub fn signing_input(header: &str, payload: &str) -> String {
    format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(payload.as_bytes())
    )
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The payload of a token, unverified.
pub fn payload_of(token: &str) -> Members {
    let part = token.split('.').nth(1).expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    Members::of(&serde_json::from_slice(&bytes).expect("JSON"))
}
