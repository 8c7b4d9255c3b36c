//! Names of a table, each kept once: a million rows repeat a few thousand of them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Names in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32, BuildHasherDefault<Fnv>>,
    last: Option<u32>,
}

impl Names {
    /// Names that are known beforehand.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Self {
        let mut all = Self::default();
        for name in names {
            all.number(name);
        }
        all
    }

    /// The number of a name, if it is known. Most rows name what the row before named.
    pub(super) fn known(&mut self, name: &str) -> Option<u32> {
        if let Some(last) = self.last
            && &*self.all[last as usize] == name
        {
            return Some(last);
        }
        let known = self.numbers.get(name).copied();
        self.last = known.or(self.last);
        known
    }

    /// The number of a name, which is known from now on.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.known(name) {
            return number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.all.push(name.clone());
        self.numbers.insert(name, number);
        self.last = Some(number);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u32) -> &Arc<str> {
        &self.all[number as usize]
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Arc<str>] {
        &self.all
    }
}

/// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits): fast for the short names of a table.
#[derive(Debug)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
