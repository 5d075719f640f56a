//! The fingerprint: what groups dead letters that failed alike.

/// A short name for "the same failure": the kind and the first line of the error, with numbers, hexadecimal
/// runs, quoted text and URLs' tails blanked, so that ids and times do not tell equal failures apart.
/// Sixteen hexadecimal digits (64-bit FNV-1a).
pub fn fingerprint(kind: &str, error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    let shape = shape(line);
    let hash = kind
        .bytes()
        .chain([0])
        .chain(shape.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// The line with every word that carries a digit, and everything within double quotes, replaced by `#`.
fn shape(line: &str) -> String {
    let unquoted: String = line
        .split('"')
        .enumerate()
        .map(|(index, part)| if index % 2 == 1 { "#" } else { part })
        .collect();
    let words: Vec<&str> = unquoted
        .split_whitespace()
        .map(|word| {
            if word.bytes().any(|byte| byte.is_ascii_digit()) {
                "#"
            } else {
                word
            }
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_differ_in_ids_alone_share_a_fingerprint() {
        let one = fingerprint(
            "transform",
            "post replay:17 cannot be stored: text of 2000000 bytes",
        );
        let two = fingerprint(
            "transform",
            "post replay:93 cannot be stored: text of 3141592 bytes",
        );
        assert_eq!(one, two);
        assert_ne!(
            one,
            fingerprint(
                "publish",
                "post replay:17 cannot be stored: text of 2 bytes"
            )
        );
        assert_ne!(one, fingerprint("transform", "the lake cannot be reached"));
    }
}
