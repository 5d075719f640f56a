//! Python's `round`: to the decimal nearest to the exact binary value, a tie to the even digit.

/// Rounds to three decimals.
pub(crate) fn to_three(value: f64) -> f64 {
    round(value, 1e3)
}

/// Rounds to four decimals.
pub(crate) fn to_four(value: f64) -> f64 {
    round(value, 1e4)
}

/// How near to a tie the scaled value must be for its own rounding to matter; values here are at most 1.
const NEAR: f64 = 1e-9;

/// Added to a small number and taken away again, it leaves the nearest whole number: a float of this size has no decimals.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// The quotient of two whole numbers is the float nearest to the decimal.
#[inline]
fn round(value: f64, scale: f64) -> f64 {
    let scaled = value * scale;
    let whole = ((scaled + WHOLE) - WHOLE).copysign(value);
    if ((scaled - whole).abs() - 0.5).abs() > NEAR {
        return whole / scale;
    }
    near_a_tie(value, scale) / scale
}

/// The scaled value rounded to a whole number, where its own rounding may have made or hidden a tie.
#[cold]
fn near_a_tie(value: f64, scale: f64) -> f64 {
    let scaled = value * scale;
    let lost = value.mul_add(scale, -scaled);
    let (below, above) = (scaled.floor(), scaled.floor() + 1.0);
    // The difference is exact, since the two are so near.
    let side = scaled - (below + 0.5) + lost;
    if side == 0.0 {
        return scaled.round_ties_even();
    }
    let nearest = if side < 0.0 { below } else { above };
    // A negative number that rounds to zero stays negative.
    nearest.copysign(value)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    /// Rust's formatting rounds the exact value too, as `round` does in CPython.
    fn printed(value: f64, places: usize) -> f64 {
        format!("{value:.places$}").parse().unwrap()
    }

    #[test]
    fn rounding_agrees_with_printing_on_random_numbers_and_beside_ties() {
        let mut random = StdRng::seed_from_u64(11);
        for _ in 0..200_000 {
            let tie = (f64::from(random.random_range(-10_000..10_000_i32)) + 0.5) / 1e4;
            for value in [
                random.random_range(-1.0..1.0),
                tie,
                tie.next_up(),
                tie.next_down(),
                tie * 10.0 % 1.0,
            ] {
                assert_eq!(
                    to_four(value).to_bits(),
                    printed(value, 4).to_bits(),
                    "{value}"
                );
                assert_eq!(
                    to_three(value).to_bits(),
                    printed(value, 3).to_bits(),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn a_tie_goes_to_the_even_digit() {
        assert_eq!((to_three(0.0625), to_three(0.1875)), (0.062, 0.188));
    }
}
