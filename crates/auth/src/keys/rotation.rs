//! Rotation: creates the next signing key in time, or at once in an emergency.
//! Crons that run twice, concurrently or late create one key and never shorten another's life. `model`
//! has the times; keys are published early so that other isolates need no notification.

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::audit::{self, Action, Entry};
use crate::permissions::{Permit, WriteAdmin};
use crypto::seal::MasterKeys;
use crypto::seal::{self, SealError};
use platform::{Platform, Statement};

use super::model::{KeyState, Life, SKEW_MS};
use super::store::{self, KeyRow, NewSigningKey};
use super::{KeyError, label, open, thumbprint};

/// Makes a key pair with its private half sealed.
pub fn make(
    master: &MasterKeys,
    platform: &Platform,
    life: Life,
    generation: i64,
) -> Result<NewSigningKey, SealError> {
    let secret = Zeroizing::new(platform.random_bytes::<32>());
    let key = SigningKey::from_bytes(&secret);
    let public = key.verifying_key();
    let kid = thumbprint(&public);
    let sealed_private_key = seal::seal(master, &label(&kid), key.as_bytes(), platform)?;
    Ok(NewSigningKey {
        kid,
        public_key: public.as_bytes().to_vec(),
        sealed_private_key,
        life,
        generation,
    })
}

/// Publishes the successor of the active key when it is due. Returns the number of keys created: 0
/// also when another cron was first, or when there is no key: the first one is created on first use.
pub async fn publish_next(master: &MasterKeys, platform: &Platform) -> Result<u64, KeyError> {
    let keys = store::all(platform).await?;
    let now = platform.clock.now_ms();
    let is_active = |key: &&KeyRow| key.life.state(now) == KeyState::Active;
    let due = keys
        .iter()
        .find(is_active)
        .and_then(|active| Some((active, active.life.successor(now)?)));
    let (Some((active, life)), Some(newest)) = (due, keys.first()) else {
        return Ok(0);
    };
    // A wrong master key must show now, not when the new key begins to sign.
    let sealed = active.sealed_private_key.as_deref().unwrap_or_default();
    open(sealed, &active.kid, master).ok_or_else(|| KeyError::Sealed(active.kid.clone()))?;
    let key = make(master, platform, life, newest.generation + 1)?;
    let entry = Entry::by_system(Action::SigningKeyCreated, &key.kid);
    let retire = store::retire_others(&key.kid, life.activates_at);
    match audit::commit(platform, vec![store::insert(key), retire], &[entry]).await {
        Err(error) if store::is_lost_race(&error) => Ok(0),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(1),
    }
}

/// Wipes private halves that no longer sign and deletes keys that no longer verify. Returns how many.
pub async fn clean(platform: &Platform) -> Result<u64, KeyError> {
    let statements = store::clean(platform.clock.now_ms());
    Ok(platform.database.batch(statements).await?.iter().sum())
}

/// A rotation to be committed.
pub struct Emergency {
    /// The key that signs at once.
    pub kid: String,
    /// Its times.
    pub life: Life,
    /// Keys that it revokes.
    pub revoked: Vec<String>,
    /// To be committed in one batch. It fails as in [`store::is_lost_race`] when another key was
    /// created meanwhile: start again then.
    pub writes: Vec<Statement>,
}

/// A new key that signs at once. A published key that has not signed yet is revoked: whoever may
/// have the current one may have that one too. With `revoke_current` all others are revoked, and with
/// them every token that they signed; without it they only stop signing.
pub async fn emergency(
    _: &Permit<'_, WriteAdmin>,
    master: &MasterKeys,
    platform: &Platform,
    revoke_current: bool,
) -> Result<Emergency, KeyError> {
    let keys = store::all(platform).await?;
    let now = platform.clock.now_ms();
    let life = Life::at_once(now);
    let generation = keys.first().map_or(1, |newest| newest.generation + 1);
    let key = make(master, platform, life, generation)?;
    let kid = key.kid.clone();
    // No key was created at time 0.
    let activates_after = if revoke_current { 0 } else { now + SKEW_MS };
    let revoked = keys
        .into_iter()
        .filter(|key| key.life.revoked_at.is_none() && key.life.activates_at > activates_after)
        .map(|key| key.kid)
        .collect();
    let writes = vec![
        store::insert(key),
        store::revoke_others(&kid, activates_after, now),
        store::retire_others(&kid, now),
    ];
    Ok(Emergency {
        kid,
        life,
        revoked,
        writes,
    })
}
