//! A real arduino-cli, on the core and the compiler that the tests install: how it builds one case.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use fbuild_matrix::provide::InstalledCore;

use super::case::Case;
use super::installation::{self, Found};
use super::outcome::Outcome;
use crate::support::{avr_core, packages};

/// Where results and the unpacked program are kept between runs of the tests.
pub(super) fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("arduino-cli")
}

/// The one of this machine, if it has one.
pub(super) fn arduino_cli() -> Option<&'static ArduinoCli> {
    static FOUND: LazyLock<Option<ArduinoCli>> = LazyLock::new(|| {
        let program = match installation::find()? {
            Found::Program(program) => program,
            Found::Packed(packed) => {
                let xz = packages(&["xz-utils"]).program("xz");
                installation::unpack(&packed, &kept(), xz).unwrap()
            }
        };
        Some(ArduinoCli::new(program))
    });
    FOUND.as_ref()
}

/// arduino-cli, ready to build.
pub(super) struct ArduinoCli {
    program: PathBuf,
    /// Changes with the program, the core, the compiler and ctags.
    pub(super) identity: String,
    core: InstalledCore,
    library_path: Vec<PathBuf>,
    /// Its data and user directories. Their place stays the same: names of compiled cores depend on it.
    home: PathBuf,
    /// Holds compiled cores.
    cores: PathBuf,
}

impl ArduinoCli {
    fn new(program: PathBuf) -> Self {
        let read = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            blake3::hash(&bytes).to_hex()
        };
        let (core, ctags) = (avr_core(), packages(&["arduino-ctags"]));
        let tool = ctags.path("usr/bin/arduino-ctags");
        let identity = format!("{} {} {}", read(&program), read(&tool), toolchain());
        let home = kept().join(format!("home-{}", &blake3::hash(identity.as_bytes()).to_hex()[..16]));
        if !home.is_dir() {
            fs::create_dir_all(kept()).unwrap();
            let made = tempfile::tempdir_in(kept()).unwrap();
            installation::set_up(made.path(), &core.platform_dir, &tool).unwrap();
            // Where another process was faster, its is as good.
            let _ = fs::rename(made.path(), &home);
        }
        let cores = home.join("cores");
        let library_path = [ctags.library_path(), core.library_path.clone()].into_iter().flatten().collect();
        Self { program, identity, core, library_path, home, cores }
    }

    /// The command that builds a case into `out`. `build_cache` belongs to this process alone.
    fn command(&self, case: &Case, build_cache: &Path, out: &Path) -> Command {
        let configuration = build_cache.join("cli.yaml");
        let platforms = case.platforms();
        let home = (!platforms.is_empty()).then(|| self.home_with(&platforms, build_cache));
        let home = home.as_deref().unwrap_or(&self.home);
        installation::configure(&configuration, home, build_cache, &self.cores).unwrap();
        let compilers = self.core.tools["avr-gcc"].join("bin");
        let words = installation::compile_words(&self.program, &configuration, case.board.fqbn, &compilers);
        let mut command = self.start(&words, &self.library_path);
        command.args(["--jobs", "1", "--output-dir"]).arg(out);
        if !case.platforms().is_empty() {
            // Then no core is taken from, or added to, the cache.
            command.arg("--build-path").arg(build_cache.join("build"));
        }
        for library in &case.libraries {
            let itself = library.join("library.properties").is_file();
            command.arg(if itself { "--library" } else { "--libraries" }).arg(library);
        }
        command.arg(&case.sketch);
        command
    }

    /// The program with these words, and nothing in its environment but what it needs.
    fn start(&self, words: &[String], library_path: &[PathBuf]) -> Command {
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.join("home"))
            .stdin(Stdio::null());
        if !library_path.is_empty() {
            command.env("LD_LIBRARY_PATH", std::env::join_paths(library_path).unwrap());
        }
        command
    }

    /// Its directories with more platforms (`vendor:arch` and where they are), in `dir`.
    fn home_with(&self, platforms: &[(String, PathBuf)], dir: &Path) -> PathBuf {
        let home = dir.join("with");
        let hardware = home.join("user/hardware");
        fs::create_dir_all(home.join("user/libraries")).unwrap();
        fs::create_dir_all(&hardware).unwrap();
        symlink(self.home.join("data"), home.join("data")).unwrap();
        symlink(self.home.join("user/hardware/arduino"), hardware.join("arduino")).unwrap();
        for (name, path) in platforms {
            let place = hardware.join(name.replace(':', "/"));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(path, place).unwrap();
        }
        home
    }

    /// Directories in `dir` with more platforms, for [`ArduinoCli::compile`].
    pub(super) fn with(&'static self, platforms: &[(String, PathBuf)], dir: &Path) -> WithPlatforms {
        let home = self.home_with(platforms, dir);
        let configuration = dir.join("cli.yaml");
        installation::configure(&configuration, &home, &dir.join("cache"), &dir.join("cores")).unwrap();
        WithPlatforms { cli: self, configuration }
    }

    /// Builds a case, in directories of its own but for the compiled core.
    pub(super) fn build(&self, case: &Case) -> Outcome {
        let place = tempfile::tempdir_in(&self.home).unwrap();
        let (build_cache, out) = (place.path().join("cache"), place.path().join("out"));
        fs::create_dir(&build_cache).unwrap();
        // What a compiler is not told where to put goes into the current directory.
        let output = self.command(case, &build_cache, &out).current_dir(&build_cache).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned();
        if !output.status.success() {
            return Outcome::failed(&said);
        }
        if !case.platforms().is_empty() {
            let exported = fs::read_dir(&out).into_iter().flatten().map(|entry| entry.unwrap().path());
            let built = Outcome::built(&out).unwrap_or_else(Outcome::without_firmware);
            return built.with_files(&exported.collect::<Vec<_>>());
        }
        self.keep_core(&build_cache.join("cores"));
        Outcome::built(&out).unwrap_or_else(|| panic!("{}: no firmware\n{said}", case.name))
    }

    /// Keeps the core that a build has compiled, for all that follow.
    fn keep_core(&self, compiled: &Path) {
        fs::create_dir_all(&self.cores).unwrap();
        for core in fs::read_dir(compiled).into_iter().flatten() {
            let core = core.unwrap();
            // Where it is there already, it is the same.
            let _ = fs::rename(core.path(), self.cores.join(core.file_name()));
        }
    }
}

/// arduino-cli with platforms beside Arduino's.
pub(super) struct WithPlatforms {
    cli: &'static ArduinoCli,
    configuration: PathBuf,
}

impl WithPlatforms {
    /// The command `compile` for a board, with these properties and without a sketch.
    pub(super) fn compile(&self, fqbn: &str, properties: &[String], library_path: &[PathBuf]) -> Command {
        let program = self.cli.program.display().to_string();
        let configuration = self.configuration.display().to_string();
        let words =
            [&program, "--config-file", &configuration, "compile", "--warnings", "none", "--fqbn", fqbn];
        let mut command = self.cli.start(&words.map(str::to_owned), library_path);
        for property in properties {
            command.args(["--build-property", property]);
        }
        command
    }
}

/// Names and versions of the packages that make the firmware.
pub(super) fn toolchain() -> String {
    let versions = avr_core().versions;
    let words = versions.iter().map(|(name, version)| format!("{name} {version}"));
    words.collect::<Vec<_>>().join(", ")
}
