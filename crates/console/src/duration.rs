//! Durations as kubectl's users read them.

use jiff::SignedDuration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A duration in the two or three significant digits of kubectl's AGE column: `5m2s`, `3h`, `2d4h`.
///
/// Follows `HumanDuration` (kubernetes/apimachinery, pkg/util/duration/duration.go);
/// a negative duration keeps its sign instead of becoming `<invalid>`.
#[must_use]
pub fn human(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    if seconds < 0 {
        return format!(
            "-{}",
            human(duration.checked_neg().unwrap_or(SignedDuration::MAX))
        );
    }
    match seconds {
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => pair(s, MINUTE, 'm', 1, 's'),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => pair(s, HOUR, 'h', MINUTE, 'm'),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => pair(s, DAY, 'd', HOUR, 'h'),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => pair(s, YEAR, 'y', DAY, 'd'),
        s => format!("{}y", s / YEAR),
    }
}

/// The larger unit, and the smaller one where it is not zero.
fn pair(seconds: i64, large: i64, large_name: char, small: i64, small_name: char) -> String {
    let rest = seconds % large / small;
    let whole = seconds / large;
    if rest == 0 {
        format!("{whole}{large_name}")
    } else {
        format!("{whole}{large_name}{rest}{small_name}")
    }
}

/// A short duration with tenths of a second below a minute: `0.4s`, `17.2s`; [`human`] above.
#[must_use]
pub fn short(duration: SignedDuration) -> String {
    if duration.unsigned_abs().as_secs() >= 60 {
        return human(duration);
    }
    let tenths = duration.as_millis() / 100;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}s", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_reads_as_in_kubectl() {
        for (seconds, expected) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
            (-5, "-5s"),
        ] {
            assert_eq!(
                human(SignedDuration::from_secs(seconds)),
                expected,
                "{seconds}"
            );
        }
        assert_eq!(human(SignedDuration::MAX), "292471208677y");
        assert_eq!(human(SignedDuration::MIN), "-292471208677y");
    }

    #[test]
    fn short_shows_tenths_below_a_minute() {
        for (millis, expected) in [
            (0, "0.0s"),
            (49, "0.0s"),
            (1_450, "1.4s"),
            (17_260, "17.2s"),
            (-340, "-0.3s"),
            (59_999, "59.9s"),
            (60_000, "60s"),
            (-61_000, "-61s"),
        ] {
            assert_eq!(
                short(SignedDuration::from_millis(millis)),
                expected,
                "{millis}"
            );
        }
    }
}
