//! A package source in a directory, and a machine whose apt knows no other.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Receiver;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::super::super::context::InstallContext;
use super::super::super::machine::Machine;
use super::super::unpack;
use crate::event::{Event, channel};

/// A directory that is a repository for apt, and a cache directory.
pub(super) struct Bench {
    pub(super) dir: tempfile::TempDir,
    pub(super) packages: String,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("a b").tempdir().unwrap();
        fs::create_dir(dir.path().join("repository")).unwrap();
        let bench = Self { dir, packages: String::new() };
        bench.publish();
        bench
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.dir.path().join("cache dir")
    }

    /// Builds a package and enters it into the package list.
    pub(super) fn package(
        &mut self,
        name: &str,
        version: &str,
        depends: &str,
        files: &[(&str, &[u8])],
    ) -> PathBuf {
        let tree = self.dir.path().join(format!("{name}-{version}"));
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        let mut control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@example.com>\n\
             Description: x\n"
        );
        if !depends.is_empty() {
            writeln!(control, "Depends: {depends}").unwrap();
        }
        fs::write(tree.join("DEBIAN/control"), &control).unwrap();
        for (file, content) in files {
            let file = tree.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, content).unwrap();
            if file.parent().unwrap().ends_with("bin") {
                fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            }
        }
        let deb = self.repository().join(format!("{name}_{version}.deb"));
        let built = Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Znone", "--build"])
            .args([&tree, &deb])
            .output()
            .unwrap();
        assert!(built.status.success(), "{built:?}");
        let bytes = fs::read(&deb).unwrap();
        let sum = unpack::hex(&Sha256::digest(&bytes));
        let size = bytes.len();
        let entry = format!("{control}Filename: ./{name}_{version}.deb\nSize: {size}\nSHA256: {sum}\n\n");
        self.packages.push_str(&entry);
        self.publish();
        deb
    }

    pub(super) fn publish(&self) {
        fs::write(self.repository().join("Packages"), &self.packages).unwrap();
    }

    /// Returns this machine, with the test's repository as its only package source.
    pub(super) fn machine(&self) -> Machine {
        let at = self.repository().display().to_string().replace(' ', "%20");
        self.machine_with(&format!("deb [trusted=yes] file:{at} ./"))
    }

    pub(super) fn machine_with(&self, source: &str) -> Machine {
        let list = self.dir.path().join("sources.list");
        fs::write(&list, format!("{source}\n")).unwrap();
        let apt_conf = format!(
            "Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"/dev/null\";\nAcquire::Retries \"0\";\n",
            list.display()
        );
        Machine { apt_conf, ..Machine::here() }
    }

    pub(super) fn context(&self) -> (InstallContext, Receiver<Event>) {
        let (events, heard) = channel();
        let cancel = CancellationToken::new();
        (InstallContext { cache_dir: self.cache(), offline: false, events, cancel }, heard)
    }

    /// Returns the directories of installed sets.
    pub(super) fn installed(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.cache().join("apt")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !["lock", "state", "tmp"].contains(&name.as_str()));
        names.sort();
        names
    }
}
