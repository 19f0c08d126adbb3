//! Texts as numbers, and the hashing under it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// An interned text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Sym(pub(crate) u32);

/// A small fast hasher for keys that are numbers, or texts nobody attacks.
#[derive(Clone, Copy, Default)]
pub(crate) struct FastHasher(u64);

pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of a product are folded"
)]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0 ^ value ^ 0x2545_f491_4f6c_dd1d, SEED);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A hash of 128 bits that stands for what was written: two pods of one print have one class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    a: u64,
    b: u64,
}

impl Print {
    pub(crate) fn new() -> Self {
        Self {
            a: SEED,
            b: 0x6a09_e667_f3bc_c909,
        }
    }

    pub(crate) fn number(&mut self, value: u64) {
        self.a = fold(self.a ^ value, 0xa076_1d64_78bd_642f).wrapping_add(SEED);
        self.b = (self.b ^ value)
            .wrapping_mul(0xe703_7ed1_a0b4_28db)
            .rotate_left(29);
    }

    /// A text, with its length in the last word so that no two lists of texts look alike.
    pub(crate) fn text(&mut self, text: &str) {
        let (chunks, rest) = text.as_bytes().as_chunks::<8>();
        for chunk in chunks {
            self.number(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last) | ((text.len() as u64) << 56));
    }

    pub(crate) fn value(self) -> u128 {
        (u128::from(self.a) << 64) | u128::from(fold(self.b, self.a | 1))
    }
}

/// All texts seen, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    ids: FastMap<Box<str>, Sym>,
    texts: Vec<Box<str>>,
}

impl Interner {
    pub(crate) fn intern(&mut self, text: &str) -> Sym {
        if let Some(&sym) = self.ids.get(text) {
            return sym;
        }
        let sym = Sym(index(self.texts.len()));
        self.texts.push(text.into());
        self.ids.insert(text.into(), sym);
        sym
    }

    pub(crate) fn find(&self, text: &str) -> Option<Sym> {
        self.ids.get(text).copied()
    }

    pub(crate) fn text(&self, sym: Sym) -> &str {
        &self.texts[sym.0 as usize]
    }
}

/// A position as the 32 bits that are stored of it.
pub(crate) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
