//! The signing keys that an isolate knows: from its memory, then KV, then D1.
//! Key data was read from D1 at most five minutes ago, whatever KV holds, and a flood of unknown key ids
//! costs few reads. `model` has the life cycle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crypto::seal::MasterKeys;
use db::cache::{self, Cache, Entry};
use http::json;
use kit::bounded::BoundedMap;
use kit::secret::Secret;
use limits::gcra::{Rate, Tat};
use platform::{LocalFuture, Platform};

use super::model::{KeyState, Life};
use super::{ActiveKey, KeyError, PublicKey, is_thumbprint, open, rotation, store};

/// Maximum age of cached keys, and so how long other isolates may accept a revoked key.
pub const MAX_AGE_MS: i64 = 300_000;
/// Rate of reads for unknown key ids that found nothing: a burst of ten, then one in three seconds.
/// Such a read also finds a new key.
const RELOADS: Rate = Rate::new(10, 30);
/// Unknown key ids that are cached.
const MAX_MISSING: usize = 100;
/// The public halves in KV. The isolate holds them ready for use.
const CACHED: cache::Kind = cache::Kind {
    prefix: "signing-keys/v3",
    max_age_ms: MAX_AGE_MS,
    is_in_memory: false,
};

/// The contents of D1 at one time: the keys that are not revoked, newest first.
struct View {
    read_at: i64,
    keys: Vec<(PublicKey, Life)>,
}

impl View {
    fn is_fresh(&self, now: i64) -> bool {
        // From the future: another machine's clock is ahead. Reading again is the safe choice.
        (0..MAX_AGE_MS).contains(&(now - self.read_at))
    }

    fn find(&self, kid: &str) -> Option<&(PublicKey, Life)> {
        self.keys.iter().find(|(key, _)| key.kid == kid)
    }
}

/// The keys that this isolate knows.
pub struct KeyRing {
    cache: Cache,
    view: RefCell<Option<Rc<View>>>,
    active: RefCell<Option<Rc<ActiveKey>>>,
    /// A key id is the hash of a random key: an unknown one never becomes known.
    missing: RefCell<BoundedMap<String, (), MAX_MISSING>>,
    /// The rate of reads that found nothing.
    reloads: Cell<Tat>,
}

impl KeyRing {
    /// An empty ring.
    pub fn new(master: &Secret) -> Self {
        Self {
            cache: Cache::new(master),
            view: RefCell::default(),
            active: RefCell::default(),
            missing: RefCell::default(),
            reloads: Cell::default(),
        }
    }

    /// The public half with this id, if tokens that it verifies are valid now.
    pub async fn find(
        &self,
        kid: &str,
        platform: &Platform,
    ) -> Result<Option<PublicKey>, KeyError> {
        let now = platform.clock.now_ms();
        let view = self.view(platform).await?;
        if let Some((key, life)) = view.find(kid) {
            return Ok(life.verifies(now).then(|| key.clone()));
        }
        let is_missing = self.missing.borrow().get(kid).is_some();
        if !is_thumbprint(kid) || is_missing || !self.may_reload(now) {
            return Ok(None);
        }
        let view = self.reload(platform).await?;
        if let Some((key, life)) = view.find(kid) {
            return Ok(life.verifies(now).then(|| key.clone()));
        }
        // Only now: a request that arrives meanwhile, or after a failure, must read too.
        let reloads = self.reloads.get();
        let after = RELOADS.take(reloads, now * 1_000, 1);
        self.reloads.set(after.unwrap_or(reloads));
        self.missing.borrow_mut().insert(kid.to_owned(), ());
        Ok(None)
    }

    fn may_reload(&self, now: i64) -> bool {
        RELOADS.remaining(self.reloads.get(), now * 1_000) > 0
    }

    /// All public halves for the JWKS, newest first. Creates the first key when there is none.
    pub async fn all(
        &self,
        master: &MasterKeys,
        platform: &Platform,
    ) -> Result<Vec<PublicKey>, KeyError> {
        let mut view = self.view(platform).await?;
        if view.keys.is_empty() {
            self.active(master, platform).await?;
            view = self.view(platform).await?;
        }
        let now = platform.clock.now_ms();
        let published = view.keys.iter().filter(|(_, life)| life.is_published(now));
        Ok(published.map(|(key, _)| key.clone()).collect())
    }

    /// The active key. Creates the first one when there is none; of two isolates that do so
    /// concurrently one wins, and both sign with its key.
    pub async fn active(
        &self,
        master: &MasterKeys,
        platform: &Platform,
    ) -> Result<Rc<ActiveKey>, KeyError> {
        let view = self.view(platform).await?;
        let now = platform.clock.now_ms();
        let signs = |active: &Rc<ActiveKey>| {
            let found = view.find(&active.kid);
            found.is_some_and(|(_, life)| life.state(now) == KeyState::Active)
        };
        if let Some(active) = self.active.borrow().as_ref().filter(|active| signs(active)) {
            return Ok(Rc::clone(active));
        }
        let mut row = platform.database.query(store::signing(now)).await?;
        if row.is_empty() {
            let first = rotation::make(master, platform, Life::at_once(now), 1)?;
            match platform.database.batch(vec![store::insert(first)]).await {
                Err(error) if !store::is_lost_race(&error) => return Err(error.into()),
                _ => row = platform.database.query(store::signing(now)).await?,
            }
        }
        let row = row.first().ok_or(KeyError::Missing)?;
        let kid = row.text(0)?.to_owned();
        let key = open(row.blob(1)?, &kid, master).ok_or_else(|| KeyError::Sealed(kid.clone()))?;
        if view.find(&kid).is_none() {
            self.reload(platform).await?;
        }
        let active = Rc::new(ActiveKey { kid, key });
        *self.active.borrow_mut() = Some(Rc::clone(&active));
        Ok(active)
    }

    /// The cached keys, read again when they are too old.
    async fn view(&self, platform: &Platform) -> Result<Rc<View>, KeyError> {
        let now = platform.clock.now_ms();
        let held = self.view.borrow().clone();
        let is_empty = held.is_none();
        if let Some(view) = held.filter(|view| view.is_fresh(now)) {
            return Ok(view);
        }
        if is_empty && let Some(view) = self.read_cache(platform).await {
            return Ok(self.keep(view));
        }
        self.reload(platform).await
    }

    /// Drops all cached keys.
    pub fn forget(&self) {
        *self.view.borrow_mut() = None;
        *self.active.borrow_mut() = None;
    }

    /// Reads all keys from D1 and writes them to KV for the next isolate.
    pub async fn refresh(&self, platform: &Platform) -> Result<(), KeyError> {
        self.reload(platform).await.map(drop)
    }

    /// Boxed, since many futures await it: each would have its own copy in the Wasm.
    fn reload<'a>(&'a self, platform: &'a Platform) -> LocalFuture<'a, Result<Rc<View>, KeyError>> {
        Box::pin(async move {
            // Taken before the query, which may take a while.
            let read_at = platform.clock.now_ms();
            let keys = store::public(platform).await?;
            let view = View { read_at, keys };
            self.write_cache(&view, platform).await;
            Ok(self.keep(view))
        })
    }

    /// Caches what was read, unless something newer was read meanwhile. Returns what was read.
    fn keep(&self, view: View) -> Rc<View> {
        let view = Rc::new(view);
        let mut held = self.view.borrow_mut();
        if held
            .as_ref()
            .is_none_or(|held| held.read_at <= view.read_at)
        {
            *held = Some(Rc::clone(&view));
        }
        view
    }

    /// What KV has, unless it is too old or empty.
    async fn read_cache(&self, platform: &Platform) -> Option<View> {
        let entry = self.cache.find(platform, &CACHED, "").await?;
        let keys: Vec<Value> = json::read(&entry.bytes)?;
        let keys: Vec<_> = keys.iter().filter_map(read_key).collect();
        (!keys.is_empty()).then_some(View {
            read_at: entry.at_ms,
            keys,
        })
    }

    async fn write_cache(&self, view: &View, platform: &Platform) {
        let keys = view.keys.iter().map(|(key, life)| {
            json!({
                "x": URL_SAFE_NO_PAD.encode(key.key.as_bytes()),
                "created_at": life.created_at,
                "activates_at": life.activates_at,
                "retires_at": life.retires_at,
                "removed_at": life.removed_at,
            })
        });
        let entry = Entry {
            at_ms: view.read_at,
            bytes: keys.collect::<Value>().to_string().into_bytes().into(),
        };
        self.cache.keep(platform, &CACHED, "", &entry).await;
    }
}

fn read_key(entry: &Value) -> Option<(PublicKey, Life)> {
    let life = Life {
        created_at: entry["created_at"].as_i64()?,
        activates_at: entry["activates_at"].as_i64()?,
        retires_at: entry["retires_at"].as_i64(),
        removed_at: entry["removed_at"].as_i64(),
        revoked_at: None,
    };
    let bytes = URL_SAFE_NO_PAD.decode(entry["x"].as_str()?).ok()?;
    Some((PublicKey::from_bytes(&bytes)?, life))
}

#[cfg(test)]
mod tests;
