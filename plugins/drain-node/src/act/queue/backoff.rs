//! How long a drain waits before it tries again: longer with each attempt, never the same for all.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The longest and the shortest wait for a change that may have gone unseen.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);
pub const SHORTEST_WAIT: Duration = Duration::from_millis(2500);
const JITTER: Duration = Duration::from_millis(2500);
/// The first pause after an error that may pass.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The pause of all when the server has too much to do and does not say for how long.
pub const PRESSURE_PAUSE: Duration = Duration::from_secs(1);

/// After an error that may pass: longer with each attempt, jittered, at most [`LONGEST_WAIT`].
pub fn pause(uid: &str, attempts: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.min(6));
    let jitter = jitter(uid, attempts);
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + jitter / 2.0)
}

/// Between the shortest and the longest wait; never the same for all.
pub fn fallback(uid: &str, attempts: u32) -> Duration {
    SHORTEST_WAIT + JITTER.mul_f64(jitter(uid, attempts))
}

/// A number from 0 to 1 that looks random and is the same for the same pod and attempt.
fn jitter(uid: &str, attempts: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (uid, attempts).hash(&mut hasher);
    let low = u32::try_from(hasher.finish() & u64::from(u32::MAX)).unwrap_or(0);
    f64::from(low) / f64::from(u32::MAX)
}
