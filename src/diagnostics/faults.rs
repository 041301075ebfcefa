//! Finds tool errors caused by the machine and not by the code: failed writes, lack of memory.

use crate::event::StorageCause;

/// A tool's message about a failed write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteFault<'a> {
    /// The line.
    pub line: &'a str,
    /// Fault of the file system; `None` where only this file can't be written.
    pub cause: Option<StorageCause>,
}

/// Returns the first message about a failed write: the disk is full or broken, the directory is read-only or
/// missing. Skips lines whose text comes from the source, such as `#error`.
pub fn write_fault(printed: &str) -> Option<WriteFault<'_>> {
    // Messages of the C library; child processes run in the C locale.
    const CAUSES: [(&str, StorageCause); 4] = [
        ("No space left on device", StorageCause::Full),
        ("Disk quota exceeded", StorageCause::Full),
        ("Read-only file system", StorageCause::ReadOnly),
        ("Input/output error", StorageCause::Broken),
    ];
    // A file that can't be read may be the fault of the code; one that can't be written is not.
    const WRITING: [&str; 7] = [
        "can't create ",
        "cannot create ",
        "cannot open output file ",
        "error writing to ",
        "error closing ",
        "final link failed: ",
        "for writing: ",
    ];
    const WHY: [&str; 2] = ["No such file or directory", "Permission denied"];
    let fault = |line| {
        let has = |part: &&str| str::contains(line, *part);
        let cause = CAUSES.iter().find(|(words, _)| has(words)).map(|(_, cause)| *cause);
        let is_fault = cause.is_some() || (WRITING.iter().any(has) && WHY.iter().any(has));
        is_fault.then_some(WriteFault { line, cause })
    };
    own_lines(printed).find_map(fault)
}

/// Returns the first message of a compiler driver about a killed subprocess or a lack of memory. The driver itself
/// exits with an error then, not by a signal.
pub fn memory_fault(printed: &str) -> Option<&str> {
    const WORDS: [&str; 7] = [
        // GCC up to 8, and since 9; its `collect2`.
        "internal compiler error: Killed (program ",
        "fatal error: Killed signal terminated program ",
        "terminated with signal 9 [Killed]",
        "virtual memory exhausted: ",
        "out of memory allocating ",
        // Clang.
        "unable to execute command: Killed",
        "LLVM ERROR: out of memory",
    ];
    own_lines(printed).find(|line| WORDS.iter().any(|words| line.contains(words)))
}

/// Returns the first message about a tool that crashed, or could not start one of its programs. The same input may succeed
/// the next time.
pub fn tool_fault(printed: &str) -> Option<&str> {
    const WORDS: [&str; 9] = [
        // GCC, and its `collect2` and `lto-wrapper`.
        "internal compiler error",
        "terminated with signal ",
        "Please submit a full bug report",
        ": cannot execute ",
        ": error trying to exec ",
        "installation problem, cannot exec ",
        "fatal error: cannot find ",
        // Binutils.
        "internal error, aborting at ",
        // Clang.
        "PLEASE submit a bug report",
    ];
    own_lines(printed).find(|line| WORDS.iter().any(|words| line.contains(words)))
}

/// Returns the lines that a tool does not quote from a source.
fn own_lines(printed: &str) -> impl Iterator<Item = &str> {
    // The text after `#error`, `#warning` and `static_assert` comes from the source.
    const QUOTING: [&str; 4] = ["#error", "#warning", "static assertion", "warning: "];
    printed.lines().map(str::trim_end).filter(|line| {
        !line.starts_with([' ', '\t']) && !QUOTING.iter().any(|quoting| line.contains(quoting))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_compiler_is_told_from_wrong_code() {
        for fault in [
            "avr-g++: internal compiler error: Killed (program cc1plus)",
            "xtensa-esp32-elf-g++: fatal error: Killed signal terminated program cc1plus",
            "collect2: fatal error: ld terminated with signal 9 [Killed]",
            "cc1plus: out of memory allocating 65536 bytes after a total of 4096 bytes",
            "clang: error: unable to execute command: Killed",
        ] {
            let printed = format!("/s/A.ino:1:1: note: x\n{fault}\ncompilation terminated.\n");
            assert_eq!(memory_fault(&printed), Some(fault));
        }
        for code in [
            "avr-g++: internal compiler error: Segmentation fault (program cc1plus)",
            "/s/A.ino:1:2: error: #error out of memory allocating 1 byte",
            "  virtual memory exhausted: quoted",
        ] {
            assert_eq!(memory_fault(code), None, "{code}");
        }
    }

    #[test]
    fn a_tool_that_crashes_is_told_from_wrong_code() {
        for fault in [
            "avr-g++: internal compiler error: Segmentation fault (program cc1plus)",
            "/s/A.ino:1:1: internal compiler error: in decltype_tmpl, at cp/pt.c:1",
            "collect2: fatal error: ld terminated with signal 11 [Segmentation fault], core dumped",
            "avr-g++: error trying to exec 'cc1plus': execvp: No such file or directory",
            "avr-g++: fatal error: cannot execute 'cc1plus': execvp: No such file or directory",
            "collect2: fatal error: cannot find 'ld'",
            "/usr/bin/ld: internal error, aborting at ../../bfd/elf.c:1 in f",
            "clang: error: PLEASE submit a bug report to https://github.com/llvm/llvm-project/issues/",
        ] {
            assert_eq!(tool_fault(&format!("/s/A.ino:1:1: note: x\n{fault}\n")), Some(fault));
        }
        for code in [
            "/s/A.ino:1:2: error: #error internal compiler error",
            "  12 | // terminated with signal 9",
            "/usr/bin/ld: cannot find -lmissing",
        ] {
            assert_eq!(tool_fault(code), None, "{code}");
        }
    }

    #[test]
    fn a_full_disk_is_nobodys_code() {
        let assembler = "/w/tmp/x.s: Assembler messages:\n/w/tmp/x.s: Fatal error: can't write 52 bytes to section .text of /w/tmp/x.o: 'No space left on device'";
        let line = assembler.lines().nth(1).unwrap();
        assert_eq!(write_fault(assembler), Some(WriteFault { line, cause: Some(StorageCause::Full) }));
        let (full, other) = (Some(StorageCause::Full), None);
        for (line, cause) in [
            ("cc1plus: fatal error: error writing to /w/tmp/cc1.s: No space left on device", full),
            ("/s/A.ino:7:1: fatal error: error writing to /w/tmp/cc1.s: No space left on device", full),
            ("/usr/bin/ld: final link failed: No space left on device", full),
            ("avr-objcopy: /w/A.hex: Disk quota exceeded", full),
            ("avr-objcopy: /w/A.hex: Read-only file system", Some(StorageCause::ReadOnly)),
            ("/w/tmp/x.s: Fatal error: can't create /w/tmp/x.o: No such file or directory", other),
            ("/usr/bin/ld: cannot open output file /w/A.elf: Permission denied", other),
        ] {
            assert_eq!(write_fault(line), Some(WriteFault { line, cause }));
        }
        for code in [
            "/s/A.ino:1:2: error: #error No space left on device",
            "/s/A.ino:1:1: error: static assertion failed: No space left on device",
            "/s/A.ino:1:10: fatal error: Missing.h: No such file or directory",
            "/s/A.ino:1:1: warning: unused\n    1 | log(\"No space left on device\");",
        ] {
            assert_eq!(write_fault(code), None);
        }
    }
}
