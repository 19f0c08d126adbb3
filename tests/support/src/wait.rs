use std::thread::sleep;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until the answer is yes; false when the time is over.
pub(crate) fn eventually(limit: Duration, mut asked: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if asked() {
            return true;
        }
        if start.elapsed() >= limit {
            return false;
        }
        sleep(PAUSE);
    }
}
