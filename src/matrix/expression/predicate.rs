//! The typed form of an expression, and its value for a cell.
//!
//! A fact may be unknown: the flash of a board whose core does not say it. A comparison with it is unknown, neither true
//! nor false, and so is what depends on it (`not`, `and`, `or` as in Kleene's logic). Only what is true selects.

use std::ops::Range;

use super::super::name_glob::{NameGlob, NameGlobs};
use super::facts::{Facts, Hardware};
use super::pattern::Pattern;

/// A condition on a cell.
#[derive(Debug, Clone)]
pub(in crate::matrix) enum Predicate {
    /// All of them; true if there is none.
    All(Vec<Self>),
    /// One of them; false if there is none.
    Any(Vec<Self>),
    /// Not this one.
    Not(Box<Self>),
    /// A comparison of text.
    Text(TextTest),
    /// A comparison of sizes.
    Size(SizeTest),
}

/// A comparison of text: true where one of the field's values matches.
#[derive(Debug, Clone)]
pub(in crate::matrix) struct TextTest {
    /// The left side.
    pub(in crate::matrix) field: TextField,
    /// The right side.
    pub(in crate::matrix) pattern: Pattern,
    /// The right side as written, without quotes.
    pub(in crate::matrix) text: String,
    /// Its place in the expression, with quotes.
    pub(in crate::matrix) range: Range<usize>,
}

/// A name whose values are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) enum TextField {
    /// The name of the board in the matrix.
    Board,
    /// The name of the sketch.
    Sketch,
    /// A tag of the board or of the sketch.
    Tag,
    /// `vendor:arch`.
    Core,
    /// The architecture.
    Arch,
    /// `build.mcu`.
    Mcu,
    /// The FQBN as written in the matrix.
    Fqbn,
}

/// A comparison of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) struct SizeTest {
    pub(super) field: SizeField,
    pub(super) comparison: Comparison,
    /// Bytes.
    pub(super) size: u64,
}

/// A name whose value is a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) enum SizeField {
    Flash,
    Ram,
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Predicate {
    /// Returns the condition that the name matches one of the globs; always true without globs.
    pub(in crate::matrix) fn names(field: TextField, globs: &[NameGlob]) -> Self {
        if globs.is_empty() { Self::All(Vec::new()) } else { Self::one_of(field, globs.iter()) }
    }

    /// Returns the condition that the name is selected by a list with `!`.
    pub(in crate::matrix) fn list(field: TextField, globs: &NameGlobs) -> Self {
        let (wanted, unwanted) = globs.parts();
        let not = Self::Not(Box::new(Self::one_of(field, unwanted)));
        let mut wanted = wanted.peekable();
        if wanted.peek().is_none() { not } else { Self::All(vec![Self::one_of(field, wanted), not]) }
    }

    fn one_of<'g>(field: TextField, globs: impl Iterator<Item = &'g NameGlob>) -> Self {
        let test = |glob: &NameGlob| {
            let (pattern, text) = (Pattern::Name(glob.clone()), glob.as_str().to_owned());
            Self::Text(TextTest { field, pattern, text, range: 0..0 })
        };
        Self::Any(globs.map(test).collect())
    }

    /// Returns its value for a cell; `None` if that depends on something unknown.
    pub(in crate::matrix) fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.holds(facts))),
            // By De Morgan: unknown stays unknown.
            Self::Any(parts) => all(parts.iter().map(|part| part.holds(facts).map(|it| !it))).map(|it| !it),
            Self::Not(part) => part.holds(facts).map(|it| !it),
            Self::Text(test) => test.holds(facts),
            Self::Size(test) => test.holds(facts),
        }
    }

    /// Returns whether it holds. What is unknown does not hold.
    pub(in crate::matrix) fn is_true(&self, facts: &Facts<'_>) -> bool {
        self.holds(facts) == Some(true)
    }

    /// Returns the first name in it that is unknown for a cell.
    pub(in crate::matrix) fn unknown(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let mut found = None;
        self.each_comparison(&mut |part| {
            if found.is_none() && part.holds(facts).is_none() {
                found = part.field();
            }
        });
        found
    }

    /// Returns whether it depends on what only an installed core knows.
    pub(in crate::matrix) fn needs_hardware(&self) -> bool {
        self.compares(&|part| {
            matches!(part, Self::Size(_) | Self::Text(TextTest { field: TextField::Mcu, .. }))
        })
    }

    /// Returns whether it depends on the name of the sketch.
    pub(in crate::matrix) fn needs_sketch(&self) -> bool {
        self.compares(&|part| matches!(part, Self::Text(TextTest { field: TextField::Sketch, .. })))
    }

    fn compares(&self, is_meant: &dyn Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.each_comparison(&mut |part| found |= is_meant(part));
        found
    }

    /// Returns its comparisons of text.
    pub(in crate::matrix) fn text_tests(&self) -> Vec<&TextTest> {
        let mut tests = Vec::new();
        self.each_comparison(&mut |part| {
            if let Self::Text(test) = part {
                tests.push(test);
            }
        });
        tests
    }

    fn each_comparison<'p>(&'p self, visit: &mut dyn FnMut(&'p Self)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_comparison(visit)),
            Self::Not(part) => part.each_comparison(visit),
            Self::Text(_) | Self::Size(_) => visit(self),
        }
    }

    /// Returns the name on the left side of a comparison.
    const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Text(test) => Some(test.field.word()),
            Self::Size(test) => Some(test.field.word()),
            Self::All(_) | Self::Any(_) | Self::Not(_) => None,
        }
    }
}

/// Returns whether all values are true; `None` if that depends on an unknown one.
fn all(mut values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for value in values.by_ref() {
        match value {
            Some(false) => return Some(false),
            Some(true) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

impl TextTest {
    fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        let Facts { board, sketch } = facts;
        let matches = |text: &str| Some(self.pattern.matches(text));
        let any = |tags: &[String]| tags.iter().any(|tag| self.pattern.matches(tag));
        match self.field {
            TextField::Board => Some(board.names().any(|name| self.pattern.matches(name))),
            TextField::Sketch => matches(sketch.as_ref()?.name),
            TextField::Tag if any(&board.tags) => Some(true),
            TextField::Tag => Some(any(sketch.as_ref()?.tags)),
            TextField::Core => matches(&board.core),
            TextField::Arch => matches(&board.arch),
            TextField::Mcu => matches(board.hardware.as_ref()?.mcu.as_deref()?),
            TextField::Fqbn => matches(&board.fqbn),
        }
    }

    /// Returns whether it compares with a glob over names, which one of `names` should match.
    pub(in crate::matrix) const fn is_about_names(&self) -> bool {
        !matches!(self.pattern, Pattern::Regex(_))
    }
}

impl SizeTest {
    fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        let hardware = facts.board.hardware.as_ref()?;
        let size = self.field.of(hardware)?;
        Some(match self.comparison {
            Comparison::Equal => size == self.size,
            Comparison::Less => size < self.size,
            Comparison::LessOrEqual => size <= self.size,
            Comparison::Greater => size > self.size,
            Comparison::GreaterOrEqual => size >= self.size,
        })
    }
}

impl TextField {
    /// Returns its name in expressions.
    pub(in crate::matrix) const fn word(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Sketch => "sketch",
            Self::Tag => "tag",
            Self::Core => "core",
            Self::Arch => "arch",
            Self::Mcu => "mcu",
            Self::Fqbn => "fqbn",
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 7] =
        [Self::Board, Self::Sketch, Self::Tag, Self::Core, Self::Arch, Self::Mcu, Self::Fqbn];
}

impl SizeField {
    /// Returns its name in expressions.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Flash => "flash",
            Self::Ram => "ram",
        }
    }

    const fn of(self, hardware: &Hardware) -> Option<u64> {
        match self {
            Self::Flash => hardware.flash,
            Self::Ram => hardware.ram,
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Flash, Self::Ram];
}
