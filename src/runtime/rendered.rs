//! A cache of rendered bytes, in the isolate and in KV.
//! Entries carry a MAC, so that write access to KV is not enough to forge one. There is no invalidation:
//! the name of an entry must depend on everything that its bytes depend on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::mac;

use super::State;

/// Bytes that an isolate keeps at most.
const MOST_BYTES: usize = 4_000_000;
/// Time to live of an entry in KV, in seconds.
const SECONDS: u64 = 86_400;
/// The entries of one feature.
pub struct Kind {
    /// What their names begin with.
    pub prefix: &'static str,
    /// The purpose of their MAC.
    pub purpose: &'static str,
}

/// What this isolate has rendered or read, the newest last.
#[derive(Default)]
pub struct Rendered(RefCell<VecDeque<(String, Rc<[u8]>)>>);

impl Rendered {
    fn get(&self, name: &str) -> Option<Rc<[u8]>> {
        let held = self.0.borrow();
        let found = held.iter().find(|(known, _)| known == name);
        found.map(|(_, bytes)| Rc::clone(bytes))
    }

    fn keep(&self, name: &str, bytes: &[u8]) {
        let mut held = self.0.borrow_mut();
        held.retain(|(known, _)| known != name);
        held.push_back((name.to_owned(), bytes.into()));
        let mut size: usize = held.iter().map(|(_, bytes)| bytes.len()).sum();
        while size > MOST_BYTES
            && let Some((_, oldest)) = held.pop_front()
        {
            size -= oldest.len();
        }
    }
}

/// What is kept under this name.
pub async fn find(state: &State, kind: &Kind, name: &str) -> Option<Vec<u8>> {
    let key = [kind.prefix, name].concat();
    if let Some(bytes) = state.rendered.get(&key) {
        return Some(bytes.to_vec());
    }
    let text = match state.platform.cache.get(&key).await {
        Ok(text) => text?,
        Err(error) => {
            state.platform.warn("cache_unavailable", error);
            return None;
        }
    };
    let (tag, body) = text.split_once(' ')?;
    let (tag, bytes) = (STANDARD.decode(tag).ok()?, STANDARD.decode(body).ok()?);
    if !bool::from(tag_of(state, kind, name, &bytes).ct_eq(&tag)) {
        return None;
    }
    state.rendered.keep(&key, &bytes);
    Some(bytes)
}

/// Keeps what was rendered under this name. A failure of KV is logged and changes nothing else.
pub async fn keep(state: &State, kind: &Kind, name: &str, bytes: &[u8]) {
    let key = [kind.prefix, name].concat();
    state.rendered.keep(&key, bytes);
    let tag = STANDARD.encode(tag_of(state, kind, name, bytes));
    let text = [tag.as_str(), " ", &STANDARD.encode(bytes)].concat();
    if let Err(error) = state.platform.cache.put(&key, &text, SECONDS).await {
        state.platform.warn("cache_unavailable", error);
    }
}

fn tag_of(state: &State, kind: &Kind, name: &str, bytes: &[u8]) -> mac::Tag {
    let master = &state.config.master_keys.current;
    mac::tag(master, kind.purpose, &[name.as_bytes(), bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let rendered = Rendered::default();
        for name in ["a", "b", "c", "d"] {
            rendered.keep(name, &vec![0; MOST_BYTES / 3]);
        }
        assert!(rendered.get("a").is_none());
        assert!(
            ["b", "c", "d"]
                .iter()
                .all(|name| rendered.get(name).is_some())
        );
        rendered.keep("b", b"new");
        rendered.keep("e", &vec![0; MOST_BYTES / 4]);
        assert_eq!(rendered.get("b").as_deref(), Some(&b"new"[..]));
        assert!(rendered.get("c").is_some());
        rendered.keep("large", &vec![0; MOST_BYTES + 1]);
        assert!(rendered.0.borrow().is_empty());
    }
}
