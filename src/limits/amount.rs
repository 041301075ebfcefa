//! An amount of memory: bytes, or a percentage of something. Knows nothing of what it limits.

use std::fmt;
use std::str::FromStr;

use crate::event::grouped;

/// An amount of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// A percentage: of the board's memory, or of the base's value.
    Percent(Percent),
}

/// A percentage, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(u32);

/// Error of a text that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It does not follow the syntax.
    #[error("an amount is bytes or a percentage: `64`, `1.5K`, `2KB`, `1M`, `90%`")]
    Syntax,
    /// It has more decimals than the unit.
    #[error("a percentage has at most two decimals, and a number of bytes is whole")]
    Decimals,
    /// It does not fit 64 bits.
    #[error("that is more than any memory")]
    TooLarge,
}

/// Bytes of each unit. As in a board's memory, a kilobyte has 1024 bytes.
const UNITS: [(&str, u64); 8] = [
    ("b", 1),
    ("", 1),
    ("k", 1 << 10),
    ("kb", 1 << 10),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1 << 20),
    ("mib", 1 << 20),
];

impl Amount {
    /// Returns the amount in bytes, rounded down, as a part of `whole` bytes if it is a percentage.
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(Percent(hundredths)) => {
                let part = u128::from(whole) * u128::from(hundredths) / 10_000;
                u64::try_from(part).unwrap_or(u64::MAX)
            }
        }
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim());
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || number.ends_with('.') || decimals.contains('.') {
            return Err(AmountError::Syntax);
        }
        let scale = 10_u128.checked_pow(u32::try_from(decimals.len()).unwrap_or(u32::MAX));
        let scale = scale.ok_or(AmountError::Decimals)?;
        let digits: u128 = format!("{whole}{decimals}").parse().map_err(|_| AmountError::TooLarge)?;
        let scaled = |factor: u64| {
            let product = digits.checked_mul(u128::from(factor)).ok_or(AmountError::TooLarge)?;
            if product % scale == 0 { Ok(product / scale) } else { Err(AmountError::Decimals) }
        };
        if unit == "%" {
            let hundredths = u32::try_from(scaled(100)?).map_err(|_| AmountError::TooLarge)?;
            return Ok(Self::Percent(Percent(hundredths)));
        }
        let unit = unit.to_ascii_lowercase();
        let factor = UNITS.iter().find(|(name, _)| *name == unit).ok_or(AmountError::Syntax)?.1;
        // Half a kilobyte is whole bytes, a tenth is not.
        let bytes = match scaled(factor) {
            Err(AmountError::Decimals) if factor > 1 => digits * u128::from(factor) / scale,
            other => other?,
        };
        u64::try_from(bytes).map(Self::Bytes).map_err(|_| AmountError::TooLarge)
    }
}

impl fmt::Display for Amount {
    /// Writes `1,234 bytes` or `90%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(1) => f.write_str("1 byte"),
            Self::Bytes(bytes) => write!(f, "{} bytes", grouped(*bytes)),
            Self::Percent(percent) => percent.fmt(f),
        }
    }
}

impl fmt::Display for Percent {
    /// Writes `90%`, `1.5%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, hundredths) = (self.0 / 100, self.0 % 100);
        match hundredths {
            0 => write!(f, "{whole}%"),
            tenths if tenths % 10 == 0 => write!(f, "{whole}.{}%", tenths / 10),
            _ => write!(f, "{whole}.{hundredths:02}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_percentages() {
        for (text, bytes) in [
            ("0", 0),
            ("64", 64),
            ("64B", 64),
            ("2K", 2_048),
            ("2KB", 2_048),
            ("2 kib", 2_048),
            ("1.5K", 1_536),
            ("1.3k", 1_331),
            ("1M", 1_048_576),
        ] {
            assert_eq!(text.parse(), Ok(Amount::Bytes(bytes)), "{text}");
        }
        for (text, hundredths) in [("90%", 9_000), ("1.5%", 150), ("0.25 %", 25), ("150%", 15_000)] {
            assert_eq!(text.parse(), Ok(Amount::Percent(Percent(hundredths))), "{text}");
            assert_eq!(Percent(hundredths).to_string(), text.replace(' ', ""));
        }
    }

    #[test]
    fn other_texts_are_errors() {
        for (text, error) in [
            ("", AmountError::Syntax),
            ("%", AmountError::Syntax),
            ("-1", AmountError::Syntax),
            ("1.", AmountError::Syntax),
            ("1.2.3", AmountError::Syntax),
            ("64 bits", AmountError::Syntax),
            ("90 percent", AmountError::Syntax),
            ("1.5", AmountError::Decimals),
            ("1.234%", AmountError::Decimals),
            ("99999999999999999999", AmountError::TooLarge),
            ("99999999999999999999999999999999999999999", AmountError::TooLarge),
        ] {
            assert_eq!(text.parse::<Amount>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_rounded_down() {
        let part = |text: &str, whole| text.parse::<Amount>().unwrap().of(whole);
        assert_eq!(part("90%", 32_256), 29_030);
        assert_eq!(part("64", 1), 64);
        assert_eq!(part("0.01%", 9_999), 0);
        assert_eq!(part("100%", u64::MAX), u64::MAX);
    }
}
