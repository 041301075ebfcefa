//! `FastLED`'s comment `@filter` in a sketch: conditions on the board.
//!
//! Specification: `ci/compiler/sketch_filter.py` and `ci/boards.py` of `FastLED` (August 2026). Values of one key are
//! alternatives, all keys must fit, and any excluded value leaves the board out. The words `and` and `or` between
//! conditions change nothing; where they say something else, there is a warning.

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use super::board::FilteredBoard;
use crate::nearest::quoted;

/// The filter of a sketch.
#[derive(Debug, Default)]
pub(super) struct Fastled {
    require: Vec<Condition>,
    exclude: Vec<Condition>,
    /// Whether `or` joins conditions on different keys.
    mixes: bool,
    /// Whether it has no condition that is understood.
    is_empty: bool,
    /// The text, for messages.
    text: String,
}

/// A key with its alternative values.
#[derive(Debug)]
struct Condition {
    key: Key,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Memory,
    Platform,
    Target,
    Board,
}

impl Key {
    fn of(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "memory" | "mem" => Self::Memory,
            "platform" | "plat" => Self::Platform,
            "target" | "tgt" => Self::Target,
            "board" | "brd" => Self::Board,
            _ => return None,
        })
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Platform => "platform",
            Self::Target => "target",
            Self::Board => "board",
        }
    }
}

/// The tiers in their order.
const TIERS: [&str; 4] = ["tiny", "low", "large", "huge"];

/// RAM of the largest board of the lowest tier, in bytes.
const TINY_RAM: u64 = 1024;

/// The tier of a board of which nothing is known.
const UNKNOWN_TIER: usize = 2;

/// Compiles a constant pattern.
#[allow(clippy::expect_used)] // the patterns below are constant, and the tests use each
fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

static ONE_LINE: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?m)//[ \t]*@filter[ \t]*:?[ \t]*((?:not[ \t]*)?\(.+)$"));
static CONDITION: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?i)\(\s*(\w+)(?:\s+(is\s+not|is|matches)\b|\s*([=:]))\s*([^)]+)\)"));
static OR: LazyLock<Regex> = LazyLock::new(|| constant(r"(?i)\s+or\s+"));
static BLOCK: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?s)//[ \t]*@filter[ \t]*:?[ \t]*\r?\n(.*?)//[ \t]*@end-filter"));

impl Fastled {
    /// Returns the filter in a sketch's text. A filter of one line counts before a block.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let line = ONE_LINE.captures(text).map(|found| found[1].trim().to_owned());
        if let Some(filter) = line.as_deref().and_then(Self::one_line) {
            return Some(filter);
        }
        let block = BLOCK.captures(text).map(|found| Self::block(&found[1]));
        block.or_else(|| line.map(|text| Self { is_empty: true, text, ..Self::default() }))
    }

    fn one_line(line: &str) -> Option<Self> {
        // A comment may follow the conditions.
        let line = line.split("//").next().unwrap_or_default().trim();
        let mut filter = Self { text: format!("@filter {line}"), ..Self::default() };
        let mut last: Option<(usize, Key)> = None;
        for found in CONDITION.captures_iter(line) {
            let (Some(whole), Some(key)) = (found.get(0), Key::of(&found[1])) else { continue };
            let operator = found.get(2).map_or("", |it| it.as_str());
            let before = line[..whole.start()].trim_end();
            let is_negated = operator.to_ascii_lowercase().ends_with("not");
            let is_negated = is_negated != before.to_ascii_lowercase().ends_with("not");
            let value = found[4].trim().trim_matches(['"', '\'']);
            let values: Vec<String> =
                OR.split(value).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty()).collect();
            if let Some((end, other)) = last {
                let between = line[end..whole.start()].to_ascii_lowercase();
                filter.mixes |=
                    other != key && between.split(|c: char| !c.is_alphanumeric()).any(|it| it == "or");
            }
            last = Some((whole.end(), key));
            filter.add(is_negated, key, values);
        }
        last.is_some().then_some(filter)
    }

    fn block(text: &str) -> Self {
        let mut filter = Self { text: "@filter".to_owned(), ..Self::default() };
        let mut section = None;
        for line in text.lines() {
            let line = line.trim().trim_start_matches('/').trim();
            if line.starts_with("require:") {
                section = Some(false);
            } else if line.starts_with("exclude:") {
                section = Some(true);
            } else if let (Some(is_excluded), Some((key, values))) =
                (section, line.strip_prefix("- ").and_then(|rest| rest.split_once(':')))
            {
                let values =
                    values.split(['|', ',']).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
                if let Some(key) = Key::of(key) {
                    filter.add(is_excluded, key, values.collect());
                }
            }
        }
        filter.is_empty = filter.require.is_empty() && filter.exclude.is_empty();
        filter
    }

    fn add(&mut self, is_excluded: bool, key: Key, values: Vec<String>) {
        let conditions = if is_excluded { &mut self.exclude } else { &mut self.require };
        match conditions.iter_mut().find(|condition| condition.key == key) {
            Some(condition) => condition.values.extend(values),
            None => conditions.push(Condition { key, values }),
        }
    }

    /// Returns what is not understood, or means something else than it says.
    pub(super) fn warnings(&self) -> Vec<String> {
        let text = quoted(&self.text);
        if self.is_empty {
            return vec![format!("{text} has no condition that is understood")];
        }
        let mixes = format!(
            "{text}: `or` between different keys means `and`, as FastLED's CI reads it; `when` of `exclude` can say it"
        );
        if self.mixes { vec![mixes] } else { Vec::new() }
    }

    /// Returns the rule by which the board is left out.
    pub(super) fn skip(&self, board: &FilteredBoard) -> Option<String> {
        let shown =
            |condition: &Condition| format!("{} is {}", condition.key.word(), condition.values.join(" or "));
        if let Some(condition) = self.exclude.iter().find(|condition| condition.fits(board, true)) {
            return Some(format!("@filter excludes {}", shown(condition)));
        }
        let unmet = self.require.iter().find(|condition| !condition.fits(board, false))?;
        let has = match unmet.key {
            Key::Memory => format!("; the board has {}", TIERS[tier(board)]),
            _ => String::new(),
        };
        Some(format!("@filter requires {}{has}", shown(unmet)))
    }
}

impl Condition {
    /// Returns whether one of the values fits the board. A tier fits boards with more, unless `is_exact`.
    fn fits(&self, board: &FilteredBoard, is_exact: bool) -> bool {
        if self.key == Key::Memory {
            let own = tier(board);
            return self.values.iter().any(|value| {
                let wanted = TIERS.iter().position(|tier| tier.eq_ignore_ascii_case(value));
                wanted.is_some_and(|wanted| if is_exact { own == wanted } else { own >= wanted })
            });
        }
        let own = values(self.key, board);
        self.values.iter().any(|value| {
            let value = value.to_lowercase();
            let value = value.strip_prefix("-d").unwrap_or(&value);
            let glob = value.contains('*').then(|| glob(value)).flatten();
            own.iter().any(|own| glob.as_ref().map_or(own == value, |glob| glob.is_match(own)))
        })
    }
}

fn glob(text: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(text).literal_separator(false).build().ok().map(|glob| glob.compile_matcher())
}

/// Returns what a board is called, in lower case.
fn values(key: Key, board: &FilteredBoard) -> Vec<String> {
    let mut values = match key {
        Key::Memory => vec![TIERS[tier(board)].to_owned()],
        // Teensy boards call their architecture `avr`.
        Key::Platform if family(board) == "teensy" => vec!["teensy".to_owned()],
        Key::Platform => vec![family(board).to_owned(), board.fqbn.architecture.clone()],
        Key::Target => {
            let define = format!("__{}__", family(board));
            board.mcu.iter().cloned().chain([board.fqbn.board.clone(), define]).collect()
        }
        Key::Board => vec![board.name.clone(), board.fqbn.board.clone()],
    };
    for value in &mut values {
        *value = value.to_lowercase();
    }
    values
}

/// Returns `FastLED`'s name for the family of a board.
fn family(board: &FilteredBoard) -> &str {
    if board.fqbn.board.to_lowercase().starts_with("teensy") {
        return "teensy";
    }
    match board.fqbn.architecture.as_str() {
        "megaavr" => "avr",
        "samd" => "sam",
        "rp2040" | "mbed_rp2040" => "rp",
        other if other.starts_with("renesas") => "renesas",
        other if other.starts_with("nrf52") => "nrf52",
        other => other,
    }
}

/// Returns the place of a board's memory tier in [`TIERS`]: that of its tag, else that of its family and RAM.
fn tier(board: &FilteredBoard) -> usize {
    let of_tag = |tag: &String| {
        let name = tag.strip_prefix("memory-")?;
        TIERS.iter().position(|tier| *tier == name)
    };
    if let Some(tier) = board.tags.iter().find_map(of_tag) {
        return tier;
    }
    let mcu = board.mcu.as_deref().unwrap_or_default().to_lowercase();
    let (board_id, architecture) = (board.fqbn.board.to_lowercase(), board.fqbn.architecture.to_lowercase());
    let is_any = |text: &str, parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if board_id.starts_with("teensy") {
        return if is_any(&board_id, &["35", "36", "40", "41"]) { 3 } else { 1 };
    }
    match architecture.as_str() {
        "avr" | "megaavr" => usize::from(board.ram.is_none_or(|ram| ram > TINY_RAM)),
        "esp8266" => 1,
        "esp32" | "rp2040" | "mbed_rp2040" | "mbed_giga" => 3,
        other if other.starts_with("renesas") => 1,
        "stm32" if is_any(&mcu, &["f103"]) || is_any(&board_id, &["f103", "genf1"]) => 1,
        "stm32" if is_any(&mcu, &["f4", "h7"]) || is_any(&board_id, &["f4", "h7"]) => 3,
        _ if is_any(&mcu, &["samd51"]) || is_any(&board_id, &["samd51", "giga"]) => 3,
        _ => UNKNOWN_TIER,
    }
}
