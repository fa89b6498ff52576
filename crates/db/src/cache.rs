//! Cached bytes: in the isolate, and in KV for all isolates.
//! Entries carry a MAC, so that write access to KV is not enough to forge one. There is no invalidation:
//! what an entry depends on is in its name, or it may be as old as its kind allows.

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::mac;
use kit::bounded::BoundedMap;
use kit::secret::Secret;
use platform::Platform;
use subtle::ConstantTimeEq as _;

/// What an isolate keeps at most.
const MAX_ENTRIES: usize = 2_048;
const MAX_BYTES: usize = 4_000_000;
const PURPOSE: &str = "cache/v1";

/// Entries of one kind.
pub struct Kind {
    /// What their names in KV begin with.
    pub prefix: &'static str,
    /// They are used up to this age.
    pub max_age_ms: i64,
    /// Whether the isolate keeps them, too.
    pub is_in_memory: bool,
}

/// An entry.
#[derive(Clone)]
pub struct Entry {
    /// When it was made, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its bytes.
    pub bytes: Rc<[u8]>,
}

/// What is cached.
pub struct Cache {
    key: Secret,
    held: RefCell<BoundedMap<String, Entry, MAX_ENTRIES>>,
}

impl Cache {
    /// With MACs under this master key.
    pub fn new(master: &Secret) -> Self {
        let held = BoundedMap::with_max_size(MAX_BYTES, |entry: &Entry| entry.bytes.len());
        Self {
            key: Secret::new(mac::tag(master, PURPOSE, &[]).to_vec()),
            held: RefCell::new(held),
        }
    }

    /// The entry under this name, if it is not too old.
    pub async fn find(&self, platform: &Platform, kind: &Kind, name: &str) -> Option<Entry> {
        let name = [kind.prefix, name].concat();
        let now_ms = platform.clock.now_ms();
        // From the future: another machine's clock is ahead. Making it again is the safe choice.
        let is_fresh = |entry: &Entry| (0..kind.max_age_ms).contains(&(now_ms - entry.at_ms));
        let held = self.held.borrow().get(&name).cloned();
        if let Some(entry) = held.filter(is_fresh) {
            return Some(entry);
        }
        let text = match platform.cache.get(&name).await {
            Ok(text) => text?,
            Err(error) => {
                platform.warn("cache_unavailable", error);
                return None;
            }
        };
        let entry = self.read(&name, &text).filter(is_fresh)?;
        self.hold(kind, name, &entry);
        Some(entry)
    }

    /// Keeps an entry under this name.
    pub async fn keep(&self, platform: &Platform, kind: &Kind, name: &str, entry: &Entry) {
        let name = [kind.prefix, name].concat();
        let tag = STANDARD.encode(self.tag(&name, entry));
        let bytes = STANDARD.encode(&entry.bytes);
        let text = format!("{tag} {} {bytes}", entry.at_ms);
        let seconds = kind.max_age_ms.unsigned_abs() / 1000;
        if let Err(error) = platform.cache.put(&name, &text, seconds).await {
            platform.warn("cache_unavailable", error);
        }
        self.hold(kind, name, entry);
    }

    fn hold(&self, kind: &Kind, name: String, entry: &Entry) {
        if kind.is_in_memory {
            self.held.borrow_mut().insert(name, entry.clone());
        }
    }

    /// The entry of KV; `None` when its MAC is wrong.
    fn read(&self, name: &str, text: &str) -> Option<Entry> {
        let mut parts = text.splitn(3, ' ');
        let tag = STANDARD.decode(parts.next()?).ok()?;
        let entry = Entry {
            at_ms: parts.next()?.parse().ok()?,
            bytes: STANDARD.decode(parts.next()?).ok()?.into(),
        };
        let is_ours = self.tag(name, &entry).ct_eq(&tag);
        bool::from(is_ours).then_some(entry)
    }

    fn tag(&self, name: &str, entry: &Entry) -> mac::Tag {
        let parts = [name.as_bytes(), &entry.at_ms.to_be_bytes(), &entry.bytes];
        mac::tag(&self.key, PURPOSE, &parts)
    }
}
