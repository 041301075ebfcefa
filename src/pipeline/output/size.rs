//! Measures firmware with the platform's own recipe and expressions, and decides whether it fits. As in
//! arduino-cli (`internal/arduino/builder/sizer.go`), a size that can't be determined is no failure.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::advanced_size;
use crate::event::{FailureKind, FullMemory, Overflow, Sizes, Step, Usage};
use crate::pipeline::convert;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::context::BuildContext;
use crate::plan::Target;
use crate::platform::{BoardConfig, SizeRecipe, Value};
use crate::process::Transcript;

/// Property with the flash limit of a sketch.
const FLASH: &str = "upload.maximum_size";

/// Property with the RAM limit of a sketch.
const RAM: &str = "upload.maximum_data_size";

/// Returns the size expressions and the limits, for keys.
pub(in crate::pipeline) fn patterns(target: &Target) -> Vec<String> {
    let config = &target.config;
    // With `recipe.advanced_size`, its command is in the key instead.
    let size = config.size_recipe().filter(|_| config.advanced_size_recipe().is_none());
    let mut patterns: Vec<String> = size
        .into_iter()
        .flat_map(|size| [Some(size.recipe.pattern), Some(size.flash), size.ram, size.eeprom])
        .flatten()
        .map(str::to_owned)
        .collect();
    let limit = |key| config.properties.get(key).map_or_else(String::new, |limit| format!("={limit}"));
    patterns.extend([FLASH, RAM].map(limit));
    patterns
}

/// Result of a measurement.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Measured {
    /// Sizes of the firmware; `None` if the platform has no recipe for it, or the recipe fails.
    pub(in crate::pipeline) sizes: Option<Sizes>,
    /// Messages for the user.
    pub(in crate::pipeline) said: String,
}

/// Returns the command of the platform's own program that measures firmware, if it has one.
///
/// # Errors
/// The command is empty or can't be expanded.
pub(in crate::pipeline) fn program(
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<Option<Vec<String>>, BuildError> {
    let Some(recipe) = target.config.advanced_size_recipe() else { return Ok(None) };
    let argv = target.config.command(recipe.pattern, values);
    argv.map(Some).map_err(|error| BuildError::board(Step::Size, &error))
}

/// Returns the command that measures firmware, for keys: the platform's own program, or that of
/// `recipe.size.pattern`.
///
/// # Errors
/// The errors of [`program`].
pub(in crate::pipeline) async fn command(
    cx: &BuildContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<Option<Vec<String>>, BuildError> {
    if let Some(argv) = program(target, values)? {
        return Ok(Some(argv));
    }
    let Some(recipe) = target.config.size_recipe() else { return Ok(None) };
    let argv = target.config.command_with_warnings(recipe.recipe.pattern, values);
    let Some(argv) = argv.ok().filter(|argv| !argv.is_empty()) else { return Ok(None) };
    // A missing program yields no sizes, and is no failure.
    let is_there = cx.identities.of(Path::new(&argv[0])).await.is_ok();
    Ok(is_there.then_some(argv))
}

/// Runs the size recipe and parses its output.
///
/// # Errors
/// The platform's own program fails, or says that the firmware does not fit; a limit is no number, or is
/// exceeded.
pub(in crate::pipeline) async fn measure(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    directory: &Path,
) -> Result<Measured, BuildError> {
    let config = &target.config;
    if let Some(argv) = program(target, values)? {
        let done = jcx.command(cx, Step::Size, "advanced size", argv, directory.to_owned()).await?;
        let (sizes, said) = advanced_size::read(&done.stdout)?;
        return Ok(Measured { sizes: Some(sizes), said });
    }
    let limits = Limits::of(config).map_err(|error| BuildError::board(Step::Size, &error))?;
    let Some(recipe) = config.size_recipe() else { return Ok(Measured::default()) };
    let counted = match count(cx, jcx, target, &recipe, values, directory).await? {
        Ok(counted) => counted,
        Err(reason) => {
            let said = format!("warning: the size of the firmware could not be determined: {reason}\n");
            return Ok(Measured { sizes: None, said });
        }
    };
    limits.check(&counted)?;
    Ok(Measured { sizes: Some(limits.sizes(&counted)), said: String::new() })
}

/// Returns the memories that are too small for an ELF that a linker rejected, by the size recipe. Nothing is
/// logged or remembered. Returns `None` if all memories suffice, or the sizes can't be determined.
pub(in crate::pipeline) async fn overflow(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    directory: &Path,
) -> Option<Overflow> {
    let config = &target.config;
    let recipe = config.size_recipe().filter(|_| config.advanced_size_recipe().is_none())?;
    let limits = Limits::of(config).ok()?;
    let argv = config.command_with_warnings(recipe.recipe.pattern, values).ok()?;
    let process = process(argv, directory.to_owned(), jcx.environment.clone());
    let transcript = Transcript::new(cx.runner.output_limit);
    let done = run_in_slot(&cx.runner, &jcx.step(Step::Size, "size"), &process, &transcript).await.ok()?;
    let printed = String::from_utf8_lossy(&done.stdout);
    let counted = Expressions::new(&recipe).ok()?.count(&printed);
    limits.overflow(&counted).filter(|_| done.end.succeeded())
}

/// Returns the numbers in the recipe's output, or why they can't be determined.
async fn count(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    recipe: &SizeRecipe<'_>,
    values: &[(&str, Value<'_>)],
    directory: &Path,
) -> Result<Result<Counted, String>, BuildError> {
    let argv = match target.config.command_with_warnings(recipe.recipe.pattern, values) {
        Ok(argv) => argv,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    let done = match convert::command(cx, jcx, Step::Size, "size", argv, directory).await {
        Ok(done) => done,
        Err(BuildError::Failed(failure)) => {
            let is_missing = cx.identities.of(&program).await.is_err();
            let is_error = failure.kind == FailureKind::Code;
            if is_missing || is_error {
                return Ok(Err(failure.message));
            }
            return Err(BuildError::Failed(failure));
        }
        Err(error) => return Err(error),
    };
    let printed = String::from_utf8_lossy(&done.stdout);
    Ok(Expressions::new(recipe)
        .map(|expressions| expressions.count(&printed))
        .map_err(|error| format!("a size expression of the platform is none: {error}")))
}

/// Memory limits of the board, in bytes.
struct Limits {
    flash: Option<i64>,
    ram: Option<i64>,
}

impl Limits {
    /// Returns the limits; without a flash limit there is no RAM limit either.
    fn of(config: &BoardConfig) -> Result<Self, crate::platform::BoardError> {
        let flash = config.limit(FLASH)?;
        let ram = if flash.is_some() { config.limit(RAM)? } else { None };
        Ok(Self { flash, ram })
    }

    fn check(&self, counted: &Counted) -> Result<(), BuildError> {
        if self.flash == Some(0) {
            // arduino-cli divides by this limit.
            return Err(BuildError::code(
                Step::Size,
                format!("{FLASH}=0: arduino-cli ends without a result"),
            ));
        }
        self.overflow(counted).map_or(Ok(()), |overflow| Err(BuildError::overflow(Step::Size, overflow)))
    }

    /// Returns the memories that are too small, if any.
    fn overflow(&self, counted: &Counted) -> Option<Overflow> {
        let bytes = |number: i64| u64::try_from(number).unwrap_or_default();
        let full = |memory: &str, used: Option<i64>, max: Option<i64>| {
            let (used, max) = used.zip(max).filter(|(used, max)| used > max)?;
            Some(FullMemory {
                memory: memory.to_owned(),
                used: Some(bytes(used)),
                max: Some(bytes(max)),
                excess: Some(bytes(used.saturating_sub(max))),
                largest: Vec::new(),
            })
        };
        let flash = full("flash", Some(counted.flash), self.flash);
        let ram = full("RAM", counted.ram, self.ram.filter(|max| *max > 0));
        let memories: Vec<FullMemory> = [flash, ram].into_iter().flatten().collect();
        (!memories.is_empty()).then_some(Overflow { memories })
    }

    /// Returns the sizes for reports.
    fn sizes(&self, counted: &Counted) -> Sizes {
        let usage = |used: i64, max: Option<i64>| {
            let max = max.and_then(|max| u64::try_from(max).ok());
            u64::try_from(used).ok().map(|used| Usage { used, max })
        };
        Sizes {
            flash: usage(counted.flash, self.flash),
            ram: counted.ram.and_then(|used| usage(used, self.ram)),
            eeprom: counted.eeprom.filter(|used| *used > 0).and_then(|used| usage(used, None)),
            sections: Vec::new(),
        }
    }
}

struct Expressions {
    flash: Regex,
    ram: Option<Regex>,
    eeprom: Option<Regex>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    flash: i64,
    ram: Option<i64>,
    eeprom: Option<i64>,
}

impl Expressions {
    fn new(recipe: &SizeRecipe<'_>) -> Result<Self, regex::Error> {
        // `^` matches at the beginning of every line.
        let one = |pattern: &str| Regex::new(&format!("(?m){pattern}"));
        Ok(Self {
            flash: one(recipe.flash)?,
            ram: recipe.ram.map(one).transpose()?,
            eeprom: recipe.eeprom.map(one).transpose()?,
        })
    }

    fn count(&self, printed: &str) -> Counted {
        Counted {
            flash: sum(&self.flash, printed),
            ram: self.ram.as_ref().map(|expression| sum(expression, printed)),
            eeprom: self.eeprom.as_ref().map(|expression| sum(expression, printed)),
        }
    }
}

/// Returns the sum of every whole match and every group that is a number: `^([0-9]+)$` counts twice.
fn sum(expression: &Regex, printed: &str) -> i64 {
    let matches = expression.captures_iter(printed).flat_map(|captures| {
        let numbers =
            captures.iter().flatten().map(|group| group.as_str().parse::<i64>().unwrap_or_default());
        numbers.collect::<Vec<_>>()
    });
    matches.fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use crate::platform::Recipe;

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
        assert_eq!(counted, Counted { flash: 934, ram: Some(19), eeprom: Some(4) });
        assert_eq!(
            expressions().count("nothing"),
            Counted { flash: 0, ram: Some(0), eeprom: Some(0) },
            "as in arduino-cli"
        );
    }

    fn flash(expression: &'static str, printed: &str) -> Result<i64, regex::Error> {
        let recipe = SizeRecipe {
            recipe: Recipe { key: "recipe.size.pattern", pattern: "size" },
            flash: expression,
            ram: None,
            eeprom: None,
        };
        Expressions::new(&recipe).map(|found| found.count(printed).flash)
    }

    #[test]
    fn every_group_of_every_match_counts_and_so_does_the_match() {
        let printed = "a 1 2\nb 3 4\na 5 x\n7\n";
        assert_eq!(flash(r"^a (\d+) (\d+)", printed).unwrap(), 3);
        assert_eq!(flash(r"^a (\d+)", printed).unwrap(), 6);
        assert_eq!(flash(r"^c (\d+)", printed).unwrap(), 0);
        assert_eq!(flash(r"\d+", printed).unwrap(), 22, "no group");
        assert_eq!(flash(r"^(\d+)$", printed).unwrap(), 14, "match and group");
        assert!(flash("(", printed).is_err());
    }

    #[test]
    fn limits_are_checked_as_there() {
        let counted = Counted { flash: 10, ram: Some(6), eeprom: None };
        let fits = |flash, ram| Limits { flash, ram }.check(&counted).is_ok();
        assert!(fits(Some(10), Some(6)) && fits(None, None) && fits(Some(10), None));
        assert!(!fits(Some(9), None) && !fits(Some(10), Some(5)) && !fits(Some(-1), None));
        assert!(fits(Some(10), Some(0)) && fits(Some(10), Some(-1)), "no limit");
        assert!(!fits(Some(0), None));
    }
}
