//! Reports by how much firmware is too large for its board, and its largest objects. Two checks reject
//! firmware: the linker, whose regions are too small, and arduino-cli's comparison of the size recipe's
//! numbers with `boards.txt`.
//!
//! A linker that fails leaves no ELF, and GNU ld does not report the used size (for `.bss` on AVR not even
//! the excess). So the link is repeated with `--noinhibit-exec`, which makes GNU ld write an ELF despite
//! errors. That ELF has the rejected layout, and the size recipe reads its numbers as from any firmware. The
//! cost is one link, and only after an overflow. The failure remains that of the first link, and the ELF is
//! removed.

use std::path::Path;

use super::inputs::Link;
use super::origin;
use super::symbols;
use crate::diagnostics::{RegionOverflow, is_overflow, overflows};
use crate::event::{Failure, FailureKind, FullMemory, LargeObject, Location, Overflow, Step};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::locate;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::output::size;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::process::Transcript;
use crate::symbols::{Owner, Symbol, Symbols};

/// Number of objects listed per memory.
const LARGEST: usize = 5;

/// Adds numbers to a linker's overflow error; returns any other failure unchanged.
pub(super) async fn explain_link(
    link: &Link<'_>,
    cx: &BuildContext,
    jcx: &JobContext,
    mut failure: Box<Failure>,
) -> BuildError {
    let regions = overflows(&failure.diagnostic);
    if failure.kind != FailureKind::Code || !is_overflow(&failure.message) {
        return BuildError::Failed(failure);
    }
    // Limited to half of the cell's remaining time, so that the cell fails with the overflow and does not
    // time out.
    let rest = link.job.timeout.saturating_sub(jcx.stopwatch.elapsed()) / 2;
    let measured = tokio::time::timeout(rest, measure(link, cx, jcx, &failure.command)).await;
    // With more time the failure has numbers.
    failure.is_reproducible &= measured.is_ok();
    let measured = measured.ok().flatten();
    remove_elf(link).await;
    let (overflow, symbols) = measured.unwrap_or_default();
    let overflow = overflow.unwrap_or_else(|| of_regions(&regions));
    failure.overflow = Some(Box::new(overflow));
    complete(link, failure, symbols).await
}

/// Adds the largest objects to a failed check of sizes.
pub(super) async fn explain_size(link: &Link<'_>, elf: Option<&Path>, error: BuildError) -> BuildError {
    match (error, elf) {
        (BuildError::Failed(failure), Some(elf)) if failure.overflow.is_some() => {
            let symbols = symbols::of(link, elf).await;
            complete(link, failure, symbols).await
        }
        (error, _) => error,
    }
}

/// Returns the sizes of the rejected firmware, and its symbols.
async fn measure(
    link: &Link<'_>,
    cx: &BuildContext,
    jcx: &JobContext,
    command: &[String],
) -> Option<(Option<Overflow>, Option<Symbols>)> {
    let mut argv = command.to_vec();
    let name = Path::new(argv.first()?).file_name()?.to_string_lossy();
    let is_linker = name == "ld" || name.ends_with("-ld") || name.starts_with("ld.");
    argv.push(if is_linker { "--noinhibit-exec" } else { "-Wl,--noinhibit-exec" }.to_owned());
    let directory = &link.job.directory;
    let label = format!("{}.elf, to measure it", link.project_name);
    let process = process(argv, directory.clone(), jcx.environment.clone());
    let transcript = Transcript::new(cx.runner.output_limit);
    run_in_slot(&cx.runner, &jcx.step(Step::Link, label), &process, &transcript).await.ok()?;
    let elf = link.linked().into_iter().find(|path| path.is_file())?;
    let overflow = size::overflow(cx, jcx, &link.job.target, link.values, directory).await;
    Some((overflow, symbols::of(link, &elf).await))
}

/// Removes the ELF, which must not be taken for firmware.
async fn remove_elf(link: &Link<'_>) {
    let linked = link.linked();
    let removed = blocking(move || {
        for path in linked {
            // Usually there is none.
            let _ = std::fs::remove_file(path);
        }
    });
    // After an interrupt the ELF may remain; the next run clears the directory before it links.
    let _ = removed.await;
}

/// Returns the overflow in the linker's own numbers.
fn of_regions(regions: &[RegionOverflow]) -> Overflow {
    let memory = |region: &RegionOverflow| FullMemory {
        memory: memory_of(&region.region).to_owned(),
        used: None,
        max: None,
        excess: region.excess,
        largest: Vec::new(),
    };
    Overflow { memories: regions.iter().map(memory).collect() }
}

/// Returns the memory of a linker script's region; the region's own name if it is not a common one.
fn memory_of(region: &str) -> &str {
    match region.to_ascii_lowercase().as_str() {
        "text" | "flash" | "rom" => "flash",
        "data" | "ram" => "RAM",
        _ => region,
    }
}

/// Adds the largest objects to a failure, and the location of the first one that the sketch or a library
/// defines.
async fn complete(link: &Link<'_>, mut failure: Box<Failure>, symbols: Option<Symbols>) -> BuildError {
    let Some(mut overflow) = failure.overflow.take() else { return BuildError::Failed(failure) };
    let mut wanted = Vec::new();
    for memory in &mut overflow.memories {
        let largest = symbols.as_ref().map(|symbols| largest(symbols, &memory.memory)).unwrap_or_default();
        memory.largest = largest.iter().map(|symbol| large(symbol)).collect();
        wanted.extend(largest.into_iter().map(|symbol| (symbol.name.clone(), symbol.owner.clone())));
    }
    failure.message = overflow.to_string();
    failure.overflow = Some(overflow);
    failure.location = place(link, wanted).await;
    BuildError::Failed(failure)
}

fn large(symbol: &Symbol) -> LargeObject {
    LargeObject { name: symbol.name.clone(), owner: symbol.owner.to_string(), bytes: symbol.size }
}

/// Returns the largest symbols in a memory.
fn largest<'s>(symbols: &'s Symbols, memory: &str) -> Vec<&'s Symbol> {
    let is_there = |symbol: &&Symbol| match memory {
        "flash" => symbol.area.is_in_flash(),
        "RAM" => symbol.area.is_in_ram(),
        _ => false,
    };
    symbols.symbols.iter().filter(is_there).take(LARGEST).collect()
}

/// Returns the location of the first of these symbols that the sketch or a library defines.
async fn place(link: &Link<'_>, wanted: Vec<(String, Owner)>) -> Option<Location> {
    let (sketch, libraries) = (origin::of_sketch(link), origin::of_libraries(link));
    let found = blocking(move || {
        wanted.into_iter().find_map(|(symbol, owner)| {
            let name = locate::identifier(&symbol)?;
            let files = match owner {
                Owner::Sketch => sketch.clone(),
                Owner::Library(_) => libraries.clone(),
                // With link-time optimisation the owner of a static variable is unknown.
                Owner::Unknown => [sketch.clone(), libraries.clone()].concat(),
                Owner::Core | Owner::Variant | Owner::Other => return None,
            };
            origin::definition(&files, name)
        })
    });
    found.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_measurement_the_linker_is_quoted() {
        let region = |region: &str, excess| RegionOverflow { region: region.to_owned(), excess };
        let told = |regions: &[RegionOverflow]| of_regions(regions).to_string();
        assert_eq!(told(&[region("data", None)]), "RAM: the firmware does not fit");
        assert_eq!(
            told(&[region("FLASH", Some(1_024)), region("iram1_0_seg", Some(8))]),
            "flash: 1,024 bytes too many; iram1_0_seg: 8 bytes too many"
        );
    }
}
