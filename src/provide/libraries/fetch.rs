//! Installs a locked library: the directory whose only library it is.

use std::path::{Path, PathBuf};

use super::super::archive_directory::{ArchiveDirectory, identity as archive_identity};
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
pub(crate) async fn fetch_library(
    library: &LockedLibrary,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<PathBuf, InstallError> {
    let directory = ArduinoDirectory::new(&cx.cache_dir);
    let Some((place, identity)) = library_place(library, &directory) else {
        return Err(InstallError::Index {
            what: format!("library {}", library.name),
            detail: "the lock file names neither an archive nor a commit\n\
                     write it anew: fbuild-matrix core lock"
                .to_owned(),
        });
    };
    let root = place.parent().unwrap_or(&place).to_owned();
    match (&library.git, &library.commit, &library.archive) {
        (Some(url), Some(commit), _) => {
            let repository = Repository { url, revision: library.rev.as_deref() };
            fetch_commit(repository, commit, Destination { place, identity, directory }, cx).await?;
        }
        (_, _, Some(archive)) => fetch_archive(library, archive, place, downloader, cx).await?,
        _ => {}
    }
    Ok(root)
}

/// Returns the directory of an installed library, and the identity that it must have; `None` for an entry that names
/// neither an archive nor a commit.
pub(crate) fn library_place(
    library: &LockedLibrary,
    directory: &ArduinoDirectory,
) -> Option<(PathBuf, String)> {
    let name = sanitized(&library.name);
    if let (Some(url), Some(commit)) = (&library.git, &library.commit) {
        let root = directory.library(&name, commit.get(..SHORT).unwrap_or(commit));
        return Some((root.join(sanitized(&directory_name(url))), format!("git:{commit}")));
    }
    let archive = library.archive.as_ref()?;
    let identity = archive_identity(archive);
    let digits = identity.rsplit(':').next().unwrap_or_default();
    let digits = digits.get(..SHORT).unwrap_or(digits);
    let version = sanitized(&library.version);
    let distinct = if version.is_empty() { digits.to_owned() } else { format!("{version}-{digits}") };
    Some((directory.library(&name, &distinct).join(&name), identity))
}

async fn fetch_archive(
    library: &LockedLibrary,
    archive: &LockedArchive,
    place: PathBuf,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<(), InstallError> {
    let package = ArchiveDirectory {
        what: format!("library {} {}", library.name, library.version).trim_end().to_owned(),
        archive: archive.clone(),
        staging: StagingDirectory::Libraries,
        place,
    };
    package.install(downloader, cx, |_| Ok(())).await.map(drop)
}

/// The final directory of a library.
struct Destination {
    place: PathBuf,
    identity: String,
    directory: ArduinoDirectory,
}

async fn fetch_commit(
    repository: Repository<'_>,
    commit: &str,
    destination: Destination,
    cx: &InstallContext,
) -> Result<(), InstallError> {
    let Destination { place, identity, directory } = destination;
    let is_there = || {
        let (place, identity) = (place.clone(), identity.clone());
        blocking(move || Ok(is_installed(&place, &identity)))
    };
    directory.note_use(&place);
    if is_there().await? {
        return Ok(());
    }
    let short = commit.get(..SHORT).unwrap_or(commit);
    let what = format!("library {} {short}", directory_name(repository.url));
    if cx.offline {
        return Err(InstallError::Offline { what, cache: cx.cache_dir.clone() });
    }
    let temporary = directory.temporary();
    let name = directory.flat_name(&place);
    let complete = temporary.join(&name);
    create(&temporary).await?;
    let _lock = install_lock::take_named(&temporary, &name, &what, cx).await?;
    if is_there().await? {
        return Ok(());
    }
    cx.events.say(EventKind::SetupStarted { what: what.clone() });
    let rest = complete.clone();
    blocking(move || remove(&rest)).await?;
    create(&complete).await?;
    let checked_out = repository.check_out(commit, &complete, cx).await;
    let detail = format!("installed in {}", place.display());
    blocking(move || {
        let done = checked_out.and_then(|()| settle(&complete, &place, &identity));
        if done.is_err() {
            // The first error is the one to report.
            let _ = remove(&complete);
        }
        done
    })
    .await?;
    cx.events.say(EventKind::SetupFinished { brief: "installed".to_owned(), what, detail });
    Ok(())
}

async fn create(dir: &Path) -> Result<(), InstallError> {
    let dir = dir.to_owned();
    blocking(move || {
        std::fs::create_dir_all(&dir).map_err(|error| InstallError::io(IoAction::Create, &dir, error))
    })
    .await
}
