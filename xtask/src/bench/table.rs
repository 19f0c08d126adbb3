//! The table of all rows.

use std::time::Duration;

use console::{Cell, Columns, Tone};

use crate::bench::measure::Sample;

const NONE: &str = "-";

/// Which part of the peer's time and memory is the most that may be taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// 5 for a fifth of the time.
    pub(crate) wall: u32,
    /// 4 for a quarter of the memory.
    pub(crate) memory: u32,
}

/// One line of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    work: String,
    measure: &'static str,
    ours: String,
    peer: String,
    ratio: String,
    limit: String,
    /// Unless there is no limit.
    within: Option<bool>,
}

impl Line {
    /// Time and memory, each as a part of the peer's.
    pub(crate) fn both(work: &str, ours: Sample, peer: Sample, limit: Limit) -> [Self; 2] {
        [
            Self {
                ours: time(ours.wall),
                peer: time(peer.wall),
                ..Self::part(
                    work,
                    "wall",
                    (ours.wall.as_secs_f64(), peer.wall.as_secs_f64()),
                    limit.wall,
                )
            },
            Self {
                ours: bytes(ours.memory),
                peer: bytes(peer.memory),
                ..Self::part(
                    work,
                    "memory",
                    (float(ours.memory), float(peer.memory)),
                    limit.memory,
                )
            },
        ]
    }

    /// A measure of the peer that only helps to read the others.
    pub(crate) fn peer_alone(work: &str, peer: Sample) -> [Self; 2] {
        let line = |measure, peer| Self {
            peer,
            ..Self::new(work, measure)
        };
        [
            line("wall", time(peer.wall)),
            line("memory", bytes(peer.memory)),
        ]
    }

    /// Time as a part of the peer's.
    pub(crate) fn faster(work: &str, ours: Duration, peer: Duration, part: u32) -> Self {
        Self {
            ours: time(ours),
            peer: time(peer),
            ..Self::part(work, "wall", (ours.as_secs_f64(), peer.as_secs_f64()), part)
        }
    }

    /// Time that nothing is held against.
    pub(crate) fn alone(work: &str, ours: Duration) -> Self {
        Self {
            ours: time(ours),
            ..Self::new(work, "wall")
        }
    }

    /// Time against what nobody can be faster than; it may be so many hundredths longer.
    pub(crate) fn bound(work: &str, ours: Duration, bound: Duration, hundredths: u32) -> Self {
        let ratio = ours.as_secs_f64() / bound.as_secs_f64();
        Self {
            ours: time(ours),
            peer: format!("bound {}", time(bound)),
            ratio: format!("{ratio:.3}"),
            limit: format!("<= 1.{hundredths:02}"),
            within: Some(ratio <= 1.0 + f64::from(hundredths) / 100.0),
            ..Self::new(work, "wall")
        }
    }

    /// The peer's time against what nobody can be faster than.
    pub(crate) fn bound_of_peer(work: &str, peer: Duration, bound: Duration) -> Self {
        Self {
            peer: format!("{}, bound {}", time(peer), time(bound)),
            ratio: format!("{:.3}", peer.as_secs_f64() / bound.as_secs_f64()),
            ..Self::new(work, "wall")
        }
    }

    /// Time that may be longer than the peer's by so much.
    pub(crate) fn over(work: &str, ours: Duration, peer: Duration, most: Duration) -> Self {
        let over = ours.saturating_sub(peer);
        Self {
            ours: time(ours),
            peer: time(peer),
            ratio: format!("+{}", time(over)),
            limit: format!("< +{}", time(most)),
            within: Some(over < most),
            ..Self::new(work, "wall")
        }
    }

    /// Time that may be this many times the peer's.
    pub(crate) fn at_most(work: &str, ours: Duration, peer: Duration, factor: f64) -> Self {
        let ratio = ours.as_secs_f64() / peer.as_secs_f64();
        Self {
            ours: time(ours),
            peer: time(peer),
            ratio: format!("{ratio:.2}"),
            limit: format!("<= {factor}"),
            within: Some(ratio <= factor),
            ..Self::new(work, "wall")
        }
    }

    /// Time that has to stay under a bound.
    pub(crate) fn within(work: &str, ours: Duration, most: Duration) -> Self {
        Self {
            ours: time(ours),
            limit: format!("< {}", time(most)),
            within: Some(ours < most),
            ..Self::new(work, "wall")
        }
    }

    /// So many bytes in that time; at least so many megabytes a second.
    pub(crate) fn rate(work: &str, size: u64, time: Duration, least: u64) -> Self {
        let rate = float(size) / 1e6 / time.as_secs_f64();
        Self {
            ours: format!("{rate:.0} MB/s"),
            limit: format!(">= {least} MB/s"),
            within: Some(rate >= float(least)),
            ..Self::new(work, "rate")
        }
    }

    /// A size that has to stay under a bound.
    pub(crate) fn size(work: &str, size: u64, most: u64) -> Self {
        Self {
            ours: bytes(size),
            limit: format!("< {}", bytes(most)),
            within: Some(size < most),
            ..Self::new(work, "size")
        }
    }

    /// Whether the limit was missed.
    pub(crate) fn missed(&self) -> bool {
        self.within == Some(false)
    }

    fn part(work: &str, measure: &'static str, (ours, peer): (f64, f64), part: u32) -> Self {
        Self {
            ratio: format!("1/{:.1}", peer / ours),
            limit: format!("<= 1/{part}"),
            within: Some(ours * f64::from(part) <= peer),
            ..Self::new(work, measure)
        }
    }

    fn new(work: &str, measure: &'static str) -> Self {
        let none = || NONE.to_owned();
        Self {
            work: work.into(),
            measure,
            ours: none(),
            peer: none(),
            ratio: none(),
            limit: none(),
            within: None,
        }
    }

    fn cells(&self) -> [Cell; 7] {
        [
            Cell::from(&*self.work),
            Cell::from(self.measure),
            Cell::from(&*self.ours),
            Cell::from(&*self.peer),
            Cell::from(&*self.ratio),
            Cell::from(&*self.limit),
            self.verdict(),
        ]
    }

    fn verdict(&self) -> Cell {
        match self.within {
            Some(true) => Cell::toned("ok", Tone::Good),
            Some(false) => Cell::toned("MISSED", Tone::Bad),
            None => Cell::from(NONE),
        }
    }
}

const HEADERS: [&str; 7] = [
    "WORK", "MEASURE", "OURS", "PEER", "RATIO", "LIMIT", "VERDICT",
];

/// The table as text.
pub(crate) fn render(lines: &[Line]) -> String {
    let headers = HEADERS.map(Cell::from);
    let rows: Vec<[Cell; 7]> = lines.iter().map(Line::cells).collect();
    let mut columns = Columns::default();
    for row in std::iter::once(&headers).chain(&rows) {
        columns.fit(row);
    }
    std::iter::once(&headers)
        .chain(&rows)
        .map(|row| columns.line(row, false) + "\n")
        .collect()
}

/// A number of bytes as people read it.
pub(crate) fn bytes(count: u64) -> String {
    format!("{:.1} MB", float(count) / 1e6)
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only compared and printed with a few digits"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { wall: 5, memory: 4 };

    fn sample(millis: u64, memory: u64) -> Sample {
        Sample {
            wall: Duration::from_millis(millis),
            memory,
        }
    }

    #[test]
    fn a_limit_is_met_up_to_the_limit_itself() {
        let missed = |ours, peer| Line::both("x", ours, peer, LIMIT).map(|line| line.missed());
        assert_eq!(missed(sample(10, 1_000), sample(50, 4_000)), [false, false]);
        assert_eq!(missed(sample(11, 1_001), sample(50, 4_000)), [true, true]);
    }

    #[test]
    fn what_must_stay_under_a_bound_does_not_reach_it() {
        let millis = Duration::from_millis;
        assert!(!Line::over("x", millis(3), millis(1), millis(3)).missed());
        assert!(!Line::over("x", millis(1), millis(2), millis(3)).missed());
        assert!(Line::over("x", millis(4), millis(1), millis(3)).missed());
        assert!(!Line::within("x", millis(2), millis(3)).missed());
        assert!(Line::within("x", millis(3), millis(3)).missed());
        assert!(!Line::at_most("x", millis(12), millis(10), 1.2).missed());
        assert!(Line::at_most("x", millis(13), millis(10), 1.2).missed());
        assert!(!Line::size("x", 11, 12).missed());
        assert!(Line::size("x", 12, 12).missed());
    }

    #[test]
    fn the_table_says_what_was_missed() {
        let mut lines = Line::both(
            "work",
            sample(20, 9_500_000),
            sample(1_500, 20_000_000),
            LIMIT,
        )
        .to_vec();
        lines.extend(Line::peer_alone("transfer", sample(240, 13_000_000)));
        assert_eq!(
            render(&lines).lines().collect::<Vec<_>>(),
            [
                "WORK       MEASURE   OURS      PEER       RATIO    LIMIT    VERDICT",
                "work       wall      20.0 ms   1.50 s     1/75.0   <= 1/5   ok",
                "work       memory    9.5 MB    20.0 MB    1/2.1    <= 1/4   MISSED",
                "transfer   wall      -         240.0 ms   -        -        -",
                "transfer   memory    -         13.0 MB    -        -        -",
            ]
        );
    }
}
