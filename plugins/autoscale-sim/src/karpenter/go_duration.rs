//! Durations as Go reads them: `90s`, `1h30m`.

use jiff::SignedDuration;

/// Reads a duration; only the positive ones that upstream takes.
pub(super) fn read(text: &str) -> Option<SignedDuration> {
    let mut rest = text;
    let mut nanos = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let unit = match &tail[..unit_end] {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        nanos += number * unit;
        rest = &tail[unit_end..];
    }
    (nanos > 0.0).then(|| SignedDuration::from_secs_f64(nanos / 1e9))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn units_add_up() {
        assert_eq!(read("1h30m").unwrap().as_secs(), 5400);
        assert_eq!(read("1.5s").unwrap().as_millis(), 1500);
        for wrong in ["", "true", "5", "0s", "-1s"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
