//! What bringing in cores needs on this machine, and whether it is there: data for the command
//! `doctor`, which prints it.

use std::path::Path;

use super::machine::Machine;
use super::{InstallContext, InstallError, apt};

/// One thing that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, in a word or two.
    pub name: String,
    /// Whether it is there.
    pub ok: bool,
    /// Where it is, or what is wrong.
    pub detail: String,
    /// The command that mends it, where one does.
    pub mend: Option<String>,
}

/// Checks what provider `apt` needs, and says where the emulators are, by program and package. Fetches the package
/// lists where there are none yet (unless `cx.offline`): only that shows whether the sources can be reached.
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
        cache_folder(&cx.cache_dir).await,
    ];
    if checks.iter().all(|check| check.ok) {
        checks.push(package_lists(machine, cx).await);
    }
    for core in apt::known_cores() {
        let installed = apt::installed_core(core, &cx.cache_dir);
        let versions = |core: super::InstalledCore| {
            let versions = core.versions.into_iter().map(|(name, version)| format!("{name} {version}"));
            versions.collect::<Vec<_>>().join(", ")
        };
        checks.push(Check {
            name: format!("core {core}"),
            ok: true,
            detail: installed
                .map_or_else(|| "not installed yet: the first run brings it".to_owned(), versions),
            mend: None,
        });
    }
    checks.extend(emulators.iter().map(|(name, package)| emulator(machine, name, package, &cx.cache_dir)));
    checks
}

/// Where an emulator is, or will come from: none is needed before a matrix asks for it.
fn emulator(machine: &Machine, name: &str, package: &str, cache_dir: &Path) -> Check {
    let detail = if let Ok(program) = machine.find(name) {
        program.display().to_string()
    } else if let Some(installed) = apt::installed_package(machine, package, cache_dir) {
        let its = installed.versions.into_iter().find(|(installed, _)| installed == package);
        its.map_or_else(|| package.to_owned(), |(package, version)| format!("{package} {version}"))
    } else {
        "not installed yet: the first run that needs it brings it".to_owned()
    };
    Check { name: format!("emulator {name}"), ok: true, detail, mend: None }
}

/// Whether one of some programs is there.
fn program(machine: &Machine, names: &[&str], mend: Option<&str>) -> Check {
    let found = names.iter().find_map(|name| machine.find(name).ok());
    let name = names.join(" or ");
    Check {
        ok: found.is_some(),
        detail: match &found {
            Some(file) => file.display().to_string(),
            None => format!("not in PATH={}", machine.path.to_string_lossy()),
        },
        mend: if found.is_none() { mend.map(str::to_owned) } else { None },
        name,
    }
}

async fn cache_folder(dir: &Path) -> Check {
    let path = dir.to_path_buf();
    let tried = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&path)?;
        tempfile::tempfile_in(&path).map(drop)
    });
    let tried = tried.await.unwrap_or_else(|error| Err(error.into()));
    let shown = dir.display().to_string();
    Check {
        name: "cache folder".to_owned(),
        ok: tried.is_ok(),
        mend: tried
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
        Ok(true) => Check { name, ok: true, detail: "there".to_owned(), mend: None },
        Ok(false) => Check {
            name,
            ok: true,
            detail: "not fetched yet, and --offline forbids it".to_owned(),
            mend: None,
        },
        Err(error) => Check {
            name,
            ok: false,
            mend: match &error {
                InstallError::Lists { command, .. } => Some(command.clone()),
                _ => None,
            },
            detail: error.to_string(),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
        let failed: Vec<&str> = checks.iter().filter(|it| !it.ok).map(|it| it.name.as_str()).collect();
        assert_eq!(failed, ["apt-get", "dpkg-deb", "tar", "sqv or gpgv"]);
        let gpgv = checks.iter().find(|it| it.name.contains("gpgv")).unwrap();
        assert_eq!(gpgv.mend.as_deref(), Some("sudo apt-get install gpgv"));
    }

    #[tokio::test]
    async fn a_cache_folder_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        let check = cache_folder(&dir.path().join("file/cache")).await;
        assert!(!check.ok);
        assert!(check.detail.contains("--cache-dir"), "{}", check.detail);
    }
}
