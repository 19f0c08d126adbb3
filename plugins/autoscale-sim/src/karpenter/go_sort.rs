//! The order that Go's `sort.Slice` leaves: not stable, but the same every time.
//!
//! Follows go `src/sort/zsortfunc.go` of Go 1.26, a pattern-defeating quicksort: up to twelve
//! elements by insertion, else partitions around a pivot whose choice depends on length and order
//! only. Karpenter sorts claims this way before each pod, and the first claim that takes it wins.

/// Sorts as Go does.
pub(super) fn sort<T>(all: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let limit = bits(all.len());
    let end = all.len();
    Sorter { all, less }.sort(0, end, limit);
}

fn bits(length: usize) -> u32 {
    usize::BITS - length.leading_zeros()
}

/// Up to here insertion is all.
const INSERTION: usize = 12;
/// From here on the pivot is a median of medians, and single elements are moved far.
const LONG: usize = 50;
/// How many elements out of place are put right without partitioning.
const STEPS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, F> {
    all: &'a mut [T],
    less: F,
}

impl<T, F: Fn(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&self, one: usize, other: usize) -> bool {
        (self.less)(&self.all[one], &self.all[other])
    }

    fn sort(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= INSERTION {
                self.insertion(start, end);
                return;
            }
            if limit == 0 {
                self.heap(start, end);
                return;
            }
            if !balanced {
                self.scatter(start, end);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(start, end);
            if hint == Hint::Decreasing {
                self.all[start..end].reverse();
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Increasing;
            }
            let may_be_sorted = balanced && partitioned && hint == Hint::Increasing;
            if may_be_sorted && self.repair(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.split_equal(start, end, pivot);
                continue;
            }
            let (middle, was_partitioned) = self.split(start, end, pivot);
            partitioned = was_partitioned;
            let (left, right) = (middle - start, end - middle);
            let enough = length / 8;
            if left < right {
                balanced = left >= enough;
                self.sort(start, middle, limit);
                start = middle + 1;
            } else {
                balanced = right >= enough;
                self.sort(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    fn insertion(&mut self, start: usize, end: usize) {
        for at in start + 1..end {
            let mut own = at;
            while own > start && self.less(own, own - 1) {
                self.all.swap(own, own - 1);
                own -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift(root, length, start);
        }
        for last in (0..length).rev() {
            self.all.swap(start, start + last);
            self.sift(0, last, start);
        }
    }

    fn sift(&mut self, mut root: usize, length: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.all.swap(first + root, first + child);
            root = child;
        }
    }

    /// Moves elements below the pivot to its left.
    fn split(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.all.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        let mut moved = false;
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                break;
            }
            self.all.swap(low, high);
            moved = true;
            low += 1;
            high -= 1;
        }
        self.all.swap(high, start);
        (high, !moved)
    }

    /// Moves elements equal to the pivot to the left; none is below it.
    fn split_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.all.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.all.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Puts a few elements right; says whether all are in order then.
    fn repair(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..STEPS {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.all.swap(at, at - 1);
            if at - start >= 2 {
                for own in (1..at).rev() {
                    if !self.less(own, own - 1) {
                        break;
                    }
                    self.all.swap(own, own - 1);
                }
            }
            if end - at >= 2 {
                for own in at + 1..end {
                    if !self.less(own, own - 1) {
                        break;
                    }
                    self.all.swap(own, own - 1);
                }
            }
        }
        false
    }

    /// Breaks up a pattern that made partitions uneven.
    fn scatter(&mut self, start: usize, end: usize) {
        let length = end - start;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let mask = (1_u64 << bits(length)) - 1;
        let middle = start + (length / 4) * 2;
        for at in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.all.swap(at, start + other);
        }
    }

    fn pivot(&self, start: usize, end: usize) -> (usize, Hint) {
        let length = end - start;
        let quarter = length / 4;
        let mut swaps = 0;
        let mut at = [start + quarter, start + quarter * 2, start + quarter * 3];
        if length >= 8 {
            if length >= LONG {
                for own in &mut at {
                    *own = self.median([*own - 1, *own, *own + 1], &mut swaps);
                }
            }
            at[1] = self.median(at, &mut swaps);
        }
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (at[1], hint)
    }

    fn median(&self, [mut a, mut b, mut c]: [usize; 3], swaps: &mut u32) -> usize {
        let mut order = |one: &mut usize, other: &mut usize| {
            if self.less(*other, *one) {
                *swaps += 1;
                std::mem::swap(one, other);
            }
        };
        order(&mut a, &mut b);
        order(&mut b, &mut c);
        order(&mut a, &mut b);
        b
    }
}

#[cfg(test)]
mod tests {
    use super::sort;

    /// The same numbers as the Go program that recorded the orders.
    fn numbers(length: u64, keys: u64) -> Vec<(u64, usize)> {
        let mut state = length * 31 + keys;
        (0..usize::try_from(length).unwrap())
            .map(|at| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state % keys, at)
            })
            .collect()
    }

    fn digest(all: &[(u64, usize)]) -> u64 {
        all.iter()
            .fold(14_695_981_039_346_656_037_u64, |hash, own| {
                (hash ^ own.1 as u64).wrapping_mul(1_099_511_628_211)
            })
    }

    #[test]
    fn equal_elements_end_where_go_puts_them() {
        for (length, keys, expected) in RECORDED {
            let mut all = numbers(length, keys);
            sort(&mut all, |one, other| one.0 < other.0);
            assert!(all.is_sorted_by_key(|own| own.0));
            assert_eq!(digest(&all), expected, "{length} with {keys} keys");
        }
    }

    /// Length, number of different keys, digest of the order that Go 1.26 left.
    const RECORDED: [(u64, u64, u64); 24] = [
        (5, 2, 9_997_128_916_906_338_619),
        (5, 3, 3_708_964_778_940_489_647),
        (5, 10, 1_597_892_486_723_157_833),
        (5, 1000, 18_016_390_840_243_962_451),
        (13, 2, 9_170_192_382_682_285_047),
        (13, 3, 6_352_828_805_124_934_713),
        (13, 10, 16_381_341_252_125_576_295),
        (13, 1000, 11_134_956_815_454_412_263),
        (40, 2, 11_463_456_337_866_546_063),
        (40, 3, 12_676_421_287_732_551_353),
        (40, 10, 18_130_617_465_610_863_091),
        (40, 1000, 12_099_620_862_089_924_249),
        (60, 2, 13_112_429_646_652_064_351),
        (60, 3, 9_148_581_661_308_444_365),
        (60, 10, 10_631_922_735_047_302_979),
        (60, 1000, 15_872_142_722_484_390_271),
        (200, 2, 10_974_150_968_119_253_913),
        (200, 3, 2_648_021_268_165_439_097),
        (200, 10, 17_409_767_810_295_346_181),
        (200, 1000, 765_214_073_489_679_545),
        (1500, 2, 17_390_048_829_879_744_793),
        (1500, 3, 1_845_637_522_826_642_065),
        (1500, 10, 2_195_627_173_679_233_619),
        (1500, 1000, 13_974_133_237_855_217_195),
    ];
}
