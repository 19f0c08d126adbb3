//! The API server's clock, as far as a client can know it.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// How far the API server's clock is from this machine's.
///
/// The HTTP `Date` header has a resolution of one second. Where this machine's clock is
/// consistent with it, the clocks count as equal, so that no error is added to times that are
/// already right; otherwise the middle of what is possible is taken, which is then right to
/// half a second and half the request's duration.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ServerClock {
    offset: SignedDuration,
}

impl ServerClock {
    /// Compares a `Date` header with this machine's clock before the request and after the response.
    ///
    /// `None` when the header is not a date.
    #[must_use]
    pub fn measure(date: &str, sent: Timestamp, received: Timestamp) -> Option<Self> {
        let date = rfc2822::parse(date).ok()?.timestamp();
        let lowest = date.duration_since(received);
        let highest = date.duration_since(sent) + SignedDuration::from_secs(1);
        let possible = lowest <= SignedDuration::ZERO && SignedDuration::ZERO <= highest;
        let offset = if possible {
            SignedDuration::ZERO
        } else {
            (lowest + highest) / 2
        };
        Some(Self { offset })
    }

    /// The API server's time minus this machine's; zero where they can't be told apart.
    #[must_use]
    pub fn offset(&self) -> SignedDuration {
        self.offset
    }

    /// The API server's time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.at(Timestamp::now())
    }

    /// The API server's time at an instant of this machine's clock.
    #[must_use]
    pub fn at(&self, local: Timestamp) -> Timestamp {
        local.saturating_add(self.offset).unwrap_or(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(date: &str, sent: &str, received: &str) -> i128 {
        let clock =
            ServerClock::measure(date, sent.parse().unwrap(), received.parse().unwrap()).unwrap();
        clock.offset().as_millis()
    }

    #[test]
    fn equal_clocks_are_left_alone() {
        let date = "Tue, 24 Nov 2026 16:00:10 GMT";
        for (sent, received) in [
            ("2026-11-24T16:00:10.000Z", "2026-11-24T16:00:10.020Z"),
            ("2026-11-24T16:00:10.990Z", "2026-11-24T16:00:11.010Z"),
            ("2026-11-24T16:00:09.000Z", "2026-11-24T16:00:12.000Z"),
        ] {
            assert_eq!(measure(date, sent, received), 0, "{sent} {received}");
        }
    }

    #[test]
    fn other_clocks_are_corrected_to_the_middle() {
        let date = "Tue, 24 Nov 2026 16:00:10 GMT";
        for (sent, received, expected) in [
            (
                "2026-11-24T16:00:00.000Z",
                "2026-11-24T16:00:00.000Z",
                10_500,
            ),
            (
                "2026-11-24T16:00:20.000Z",
                "2026-11-24T16:00:21.000Z",
                -10_000,
            ),
            (
                "2026-11-24T15:00:10.000Z",
                "2026-11-24T15:00:10.000Z",
                3_600_500,
            ),
        ] {
            assert_eq!(measure(date, sent, received), expected, "{sent} {received}");
        }
    }

    #[test]
    fn a_header_that_is_no_date_says_nothing() {
        let now = Timestamp::now();
        assert_eq!(ServerClock::measure("yesterday", now, now), None);
    }
}
