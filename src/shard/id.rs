//! The name of a shard: `2/5`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Limit of the number of shards.
const MOST: u32 = 100_000;

/// One of several shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId {
    /// Its number, from 1.
    pub index: u32,
    /// The number of shards; at least `index`.
    pub count: u32,
}

/// `--shard`: a shard, or its number if a plan says how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardArgument {
    /// `I/N`.
    Of(ShardId),
    /// `I`, from 1.
    Index(u32),
}

/// Error of a text that names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no shard: {problem}")]
pub struct ShardIdError {
    /// The text.
    pub text: String,
    /// The problem, and how to fix it.
    pub problem: String,
}

impl ShardId {
    /// Returns its place among the shards, from 0.
    pub const fn place(self) -> usize {
        self.index as usize - 1
    }
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for ShardArgument {
    type Err = ShardIdError;

    fn from_str(text: &str) -> Result<Self, ShardIdError> {
        let error = |problem: &str| ShardIdError { text: text.to_owned(), problem: problem.to_owned() };
        let number = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let value = part.parse::<u32>().ok().filter(|value| is_number && *value <= MOST);
            value.ok_or_else(|| error("write it as I/N, as in `2/5`, with whole numbers up to 100000"))
        };
        let (index, count) = match text.split_once('/') {
            Some((index, count)) => (number(index)?, Some(number(count)?)),
            None => (number(text)?, None),
        };
        if index == 0 {
            return Err(error("shards are numbered from 1; add 1 to an index that starts at 0"));
        }
        match count {
            None => Ok(Self::Index(index)),
            Some(count) if index <= count => Ok(Self::Of(ShardId { index, count })),
            Some(count) => Err(error(&format!("there are only {count} shards, numbered from 1"))),
        }
    }
}

impl FromStr for ShardId {
    type Err = ShardIdError;

    fn from_str(text: &str) -> Result<Self, ShardIdError> {
        match text.parse()? {
            ShardArgument::Of(id) => Ok(id),
            ShardArgument::Index(_) => {
                let problem = "write it as I/N, as in `2/5`".to_owned();
                Err(ShardIdError { text: text.to_owned(), problem })
            }
        }
    }
}

impl Serialize for ShardId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ShardId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbered_from_1() {
        let id = ShardId { index: 2, count: 5 };
        assert_eq!("2/5".parse(), Ok(ShardArgument::Of(id)));
        assert_eq!("3".parse(), Ok(ShardArgument::Index(3)));
        assert_eq!((id.to_string().as_str(), id.place()), ("2/5", 1));
        assert_eq!("1/1".parse::<ShardId>(), Ok(ShardId { index: 1, count: 1 }));
        for (text, problem) in [
            ("0/5", "add 1 to an index"),
            ("0", "add 1 to an index"),
            ("6/5", "only 5 shards"),
            ("1/0", "only 0 shards"),
            ("", "I/N"),
            ("/5", "I/N"),
            ("1/", "I/N"),
            ("a/b", "I/N"),
            ("-1/5", "I/N"),
            ("+1/5", "I/N"),
            ("1/2/3", "I/N"),
            ("1/99999999999", "I/N"),
        ] {
            let error = text.parse::<ShardArgument>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains(&format!("`{text}`")), "{error}");
        }
        assert!("3".parse::<ShardId>().is_err());
    }

    #[test]
    fn json_has_the_text() {
        let id = ShardId { index: 2, count: 5 };
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"2/5\"");
        assert_eq!(serde_json::from_str::<ShardId>("\"2/5\"").unwrap(), id);
        assert!(serde_json::from_str::<ShardId>("\"7/5\"").is_err());
    }
}
