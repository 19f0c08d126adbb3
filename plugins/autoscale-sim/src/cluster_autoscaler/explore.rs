//! Looks at every way a simulation can go, where upstream leaves a choice to chance.
//!
//! Ways that lead to the same situation are followed once. When there are too many, the rest is
//! followed along one way picked at random, and the answer says that it is cut.

use std::collections::HashSet;

use scheduler::{Mark, State};

/// A simulation that stops at each choice.
pub trait Simulation: Clone {
    /// Goes on to the next choice, and says how many options there are; `None` at the end.
    fn advance(&mut self, state: &mut State) -> Option<usize>;
    /// Takes one of the options.
    fn choose(&mut self, state: &mut State, option: usize);
    /// Equal for situations from which everything that matters goes on alike.
    fn situation(&self) -> u64;
}

/// How much may be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Choices that may still be followed in every way; then one of the options is picked.
    pub choices: usize,
    /// Whether there was more to look at.
    pub cut: bool,
    /// Picks.
    pub random: Random,
}

impl Budget {
    /// So many choices.
    pub fn new(choices: usize, seed: u64) -> Self {
        Self {
            choices,
            cut: false,
            random: Random(seed | 1),
        }
    }
}

/// Numbers that look random and are the same each time (xorshift64*).
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// One of so many; 0 if there are none.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high)
            .unwrap_or(0)
            .checked_rem(count)
            .unwrap_or(0)
    }

    /// Puts all in some order.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

struct Crossroads<S> {
    mark: Mark,
    simulation: S,
    options: usize,
    next: usize,
}

/// Follows the simulation along all its ways. At the end of each, the state is as that way left it;
/// at the end of all, it is as before.
pub fn explore<S: Simulation>(
    state: &mut State,
    start: S,
    budget: &mut Budget,
    mut arrived: impl FnMut(&mut State, &S),
) {
    let begin = state.mark();
    let mut seen = HashSet::new();
    let mut open: Vec<Crossroads<S>> = Vec::new();
    let mut current = start;
    loop {
        match current.advance(state) {
            Some(options) if budget.choices == 0 => {
                budget.cut |= options > 1;
                current.choose(state, budget.random.below(options));
                continue;
            }
            Some(options) => {
                if seen.insert(current.situation()) {
                    budget.choices -= 1;
                    open.push(Crossroads {
                        mark: state.mark(),
                        simulation: current.clone(),
                        options,
                        next: 1,
                    });
                    current.choose(state, 0);
                    continue;
                }
            }
            None => arrived(state, &current),
        }
        // Back to the last crossroads with a way not taken.
        loop {
            let Some(last) = open.last_mut() else {
                state.rollback(begin);
                return;
            };
            if last.next >= last.options || budget.choices == 0 {
                budget.cut |= last.next < last.options;
                open.pop();
                continue;
            }
            state.rollback(last.mark);
            current = last.simulation.clone();
            current.choose(state, last.next);
            last.next += 1;
            break;
        }
    }
}
