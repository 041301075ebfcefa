//! The identity of a tool, by content: the driver, the programs that it starts, and the libraries and specifications of
//! its installation. Two compilers with the same version text but other content differ.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::diagnostics::diagnose;
use crate::includes::{Disk, Files, Hash};
use crate::process::{Environment, Meter, Process, ProcessError, Transcript, run};
use crate::sync::OncePerKey;

/// Identity of a tool.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Hash over everything that distinguishes the tool from others.
    pub hash: Hash,
    /// The answer to `-dumpversion`, for a compiler.
    pub version: Option<String>,
    /// Whether the program's file begins with `#!`.
    pub is_script: bool,
}

/// Error of a tool without a known identity.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IdentityError {
    /// The program is missing.
    #[error("{} is missing: the core's recipes name it, but no such program exists", program.display())]
    Missing {
        /// The program.
        program: PathBuf,
    },
    /// A file of the tool can't be read.
    #[error("{} can't be read: {message}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        message: String,
    },
    /// The program does not answer.
    #[error("{} does not answer {question}: {message}", program.display())]
    Silent {
        /// The program.
        program: PathBuf,
        /// The option of the question.
        question: &'static str,
        /// The program's error.
        message: String,
    },
    /// The run was interrupted during the question.
    #[error("interrupted")]
    Cancelled,
}

/// The identities of a run: each tool is examined once, also for concurrent callers.
#[derive(Debug)]
pub struct Identities {
    files: Arc<Files>,
    environment: Environment,
    cwd: PathBuf,
    cancel: CancellationToken,
    slots: OncePerKey<PathBuf, Result<Identity, IdentityError>>,
    /// The hash of each installation: most have several drivers.
    installed: OncePerKey<Installation, Hash>,
}

/// A compiler driver's answers about its installation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Installation {
    version: String,
    machine: String,
    /// Directories of its programs, specifications and libraries.
    directories: Vec<PathBuf>,
    programs: Vec<PathBuf>,
}

impl Identities {
    /// Returns an empty table. Runs tools in `cwd`, until `cancel` fires: a tool that hangs must not keep the run from
    /// ending.
    pub fn new(files: Arc<Files>, environment: Environment, cwd: PathBuf, cancel: CancellationToken) -> Self {
        Self {
            files,
            environment,
            cwd,
            cancel,
            slots: OncePerKey::default(),
            installed: OncePerKey::default(),
        }
    }

    /// Returns the identity of the tool at `program`.
    ///
    /// # Errors
    /// The tool is missing, can't be read or does not answer.
    pub async fn of(&self, program: &Path) -> Result<Identity, IdentityError> {
        let slot = self.slots.cell(program.to_owned());
        slot.get_or_init(|| self.find_out(program)).await.clone()
    }

    async fn find_out(&self, program: &Path) -> Result<Identity, IdentityError> {
        let disk = self.files.disk();
        let Some(program) = &self.environment.find(program, |path| disk.is_file(path)) else {
            return Err(IdentityError::Missing { program: program.to_owned() });
        };
        let driver = self.file_hash(program).await?;
        let (files, script) = (self.files.clone(), program.clone());
        let is_script = tokio::task::spawn_blocking(move || files.disk().begins_with(&script, b"#!"))
            .await
            .map_err(|error| unreadable(program, &error))?;
        let Some(compiler) = compiler_behind(program, disk) else {
            let package = || if is_script { environment_of_package(program, disk) } else { None };
            let Some(environment) = python_environment(program, disk).or_else(package) else {
                return Ok(Identity { hash: driver, version: None, is_script });
            };
            let files = self.files.clone();
            let packages = tokio::task::spawn_blocking(move || packages(&files, &environment))
                .await
                .map_err(|error| unreadable(program, &error))?
                .map_err(|error| unreadable(program, &error))?;
            let hash = blake3::Hasher::new().update(driver.as_bytes()).update(packages.as_bytes()).finalize();
            return Ok(Identity { hash, version: None, is_script });
        };
        let compiler_hash = self.file_hash(&compiler).await?;
        let question = blake3::Hasher::new()
            .update(b"installation\0")
            .update(compiler.as_os_str().as_encoded_bytes())
            .update(compiler_hash.as_bytes())
            .finalize();
        let known =
            self.files.memo().tool_fact(&question).and_then(|answer| serde_json::from_str(&answer).ok());
        let installation: Installation = if let Some(known) = known {
            known
        } else {
            let asked = self.ask(&compiler).await?;
            if let Ok(answer) = serde_json::to_string(&asked) {
                self.files.memo().remember_tool_fact(question, &answer);
            }
            asked
        };
        let version = installation.version.clone();
        let slot = self.installed.cell(installation.clone());
        let looked_at = slot.get_or_try_init(|| async {
            let files = self.files.clone();
            tokio::task::spawn_blocking(move || installed(&files, &installation))
                .await
                .map_err(|error| unreadable(program, &error))?
                .map_err(|error| unreadable(program, &error))
        });
        let hash = *looked_at.await?;
        let hash = blake3::Hasher::new()
            .update(driver.as_bytes())
            .update(compiler_hash.as_bytes())
            .update(hash.as_bytes())
            .finalize();
        Ok(Identity { hash, version: Some(version), is_script })
    }

    async fn file_hash(&self, file: &Path) -> Result<Hash, IdentityError> {
        let files = self.files.clone();
        let path = file.to_owned();
        tokio::task::spawn_blocking(move || files.hash_now(&path))
            .await
            .map_err(|error| unreadable(file, &error))?
            .map_err(|error| unreadable(file, &error))
    }

    async fn ask(&self, compiler: &Path) -> Result<Installation, IdentityError> {
        const PROGRAMS: [&str; 8] = ["cc1", "cc1plus", "as", "ld", "collect2", "lto1", "lto-wrapper", "ar"];
        let one = async |question: &'static str, argument: String| {
            let process = Process {
                program: compiler.to_owned(),
                args: vec![argument],
                cwd: self.cwd.clone(),
                environment: self.environment.clone(),
            };
            let silent =
                |message: String| IdentityError::Silent { program: compiler.to_owned(), question, message };
            let finished = run(&process, &self.cancel, &Transcript::default(), &Meter::default())
                .await
                .map_err(|error| match error {
                    ProcessError::Missing { program } => IdentityError::Missing { program },
                    ProcessError::Cancelled => IdentityError::Cancelled,
                    other @ (ProcessError::Io { .. } | ProcessError::NoDirectory { .. }) => {
                        silent(other.to_string())
                    }
                })?;
            if finished.end.succeeded() {
                Ok(String::from_utf8_lossy(&finished.stdout).trim().to_owned())
            } else {
                Err(silent(diagnose(&String::from_utf8_lossy(&finished.printed())).message))
            }
        };
        let programs = futures::future::try_join_all(
            PROGRAMS.iter().map(|name| one("-print-prog-name", format!("-print-prog-name={name}"))),
        );
        let (version, machine, search, plugin, programs) = tokio::try_join!(
            one("-dumpversion", "-dumpversion".into()),
            one("-dumpmachine", "-dumpmachine".into()),
            one("-print-search-dirs", "-print-search-dirs".into()),
            one("-print-file-name", "-print-file-name=liblto_plugin.so".into()),
            programs,
        )?;
        let disk = self.files.disk();
        // For a program outside the installation the answer is its bare name.
        let programs = programs
            .into_iter()
            .chain([plugin])
            .map(PathBuf::from)
            .filter(|path| path.is_absolute() && disk.is_file(path))
            .collect();
        Ok(Installation { directories: own_directories(&search, &machine, disk), version, machine, programs })
    }
}

/// Returns the compiler driver that a tool belongs to: the tool itself, or for GCC's wrappers around the binary
/// utilities (`avr-gcc-ar`) the `gcc` beside it.
fn compiler_behind(program: &Path, disk: &Disk) -> Option<PathBuf> {
    let name = program.file_name()?.to_str()?;
    let base = ["-ar", "-nm", "-ranlib"].iter().find_map(|suffix| name.strip_suffix(suffix));
    if let Some(base) = base.filter(|base| base.ends_with("gcc")) {
        return Some(program.with_file_name(base)).filter(|path| disk.is_file(path));
    }
    // `avr-gcc`, `arm-none-eabi-g++`, `gcc-12`, `clang++`, `cc`.
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    let last = stem.rsplit('-').next()?;
    ["gcc", "g++", "cc", "c++", "clang", "clang++"].contains(&last).then(|| program.to_owned())
}

/// Returns the Python environment of a program: the directory with its `pyvenv.cfg`. A link to a program belongs to the
/// environment of its target. An environment's interpreter is itself a link to a program outside.
fn python_environment(program: &Path, disk: &Disk) -> Option<PathBuf> {
    let real = disk.real(program).ok();
    let directories =
        [Some(program), real.as_deref()].into_iter().flatten().filter_map(|it| it.parent()?.parent());
    directories.map(Path::to_owned).find(|directory| disk.is_file(&directory.join("pyvenv.cfg")))
}

/// Returns the Python environment of a script among its packages, `ENVIRONMENT/lib/pythonX.Y/site-packages/…`: the
/// script may import any of them.
fn environment_of_package(script: &Path, disk: &Disk) -> Option<PathBuf> {
    let packages = script.ancestors().find(|directory| directory.ends_with("site-packages"))?;
    let environment = packages.ancestors().nth(3)?;
    disk.is_file(&environment.join("pyvenv.cfg")).then(|| environment.to_owned())
}

/// Returns a hash of a Python environment: of its configuration, which has the version of Python, and of every file of
/// its packages. Bytecode (`__pycache__`) does not count, as it changes without the packages.
fn packages(files: &Files, environment: &Path) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(files.hash_now(&environment.join("pyvenv.cfg"))?.as_bytes());
    let walk = files
        .disk()
        .walk(&environment.join("lib"), false, |entry| entry.file_name() != OsStr::new("__pycache__"));
    let entries = walk.into_iter().filter(|entry| entry.as_ref().map_or(true, |it| it.file_type().is_file()));
    let paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(walkdir::DirEntry::into_path)).collect::<Result<_, _>>()?;
    let hashes: Vec<Hash> = paths.par_iter().map(|path| files.hash_now(path)).collect::<io::Result<_>>()?;
    for (path, hash) in paths.iter().zip(hashes) {
        // Relative to the environment: the same packages elsewhere have the same hash.
        let path = path.strip_prefix(environment).unwrap_or(path);
        hasher.update(path.as_os_str().as_encoded_bytes()).update(hash.as_bytes());
    }
    Ok(hasher.finalize())
}

/// Returns the searched directories that belong to a driver alone: its own installation, and directories named after
/// its target. `/usr/lib` holds the machine's libraries, not the compiler's.
fn own_directories(search: &str, machine: &str, disk: &Disk) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    for line in search.lines() {
        let (kind, paths) = line.split_once(": ").unwrap_or(("", line));
        let paths = paths.trim_start_matches('=');
        for path in paths.split(if kind == "install" { '\n' } else { ':' }) {
            let Ok(real) = disk.real(Path::new(path)) else { continue };
            let named_after_target = real.iter().any(|part| part == OsStr::new(machine));
            if (kind == "install" || named_after_target)
                && !directories.iter().any(|known| real.starts_with(known))
            {
                directories.push(real);
            }
        }
    }
    directories
}

/// Returns a hash of an installation. Programs, specifications and linker scripts count by content, other files
/// (libraries) by name, size and modification time; links by their target. Headers are inputs of each compile. Hashing
/// hundreds of megabytes of multilibs by content would take longer than all builds of a run.
fn installed(files: &Files, installation: &Installation) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(installation.version.as_bytes()).update(b"\0").update(installation.machine.as_bytes());
    // The programs are a hundred megabytes: reads them in parallel.
    let programs = &installation.programs;
    let hashes: Vec<Hash> =
        programs.par_iter().map(|program| files.hash_now(program)).collect::<io::Result<_>>()?;
    for (program, hash) in programs.iter().zip(hashes) {
        hasher.update(program.as_os_str().as_encoded_bytes()).update(hash.as_bytes());
    }
    for directory in &installation.directories {
        let walk = files.disk().walk(directory, false, |entry| {
            !matches!(
                entry.file_name().to_str(),
                Some("include" | "include-fixed" | "plugin" | "install-tools")
            )
        });
        let paths: Vec<PathBuf> = walk
            .into_iter()
            .map(|entry| entry.map(walkdir::DirEntry::into_path))
            .collect::<Result<_, _>>()?;
        let told: Vec<Option<Vec<u8>>> =
            paths.par_iter().map(|path| tell(files, directory, path)).collect::<io::Result<_>>()?;
        for (path, told) in paths.iter().zip(told) {
            if let Some(told) = told {
                hasher.update(path.as_os_str().as_encoded_bytes()).update(&told);
            }
        }
    }
    Ok(hasher.finalize())
}

/// Returns the identity of a file of an installation; `None` for anything but a file.
fn tell(files: &Files, directory: &Path, path: &Path) -> io::Result<Option<Vec<u8>>> {
    // A dangling link is no file.
    let Some(metadata) = files.disk().metadata(path).ok().filter(Metadata::is_file) else { return Ok(None) };
    if path.strip_prefix(directory).is_ok_and(is_specification) {
        return files.hash_now(path).map(|hash| Some(hash.as_bytes().to_vec()));
    }
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(Some([&metadata.len().to_le_bytes()[..], &modified.as_nanos().to_le_bytes()].concat()))
}

/// Returns whether a file is a specification or linker script: `device-specs/specs-atmega328p`, `nano.specs`, `specs`,
/// `ldscripts/avr5.x`.
fn is_specification(path: &Path) -> bool {
    path.iter().any(|part| part.to_str().is_some_and(|part| part.contains("specs") || part == "ldscripts"))
}

fn unreadable(file: &Path, error: &dyn std::fmt::Display) -> IdentityError {
    IdentityError::Unreadable { file: file.to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_their_wrappers_are_told_from_other_tools() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("avr-gcc"), "").unwrap();
        let disk = Disk::default();
        for name in ["avr-gcc", "avr-g++", "gcc-12", "arm-none-eabi-g++-12.2", "clang++", "cc"] {
            assert_eq!(compiler_behind(&at(name), &disk), Some(at(name)), "{name}");
        }
        assert_eq!(compiler_behind(&at("avr-gcc-ar"), &disk), Some(at("avr-gcc")));
        for name in ["avr-objcopy", "python3", "avr-ar", "arm-none-eabi-gcc-ar"] {
            assert_eq!(compiler_behind(&at(name), &disk), None, "{name}");
        }
    }

    #[tokio::test]
    async fn a_program_that_changes_is_another_program() {
        let directory = tempfile::tempdir().unwrap();
        let tool = directory.path().join("tool");
        let identity = async || {
            let environment = Environment::new(directory.path());
            let identities = Identities::new(
                Arc::default(),
                environment,
                directory.path().to_owned(),
                CancellationToken::new(),
            );
            identities.of(&tool).await
        };
        assert!(matches!(identity().await, Err(IdentityError::Missing { .. })));
        std::fs::write(&tool, "one").unwrap();
        let one = identity().await.unwrap();
        std::fs::write(&tool, "two").unwrap();
        let two = identity().await.unwrap();
        assert_ne!(one.hash, two.hash);
        assert!(!two.is_script);
        std::fs::write(&tool, "#!/bin/sh").unwrap();
        assert!(identity().await.unwrap().is_script);
    }

    #[tokio::test]
    async fn a_program_of_a_python_environment_is_all_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join("env").join(name);
        let packages = at("lib/python3/site-packages/toy");
        for directory in [at("bin"), packages.join("__pycache__")] {
            std::fs::create_dir_all(directory).unwrap();
        }
        for (path, text) in [
            (at("pyvenv.cfg"), "version = 3.11"),
            (at("bin/toy"), "toy"),
            (packages.join("toy.py"), "one"),
            (packages.join("__pycache__/toy.pyc"), "one"),
            (packages.join("tool"), "#!/usr/bin/env python3"),
        ] {
            std::fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink("bin/toy", at("toy")).unwrap();
        let identity = async |name: &str| {
            let environment = Environment::new(directory.path());
            let (files, cwd) = (Arc::default(), directory.path().to_owned());
            Identities::new(files, environment, cwd, CancellationToken::new())
                .of(&at(name))
                .await
                .unwrap()
                .hash
        };
        let first = identity("toy").await;
        assert_eq!(identity("bin/toy").await, first);
        let script = "lib/python3/site-packages/toy/tool";
        let first_of_script = identity(script).await;
        std::fs::write(packages.join("__pycache__/toy.pyc"), "two").unwrap();
        assert_eq!(identity("toy").await, first, "it is made of the rest");
        std::fs::write(packages.join("toy.py"), "two").unwrap();
        let second = identity("toy").await;
        assert_ne!(identity(script).await, first_of_script, "it may import the other file");
        std::fs::write(at("pyvenv.cfg"), "version = 3.12").unwrap();
        assert!(second != first && identity("toy").await != second);
    }

    #[test]
    fn an_installation_is_what_its_files_are() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(at("gcc/device-specs")).unwrap();
        std::fs::create_dir_all(at("gcc/include")).unwrap();
        std::fs::create_dir_all(at("gcc/ldscripts")).unwrap();
        let old = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
        let write = |name: &str, text: &str| {
            std::fs::write(at(name), text).unwrap();
            let file = std::fs::File::options().write(true).open(at(name)).unwrap();
            file.set_times(std::fs::FileTimes::new().set_modified(old)).unwrap();
        };
        for name in [
            "cc1",
            "gcc/device-specs/specs-x",
            "gcc/libgcc.a",
            "gcc/include/x.h",
            "gcc/ldscripts/x",
            "outside",
        ] {
            write(name, "one");
        }
        std::os::unix::fs::symlink(at("outside"), at("gcc/link.a")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("gcc/dangling.a")).unwrap();
        let installation = Installation {
            directories: vec![at("gcc")],
            programs: vec![at("cc1")],
            ..Installation::default()
        };
        let mut last = installed(&Files::default(), &installation).unwrap();
        let mut changes = |name: &str, text: &str| {
            write(name, text);
            let now = installed(&Files::default(), &installation).unwrap();
            std::mem::replace(&mut last, now) != now
        };
        assert!(!changes("gcc/libgcc.a", "one"));
        assert!(changes("cc1", "two"), "a program by its content");
        assert!(changes("gcc/device-specs/specs-x", "two"), "specifications by their content");
        assert!(changes("gcc/ldscripts/x", "two"), "linker scripts by their content");
        assert!(changes("gcc/libgcc.a", "three"), "anything else by its size");
        assert!(changes("outside", "three"), "behind a link");
        assert!(!changes("gcc/include/x.h", "three"), "headers are inputs of the compiles that read them");
    }

    #[test]
    fn directories_of_the_whole_machine_are_not_a_compilers_own() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["lib/gcc/avr/5", "avr/lib", "lib/other"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        let root = directory.path().display();
        let search = format!(
            "install: {root}/lib/gcc/avr/5/\nprograms: ={root}/lib/gcc/avr/5/:{root}/avr/nowhere/\n\
             libraries: ={root}/avr/lib/:{root}/lib/other/:{root}/lib/gcc/avr/5/../../../../avr/lib/\n"
        );
        let real = |name: &str| at(name).canonicalize().unwrap();
        assert_eq!(
            own_directories(&search, "avr", &Disk::default()),
            [real("lib/gcc/avr/5"), real("avr/lib")]
        );
    }
}
