//! Checks that everything needed to install cores is available on this machine: data for the command `doctor`, which
//! prints it.

use std::path::Path;

use super::apt;
use super::context::InstallContext;
use super::error::InstallError;
use super::installed::InstalledCore;
use super::machine::Machine;

/// A need of installations, and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name, in a word or two.
    pub name: String,
    /// Whether it is available.
    pub state: State,
    /// Its path or version, or the fault.
    pub detail: String,
    /// The command that fixes it, where one does.
    pub fix: Option<String>,
}

/// Whether something is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Available.
    Available,
    /// Not installed. A run installs it when a matrix needs it.
    NotInstalled,
    /// Missing, and nothing can be installed without it.
    Missing,
    /// Available, with a remark.
    Warning,
}

impl State {
    fn of(is_available: bool) -> Self {
        if is_available { Self::Available } else { Self::Missing }
    }
}

/// Checks the needs of provider `apt`, and looks for the emulators, given by program and package. Fetches the package
/// lists if they are missing (unless `cx.offline`): only that shows whether the sources can be reached.
pub async fn checks(emulators: &[(&str, &str)], cx: &InstallContext) -> Vec<Check> {
    checks_on(&Machine::here(), emulators, cx).await
}

async fn checks_on(machine: &Machine, emulators: &[(&str, &str)], cx: &InstallContext) -> Vec<Check> {
    let mut checks = vec![
        program(machine, &["apt-get"], None),
        program(machine, &["dpkg-deb"], None),
        program(machine, &["tar"], Some("sudo apt-get install tar")),
        // apt checks signatures with one of them.
        program(machine, &["sqv", "gpgv"], Some("sudo apt-get install gpgv")),
        cache_directory(&cx.cache_dir).await,
    ];
    if checks.iter().all(|check| check.state == State::Available) {
        checks.push(package_lists(machine, cx).await);
    }
    for core in apt::known_cores() {
        let installed = apt::installed_core(core, &cx.cache_dir);
        let versions = |core: InstalledCore| {
            let versions = core.versions.into_iter().map(|(name, version)| format!("{name} {version}"));
            versions.collect::<Vec<_>>().join(", ")
        };
        let name = format!("core {core}");
        checks.push(match installed.map(versions) {
            Some(detail) => Check { name, state: State::Available, detail, fix: None },
            None => Check {
                name,
                state: State::NotInstalled,
                detail: format!("not installed; the matrix says `{core}: {{provider: apt}}`"),
                fix: Some("fbuild-matrix plan MATRIX.yml".to_owned()),
            },
        });
    }
    checks.extend(emulators.iter().map(|(name, package)| emulator(machine, name, package, &cx.cache_dir)));
    checks
}

/// Checks an emulator. A missing one is no error: no emulator is needed before a matrix asks for it.
fn emulator(machine: &Machine, name: &str, package: &str, cache_dir: &Path) -> Check {
    let detail = if let Ok(program) = machine.find(name) {
        Some(program.display().to_string())
    } else {
        apt::installed_package(machine, package, cache_dir).map(|installed| {
            let its = installed.versions.into_iter().find(|(installed, _)| installed == package);
            its.map_or_else(|| package.to_owned(), |(package, version)| format!("{package} {version}"))
        })
    };
    let name = format!("emulator {name}");
    match detail {
        Some(detail) => Check { name, state: State::Available, detail, fix: None },
        None => Check {
            name,
            state: State::NotInstalled,
            detail: format!("not installed; package {package}"),
            fix: Some(format!(
                "sudo apt-get install {package}, or fbuild-matrix run MATRIX.yml with a sketch to `run`"
            )),
        },
    }
}

/// Checks that one of several programs is available.
fn program(machine: &Machine, names: &[&str], fix: Option<&str>) -> Check {
    let found = names.iter().find_map(|name| machine.find(name).ok());
    let name = names.join(" or ");
    Check {
        state: State::of(found.is_some()),
        detail: match &found {
            Some(file) => file.display().to_string(),
            None => format!("not in PATH={}", machine.path.to_string_lossy()),
        },
        fix: if found.is_none() { fix.map(str::to_owned) } else { None },
        name,
    }
}

async fn cache_directory(dir: &Path) -> Check {
    let path = dir.to_path_buf();
    let tried = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&path)?;
        tempfile::tempfile_in(&path).map(drop)
    });
    let tried = tried.await.unwrap_or_else(|error| Err(error.into()));
    let shown = dir.display().to_string();
    Check {
        name: "cache directory".to_owned(),
        state: State::of(tried.is_ok()),
        fix: tried
            .is_err()
            .then(|| format!("sudo install -d -o \"$(id -un)\" '{}'", shown.replace('\'', r"'\''"))),
        detail: match tried {
            Ok(()) => shown,
            Err(error) => format!("{shown}: {error}; another one: --cache-dir"),
        },
    }
}

async fn package_lists(machine: &Machine, cx: &InstallContext) -> Check {
    let name = "package lists".to_owned();
    match apt::have_lists(machine, cx).await {
        Ok(true) => Check { name, state: State::Available, detail: "fetched".to_owned(), fix: None },
        Ok(false) => Check {
            name,
            state: State::NotInstalled,
            detail: "not fetched, and --offline forbids it".to_owned(),
            fix: Some("fbuild-matrix doctor".to_owned()),
        },
        Err(error) => Check {
            name,
            state: State::Missing,
            fix: match &error {
                InstallError::Lists { command, .. } => Some(command.clone()),
                _ => None,
            },
            detail: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn a_machine_without_apt_is_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let (events, _heard) = crate::event::channel();
        let cx = InstallContext {
            cache_dir: dir.path().join("cache"),
            offline: true,
            events,
            cancel: CancellationToken::new(),
        };
        let machine = Machine { path: dir.path().into(), ..Machine::here() };
        let checks = checks_on(&machine, &[("simavr", "simavr")], &cx).await;
        let failed: Vec<&str> =
            checks.iter().filter(|it| it.state == State::Missing).map(|it| it.name.as_str()).collect();
        assert_eq!(failed, ["apt-get", "dpkg-deb", "tar", "sqv or gpgv"]);
        let gpgv = checks.iter().find(|it| it.name.contains("gpgv")).unwrap();
        assert_eq!(gpgv.fix.as_deref(), Some("sudo apt-get install gpgv"));
        let not_installed = |name: &str| {
            let check = checks.iter().find(|it| it.name == name).unwrap();
            assert_eq!(check.state, State::NotInstalled, "{name}");
            assert!(check.detail.starts_with("not installed"), "{}", check.detail);
            check.fix.clone().unwrap()
        };
        assert_eq!(not_installed("core arduino:avr"), "fbuild-matrix plan MATRIX.yml");
        assert!(not_installed("emulator simavr").starts_with("sudo apt-get install simavr"));
    }

    #[tokio::test]
    async fn a_cache_directory_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        let check = cache_directory(&dir.path().join("file/cache")).await;
        assert_eq!(check.state, State::Missing);
        assert!(check.detail.contains("--cache-dir"), "{}", check.detail);
    }
}
