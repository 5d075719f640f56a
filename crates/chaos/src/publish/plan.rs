//! What a seed comes to: the channel, the hours, how rough its receiver is, and when processes are killed.

use std::time::Duration;

use moodwire_model::Entropy;
use moodwire_testing::FixedEntropy;

use super::answer::Kind;

/// Numbers that a seed gives, one after the other.
#[derive(Debug)]
pub(super) struct Dice(FixedEntropy);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(FixedEntropy::seeded(seed))
    }

    /// From 0 to `end`, without it.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.0.bits() % end.max(1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// A run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    /// Hours that have posts.
    pub(super) hours: u64,
    /// Worker processes at a time.
    pub(super) processes: u64,
    /// Of a hundred requests, so many go wrong.
    pub(super) roughness: u64,
    /// From which request on the target is gone.
    pub(super) gone_at: Option<u64>,
    /// Whether one request is answered only after the sender's deadline.
    pub(super) late: bool,
    /// When a process is killed, one after the other.
    pub(super) kills: Vec<Moment>,
    /// Whether those that are left after the last kill are asked to stop; else they are killed as well.
    pub(super) asks: bool,
    /// Whether it is waited until a `sending` mark is no longer believed; else the file's times are set back.
    pub(super) waits: bool,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    /// So long after the one before.
    After(Duration),
    /// At this point of the receiver's n-th request from then on, counted from 1: the one that made it.
    At(Point, u64),
}

/// How far a receiver is with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// The connection is there; nothing was read.
    Connected,
    /// The request was read; nothing was taken.
    Read,
    /// The message was taken; nothing was answered.
    Taken,
    /// The answer was written.
    Answered,
}

impl Plan {
    pub(super) fn of(seed: u64) -> Self {
        let dice = Dice::of(seed);
        let kind = dice.pick(
            Kind::Discord,
            &[Kind::Edit, Kind::Slack, Kind::Telegram, Kind::Webhook],
        );
        let hours = 2 + dice.below(4);
        // One in 40 waits longer than the sender's deadline, one in 30 as long as a `sending` mark is believed.
        let late = dice.below(40) == 0;
        let kills = if late { 0 } else { dice.below(4) };
        Self {
            seed,
            kind,
            hours,
            processes: 1 + dice.below(2),
            roughness: dice.pick(0, &[30, 60, 90]),
            gone_at: (dice.below(8) == 0).then(|| 1 + dice.below(hours)),
            late,
            kills: (0..kills).map(|_| dice.moment(hours)).collect(),
            asks: dice.chance(50),
            waits: dice.below(30) == 0,
        }
    }

    /// Posts in all.
    pub(super) fn posts(&self) -> u64 {
        (0..self.hours).map(posts_of).sum()
    }
}

/// How many posts the hour of that number has.
pub(super) fn posts_of(hour: u64) -> u64 {
    2 + hour % 2
}

impl Dice {
    /// One of two or more.
    pub(super) fn pick<T: Copy>(&self, first: T, others: &[T]) -> T {
        let length = u64::try_from(others.len()).unwrap_or(0);
        match usize::try_from(self.below(1 + length)) {
            Ok(at @ 1..) => others.get(at - 1).copied().unwrap_or(first),
            _ => first,
        }
    }

    fn moment(&self, hours: u64) -> Moment {
        if self.chance(20) {
            return Moment::After(self.millis(50, 900));
        }
        let points = [Point::Read, Point::Taken, Point::Answered];
        Moment::At(self.pick(Point::Connected, &points), 1 + self.below(hours))
    }
}
