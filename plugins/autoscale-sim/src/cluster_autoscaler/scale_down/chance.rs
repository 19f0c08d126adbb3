//! What upstream leaves to chance: the order of Go's maps. Either all ways are gone through, or some
//! are drawn.
//!
//! Go's order is not quite arbitrary: a map of up to eight entries is one group of slots that are
//! filled in order and walked through from a random slot on (Go `internal/runtime/maps/table.go`,
//! `Iter.Next`). So a small map comes in its own order, rotated; only a large one comes in any.

/// Slots of a small map.
const SMALL: usize = 8;

/// A source of decisions.
#[derive(Debug)]
pub(super) enum Chance {
    /// Goes through all ways, see [`Chance::next`].
    All(Path),
    /// Draws, always the same for the same seed.
    Draw(u64),
}

/// The way that is being gone.
#[derive(Debug, Default)]
pub(super) struct Path {
    picks: Vec<Pick>,
    at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pick {
    picked: usize,
    of: usize,
    /// Whether it is about from where on a small map is walked through.
    is_rotation: bool,
}

impl Pick {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn likelihood(self) -> f64 {
        let slots = SMALL as f64;
        match (self.is_rotation, self.picked) {
            (false, _) => 1.0 / self.of as f64,
            // From an empty slot the walk comes to the first entry.
            (true, 0) => (SMALL + 1 - self.of) as f64 / slots,
            (true, _) => 1.0 / slots,
        }
    }
}

impl Chance {
    pub(super) fn all() -> Self {
        Self::All(Path::default())
    }

    /// Picks a number below `of`, which is at least 1.
    pub(super) fn pick(&mut self, of: usize) -> usize {
        self.pick_one(of, false)
    }

    fn pick_one(&mut self, of: usize, is_rotation: bool) -> usize {
        if of <= 1 {
            return 0;
        }
        match self {
            Self::Draw(seed) if is_rotation => {
                Some(draw(seed, SMALL)).filter(|&at| at < of).unwrap_or(0)
            }
            Self::Draw(seed) => draw(seed, of),
            Self::All(path) => {
                if path.at == path.picks.len() {
                    path.picks.push(Pick {
                        picked: 0,
                        of,
                        is_rotation,
                    });
                }
                path.at += 1;
                path.picks[path.at - 1].picked
            }
        }
    }

    /// Begins the next way; false if all were gone. One that draws never ends.
    pub(super) fn next(&mut self) -> bool {
        let Self::All(path) = self else {
            return true;
        };
        path.at = 0;
        while let Some(pick) = path.picks.pop() {
            if pick.picked + 1 < pick.of {
                path.picks.push(Pick {
                    picked: pick.picked + 1,
                    ..pick
                });
                return true;
            }
        }
        false
    }

    /// How likely it is to go the way that was gone just now; 1 if it was drawn.
    pub(super) fn likelihood(&self) -> f64 {
        match self {
            Self::All(path) => path.picks.iter().map(|pick| pick.likelihood()).product(),
            Self::Draw(_) => 1.0,
        }
    }

    /// From which of its entries on a small map is walked through.
    pub(super) fn rotation(&mut self, len: usize) -> usize {
        self.pick_one(len, true)
    }

    /// Brings entries, as they were put into a map, into the order in which it is walked through.
    pub(super) fn map_order<T>(&mut self, entries: &mut [T]) {
        if entries.len() <= SMALL {
            let by = self.rotation(entries.len());
            entries.rotate_left(by);
        } else {
            self.shuffle(entries);
        }
    }

    /// Any order.
    pub(super) fn shuffle<T>(&mut self, entries: &mut [T]) {
        for at in 1..entries.len() {
            // The first way is the order as it is.
            let other = at - self.pick(at + 1);
            entries.swap(at, other);
        }
    }
}

/// Whether a map of that size has few orders.
pub(super) fn is_small(len: usize) -> bool {
    len <= SMALL
}

/// `SplitMix64`: small, and good enough to spread samples.
fn draw(seed: &mut u64, of: usize) -> usize {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let below = (u128::from(mixed) * of as u128) >> 64;
    usize::try_from(below).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Chance;
    use std::collections::BTreeSet;

    fn all(entries: usize, order: impl Fn(&mut Chance, &mut Vec<usize>)) -> BTreeSet<Vec<usize>> {
        let mut chance = Chance::all();
        let mut seen = BTreeSet::new();
        let mut sum = 0.0;
        loop {
            let mut own: Vec<usize> = (0..entries).collect();
            order(&mut chance, &mut own);
            assert!(seen.insert(own), "no way is gone twice");
            sum += chance.likelihood();
            if !chance.next() {
                assert!((sum - 1.0).abs() < 1e-9, "{sum}");
                return seen;
            }
        }
    }

    #[test]
    fn small_maps_rotate_and_all_orders_are_gone_through() {
        let rotated = all(3, |chance, own| chance.map_order(own));
        let want = [vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1]];
        assert_eq!(rotated, BTreeSet::from(want));
        assert_eq!(all(4, |chance, own| chance.shuffle(own)).len(), 24);
        assert_eq!(all(0, |chance, own| chance.map_order(own)).len(), 1);
    }

    #[test]
    fn draws_come_to_all_orders() {
        let mut chance = Chance::Draw(1);
        let mut seen = BTreeSet::new();
        for _ in 0..2000 {
            let mut own = [0, 1, 2, 3];
            chance.shuffle(&mut own);
            seen.insert(own);
            assert!(chance.next());
        }
        assert_eq!(seen.len(), 24);
        let mut first = [0; 3];
        for _ in 0..8000 {
            let mut own = [0, 1, 2];
            chance.map_order(&mut own);
            first[own[0]] += 1;
        }
        // Six of eight slots lead to the first of three entries.
        assert!((5800..6200).contains(&first[0]), "{first:?}");
    }
}
