//! A tool chain without real work, so that a run's cost is that of the runner. One program is compiler, archiver,
//! linker and all other tools, by its options; it writes each output immediately.
//!
//! `project.rs` compiles it alone, with `rustc`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    count();
    match answer(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fake-gcc: fatal error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Appends a byte to the file `fake-gcc.starts` beside the program, if it exists.
fn count() {
    let Ok(program) = std::env::current_exe() else { return };
    if let Ok(mut starts) = fs::File::options().append(true).open(program.with_extension("starts")) {
        let _ = starts.write_all(b".");
    }
}

fn answer(args: &[String]) -> Result<(), String> {
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let after = |word: &str| args.iter().skip_while(|arg| *arg != word).nth(1);
    match args.first().map(String::as_str).unwrap_or_default() {
        "-dumpversion" => println!("1.0.0"),
        "-dumpmachine" => println!("fake"),
        "-print-search-dirs" => println!("install: /nonexistent/"),
        "--size" => println!("program {} bytes", read(after("--size").ok_or("of what?")?)?.len()),
        "--copy" => write(after("-o").ok_or("whereto?")?, &read(after("--copy").ok_or("what?")?)?)?,
        print if print.starts_with("-print-") => println!("{}", print.split_once('=').map_or("", |(_, name)| name)),
        _ if has("-E") => search_path(args),
        _ if has("-c") => compile(args, after("-o").ok_or("no output")?)?,
        "rcs" => write(&args[1], &args[2..].iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?.concat())?,
        _ => link(args, after("-o").ok_or("no output")?)?,
    }
    Ok(())
}

/// Prints the output of `-E -v`: the directories of the command, and no built-in ones.
fn search_path(args: &[String]) {
    eprintln!("#include \"...\" search starts here:");
    eprintln!("#include <...> search starts here:");
    for arg in args {
        if let Some(directory) = arg.strip_prefix("-I") {
            eprintln!(" {directory}");
        }
    }
    for pair in args.windows(2).filter(|pair| pair[0] == "-isystem") {
        eprintln!(" {}", pair[1]);
    }
    eprintln!("End of search list.");
    // A compiler that says its version says all of its macros.
    println!("#define __VERSION__ \"1.0.0\"");
}

/// Writes the source's text as object; the depfile names only the source.
fn compile(args: &[String], output: &str) -> Result<(), String> {
    let is_source = |arg: &&String| [".cpp", ".c", ".S"].iter().any(|extension| arg.ends_with(extension));
    let source = args.iter().find(is_source).ok_or("no source")?;
    write(output, &read(source)?)?;
    let depfile = Path::new(output).with_extension("d");
    write(&depfile.to_string_lossy(), format!("{output}: {source}\n").as_bytes())
}

/// Writes the smallest ELF that readers accept, followed by all linked files.
fn link(args: &[String], output: &str) -> Result<(), String> {
    let mut elf = vec![0; 52];
    elf[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    for (at, value) in [(16, 2), (18, 83), (20, 1), (40, 52)] {
        elf[at] = value;
    }
    for input in args.iter().filter(|arg| arg.ends_with(".o") || arg.ends_with(".a")) {
        elf.extend(read(input)?);
    }
    write(output, &elf)
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}"))
}

fn write(path: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{path}: {error}"))
}
