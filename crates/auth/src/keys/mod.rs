//! Signing keys (Ed25519, RFC 8037): their creation, publication, use and deletion.
//! Private halves are stored in D1 only sealed, and only as long as they sign. `auth::tokens` has the
//! tokens.

pub mod model;
pub mod reseal;
pub mod ring;
pub mod rotation;
pub mod store;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use jwt_compact::jwk::JsonWebKey;
use serde_json::{Value, json};
use sha2::Sha256;

use crypto::seal::MasterKeys;
use crypto::seal::{self, SealError};
use http::problem::Problem;
use platform::DatabaseError;

pub use ring::KeyRing;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database call failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The private half cannot be opened: another master key, or a changed row.
    #[error("signing key {0} does not open under MASTER_KEY")]
    Sealed(String),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The key that was just created is not in the database.
    #[error("there is no signing key")]
    Missing,
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) if store::is_lost_race(&error) => {
                Self::unavailable("another signing key was made in the same moment")
            }
            KeyError::Database(error) => error.into(),
            KeyError::Sealed(_) | KeyError::Seal(_) | KeyError::Missing => Self::internal(error),
        }
    }
}

/// One public half.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The key.
    pub key: VerifyingKey,
}

impl PublicKey {
    /// From the 32 bytes of RFC 8032.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        // A key of small order verifies signatures that anyone can make.
        (!key.is_weak()).then(|| Self {
            kid: thumbprint(&key),
            key,
        })
    }

    /// As a JWK (RFC 7517, RFC 8037).
    pub fn document(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(self.key.as_bytes()),
            "kid": self.kid,
            "alg": "EdDSA",
            "use": "sig",
        })
    }
}

/// The key that signs now.
pub struct ActiveKey {
    /// RFC 7638 thumbprint of its public half.
    pub kid: String,
    /// The private half; `ed25519-dalek` zeroizes it on drop.
    pub key: SigningKey,
}

/// Characters of a thumbprint: SHA-256 in base64url.
const KID_CHARS: usize = 43;

/// RFC 7638 over the JWK of RFC 8037, SHA-256, base64url.
fn thumbprint(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(JsonWebKey::from(key).thumbprint::<Sha256>())
}

/// Whether a key id has the form of a thumbprint.
fn is_thumbprint(kid: &str) -> bool {
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    kid.len() == KID_CHARS && kid.bytes().all(is_base64url)
}

/// Prefix of the labels of sealed private halves.
pub const SEAL_LABEL: &str = "signing-key:";

/// The label that a private half is sealed under.
fn label(kid: &str) -> String {
    format!("{SEAL_LABEL}{kid}")
}

/// The private half in a row; `None` when it does not open or does not match.
fn open(sealed: &[u8], kid: &str, master: &MasterKeys) -> Option<SigningKey> {
    let bytes = seal::open(master, &label(kid), sealed)?;
    let key = SigningKey::from_bytes(bytes.as_slice().try_into().ok()?);
    (thumbprint(&key.verifying_key()) == kid).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::secret::Secret;
    use platform::native::TestPlatform;

    #[test]
    fn a_private_half_opens_only_under_its_id() {
        let master = |first: u8| MasterKeys {
            current: Secret::new((first..first + 32).collect()),
            previous: None,
        };
        let (platform, _) = TestPlatform::new();
        let key = SigningKey::from_bytes(&platform.random_bytes());
        let kid = thumbprint(&key.verifying_key());
        let seal = |kid: &str| seal::seal(&master(1), &label(kid), key.as_bytes(), &platform);
        let sealed = seal(&kid).unwrap();
        assert!(open(&sealed, &kid, &master(1)).is_some());
        assert!(open(&sealed, &kid, &master(2)).is_none());
        assert!(open(&sealed, "another", &master(1)).is_none());
        assert!(open(&seal("another").unwrap(), "another", &master(1)).is_none());
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = PublicKey::from_bytes(&URL_SAFE_NO_PAD.decode(x).unwrap()).unwrap();
        assert_eq!(key.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.document()["x"], x);
        assert!(is_thumbprint(&key.kid));
        for other in ["", "kid-1", &key.kid[1..], &key.kid.replace('_', "/")] {
            assert!(!is_thumbprint(other), "{other}");
        }
    }
}
