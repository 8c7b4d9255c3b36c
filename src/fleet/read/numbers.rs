//! Numbers of a table, read without a detour through text where they are plain decimals.

/// Powers of ten that are exact as floats.
const POWERS: [f64; 16] = [
    1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// A finite number; none where there is none.
///
/// Up to 15 digits are a whole number below 2^53 over an exact power of ten, and one division
/// rounds that correctly (Clinger 1990). All others take the long way.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut whole = 0_u64;
    let mut count = 0;
    let mut decimals = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' if count < 15 => {
                whole = whole * 10 + u64::from(byte - b'0');
                count += 1;
                decimals = decimals.map(|decimals| decimals + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return text.parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }
    if count == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "15 digits are below 2^53")]
    let number = whole as f64 / POWERS[decimals.unwrap_or(0)];
    Some(if negative { -number } else { number })
}

/// A whole number that is 0 or more; none where there is none.
pub(super) fn whole(text: &str) -> Option<u32> {
    let digits = text.as_bytes();
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |whole, byte| {
        byte.is_ascii_digit()
            .then(|| whole * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", "-", ".", "1.2.3", "x", "nan", "inf", "1e999", "--1", "1,5",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
        for text in ["", "-1", "1.0", "4294967296", "x"] {
            assert_eq!(whole(text), None, "{text}");
        }
        assert_eq!(decimal("1e-3"), Some(0.001));
        assert_eq!(decimal("+2.5"), Some(2.5));
        assert_eq!(whole("007"), Some(7));
    }

    proptest! {
        #[test]
        fn decimals_are_as_the_standard_library_reads_them(
            number in -1e12..1e12_f64, decimals in 0..9_usize,
        ) {
            let text = format!("{number:.decimals$}");
            prop_assert_eq!(decimal(&text), text.parse().ok());
        }
    }
}
