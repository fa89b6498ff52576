//! Signing keys (Ed25519, RFC 8037): made on first use, sealed at rest, read through isolate
//! memory, then KV, then D1. Promises that private halves leave D1 only sealed, and that a
//! flood of unknown key ids costs one reload in 30 seconds. Leaves rotation to its cron.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use jwt_compact::jwk::JsonWebKey;
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::config::MasterKeys;
use crate::platform::{CacheError, DatabaseError, Level, Platform, Statement};
use crate::telemetry::rfc3339;

use super::seal::{self, SealError};
use super::store;

/// An isolate asks for keys it has not seen at most this often.
const RELOAD_MS: i64 = 30_000;
/// Where the public halves lie in KV.
const CACHE_KEY: &str = "signing-keys/v1";
/// As long as clients keep the JWKS.
const CACHE_SECONDS: u64 = 300;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The private half cannot be opened: another master key, or a changed row.
    #[error("signing key {0} does not open under MASTER_KEY")]
    Sealed(String),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The key that was just made is not in the database.
    #[error("there is no signing key")]
    Missing,
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
        // Under a key of small order, signatures that anyone can make verify.
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
    /// The private half; `ed25519-dalek` forgets it when dropped.
    pub key: SigningKey,
}

/// RFC 7638 over the JWK of RFC 8037, SHA-256, base64url.
fn thumbprint(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(JsonWebKey::from(key).thumbprint::<Sha256>())
}

/// Tells a private half from other things sealed under the master key.
fn label(kid: &str) -> String {
    format!("signing-key:{kid}")
}

/// The private half in a row; `None` when anything does not fit.
fn open(sealed: &[u8], kid: &str, master: &MasterKeys) -> Option<SigningKey> {
    let bytes = seal::open(master, &label(kid), sealed)?;
    let key = SigningKey::from_bytes(bytes.as_slice().try_into().ok()?);
    (thumbprint(&key.verifying_key()) == kid).then_some(key)
}

/// The keys that this isolate knows.
#[derive(Default)]
pub struct KeyRing {
    public: RefCell<Rc<[PublicKey]>>,
    active: RefCell<Option<Rc<ActiveKey>>>,
    reloaded_at: Cell<Option<i64>>,
}

impl KeyRing {
    /// The public half with this id. A key that is nowhere costs a reload at most every 30 s.
    pub async fn find(
        &self,
        kid: &str,
        platform: &Platform,
    ) -> Result<Option<PublicKey>, KeyError> {
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let now = platform.clock.now_ms();
        let is_recent = |at: i64| (0..RELOAD_MS).contains(&(now - at));
        if self.reloaded_at.get().is_some_and(is_recent) {
            return Ok(None);
        }
        if self.public.borrow().is_empty() {
            *self.public.borrow_mut() = read_cache(platform).await.into();
        }
        if self.known(kid).is_none() {
            self.reload(platform).await?;
            // Not before: a request that comes in meanwhile, or after a failure, must look too.
            self.reloaded_at.set(Some(now));
        }
        Ok(self.known(kid))
    }

    /// All public halves, for the JWKS. Makes the first key when there is none.
    pub async fn all(
        &self,
        master: &MasterKeys,
        platform: &Platform,
    ) -> Result<Rc<[PublicKey]>, KeyError> {
        if self.public.borrow().is_empty() {
            self.active(master, platform).await?;
        }
        Ok(self.public.borrow().clone())
    }

    /// The key that signs. Makes the first one when there is none; of two isolates that do so at
    /// once one wins, and both sign with its key.
    pub async fn active(
        &self,
        master: &MasterKeys,
        platform: &Platform,
    ) -> Result<Rc<ActiveKey>, KeyError> {
        let known = self.active.borrow().clone();
        if let Some(active) = known {
            return Ok(active);
        }
        let mut row = platform.database.query(store::newest_signing_key()).await?;
        if row.is_empty() {
            let insert = Self::first_key(master, platform)?;
            platform.database.batch(vec![insert]).await?;
            row = platform.database.query(store::newest_signing_key()).await?;
        }
        let row = row.first().ok_or(KeyError::Missing)?;
        let kid = row.text(0)?.to_owned();
        let key = open(row.blob(1)?, &kid, master).ok_or_else(|| KeyError::Sealed(kid.clone()))?;
        if self.known(&kid).is_none() {
            self.reload(platform).await?;
        }
        let active = Rc::new(ActiveKey { kid, key });
        *self.active.borrow_mut() = Some(Rc::clone(&active));
        Ok(active)
    }

    fn first_key(master: &MasterKeys, platform: &Platform) -> Result<Statement, KeyError> {
        let secret = Zeroizing::new(platform.random_bytes::<32>());
        let key = SigningKey::from_bytes(&secret);
        let public = key.verifying_key();
        let kid = thumbprint(&public);
        let sealed = seal::seal(master, &label(&kid), key.as_bytes(), platform)?;
        let now = platform.clock.now_ms();
        Ok(store::insert_first_signing_key(
            &kid,
            public.as_bytes(),
            sealed,
            now,
        ))
    }

    fn known(&self, kid: &str) -> Option<PublicKey> {
        let public = self.public.borrow();
        public.iter().find(|key| key.kid == kid).cloned()
    }

    async fn reload(&self, platform: &Platform) -> Result<(), KeyError> {
        let rows = platform.database.query(store::public_keys()).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            keys.extend(PublicKey::from_bytes(row.blob(0)?));
        }
        write_cache(&keys, platform).await;
        *self.public.borrow_mut() = keys.into();
        Ok(())
    }
}

/// What KV has; an unreadable or absent entry is no key.
async fn read_cache(platform: &Platform) -> Vec<PublicKey> {
    let text = match platform.cache.get(CACHE_KEY).await {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            warn_of_cache(&error, platform);
            return Vec::new();
        }
    };
    let keys: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
    let decoded = keys.iter().filter_map(|x| URL_SAFE_NO_PAD.decode(x).ok());
    decoded
        .filter_map(|bytes| PublicKey::from_bytes(&bytes))
        .collect()
}

async fn write_cache(keys: &[PublicKey], platform: &Platform) {
    let keys: Vec<String> = keys
        .iter()
        .map(|key| URL_SAFE_NO_PAD.encode(key.key.as_bytes()))
        .collect();
    let text = json!(keys).to_string();
    if let Err(error) = platform.cache.put(CACHE_KEY, &text, CACHE_SECONDS).await {
        warn_of_cache(&error, platform);
    }
}

/// The cache is a convenience: its failure is worth a line, not an error.
fn warn_of_cache(error: &CacheError, platform: &Platform) {
    let line = json!({
        "time": rfc3339(platform.clock.now_ms()),
        "level": Level::Warn.as_str(),
        "event": "cache_unavailable",
        "cause": error.to_string(),
    });
    platform.log.line(Level::Warn, &line.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;
    use crate::secret::Secret;
    use pollster::block_on;

    fn master(first: u8) -> MasterKeys {
        MasterKeys {
            current: Secret::new((first..first + 32).collect()),
            previous: None,
        }
    }

    #[test]
    fn a_private_half_opens_only_under_its_id() {
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
    fn two_isolates_that_start_at_once_share_one_key() {
        let (first, handle) = TestPlatform::new();
        let second = handle.platform(2);
        let statements = vec![
            KeyRing::first_key(&master(1), &first).unwrap(),
            KeyRing::first_key(&master(1), &second).unwrap(),
        ];
        for statement in statements {
            block_on(first.database.batch(vec![statement])).unwrap();
        }
        assert_eq!(
            handle
                .database
                .execute("SELECT kid FROM signing_keys")
                .len(),
            1
        );
        let one = block_on(KeyRing::default().active(&master(1), &first)).unwrap();
        let two = block_on(KeyRing::default().active(&master(1), &second)).unwrap();
        assert_eq!(one.kid, two.kid);
    }

    #[test]
    fn unknown_ids_reload_once_in_thirty_seconds() {
        let (platform, handle) = TestPlatform::new();
        let ring = KeyRing::default();
        block_on(ring.active(&master(1), &platform)).unwrap();
        let before = handle.database.calls();
        for number in 0..1_000 {
            let kid = format!("kid-{number}");
            assert!(block_on(ring.find(&kid, &platform)).unwrap().is_none());
        }
        assert_eq!(handle.database.calls(), before + 1);
        handle.clock.advance_ms(RELOAD_MS);
        assert!(block_on(ring.find("other", &platform)).unwrap().is_none());
        assert_eq!(handle.database.calls(), before + 2);
    }

    #[test]
    fn a_new_isolate_takes_public_keys_from_the_cache() {
        let (platform, handle) = TestPlatform::new();
        let kid = block_on(KeyRing::default().active(&master(1), &platform))
            .unwrap()
            .kid
            .clone();
        let before = handle.database.calls();
        assert!(
            block_on(KeyRing::default().find(&kid, &platform))
                .unwrap()
                .is_some()
        );
        assert_eq!(handle.database.calls(), before);
        handle.cache.set_away(true);
        assert!(
            block_on(KeyRing::default().find(&kid, &platform))
                .unwrap()
                .is_some()
        );
        assert_eq!(handle.database.calls(), before + 1);
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = PublicKey::from_bytes(&URL_SAFE_NO_PAD.decode(x).unwrap()).unwrap();
        assert_eq!(key.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.document()["x"], x);
    }
}
