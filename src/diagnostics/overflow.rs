//! A linker's errors about memory regions that are too small.

/// Words before the number of bytes.
pub(super) const BY: &str = "overflowed by";

/// A region of the linker script that is too small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionOverflow {
    /// Its name.
    pub region: String,
    /// Bytes that do not fit, if the linker gives the number.
    pub excess: Option<u64>,
}

/// Returns the regions that overflow, each once, in the order of the output.
pub fn overflows(printed: &str) -> Vec<RegionOverflow> {
    let mut found: Vec<RegionOverflow> = Vec::new();
    for line in printed.lines() {
        let Some((region, excess)) = refusal(line) else { continue };
        match found.iter_mut().find(|known| known.region == region) {
            Some(known) => known.excess = known.excess.or(excess),
            None => found.push(RegionOverflow { region: region.to_owned(), excess }),
        }
    }
    found
}

/// Returns whether the line is a linker's error about a region that is too small.
pub fn is_overflow(line: &str) -> bool {
    refusal(line).is_some()
}

/// Parses ``region `R' overflowed by N bytes``, ``section `S' will not fit in region `R'``, ``address A of FILE section `S' is not
/// within region `R'``, and lld's `section '.S' will not fit in region 'R': overflowed by N bytes`.
fn refusal(line: &str) -> Option<(&str, Option<u64>)> {
    let is_refusal =
        [BY, "will not fit in region", "is not within region"].iter().any(|phrase| line.contains(phrase));
    let (_, after) =
        line.split_once("region `").or_else(|| line.split_once("region '")).filter(|_| is_refusal)?;
    let (region, _) = after.split_once('\'')?;
    let number = line.split_once(BY).map(|(_, rest)| rest.trim_start());
    let digits = number.and_then(|rest| rest.split(' ').next());
    Some((region, digits.and_then(|digits| digits.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_found_once() {
        let region = |region: &str, excess| RegionOverflow { region: region.to_owned(), excess };
        for (printed, expected) in [
            (
                "/usr/lib/avr/bin/ld: /w/A.elf section `.text' will not fit in region `text'\n\
                 /usr/lib/avr/bin/ld: region `text' overflowed by 8136 bytes\ncollect2: error: ld returned 1 exit status",
                vec![region("text", Some(8136))],
            ),
            (
                "ld: address 0x800d70 of /w/A.elf section `.bss' is not within region `data'\n\
                 ld: address 0x800d70 of /w/A.elf section `.noinit' is not within region `data'",
                vec![region("data", None)],
            ),
            (
                "ld: region `RAM' overflowed by 1 byte\nld: region `FLASH' overflowed by 2 bytes",
                vec![region("RAM", Some(1)), region("FLASH", Some(2))],
            ),
            (
                "ld.lld: error: section '.bss' will not fit in region 'ram': overflowed by 40 bytes",
                vec![region("ram", Some(40))],
            ),
            ("/s/A.ino:3: relocation truncated to fit: R_AVR_13_PCREL against symbol `x'", Vec::new()),
        ] {
            assert_eq!(overflows(printed), expected, "{printed}");
        }
    }
}
