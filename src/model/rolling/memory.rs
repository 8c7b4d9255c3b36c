//! What was computed before, under a key.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What was computed before.
pub(super) type Memory<K, V> = RefCell<HashMap<K, Rc<V>>>;

/// What is known under a key, computed the first time.
pub(super) fn remembered<K: std::hash::Hash + Eq, V>(
    memory: &Memory<K, V>,
    key: K,
    compute: impl FnOnce() -> V,
) -> Rc<V> {
    remembered_few(memory, usize::MAX, key, compute)
}

/// The same where all is forgotten when so much is known.
pub(super) fn remembered_few<K: std::hash::Hash + Eq, V>(
    memory: &Memory<K, V>,
    most: usize,
    key: K,
    compute: impl FnOnce() -> V,
) -> Rc<V> {
    if let Some(known) = memory.borrow().get(&key) {
        return Rc::clone(known);
    }
    let value = Rc::new(compute());
    let mut memory = memory.borrow_mut();
    if memory.len() >= most {
        memory.clear();
    }
    memory.insert(key, Rc::clone(&value));
    value
}
