//! A compiler, linker and all other tools in one program that only pretends: an object is a copy of its source, firmware is
//! its objects behind the head of an ELF. `stub.rs` says what a source may ask for, and compiles this with `rustc`.

use std::fs;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let after = |word: &str| args.iter().skip_while(|arg| *arg != word).nth(1).map(String::as_str).unwrap_or_default();
    let first = args.first().map(String::as_str).unwrap_or_default();
    let done = match first {
        "-dumpversion" => print("1.0.0\n"),
        "-dumpmachine" => print("stub\n"),
        "-print-search-dirs" => print("install: /nonexistent/\n"),
        "--size" => print(&size(&read(after("--size")))),
        "--copy" => fs::write(after("-o"), read(after("--copy"))).is_ok(),
        "rcs" => fs::write(&args[1], args[2..].iter().map(|path| read(path)).collect::<String>()).is_ok(),
        _ if first.starts_with("-print-") => print(&format!("{}\n", first.split_once('=').map_or("", |(_, name)| name))),
        _ if has("-E") => search_path(&args),
        _ if has("-c") => compile(&args, after("-o")),
        _ => link(&args, after("-o")),
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(text: &str) -> bool {
    print!("{text}");
    true
}

/// Prints the output of `-E -v`: the directories of the command, and no built-in ones.
fn search_path(args: &[String]) -> bool {
    eprintln!("#include \"...\" search starts here:\n#include <...> search starts here:");
    args.iter().filter_map(|arg| arg.strip_prefix("-I")).for_each(|directory| eprintln!(" {directory}"));
    args.windows(2).filter(|pair| pair[0] == "-isystem").for_each(|pair| eprintln!(" {}", pair[1]));
    eprintln!("End of search list.");
    print("#define __VERSION__ \"1.0.0\"\n")
}

fn compile(args: &[String], output: &str) -> bool {
    let is_source = |arg: &&String| [".cpp", ".c", ".S"].iter().any(|extension| arg.ends_with(extension));
    let source = args.iter().find(is_source).map(String::as_str).unwrap_or_default();
    let text = read(source);
    let kill = std::env::current_exe().unwrap_or_default().with_extension("kill");
    if source.ends_with(".ino.cpp") && fs::remove_file(kill).is_ok() {
        let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        std::thread::sleep(Duration::from_secs(10));
    }
    // Diagnostics name the sketch's own file.
    let named = text.lines().find_map(|line| line.strip_prefix("#line 1 \"")?.strip_suffix('"'));
    let name = named.unwrap_or(source);
    if text.contains("// broken") {
        // Several are in flight.
        std::thread::sleep(Duration::from_millis(200));
        eprintln!("{name}:1:1: error: this sketch is broken");
        return false;
    }
    if text.contains("// warned") {
        eprintln!("{name}:1:1: warning: this sketch warns [-Wstub]");
    }
    let depfile = format!("{}.d", output.strip_suffix(".o").unwrap_or(output));
    fs::write(output, &text).is_ok() && fs::write(depfile, format!("{output}: {source}\n")).is_ok()
}

fn link(args: &[String], output: &str) -> bool {
    let mut elf = vec![0; 52];
    elf[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    for (at, value) in [(16, 2), (18, 83), (20, 1), (40, 52)] {
        elf[at] = value;
    }
    for object in args.iter().filter(|arg| arg.ends_with(".o")) {
        elf.extend(read(object).into_bytes());
    }
    fs::write(output, elf).is_ok()
}

/// Returns the sizes that the sketch asks for.
fn size(firmware: &str) -> String {
    let number = |name: &str| {
        let (_, rest) = firmware.split_once(name)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
    };
    format!("flash {}\nram {}\n", number("flash=").unwrap_or(100), number("ram=").unwrap_or(10))
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
