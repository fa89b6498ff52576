//! Pages and images that were rendered, in the isolate and in KV.
//! Promises that whoever can write in KV cannot put a page of their own here: entries are tagged.
//! Leaves it to the name of an entry to change with whatever the page depends on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::context::State;
use crate::mac;
use crate::telemetry;

/// The isolate keeps so many bytes,
const MOST_BYTES: usize = 4_000_000;
/// and KV keeps an entry so long.
const SECONDS: u64 = 86_400;
/// Before the names of entries in KV.
const PREFIX: &str = "shared/";
/// What entries in KV are tagged for.
const PURPOSE: &str = "shared-pages/v1";

/// What this isolate has rendered or read, the newest last.
#[derive(Default)]
pub struct Pages(RefCell<VecDeque<(String, Rc<[u8]>)>>);

impl Pages {
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
pub async fn find(state: &State, name: &str) -> Option<Vec<u8>> {
    if let Some(bytes) = state.pages.get(name) {
        return Some(bytes.to_vec());
    }
    let text = match state.platform.cache.get(&[PREFIX, name].concat()).await {
        Ok(text) => text?,
        Err(error) => {
            telemetry::warn(&state.platform, "cache_unavailable", error);
            return None;
        }
    };
    let (tag, body) = text.split_once(' ')?;
    let (tag, bytes) = (STANDARD.decode(tag).ok()?, STANDARD.decode(body).ok()?);
    if !bool::from(tag_of(state, name, &bytes).ct_eq(&tag)) {
        return None;
    }
    state.pages.keep(name, &bytes);
    Some(bytes)
}

/// Keeps what was rendered under this name. The cache is a convenience: its failure is worth a line.
pub async fn keep(state: &State, name: &str, bytes: &[u8]) {
    state.pages.keep(name, bytes);
    let tag = STANDARD.encode(tag_of(state, name, bytes));
    let text = [tag.as_str(), " ", &STANDARD.encode(bytes)].concat();
    let key = [PREFIX, name].concat();
    if let Err(error) = state.platform.cache.put(&key, &text, SECONDS).await {
        telemetry::warn(&state.platform, "cache_unavailable", error);
    }
}

fn tag_of(state: &State, name: &str, bytes: &[u8]) -> mac::Tag {
    let master = &state.config.master_keys.current;
    mac::tag(master, PURPOSE, &[name.as_bytes(), bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let pages = Pages::default();
        for name in ["a", "b", "c", "d"] {
            pages.keep(name, &vec![0; MOST_BYTES / 3]);
        }
        assert!(pages.get("a").is_none());
        assert!(["b", "c", "d"].iter().all(|name| pages.get(name).is_some()));
        pages.keep("b", b"new");
        pages.keep("e", &vec![0; MOST_BYTES / 4]);
        assert_eq!(pages.get("b").as_deref(), Some(&b"new"[..]));
        assert!(pages.get("c").is_some());
        pages.keep("large", &vec![0; MOST_BYTES + 1]);
        assert!(pages.0.borrow().is_empty());
    }
}
