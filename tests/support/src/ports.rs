//! Free ports on the loopback interface.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

// Below the range from which the system picks the ports of outgoing connections, so that a port
// is still free when a component that was stopped comes back to it.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

/// Picks two different ports that nobody listens on.
///
/// The search starts at random, so that control planes that start at the same time rarely meet.
pub(crate) fn free_pair() -> Result<(u16, u16), Error> {
    let count = u64::from(LAST - FIRST) + 1;
    let start = RandomState::new().hash_one(0) % count;
    let mut free = (0..count)
        .filter_map(|step| u16::try_from((start + step) % count).ok())
        .map(|offset| FIRST + offset)
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    match (free.next(), free.next()) {
        (Some(one), Some(other)) => Ok((one, other)),
        _ => Err(Error::NoFreePort {
            first: FIRST,
            last: LAST,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_ports_in_use() {
        let (one, other) = free_pair().unwrap();
        assert_ne!(one, other);
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, one)).unwrap();
        for _ in 0..20 {
            let (first, second) = free_pair().unwrap();
            assert!(first != one && second != one);
        }
    }
}
