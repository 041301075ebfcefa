//! PlatformIO from PyPI, offline. Platform, framework and compiler are local packages that refer to the core and
//! compiler of all ways. Each sketch has a project with an environment for each board.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::each::Each;
use super::{Peer, Result, Work};
use crate::firmware::Firmware;
use crate::meter::measure;
use crate::set::BOARDS;
use crate::table::Table;
use crate::tools::{empty, remove};

/// PlatformIO, and the version of SCons that it requires.
const PYTHON_PACKAGES: [&str; 2] = ["platformio==6.2.0", "scons==4.11.1"];

/// The number of that SCons version in PlatformIO's registry.
const SCONS: &str = "4.41101.0";

pub(super) struct PlatformIo {
    directory: PathBuf,
    out: PathBuf,
    each: Each,
}

impl PlatformIo {
    pub(super) fn new(work: Work<'_>) -> Result<Self> {
        let python = install(work)?;
        let directory = work.directory.join("platformio");
        empty(&directory)?;
        packages(work, &directory)?;
        let out = directory.join("out");
        let mut commands = Vec::new();
        for sketch in &work.set.sketches {
            let project = directory.join("projects").join(&sketch.name);
            std::fs::create_dir_all(&project)?;
            let mut text = format!(
                "[platformio]\nsrc_dir = {}\nbuild_dir = {}\n\n[env]\nplatform = symlink://{}\nframework = arduino\n\
                 lib_extra_dirs = {}\n",
                sketch.directory.display(),
                out.join(&sketch.name).display(),
                directory.join("platform").display(),
                work.set.matrix.with_file_name("libraries").display(),
            );
            for (board, _) in BOARDS {
                write!(text, "\n[env:{board}]\nboard = {board}\n")?;
            }
            std::fs::write(project.join("platformio.ini"), text)?;
            let words = ["-m", "platformio", "run", "-d"].map(str::to_owned);
            let mut command = vec![python.display().to_string()];
            command.extend(words);
            command.extend([project.display().to_string(), format!("-j{}", work.jobs)]);
            commands.push(command);
        }
        // PlatformIO runs several compilers itself, so only one instance runs at a time.
        Ok(Self { each: Each::new(&directory, 1, &commands)?, directory, out })
    }

    fn run(&self, way: &str, work: Work<'_>, table: &mut Table) -> Result<()> {
        let mut command = self.each.command(work.tools);
        command.env("PLATFORMIO_CORE_DIR", self.directory.join("core"));
        command.env("PLATFORMIO_SETTING_ENABLE_TELEMETRY", "no");
        command.env("PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL", "9999");
        self.each.measure(way, &mut command, &self.out, work, table)
    }
}

impl Peer for PlatformIo {
    fn round(&self, work: Work<'_>, _: &Firmware, table: &mut Table) -> Result<()> {
        remove(&self.out)?;
        self.run(&format!("PlatformIO -j{}, cold", work.jobs), work, table)?;
        self.run(&format!("PlatformIO -j{}, nothing changed", work.jobs), work, table)
    }
}

/// Installs PlatformIO into a virtual environment, which later runs reuse.
fn install(work: Work<'_>) -> Result<PathBuf> {
    let place = crate::below_target("bench/python");
    let python = place.join("bin/python");
    let done = place.join(PYTHON_PACKAGES.join("+"));
    if done.exists() {
        return Ok(python);
    }
    empty(&place)?;
    // The user's environment may name a package index.
    let log = work.directory.join("python.log");
    measure(Command::new("python3").args(["-m", "venv"]).arg(&place), &log)?;
    measure(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES), &log)?;
    std::fs::write(done, "")?;
    Ok(python)
}

/// Creates the packages that PlatformIO would fetch from its registry.
fn packages(work: Work<'_>, directory: &Path) -> Result<()> {
    let directory_of = |path: &str| -> Result<PathBuf> {
        let path = directory.join(path);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    };
    let link = |to: &Path| format!("symlink://{}", to.display());

    let compiler = directory_of("compiler")?;
    write_json(
        &compiler.join("package.json"),
        &json!({"name": "toolchain-atmelavr", "version": "1.0.0", "system": "*"}),
    )?;
    symlink(work.tools.compilers(), compiler.join("bin"))?;

    let framework = directory_of("framework")?;
    write_json(
        &framework.join("package.json"),
        &json!({"name": "framework-arduino-avr", "version": "1.0.0", "system": "*"}),
    )?;
    for name in ["cores", "variants", "libraries"] {
        symlink(work.tools.core.platform_dir.join(name), framework.join(name))?;
    }

    let platform = directory_of("platform")?;
    write_json(
        &platform.join("platform.json"),
        &json!({
            "name": "benchavr", "title": "AVR", "description": "For the bench", "version": "1.0.0",
            "frameworks": {"arduino": {"package": "framework-arduino-avr", "script": "builder/arduino.py"}},
            "packages": {
                "toolchain-atmelavr": {"type": "toolchain", "version": link(&compiler)},
                "framework-arduino-avr": {"type": "framework", "version": link(&framework)},
            },
        }),
    )?;
    std::fs::write(
        platform.join("platform.py"),
        "from platformio.public import PlatformBase\n\n\nclass BenchavrPlatform(PlatformBase):\n    pass\n",
    )?;
    let builder = directory_of("platform/builder")?;
    std::fs::write(builder.join("main.py"), include_str!("platformio/main.py"))?;
    std::fs::write(builder.join("arduino.py"), include_str!("platformio/arduino.py"))?;
    let boards = directory_of("platform/boards")?;
    for (board, fqbn) in BOARDS {
        write_json(&boards.join(format!("{board}.json")), &describe(work, board, fqbn)?)?;
    }

    // The registry's package is SCons with a script that starts it.
    let scons = directory_of("core/packages/tool-scons")?;
    std::fs::write(scons.join("scons.py"), "from SCons.Script.Main import main\n\nmain()\n")?;
    write_json(&scons.join("package.json"), &json!({"name": "tool-scons", "version": SCONS, "system": "*"}))?;
    let spec =
        json!({"owner": "platformio", "id": null, "name": "tool-scons", "requirements": null, "uri": null});
    write_json(
        &scons.join(".piopm"),
        &json!({"type": "tool", "name": "tool-scons", "version": SCONS, "spec": spec}),
    )
}

/// Describes a board by the properties in the core's `boards.txt`.
fn describe(work: Work<'_>, board: &str, fqbn: &str) -> Result<Value> {
    let config = work.tools.board(fqbn)?;
    let property = |key: &str| config.expanded(&format!("build.{key}"));
    let mut build = json!({
        "mcu": property("mcu")?, "f_cpu": property("f_cpu")?, "core": property("core")?,
        "variant": property("variant")?, "board": format!("ARDUINO_{}", property("board")?),
    });
    let limit = |key| config.limit(key);
    // Boards with native USB have identifiers for the host.
    if config.properties.get("build.usb_product").is_some() {
        let text = |key: &str| property(key).map(|text| text.trim_matches('"').to_owned());
        build["usb"] = json!({
            "vid": property("vid")?, "pid": property("pid")?,
            "product": text("usb_product")?, "manufacturer": text("usb_manufacturer")?,
        });
    }
    Ok(json!({
        "name": board, "url": "none", "vendor": "Arduino", "frameworks": ["arduino"], "build": build,
        "upload": {"maximum_size": limit("upload.maximum_size")?, "maximum_ram_size": limit("upload.maximum_data_size")?},
    }))
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(value)?)?)
}
