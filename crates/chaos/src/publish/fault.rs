//! How a request goes: what a receiver does with it, drawn from the run's seed, the hour and how often that hour came.

use std::time::Duration;

use super::plan::Dice;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Taken, and answered after so long.
    Taken(Duration),
    /// Taken, and answered when the sender waits no more.
    Late,
    /// Taken, in an answer that allows nothing more for a moment.
    Exhausted,
    /// Taken, and the connection is closed without an answer.
    Dropped,
    /// Taken, and the answer breaks off within its head.
    HeadCut,
    /// Taken, and the answer breaks off within its body.
    BodyCut,
    /// A rate limit, in one of its forms.
    Limited(Limit),
    /// Too much to do, in words that say that nothing was done.
    Overloaded,
    /// The server fails with this status, with the message or without it.
    Failed {
        status: u16,
        taken: bool,
        page: bool,
    },
    /// A web page that says that all is well, and nothing was taken.
    Page,
    /// Of an edit: the message was deleted.
    Withdrawn,
    /// Taken, and for so long after it no connection is accepted.
    Refusing(Duration),
}

/// The forms in which a rate limit comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// The wait is in the body.
    Body,
    /// The wait is in the header `Retry-After`, and there is no JSON.
    Header,
    /// For everything that comes from the address.
    Global,
    /// A page that names no wait.
    Bare,
}

impl Fate {
    /// The fate of the n-th request of an hour, counted from 0.
    pub(super) fn of(seed: u64, hour: u64, nth: u64, edits: bool, roughness: u64) -> Self {
        let place = hour * 1_000 + nth * 2 + u64::from(edits);
        let dice = Dice::of(seed.rotate_left(17) ^ place.wrapping_mul(0x9e37_79b9));
        // What always fails would only try the queue's patience.
        if nth > 6 || !dice.chance(roughness) {
            return Self::Taken(Duration::ZERO);
        }
        match dice.below(14) {
            0 => Self::Taken(dice.millis(5, 120)),
            1 => Self::Dropped,
            2 => Self::HeadCut,
            3 => Self::BodyCut,
            4..7 => Self::Limited(dice.limit()),
            7 => Self::Overloaded,
            8 | 9 => Self::Failed {
                status: dice.pick(500, &[502, 503, 504]),
                taken: dice.chance(50),
                page: dice.chance(50),
            },
            10 => Self::Page,
            11 if edits => Self::Withdrawn,
            12 => Self::Exhausted,
            _ => Self::Refusing(dice.millis(20, 250)),
        }
    }
}

/// After how many bytes the n-th connection of a run is closed, whatever comes on it; none when it is not.
pub(super) fn cut(seed: u64, connection: u64, roughness: u64) -> Option<usize> {
    let dice = Dice::of(seed.rotate_left(31) ^ connection.wrapping_mul(0x85eb_ca6b));
    let cut = dice.chance(roughness / 12);
    cut.then(|| usize::try_from(dice.below(420)).unwrap_or(0))
}

impl Dice {
    fn limit(&self) -> Limit {
        match self.below(16) {
            0 => Limit::Bare,
            1..4 => Limit::Header,
            4..7 => Limit::Global,
            _ => Limit::Body,
        }
    }
}
