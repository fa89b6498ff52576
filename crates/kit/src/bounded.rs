//! A map that holds no more than it may.

use std::borrow::Borrow;
use std::hash::Hash;

use indexmap::IndexMap;

/// How much all values may measure together, and how one is measured.
type MaxSize<V> = (usize, fn(&V) -> usize);

/// A map of at most `MAX` entries. When it is full, the oldest eighth of them leaves.
pub struct BoundedMap<K, V, const MAX: usize> {
    /// In the order in which their keys came.
    entries: IndexMap<K, V>,
    max_size: Option<MaxSize<V>>,
}

impl<K, V, const MAX: usize> Default for BoundedMap<K, V, MAX> {
    fn default() -> Self {
        Self {
            entries: IndexMap::default(),
            max_size: None,
        }
    }
}

impl<K, V, const MAX: usize> BoundedMap<K, V, MAX> {
    /// With a bound on what the values measure together, too.
    pub fn with_max_size(max_size: usize, size_of: fn(&V) -> usize) -> Self {
        Self {
            max_size: Some((max_size, size_of)),
            ..Self::default()
        }
    }
}

impl<K: Hash + Eq, V, const MAX: usize> BoundedMap<K, V, MAX> {
    /// The value under `key`.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    /// Keeps `value`. One that is larger than all may be is not kept.
    pub fn insert(&mut self, key: K, value: V) {
        self.entries.insert(key, value);
        while self.entries.len() > MAX || self.is_too_large() {
            self.remove_oldest();
        }
    }

    /// The value under `key`, or else the one that is made for it. Before others, those leave that are
    /// spent.
    pub fn get_or_insert_with(
        &mut self,
        key: K,
        is_spent: impl Fn(&V) -> bool,
        make: impl FnOnce(&K) -> V,
    ) -> &mut V {
        if self.entries.len() >= MAX && !self.entries.contains_key(&key) {
            self.entries.retain(|_, value| !is_spent(value));
            if self.entries.len() >= MAX {
                self.remove_oldest();
            }
        }
        self.entries.entry(key).or_insert_with_key(make)
    }

    /// Removes the entries that `is_kept` does not hold for.
    pub fn retain(&mut self, is_kept: impl Fn(&V) -> bool) {
        self.entries.retain(|_, value| is_kept(value));
    }

    /// Removes the entry under `key`.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.entries.shift_remove(key);
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn is_too_large(&self) -> bool {
        self.max_size.is_some_and(|(max_size, size_of)| {
            self.entries.values().map(size_of).sum::<usize>() > max_size
        })
    }

    fn remove_oldest(&mut self) {
        self.entries.drain(..self.entries.len().div_ceil(8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys<V, const MAX: usize>(map: &BoundedMap<u32, V, MAX>) -> Vec<u32> {
        map.entries.keys().copied().collect()
    }

    #[test]
    fn the_oldest_make_room() {
        let mut map = BoundedMap::<u32, u32, 16>::default();
        for key in 0..16 {
            map.insert(key, 0);
        }
        map.insert(0, 1);
        assert_eq!((map.entries.len(), map.get(&0)), (16, Some(&1)));
        map.insert(16, 0);
        assert!(keys(&map).into_iter().eq(3..17));
        map.insert(17, 0);
        map.insert(18, 0);
        assert_eq!(*map.get_or_insert_with(19, |_| false, |key| *key), 19);
        assert!(keys(&map).into_iter().eq(5..20));
    }

    #[test]
    fn what_is_spent_makes_room_first() {
        let mut map = BoundedMap::<u32, u32, 16>::default();
        for key in 0..16 {
            map.insert(key, key);
        }
        map.get_or_insert_with(15, |_| true, |key| *key);
        assert_eq!(map.entries.len(), 16);
        map.get_or_insert_with(16, |value| value % 4 > 0, |key| *key);
        assert_eq!(keys(&map), [0, 4, 8, 12, 16]);
    }

    #[test]
    fn sizes_are_bounded_together() {
        let mut map = BoundedMap::<u32, Vec<u8>, 16>::with_max_size(10, Vec::len);
        for key in 0..4 {
            map.insert(key, vec![0; 3]);
        }
        assert_eq!(keys(&map), [1, 2, 3]);
        map.insert(4, vec![0; 11]);
        assert_eq!(keys(&map), []);
    }
}
