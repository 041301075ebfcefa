//! Parses durations such as `90s`, `10m`, `1h30m`. Knows nothing of what they limit.

use std::time::Duration;

/// The longest accepted duration, thirty days: longer ones are taken for mistakes.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Error of a text that is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It does not follow the syntax.
    #[error("a duration is written as numbers with units: `90s`, `10m`, `1h30m`, `500ms`")]
    Syntax,
    /// A number without a unit.
    #[error("a duration needs a unit: `{0}s` are seconds, `{0}m` are minutes")]
    NoUnit(u64),
    /// The duration is zero.
    #[error("a duration must be longer than nothing")]
    Zero,
    /// The duration is longer than 30 days.
    #[error("a duration can be at most 30 days (`720h`)")]
    TooLong,
}

/// Parses a duration: whole numbers, each with its unit out of `h`, `m`, `s` and `ms`, larger units
/// first, each unit at most once.
///
/// # Errors
/// The text has another form, is zero, or is longer than 30 days.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let mut rest = text.trim();
    let mut units = UNITS.as_slice();
    let mut milliseconds: u64 = 0;
    if rest.is_empty() {
        return Err(DurationError::Syntax);
    }
    while !rest.is_empty() {
        let (digits, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        if digits.is_empty() {
            return Err(DurationError::Syntax);
        }
        let number: u64 = digits.parse().map_err(|_| DurationError::TooLong)?;
        let (unit, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        if unit.is_empty() {
            return Err(DurationError::NoUnit(number));
        }
        let index = units.iter().position(|(name, _)| *name == unit).ok_or(DurationError::Syntax)?;
        milliseconds = number
            .checked_mul(units[index].1)
            .and_then(|part| milliseconds.checked_add(part))
            .ok_or(DurationError::TooLong)?;
        units = &units[index + 1..];
        rest = behind;
    }
    match Duration::from_millis(milliseconds) {
        Duration::ZERO => Err(DurationError::Zero),
        duration if duration > LONGEST => Err(DurationError::TooLong),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_and_what_is_none() {
        let cases = [
            ("90s", Ok(90_000)),
            ("10m", Ok(600_000)),
            ("1h30m", Ok(5_400_000)),
            ("2s500ms", Ok(2_500)),
            ("720h", Ok(2_592_000_000)),
            ("", Err(DurationError::Syntax)),
            ("m", Err(DurationError::Syntax)),
            ("10 m", Err(DurationError::Syntax)),
            ("-5s", Err(DurationError::Syntax)),
            ("1.5h", Err(DurationError::Syntax)),
            ("5m1h", Err(DurationError::Syntax)),
            ("5m5m", Err(DurationError::Syntax)),
            ("10", Err(DurationError::NoUnit(10))),
            ("1h30", Err(DurationError::NoUnit(30))),
            ("0s", Err(DurationError::Zero)),
            ("721h", Err(DurationError::TooLong)),
            ("99999999999999999999s", Err(DurationError::TooLong)),
            ("9999999999999999999h", Err(DurationError::TooLong)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_duration(text), expected.map(Duration::from_millis), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9hms]{0,30}|\\PC*") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn parts_add_up(h in 0u64..100, m in 0u64..1000, s in 1u64..1000) {
            let text = format!("{h}h{m}m{s}s");
            prop_assert_eq!(parse_duration(&text), Ok(Duration::from_secs(h * 3600 + m * 60 + s)));
        }
    }
}
