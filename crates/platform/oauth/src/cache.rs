//! A bounded map of what was learnt lately.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keeps the entries used last: between `generation` and twice as many.
///
/// Two generations: when the young one is full it becomes the old one, and what is not asked for
/// until the next change is forgotten. No clock, no list to keep in order.
pub(crate) struct Cache<K, V> {
    generation: usize,
    maps: Mutex<Generations<K, V>>,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(generation: usize) -> Self {
        Self {
            generation,
            maps: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
            }),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = maps.young.get(key) {
            return Some(value.clone());
        }
        let value = maps.old.remove(key)?;
        maps.put(key.clone(), value.clone(), self.generation);
        Some(value)
    }

    pub(crate) fn put(&self, key: K, value: V) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.put(key, value, self.generation);
    }

    pub(crate) fn remove(&self, key: &K) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.young.remove(key);
        maps.old.remove(key);
    }
}

/// How old an answer may be. What is disabled or revoked is refused everywhere within a second.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: usize = 16_384;

/// What the database answered within the last half second.
///
/// `now` is the machine's own time, not the platform's clock, which a sandbox may hold still.
pub(crate) struct Fresh<K, V>(Cache<K, (Instant, V)>);

impl<K: Hash + Eq + Clone, V: Clone> Fresh<K, V> {
    pub(crate) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    pub(crate) fn get(&self, key: &K, now: Instant) -> Option<V> {
        let (learnt, value) = self.0.get(key)?;
        (now.saturating_duration_since(learnt) < FRESH).then_some(value)
    }

    /// `asked` is from before the database was asked.
    pub(crate) fn put(&self, key: K, asked: Instant, value: V) {
        self.0.put(key, (asked, value));
    }

    pub(crate) fn remove(&self, key: &K) {
        self.0.remove(key);
    }
}

impl<K: Hash + Eq, V> Generations<K, V> {
    fn put(&mut self, key: K, value: V, generation: usize) {
        if self.young.len() >= generation {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_used_and_stays_bounded() {
        let cache = Cache::new(10);
        for key in 0..1000 {
            cache.put(key, key);
            assert_eq!(
                cache.get(&0),
                Some(0),
                "used all the time, kept all the time"
            );
            let maps = cache.maps.lock().unwrap();
            assert!(maps.young.len() + maps.old.len() <= 20);
        }
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.get(&999), Some(999));
        cache.remove(&999);
        assert_eq!(cache.get(&999), None);
    }

    #[test]
    fn what_was_learnt_is_fresh_for_half_a_second() {
        let (fresh, start) = (Fresh::new(), Instant::now());
        fresh.put(1, start, "learnt");
        let at = |millis| fresh.get(&1, start + Duration::from_millis(millis));
        assert_eq!(
            (at(0), at(499), at(500)),
            (Some("learnt"), Some("learnt"), None)
        );
        fresh.remove(&1);
        assert_eq!(at(0), None);
    }
}
