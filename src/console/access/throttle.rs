//! How often a password may be tried: five times from an address, and fifty times in all, in five minutes.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Wrong passwords from one address …
const EACH: u32 = 5;

/// … and from all of them: a thousand addresses are no way around the limit.
const ALL: u32 = 50;

/// … in this time.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// Wrong passwords of late.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// When the first of them was tried.
    began: Option<Instant>,
    /// At most [`ALL`] addresses: later ones are refused before they could be counted.
    each: HashMap<IpAddr, u32>,
    all: u32,
}

impl Throttle {
    /// How long this address must wait; none when it may try. A try counts as a wrong one until it is [`Self::forgiven`],
    /// so that many at once are no way around the limit.
    pub(super) fn try_from(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.saturating_duration_since(*counts.began.get_or_insert(now));
        if age >= WINDOW {
            *counts = Counts {
                began: Some(now),
                ..Counts::default()
            };
        }
        let left = WINDOW.saturating_sub(age);
        let tried = counts.each.get(&address).copied().unwrap_or(0);
        if tried >= EACH || counts.all >= ALL {
            return Some(left);
        }
        counts.all += 1;
        counts.each.insert(address, tried + 1);
        None
    }

    /// The try was a right one.
    pub(super) fn forgiven(&self, address: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.each.remove(&address).is_some() {
            counts.all = counts.all.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_sixth_wrong_password_waits_and_a_right_one_is_forgiven() {
        let (throttle, here) = (Throttle::default(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let now = Instant::now();
        for _ in 0..EACH {
            assert_eq!(throttle.try_from(here, now), None);
        }
        assert_eq!(throttle.try_from(here, now), Some(WINDOW));
        let elsewhere = Ipv4Addr::new(10, 0, 0, 1).into();
        assert_eq!(throttle.try_from(elsewhere, now), None);
        let later = now + WINDOW;
        assert_eq!(throttle.try_from(here, later), None);
        for _ in 0..2 * EACH {
            throttle.forgiven(here);
            assert_eq!(throttle.try_from(here, later), None);
        }
    }

    #[test]
    fn many_addresses_are_no_way_around_the_limit() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let refused = (0..=255).filter(|last| {
            let address = Ipv4Addr::new(10, 0, 0, *last);
            throttle.try_from(address.into(), now).is_some()
        });
        assert_eq!(refused.count(), 256 - 50);
    }
}
