//! The verdict on a Lease at an instant of the API server's clock.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::lease::{Lease, Time};

/// The duration that client-go writes when a holder gives the Lease up.
///
/// `release` (kubernetes/client-go, tools/leaderelection/leaderelection.go) empties the holder
/// and sets the duration to one second, so that others need not wait.
const RELEASED_DURATION: i64 = 1;
/// A renewal may seem this far ahead before the clocks are held to differ: a client knows the
/// API server's clock to half a second, and the write itself takes time.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// How a Lease stands.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There is a holder, and it renewed within two thirds of the Lease's duration.
    Held,
    /// The last renewal is more than two thirds of the duration ago.
    Late,
    /// The last renewal is longer ago than the duration: others may take the Lease.
    Expired,
    /// The holder gave it up: no holder, and a duration of one second.
    Released,
    /// There is no holder.
    Vacant,
    /// There is a holder, but no usable time or duration to judge it by.
    Unknown,
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Held => "held",
            Self::Late => "late",
            Self::Expired => "expired",
            Self::Released => "released",
            Self::Vacant => "vacant",
            Self::Unknown => "unknown",
        })
    }
}

/// When a Lease was last renewed by the API server's clock, as closely as the object tells.
///
/// The holder writes its own clock's time; the API server notes in managedFields the second in
/// which it wrote that. Where both are there, the renewal lies within that second whatever the
/// holder's clock says.
#[must_use]
pub fn renewal(lease: &Lease) -> Option<Timestamp> {
    let renewed = lease.renewed.known()?;
    let Some(written) = lease.renewal_written else {
        return Some(renewed);
    };
    let end = written
        .saturating_add(SignedDuration::from_secs(1))
        .unwrap_or(written);
    Some(renewed.clamp(written, end))
}

/// How far the holder's clock was from the API server's at the last renewal, and the time the
/// write took; zero where they can't be told apart. `None` where the object does not say.
#[must_use]
pub fn holder_clock_offset(lease: &Lease) -> Option<SignedDuration> {
    lease.renewal_written?;
    Some(lease.renewed.known()?.duration_since(renewal(lease)?))
}

/// How long ago the Lease was renewed; negative where the renewal lies in the future.
#[must_use]
pub fn lag(lease: &Lease, now: Timestamp) -> Option<SignedDuration> {
    let lag = now.duration_since(renewal(lease)?);
    let about_now = -CLOCK_TOLERANCE <= lag && lag < SignedDuration::ZERO;
    Some(if about_now { SignedDuration::ZERO } else { lag })
}

/// The verdict.
#[must_use]
pub fn judge(lease: &Lease, now: Timestamp) -> State {
    if lease.holder.is_none() {
        return if lease.duration_seconds == Some(RELEASED_DURATION) && lease.renewed != Time::Unset
        {
            State::Released
        } else {
            State::Vacant
        };
    }
    let (Some(lag), Some(bounds)) = (lag(lease, now), bounds(lease)) else {
        return State::Unknown;
    };
    if lag < SignedDuration::ZERO {
        State::Unknown
    } else if lag > bounds.expired {
        State::Expired
    } else if lag > bounds.late {
        State::Late
    } else {
        State::Held
    }
}

/// The next instant at which the verdict changes if nothing is renewed.
#[must_use]
pub fn next_change(lease: &Lease, now: Timestamp) -> Option<Timestamp> {
    lease.holder.as_ref()?;
    let (renewal, bounds) = (renewal(lease)?, bounds(lease)?);
    [bounds.late, bounds.expired]
        .into_iter()
        .filter_map(|bound| {
            renewal
                .checked_add(bound + SignedDuration::from_nanos(1))
                .ok()
        })
        .find(|instant| *instant > now)
}

/// The lags beyond which a Lease is late, and expired.
struct Bounds {
    late: SignedDuration,
    expired: SignedDuration,
}

fn bounds(lease: &Lease) -> Option<Bounds> {
    let seconds = lease
        .duration_seconds
        .filter(|seconds| (1..=i64::from(i32::MAX)).contains(seconds))?;
    Some(Bounds {
        late: SignedDuration::from_millis(seconds * 2000 / 3),
        expired: SignedDuration::from_secs(seconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lease(renewed: &str) -> Lease {
        Lease {
            holder: Some("a".into()),
            duration_seconds: Some(15),
            renewed: Time::At(at(renewed)),
            ..Lease::default()
        }
    }

    #[test]
    fn a_held_lease_becomes_late_and_expires() {
        let lease = lease("2026-01-01T00:00:00Z");
        for (now, expected) in [
            ("2026-01-01T00:00:00Z", State::Held),
            ("2026-01-01T00:00:10Z", State::Held),
            ("2026-01-01T00:00:10.001Z", State::Late),
            ("2026-01-01T00:00:15Z", State::Late),
            ("2026-01-01T00:00:15.001Z", State::Expired),
            ("2027-01-01T00:00:00Z", State::Expired),
            ("2025-12-31T23:59:58Z", State::Held),
            ("2025-12-31T23:59:57Z", State::Unknown),
        ] {
            assert_eq!(judge(&lease, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn the_next_change_is_when_the_verdict_changes() {
        let lease = lease("2026-01-01T00:00:00Z");
        let mut now = at("2026-01-01T00:00:00Z");
        let mut states = Vec::new();
        while let Some(next) = next_change(&lease, now) {
            assert_ne!(judge(&lease, next), judge(&lease, now));
            now = next;
            states.push(judge(&lease, now));
        }
        assert_eq!(states, [State::Late, State::Expired]);
    }

    #[test]
    fn without_a_holder_released_and_vacant_are_told_apart() {
        let released = Lease {
            holder: None,
            duration_seconds: Some(1),
            ..lease("2026-01-01T00:00:00Z")
        };
        let now = at("2026-01-02T00:00:00Z");
        assert_eq!(judge(&released, now), State::Released);
        assert_eq!(
            judge(
                &Lease {
                    duration_seconds: Some(15),
                    ..released.clone()
                },
                now
            ),
            State::Vacant
        );
        assert_eq!(
            judge(
                &Lease {
                    renewed: Time::Unset,
                    ..released
                },
                now
            ),
            State::Vacant
        );
        assert_eq!(judge(&Lease::default(), now), State::Vacant);
    }

    #[test]
    fn without_usable_figures_the_verdict_is_unknown() {
        let now = at("2026-01-01T00:00:01Z");
        for broken in [
            Lease {
                renewed: Time::Unset,
                ..lease("2026-01-01T00:00:00Z")
            },
            Lease {
                renewed: Time::Invalid,
                ..lease("2026-01-01T00:00:00Z")
            },
            Lease {
                duration_seconds: None,
                ..lease("2026-01-01T00:00:00Z")
            },
            Lease {
                duration_seconds: Some(0),
                ..lease("2026-01-01T00:00:00Z")
            },
            Lease {
                duration_seconds: Some(-15),
                ..lease("2026-01-01T00:00:00Z")
            },
            Lease {
                duration_seconds: Some(i64::MAX),
                ..lease("2026-01-01T00:00:00Z")
            },
            lease("9999-01-01T00:00:00Z"),
        ] {
            assert_eq!(judge(&broken, now), State::Unknown, "{broken:?}");
            let _ = next_change(&broken, now);
        }
    }

    #[test]
    fn the_holders_clock_is_corrected_by_the_write_time() {
        let now = at("2026-01-01T00:00:12Z");
        for (renewed, written, lag_millis, offset_millis) in [
            // Clocks that agree: the write fell into the second of the renewal, or just after it.
            ("2026-01-01T00:00:10.400Z", "2026-01-01T00:00:10Z", 1_600, 0),
            (
                "2026-01-01T00:00:09.990Z",
                "2026-01-01T00:00:10Z",
                2_000,
                -10,
            ),
            // A holder an hour ahead, and one a minute behind.
            (
                "2026-01-01T01:00:10.400Z",
                "2026-01-01T00:00:10Z",
                1_000,
                3_599_400,
            ),
            (
                "2025-12-31T23:59:10.400Z",
                "2026-01-01T00:00:10Z",
                2_000,
                -59_600,
            ),
        ] {
            let lease = Lease {
                renewal_written: Some(at(written)),
                ..lease(renewed)
            };
            assert_eq!(
                lag(&lease, now).unwrap().as_millis(),
                lag_millis,
                "{renewed}"
            );
            assert_eq!(
                holder_clock_offset(&lease).unwrap().as_millis(),
                offset_millis,
                "{renewed}"
            );
            assert_eq!(judge(&lease, now), State::Held, "{renewed}");
        }
        assert_eq!(holder_clock_offset(&lease("2026-01-01T00:00:10Z")), None);
    }
}
