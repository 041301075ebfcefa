//! Installs a locked library: the directory whose only library it is.

use std::path::{Path, PathBuf};

use super::super::archive_directory::ArchiveDirectory;
use super::super::arduino_directory::{ArduinoDirectory, is_installed, remove, settle};
use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::download::{Downloader, StagingDirectory};
use super::super::error::{InstallError, IoAction};
use super::super::install_lock;
use super::super::library_index::directory_name as sanitized;
use super::super::locked::{LockedArchive, LockedLibrary};
use super::git::{Repository, directory_name};
use crate::event::EventKind;

/// Length of the part of a hash that distinguishes directories.
const SHORT: usize = 12;

/// Installs a library, and returns the directory that contains it alone.
///
/// # Errors
/// Whatever prevents the installation.
pub async fn fetch_library(
    library: &LockedLibrary,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<PathBuf, InstallError> {
    match (&library.git, &library.commit, &library.archive) {
        (Some(url), Some(commit), _) => {
            let repository = Repository { url, revision: library.rev.as_deref() };
            fetch_commit(repository, commit, &library.name, cx).await
        }
        (_, _, Some(archive)) => fetch_archive(library, archive, downloader, cx).await,
        _ => Err(InstallError::Index {
            what: format!("library {}", library.name),
            detail: "the lock file names neither an archive nor a commit".to_owned(),
        }),
    }
}

async fn fetch_archive(
    library: &LockedLibrary,
    archive: &LockedArchive,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<PathBuf, InstallError> {
    let digits = archive.checksum.rsplit(':').next().unwrap_or_default().to_lowercase();
    let digits = digits.get(..SHORT).unwrap_or(&digits);
    let identity =
        if library.version.is_empty() { digits.to_owned() } else { format!("{}-{digits}", library.version) };
    let name = sanitized(&library.name);
    let root = ArduinoDirectory::new(&cx.cache_dir).library(&name, &identity);
    let package = ArchiveDirectory {
        what: what(library),
        archive: archive.clone(),
        staging: StagingDirectory::Libraries,
        place: root.join(&name),
    };
    package.install(downloader, cx, |_| Ok(())).await?;
    Ok(root)
}

async fn fetch_commit(
    repository: Repository<'_>,
    commit: &str,
    name: &str,
    cx: &InstallContext,
) -> Result<PathBuf, InstallError> {
    let directory = ArduinoDirectory::new(&cx.cache_dir);
    let identity = format!("git:{commit}");
    let short = commit.get(..SHORT).unwrap_or(commit);
    let name = sanitized(name);
    let root = directory.library(&name, short);
    let place = root.join(directory_name(repository.url));
    let there = |place: &Path| {
        let (place, identity) = (place.to_owned(), identity.clone());
        blocking(move || Ok(is_installed(&place, &identity)))
    };
    if there(&place).await? {
        return Ok(root);
    }
    let what = format!("library {name} {short}");
    if cx.offline {
        return Err(InstallError::Offline { what, cache: cx.cache_dir.clone() });
    }
    let temporary = directory.temporary();
    let complete = temporary.join(format!("{name}@{short}"));
    let made = complete.clone();
    blocking(move || {
        let parent = made.parent().unwrap_or(&made);
        std::fs::create_dir_all(parent).map_err(|error| InstallError::io(IoAction::Create, parent, error))
    })
    .await?;
    let _lock = install_lock::take_named(&temporary, &format!("{name}@{short}"), &what, cx).await?;
    if there(&place).await? {
        return Ok(root);
    }
    cx.events.say(EventKind::SetupStarted { what: what.clone() });
    let made = complete.clone();
    blocking(move || {
        remove(&made)?;
        std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
    })
    .await?;
    let checked_out = repository.check_out(commit, &complete, cx).await;
    let (made, to) = (complete, place.clone());
    blocking(move || {
        let done = checked_out.and_then(|()| settle(&made, &to, &identity));
        if done.is_err() {
            // The first error is the one to report.
            let _ = remove(&made);
        }
        done
    })
    .await?;
    let detail = format!("installed in {}", place.display());
    cx.events.say(EventKind::SetupFinished { brief: what.clone(), what, detail });
    Ok(root)
}

/// Returns the library in the user's words.
fn what(library: &LockedLibrary) -> String {
    format!("library {} {}", library.name, library.version).trim_end().to_owned()
}
