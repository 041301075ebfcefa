//! Measures firmware with the core's own recipe and expressions, and checks what it says against the
//! ELF.

use std::path::Path;

use object::{Object, ObjectSection};
use regex::Regex;

use super::unit::blocking;
use super::{BuildContext, BuildError, JobContext, advanced_size, convert};
use crate::board::{SizeRecipe, Value};
use crate::event::{Sizes, Step, Usage};
use crate::plan::Target;

/// The expressions that decide what counts, for keys.
pub(super) fn patterns(target: &Target) -> Vec<String> {
    let config = &target.config;
    // That has a command of its own in the key.
    let size = config.size_recipe().filter(|_| config.advanced_size_recipe().is_none());
    let mut patterns: Vec<String> = size
        .into_iter()
        .flat_map(|size| [Some(size.recipe.pattern), Some(size.flash), size.ram, size.eeprom])
        .flatten()
        .map(str::to_owned)
        .collect();
    patterns.push(format!("{:?} {:?}", config.maximum_size, config.maximum_data_size));
    patterns
}

/// What measuring came to.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// `None` where the core has no recipe for it.
    pub(super) sizes: Option<Sizes>,
    /// What the platform's own program has to say.
    pub(super) said: String,
}

/// The command of the platform's own program that measures firmware, if it has one.
///
/// # Errors
/// Where it can't be expanded.
pub(super) fn program(
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<Option<Vec<String>>, BuildError> {
    let Some(recipe) = target.config.advanced_size_recipe() else { return Ok(None) };
    let argv = target.config.command(recipe.pattern, values);
    argv.map(Some).map_err(|error| BuildError::board(Step::Size, &error))
}

/// Runs the size recipe and reads what it prints.
///
/// # Errors
/// Where the recipe fails, an expression is no regular expression, the ELF says otherwise, or the
/// firmware does not fit.
pub(super) async fn measure(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    folder: &Path,
    elf: Option<&Path>,
) -> Result<Measured, BuildError> {
    let config = &target.config;
    if let Some(argv) = program(target, values)? {
        let done = jcx.command(cx, Step::Size, "advanced size", argv, folder.to_owned()).await?;
        let (sizes, said) = advanced_size::read(&done.stdout)?;
        return Ok(Measured { sizes: Some(sizes), said });
    }
    let Some(recipe) = config.size_recipe() else { return Ok(Measured::default()) };
    let argv = config
        .command(recipe.recipe.pattern, values)
        .map_err(|error| BuildError::board(Step::Size, &error))?;
    let program = argv.first().cloned().unwrap_or_default();
    let done = convert::command(cx, jcx, Step::Size, "size", argv, folder).await?;
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let expressions = Expressions::new(&recipe)?;
    let counted = expressions.count(&printed);
    // What was listed in process was read from the ELF.
    if let Some(elf) = elf.filter(|_| done.by_tool) {
        let path = elf.to_owned();
        let sections = blocking(move || sections(&path)).await?;
        let sections = sections.map_err(|message| {
            BuildError::infrastructure(Step::Size, format!("{}: {message}", elf.display()))
        })?;
        check(&program, &printed, &sections)?;
    }
    let usage = |used: Option<u64>, max| used.map(|used| Usage { used, max });
    let sizes = Sizes {
        flash: usage(counted.flash, config.maximum_size),
        ram: usage(counted.ram, config.maximum_data_size),
        eeprom: usage(counted.eeprom.filter(|used| *used > 0), None),
    };
    for (what, usage) in [("program memory", sizes.flash), ("dynamic memory", sizes.ram)] {
        if let Some(Usage { used, max: Some(max) }) = usage
            && used > max
            && max > 0
        {
            return Err(BuildError::code(
                Step::Size,
                format!(
                    "the sketch does not fit: it takes {used} bytes of {what}, the board has {max} ({} too many)",
                    used - max
                ),
            ));
        }
    }
    Ok(Measured { sizes: Some(sizes), said: String::new() })
}

struct Expressions {
    flash: Regex,
    ram: Option<Regex>,
    eeprom: Option<Regex>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    flash: Option<u64>,
    ram: Option<u64>,
    eeprom: Option<u64>,
}

impl Expressions {
    fn new(recipe: &SizeRecipe<'_>) -> Result<Self, BuildError> {
        let one = |pattern: &str| {
            // `^` is meant for each line, as in Go's line-by-line use.
            Regex::new(&format!("(?m){pattern}")).map_err(|error| {
                BuildError::code(Step::Size, format!("a size expression of the core is none: {error}"))
            })
        };
        Ok(Self {
            flash: one(recipe.flash)?,
            ram: recipe.ram.map(one).transpose()?,
            eeprom: recipe.eeprom.map(one).transpose()?,
        })
    }

    fn count(&self, printed: &str) -> Counted {
        Counted {
            flash: sum(&self.flash, printed),
            ram: self.ram.as_ref().and_then(|expression| sum(expression, printed)),
            eeprom: self.eeprom.as_ref().and_then(|expression| sum(expression, printed)),
        }
    }
}

/// The sum of every number that a group of the expression matches.
fn sum(expression: &Regex, printed: &str) -> Option<u64> {
    let mut found = None;
    for captures in expression.captures_iter(printed) {
        for number in captures.iter().skip(1).flatten().filter_map(|group| group.as_str().parse::<u64>().ok())
        {
            found = Some(found.unwrap_or(0) + number);
        }
    }
    found
}

/// Name and size of each section of an ELF.
fn sections(elf: &Path) -> Result<Vec<(String, u64)>, String> {
    let bytes = std::fs::read(elf).map_err(|error| error.to_string())?;
    let file = object::File::parse(bytes.as_slice()).map_err(|error| error.to_string())?;
    Ok(file
        .sections()
        .filter_map(|section| Some((section.name().ok()?.to_owned(), section.size())))
        .collect())
}

/// Compares a listing in the format of `size -A` (`.text  924  0`) with the ELF's sections. Listings
/// of another format say nothing that could be compared.
fn check(program: &str, printed: &str, sections: &[(String, u64)]) -> Result<(), BuildError> {
    for line in printed.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(size), Some(_address), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Ok(size) = size.parse::<u64>() else { continue };
        let mut named = sections.iter().filter(|(section, _)| section == name).peekable();
        if named.peek().is_some() && !named.any(|(_, real)| *real == size) {
            return Err(BuildError::infrastructure(
                Step::Size,
                format!(
                    "{program} says that section {name} has {size} bytes, and the ELF that it has another size"
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::board::Recipe;

    use super::*;

    const LISTING: &str = "Blink.elf  :\nsection   size      addr\n.data       10   8388864\n.text      924         0\n\
                           .bss         9   8388874\n.eeprom      4   8454144\n.comment    17         0\nTotal      964\n";

    fn expressions() -> Expressions {
        let recipe = SizeRecipe {
            recipe: Recipe { key: "recipe.size.pattern", pattern: "size" },
            flash: r"^(?:\.text|\.data|\.bootloader)\s+([0-9]+).*",
            ram: Some(r"^(?:\.data|\.bss|\.noinit)\s+([0-9]+).*"),
            eeprom: Some(r"^(?:\.eeprom)\s+([0-9]+).*"),
        };
        Expressions::new(&recipe).unwrap()
    }

    #[test]
    fn every_match_counts() {
        let counted = expressions().count(LISTING);
        assert_eq!(counted, Counted { flash: Some(934), ram: Some(19), eeprom: Some(4) });
        assert_eq!(expressions().count("nothing"), Counted::default());
    }

    #[test]
    fn a_listing_that_is_not_of_this_elf_is_noticed() {
        let sections = [(".text".to_owned(), 924), (".data".to_owned(), 10), (".bss".to_owned(), 9)];
        assert!(check("size", LISTING, &sections).is_ok());
        let other = [(".text".to_owned(), 926)];
        assert!(check("size", LISTING, &other).is_err());
    }

    #[test]
    fn only_listings_that_can_be_compared_are() {
        let sections = [(".text".to_owned(), 924), (".text".to_owned(), 8)];
        assert!(check("size", ".text 8 0\n", &sections).is_ok(), "one of two sections of a name");
        assert!(check("size", ".text 9 0\n", &sections).is_err());
        assert!(check("size", ".other 9 0\n", &sections).is_ok(), "a section of the tool's own");
        let berkeley = "   text\t   data\t    bss\t    dec\t    hex\tfilename\n    924\t     10\t      9\t    943\t    3af\ta.elf\n";
        assert!(check("size", berkeley, &sections).is_ok());
    }

    #[test]
    fn an_expression_counts_line_by_line_and_every_group() {
        let recipe = |flash| SizeRecipe {
            recipe: Recipe { key: "recipe.size.pattern", pattern: "size" },
            flash,
            ram: None,
            eeprom: None,
        };
        let printed = "a 1 2\nb 3 4\na 5 x\n";
        let flash = |pattern| Expressions::new(&recipe(pattern)).map(|found| found.count(printed).flash);
        assert_eq!(flash(r"^a (\d+) (\d+)").unwrap(), Some(3));
        assert_eq!(flash(r"^a (\d+)").unwrap(), Some(6));
        assert_eq!(flash(r"^c (\d+)").unwrap(), None);
        assert!(flash("(").is_err(), "what is no expression is said to be none");
    }
}
