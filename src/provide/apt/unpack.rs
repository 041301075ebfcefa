//! From archives to a tree: verifies their bytes, extracts them with dpkg-deb, fixes links. Knows nothing of the source
//! of archives, nor of their contents.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256, Sha512};
use tokio_util::sync::CancellationToken;

use super::super::error::{InstallError, IoAction};
use super::super::tool_command::ToolCommand;
use super::answer::{self, Archive, Checksum};
use super::manifest::InstalledPackage;

/// Compares the archive's checksum with the package list. A weak checksum never matches.
///
/// # Errors
/// [`InstallError::Checksum`] where they differ.
pub(super) fn verify(archive: &Archive, dir: &Path) -> Result<InstalledPackage, InstallError> {
    let file = dir.join(&archive.file);
    let unreadable = |source| InstallError::io(IoAction::Read, &file, source);
    let mut reader = File::open(&file).map_err(unreadable)?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let longer = matches!(archive.checksum, Checksum::Sha512(_));
    let mut block = vec![0; 1 << 17];
    loop {
        let length = reader.read(&mut block).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        let bytes = block.get(..length).unwrap_or_default();
        sha256.update(bytes);
        if longer {
            sha512.update(bytes);
        }
    }
    let sha256 = hex(&sha256.finalize());
    let (algorithm, expected, actual) = match &archive.checksum {
        Checksum::Sha256(expected) => ("SHA256", expected.clone(), sha256.clone()),
        Checksum::Sha512(expected) => ("SHA512", expected.clone(), hex(&sha512.finalize())),
        Checksum::Weak => ("SHA256", "nothing".to_owned(), sha256.clone()),
    };
    if expected != actual {
        return Err(InstallError::Checksum { package: archive.package.clone(), algorithm, expected, actual });
    }
    Ok(InstalledPackage {
        name: archive.package.clone(),
        version: archive.version.clone(),
        architecture: archive.architecture.clone(),
        sha256,
    })
}

/// Extracts an archive into `root`, beside the files of others, with `dpkg_deb`.
///
/// # Errors
/// The archive can't be extracted.
pub(super) async fn extract(
    dpkg_deb: ToolCommand,
    file: &Path,
    root: &Path,
    what: &str,
    cancel: &CancellationToken,
) -> Result<(), InstallError> {
    let tool = dpkg_deb.arg("--extract").arg(file).arg(root);
    let finished = tool.run(what, cancel).await?;
    if finished.status.success() {
        return Ok(());
    }
    if answer::is_disk_full(&finished.stderr) {
        return Err(InstallError::DiskFull { path: root.to_path_buf() });
    }
    Err(InstallError::Unpack {
        package: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        detail: answer::complaints(&finished.stderr),
        command: tool.shown(),
    })
}

/// Makes absolute links relative where their target is in the tree: the package means its own file, and the machine's
/// file of that name may be missing or of another version.
///
/// # Errors
/// A link can't be read or replaced.
pub(super) fn rebase_links(root: &Path) -> Result<(), InstallError> {
    for entry in walkdir::WalkDir::new(root).into_iter().flatten() {
        if !entry.path_is_symlink() {
            continue;
        }
        let link = entry.path();
        let target = fs::read_link(link).map_err(|source| InstallError::io(IoAction::Read, link, source))?;
        let Ok(inside) = target.strip_prefix("/") else { continue };
        if inside.components().any(|part| part == Component::ParentDir)
            || fs::symlink_metadata(root.join(inside)).is_err()
        {
            continue;
        }
        let Some(from) = link.parent().and_then(|dir| dir.strip_prefix(root).ok()) else { continue };
        let relative: PathBuf =
            from.components().map(|_| Component::ParentDir).collect::<PathBuf>().join(inside);
        fs::remove_file(link).map_err(|source| InstallError::io(IoAction::Remove, link, source))?;
        symlink(&relative, link).map_err(|source| InstallError::io(IoAction::Write, link, source))?;
    }
    Ok(())
}

/// Creates `libraries`, a directory with a link to each shared library that a loader would find: those directly in
/// `lib`, `usr/lib` and their directories of an architecture. Returns whether any exists; without one, creates nothing.
///
/// # Errors
/// The directory or a link can't be created.
pub(super) fn link_libraries(root: &Path, libraries: &Path) -> Result<bool, InstallError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in ["lib", "lib64", "usr/lib", "usr/lib64"] {
        // The second level contains `x86_64-linux-gnu` and the like, but also directories of plug-ins.
        let walk = walkdir::WalkDir::new(root.join(dir)).min_depth(1).max_depth(2).sort_by_file_name();
        found.extend(walk.into_iter().flatten().map(walkdir::DirEntry::into_path).filter(|file| {
            let parent = file.parent().and_then(Path::file_name).unwrap_or_default();
            is_library(file.file_name().unwrap_or_default()) && is_loader_dir(parent)
        }));
    }
    if found.is_empty() {
        return Ok(false);
    }
    fs::create_dir_all(libraries).map_err(|source| InstallError::io(IoAction::Create, libraries, source))?;
    let up = Path::new("..").join(root.file_name().unwrap_or_default());
    for file in found {
        let (Some(name), Ok(inside)) = (file.file_name(), file.strip_prefix(root)) else { continue };
        let link = libraries.join(name);
        match symlink(up.join(inside), &link) {
            // With merged /usr, `lib` and `usr/lib` are one: the first link does.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => done.map_err(|source| InstallError::io(IoAction::Write, &link, source))?,
        }
    }
    Ok(true)
}

/// Returns whether the name is that of a shared library: `libx.so`, `libx.so.1.2`.
fn is_library(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("lib") && (name.ends_with(".so") || name.contains(".so."))
}

/// Returns whether the name is that of a loader's directory: `lib`, `lib64`, or `PROCESSOR-linux-gnu…`.
fn is_loader_dir(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "lib" || name == "lib64" || name.contains("-linux-gnu")
}

/// Returns lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(checksum: Checksum) -> Archive {
        Archive {
            package: "a".into(),
            version: "1".into(),
            architecture: "all".into(),
            file: "a_1_all.deb".into(),
            size: 3,
            checksum,
        }
    }

    // Of the three bytes `abc`: FIPS 180-4's own examples.
    const SHA256_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const SHA512_ABC: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn the_right_bytes_pass_and_one_flipped_bit_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a_1_all.deb");
        fs::write(&file, "abc").unwrap();
        for sum in [Checksum::Sha256(SHA256_ABC.into()), Checksum::Sha512(SHA512_ABC.into())] {
            assert_eq!(verify(&archive(sum), dir.path()).unwrap().sha256, SHA256_ABC);
        }
        let weak = verify(&archive(Checksum::Weak), dir.path()).unwrap_err();
        assert!(matches!(weak, InstallError::Checksum { .. }), "{weak}");

        fs::write(&file, "abb").unwrap();
        for sum in [Checksum::Sha256(SHA256_ABC.into()), Checksum::Sha512(SHA512_ABC.into())] {
            let error = verify(&archive(sum), dir.path()).unwrap_err();
            assert!(error.to_string().contains("does not match the package list"), "{error}");
        }
    }

    #[test]
    fn absolute_links_stay_in_the_tree() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("usr/share/x")).unwrap();
        fs::create_dir_all(at("etc")).unwrap();
        fs::write(at("etc/boards.txt"), "ours").unwrap();
        symlink("/etc/boards.txt", at("usr/share/x/boards.txt")).unwrap();
        symlink("/etc/elsewhere", at("usr/share/x/other")).unwrap();
        symlink("../x", at("usr/share/x/relative")).unwrap();
        rebase_links(root.path()).unwrap();
        assert_eq!(fs::read_to_string(at("usr/share/x/boards.txt")).unwrap(), "ours");
        assert_eq!(
            fs::read_link(at("usr/share/x/boards.txt")).unwrap(),
            Path::new("../../../etc/boards.txt")
        );
        assert_eq!(fs::read_link(at("usr/share/x/other")).unwrap(), Path::new("/etc/elsewhere"));
        assert_eq!(fs::read_link(at("usr/share/x/relative")).unwrap(), Path::new("../x"));
    }

    #[test]
    fn shared_libraries_are_gathered_and_plug_ins_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let (root, libraries) = (dir.path().join("root"), dir.path().join("lib"));
        fs::create_dir_all(root.join("usr/lib/gcc")).unwrap();
        fs::write(root.join("usr/lib/gcc/liblto_plugin.so"), "").unwrap();
        assert!(!link_libraries(&root, &libraries).unwrap());
        assert!(!libraries.exists());

        fs::create_dir_all(root.join("usr/lib/x86_64-linux-gnu")).unwrap();
        fs::write(root.join("usr/lib/x86_64-linux-gnu/libmpc.so.3.3.1"), "mpc").unwrap();
        symlink("libmpc.so.3.3.1", root.join("usr/lib/x86_64-linux-gnu/libmpc.so.3")).unwrap();
        fs::write(root.join("usr/lib/libsimavr.so.2"), "simavr").unwrap();
        assert!(link_libraries(&root, &libraries).unwrap());
        assert_eq!(fs::read_to_string(libraries.join("libmpc.so.3")).unwrap(), "mpc");
        assert_eq!(fs::read_to_string(libraries.join("libsimavr.so.2")).unwrap(), "simavr");
        assert_eq!(fs::read_dir(&libraries).unwrap().count(), 3);
    }
}
