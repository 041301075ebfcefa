//! Libraries of Git repositories and archives as entries of a lock file.

use super::super::context::InstallContext;
use super::super::download::Checksum;
use super::super::error::InstallError;
use super::super::locked::{LockedArchive, LockedLibrary};
use super::git::{Repository, directory_name};

/// Returns the library of a Git repository, with the commit that its revision names now.
///
/// # Errors
/// The repository can't be read, or has no such revision.
pub(crate) async fn git_library(
    url: &str,
    revision: Option<&str>,
    cx: &InstallContext,
) -> Result<LockedLibrary, InstallError> {
    let repository = Repository { url, revision };
    if cx.offline {
        return Err(InstallError::Offline {
            what: format!("library from {url}"),
            cache: cx.cache_dir.clone(),
        });
    }
    let commit = repository.commit(cx).await?;
    Ok(LockedLibrary {
        name: directory_name(url),
        version: String::new(),
        archive: None,
        dependencies: Vec::new(),
        git: Some(url.to_owned()),
        rev: revision.map(str::to_owned),
        commit: Some(commit),
    })
}

/// Returns the library of an archive.
///
/// # Errors
/// The checksum has a wrong form; the text says which.
pub(crate) fn archive_library(url: &str, checksum: &str) -> Result<LockedLibrary, String> {
    let checked: Checksum = checksum.parse().map_err(|error| format!("this is no checksum: {error}"))?;
    let file = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let stem = [".zip", ".tgz", ".tar", ".gz", ".bz2", ".xz", ".zst"]
        .iter()
        .fold(file, |stem, extension| stem.strip_suffix(extension).unwrap_or(stem));
    let stem = stem.strip_suffix(".tar").unwrap_or(stem);
    let name = if stem.is_empty() { "library" } else { stem };
    Ok(LockedLibrary {
        name: name.to_owned(),
        version: String::new(),
        archive: Some(LockedArchive {
            url: url.to_owned(),
            file: if file.is_empty() { "library".to_owned() } else { file.to_owned() },
            size: None,
            checksum: format!("{}:{}", checked.algorithm(), checked.hex()),
        }),
        dependencies: Vec::new(),
        git: None,
        rev: None,
        commit: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_names_its_library() {
        let sum = format!("SHA-256:{}", "a".repeat(64));
        for (url, name) in [
            ("https://x.example/Thing-1.2.zip", "Thing-1.2"),
            ("https://x.example/a/Thing.tar.gz?raw=1", "Thing"),
            ("file:///srv/thing.tgz", "thing"),
        ] {
            assert_eq!(archive_library(url, &sum).unwrap().name, name, "{url}");
        }
        assert!(
            archive_library("https://x/y.zip", "SHA-256:xyz").unwrap_err().starts_with("this is no checksum")
        );
        assert!(archive_library("https://x/y.zip", "").is_err());
    }
}
