//! The Python that makes environments, and the pip that fills them: the machine's own, or else Debian's.

use std::path::{Path, PathBuf};

use super::super::process::Tool;
use super::super::{InstallError, apt};
use super::Making;

/// A Python that can make environments.
#[derive(Debug)]
pub(super) struct Python {
    /// Its interpreter.
    pub(super) program: PathBuf,
    /// Where its own pip is packed, for the environments that it makes.
    bundled: PathBuf,
    /// For `LD_LIBRARY_PATH`, where it came in a package with libraries.
    pub(super) library_path: Option<PathBuf>,
}

/// pip, unpacked.
#[derive(Debug)]
pub(super) struct Pip {
    /// The folder that Python starts.
    pub(super) dir: PathBuf,
}

/// Asks Python who it is, and where its pip would be; fails where it can't make environments or fetch anything.
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

/// Debian keeps the packed pip there, and not with Python.
const WHEELS: &str = "usr/share/python-wheels";

impl Python {
    /// The machine's, or that of Debian's package.
    ///
    /// # Errors
    /// Where neither is to be had.
    pub(super) async fn find(making: &Making<'_>) -> Result<Self, InstallError> {
        const PACKAGE: &str = "python3";
        if let Ok(program) = making.machine.find("python3")
            && let Some(python) = Self::ask(&program, None, making).await?
        {
            return Ok(python);
        }
        let no_python = |error: InstallError| {
            let what = making.what.to_owned();
            error.cause_of(|cause| InstallError::NoPython { what, package: PACKAGE, cause })
        };
        let packages = apt::install_packages_on(making.machine, &[PACKAGE], true, making.cx).await;
        let packages = packages.map_err(no_python)?;
        let program = PathBuf::from("usr/bin/python3");
        let found = Self::ask(&packages.root.join(&program), packages.library_path, making).await?;
        let layout = InstallError::Layout { package: PACKAGE.to_owned(), path: program };
        found.ok_or_else(|| no_python(layout))
    }

    /// Asks an interpreter; `None` where it does not do.
    async fn ask(
        program: &Path,
        library_path: Option<PathBuf>,
        making: &Making<'_>,
    ) -> Result<Option<Self>, InstallError> {
        let mut tool = Tool::new(program).args(["-I", "-c", QUESTION]).env("PATH", &making.machine.path);
        if let Some(libraries) = &library_path {
            tool = tool.env("LD_LIBRARY_PATH", libraries);
        }
        let finished = match tool.run(making.what, &making.cx.cancel).await {
            Ok(finished) => finished,
            Err(cancelled @ InstallError::Cancelled { .. }) => return Err(cancelled),
            // One that can't be started is like none.
            Err(_) => return Ok(None),
        };
        let mut lines = finished.stdout.lines().map(PathBuf::from);
        let (Some(program), Some(bundled)) = (lines.next(), lines.next()) else { return Ok(None) };
        // What is in PATH may be a script that chooses one by the folder that it runs in.
        Ok((finished.status.success() && program.is_absolute()).then_some(Self {
            program,
            bundled,
            library_path,
        }))
    }
}

impl Pip {
    /// Unpacks Python's own pip, or that of Debian's package, below `temporary`: packed it can't build anything.
    ///
    /// # Errors
    /// Where neither is to be had.
    pub(super) async fn find(
        python: &Python,
        making: &Making<'_>,
        temporary: &Path,
    ) -> Result<Self, InstallError> {
        const PACKAGE: &str = "python3-pip-whl";
        let own = || [&python.bundled, &Path::new("/").join(WHEELS)].into_iter().find_map(|dir| wheel(dir));
        let wheel = if let Some(wheel) = own() {
            wheel
        } else {
            let packages = apt::install_packages_on(making.machine, &[PACKAGE], false, making.cx).await;
            let packages = packages.map_err(|error| {
                let what = making.what.to_owned();
                error.cause_of(|cause| InstallError::NoPython { what, package: "python3-venv", cause })
            })?;
            let layout = || InstallError::Layout { package: PACKAGE.to_owned(), path: WHEELS.into() };
            wheel(&packages.root.join(WHEELS)).ok_or_else(layout)?
        };
        let dir = temporary.join("pip");
        let unpack =
            making.tool(python, &python.program).args(["-I", "-m", "zipfile", "-e"]).arg(wheel).arg(&dir);
        making.run(unpack, "see that this Python works").await?;
        Ok(Self { dir: dir.join("pip") })
    }
}

/// The packed pip in a folder.
fn wheel(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    let is_pip = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("pip-") && path.extension().is_some_and(|extension| extension == "whl")
    };
    entries.filter(is_pip).max()
}
