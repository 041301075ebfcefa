//! Finds the Python that creates environments, and the pip that fills them: the machine's own, or else Debian's.

use std::path::{Path, PathBuf};

use super::super::apt;
use super::super::context::InstallContext;
use super::super::error::InstallError;
use super::super::machine::Machine;
use super::super::tool_command::ToolCommand;

/// A Python that can create environments.
#[derive(Debug)]
pub(super) struct Python {
    /// Its interpreter.
    pub(super) program: PathBuf,
    /// The directory of its own packed pip.
    bundled: PathBuf,
    /// Value of `LD_LIBRARY_PATH`, where it came in a package with libraries.
    pub(super) library_path: Option<PathBuf>,
}

/// Prints the interpreter and the directory of its packed pip; fails in a Python that can't create environments or
/// download anything.
const QUESTION: &str = "\
import sys, os, venv, ssl
assert sys.version_info >= (3, 8)
try:
    import ensurepip
    bundled = os.path.join(os.path.dirname(ensurepip.__file__), '_bundled')
except ImportError:
    bundled = ''
print(sys.executable)
print(bundled)
";

/// Debian's directory of the packed pip, which its Python lacks.
const WHEELS: &str = "usr/share/python-wheels";

impl Python {
    /// Returns the machine's Python, or that of Debian's package. `what` is the tool that needs it.
    ///
    /// # Errors
    /// [`InstallError::NoPython`] where neither is available.
    pub(super) async fn find(
        machine: &Machine,
        what: &str,
        cx: &InstallContext,
    ) -> Result<Self, InstallError> {
        const PACKAGE: &str = "python3";
        if let Ok(program) = machine.find("python3")
            && let Some(python) = Self::ask(&program, None, machine, what, cx).await?
        {
            return Ok(python);
        }
        let no_python = |error: InstallError| {
            let what = what.to_owned();
            error.cause_of(|cause| InstallError::NoPython { what, package: PACKAGE, cause })
        };
        let packages = apt::install_packages_on(machine, &[PACKAGE], true, cx).await;
        let packages = packages.map_err(no_python)?;
        let program = PathBuf::from("usr/bin/python3");
        let found =
            Self::ask(&packages.root.join(&program), packages.library_path, machine, what, cx).await?;
        let layout = InstallError::Layout { package: PACKAGE.to_owned(), path: program };
        found.ok_or_else(|| no_python(layout))
    }

    /// Asks an interpreter; `None` where it is unsuitable.
    async fn ask(
        program: &Path,
        library_path: Option<PathBuf>,
        machine: &Machine,
        what: &str,
        cx: &InstallContext,
    ) -> Result<Option<Self>, InstallError> {
        let mut tool = ToolCommand::new(program).args(["-I", "-c", QUESTION]).env("PATH", &machine.path);
        if let Some(libraries) = &library_path {
            tool = tool.env("LD_LIBRARY_PATH", libraries);
        }
        let finished = match tool.run(what, &cx.cancel).await {
            Ok(finished) => finished,
            Err(cancelled @ InstallError::Cancelled { .. }) => return Err(cancelled),
            // One that can't be started counts as missing.
            Err(_) => return Ok(None),
        };
        let mut lines = finished.stdout.lines().map(PathBuf::from);
        let (Some(program), Some(bundled)) = (lines.next(), lines.next()) else { return Ok(None) };
        // The one in PATH may be a script that chooses an interpreter by its working directory.
        Ok((finished.status.success() && program.is_absolute()).then_some(Self {
            program,
            bundled,
            library_path,
        }))
    }

    /// Returns its own packed pip, or that of Debian's package. `what` is the tool that needs it.
    ///
    /// # Errors
    /// [`InstallError::NoPython`] where neither is available.
    pub(super) async fn pip_wheel(
        &self,
        machine: &Machine,
        what: &str,
        cx: &InstallContext,
    ) -> Result<PathBuf, InstallError> {
        const PACKAGE: &str = "python3-pip-whl";
        let own = [&self.bundled, &Path::new("/").join(WHEELS)].into_iter().find_map(|dir| wheel(dir));
        if let Some(wheel) = own {
            return Ok(wheel);
        }
        let packages = apt::install_packages_on(machine, &[PACKAGE], false, cx).await;
        let packages = packages.map_err(|error| {
            let what = what.to_owned();
            error.cause_of(|cause| InstallError::NoPython { what, package: "python3-venv", cause })
        })?;
        let layout = || InstallError::Layout { package: PACKAGE.to_owned(), path: WHEELS.into() };
        wheel(&packages.root.join(WHEELS)).ok_or_else(layout)
    }
}

/// Returns the packed pip in a directory.
fn wheel(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    let is_pip = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("pip-") && path.extension().is_some_and(|extension| extension == "whl")
    };
    entries.filter(is_pip).max()
}
