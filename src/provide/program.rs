//! Installs a single program, such as an emulator: this machine's, or else one of Debian's packages.

use std::path::PathBuf;

use super::apt;
use super::context::InstallContext;
use super::error::InstallError;
use super::machine::Machine;

/// A program that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledProgram {
    /// Its path.
    pub program: PathBuf,
    /// Value of `LD_LIBRARY_PATH`, where it came in a package with libraries.
    pub library_path: Option<PathBuf>,
}

/// Returns a program: the one in `PATH`, else that of a package, which is installed with all its dependencies.
///
/// # Errors
/// [`InstallError::NoProgram`] with the cause why the package is unavailable, and `hint` behind how to fix it.
pub async fn install_program(
    name: &str,
    package: &str,
    hint: &'static str,
    cx: &InstallContext,
) -> Result<InstalledProgram, InstallError> {
    install_program_on(&Machine::here(), name, package, hint, cx).await
}

async fn install_program_on(
    machine: &Machine,
    name: &str,
    package: &str,
    hint: &'static str,
    cx: &InstallContext,
) -> Result<InstalledProgram, InstallError> {
    if let Ok(program) = machine.find(name) {
        return Ok(InstalledProgram { program, library_path: None });
    }
    let packages = apt::install_packages_on(machine, &[package], true, cx).await;
    let packages = packages.map_err(|error| {
        let (name, package) = (name.to_owned(), package.to_owned());
        error.cause_of(|cause| InstallError::NoProgram { hint, name, package, cause })
    })?;
    let relative = PathBuf::from("usr/bin").join(name);
    let program = packages.root.join(&relative);
    if program.is_file() {
        Ok(InstalledProgram { program, library_path: packages.library_path })
    } else {
        Err(InstallError::Layout { package: package.to_owned(), path: relative })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn the_machines_own_program_is_taken_and_a_missing_one_told() {
        let dir = tempfile::tempdir().unwrap();
        let (events, _heard) = crate::event::channel();
        let cache_dir = dir.path().join("cache");
        let cx = InstallContext { cache_dir, offline: true, events, cancel: CancellationToken::new() };
        let machine = Machine { path: dir.path().into(), ..Machine::here() };
        let error =
            install_program_on(&machine, "simavr", "simavr-package", ", or else", &cx).await.unwrap_err();
        let message = error.to_string();
        for part in ["`simavr` is not on this machine", "simavr-package", "--offline", "), or else"] {
            assert!(message.contains(part), "`{part}` is not in {message}");
        }
        let program = dir.path().join("simavr");
        std::fs::write(&program, "").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let found = install_program_on(&machine, "simavr", "simavr-package", ", or else", &cx).await.unwrap();
        assert_eq!(found, InstalledProgram { program, library_path: None });
    }
}
