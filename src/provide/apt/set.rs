//! Installs a set of packages below the cache folder, once: looks for it, and where it is not there
//! fetches, checks and unpacks it in a temporary folder and renames that into place.
//!
//! A reader needs no lock: a folder is there whole or not at all. What an interrupted installation
//! leaves lies in `tmp`, which the next one empties.

use std::path::{Path, PathBuf};

use futures::stream::{self, TryStreamExt};

use super::super::lock::{self, Lock};
use super::super::machine::Machine;
use super::super::process::Tool;
use super::super::{InstallContext, InstallError, IoAction, blocking};
use super::manifest::{self, Installed, Manifest, Package, Wanted};
use super::settle::Foreign;
use super::state::{Apt, Scope};
use super::toolchain::Toolchain;
use super::{answer, loader, relocate, settle, unpack};

/// A set of packages to have.
#[derive(Debug, Clone)]
pub(super) struct Set<'a> {
    /// In the user's words, for events and errors.
    pub what: &'a str,
    /// The name of its folder.
    pub name: String,
    /// Its packages.
    pub packages: Vec<String>,
    /// The release that they are of, if it is not the machine's. They get a C library of their own.
    pub suite: Option<&'a str>,
    /// Whether what they depend on comes too.
    pub dependencies: Dependencies,
    /// The cross compilers among them.
    pub toolchains: Vec<&'static Toolchain>,
    /// What shows that the rest works.
    pub proof: Option<Proof>,
}

impl Set<'_> {
    fn proofs(&self) -> Vec<Proof> {
        self.proof.into_iter().chain(self.toolchains.iter().map(|it| it.proof)).collect()
    }
}

/// Whether the packages' dependencies are installed as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependencies {
    /// No.
    No,
    /// If the dynamic loader misses libraries.
    IfMissed,
    /// Yes.
    Yes,
}

/// How to see that a set of programs works on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// Folders whose programs the loader must be able to load, relative to the root.
    pub program_dirs: &'static [&'static str],
    /// The folder of the programs that `commands` start, relative to the root.
    pub bin_dir: &'static str,
    /// Commands that must succeed, one after the other, in a folder that holds `smoke.c`.
    pub commands: &'static [&'static [&'static str]],
}

/// An installed set, and whether it was there before.
#[derive(Debug)]
pub(super) struct Ensured {
    /// The set.
    pub installed: Installed,
    /// Whether nothing had to be done.
    pub was_there: bool,
}

/// A fresh folder of the installation that is going on.
#[derive(Debug)]
struct Site {
    /// Removed with all below it when dropped.
    scratch: tempfile::TempDir,
}

impl Site {
    fn out(&self) -> PathBuf {
        self.scratch.path().join("out")
    }

    fn debs(&self) -> PathBuf {
        self.scratch.path().join("debs")
    }

    fn smoke(&self) -> PathBuf {
        self.scratch.path().join("smoke")
    }

    fn temporary(&self) -> PathBuf {
        self.scratch.path().join("tmp")
    }

    /// Writes the manifest, and moves what is done into place.
    fn finish(self, manifest: &Manifest, to: &Path) -> Result<(), InstallError> {
        manifest.write(&self.out())?;
        // Only one that is not trusted any more can be there. Moved, not removed: half of it with its
        // manifest might be trusted again one day.
        match std::fs::rename(to, self.scratch.path().join("old")) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(InstallError::io(IoAction::Remove, to, source));
            }
            _ => {}
        }
        std::fs::rename(self.out(), to).map_err(|source| InstallError::io(IoAction::Rename, to, source))
    }
}

/// Has `set` installed below `cx.cache_dir`.
pub(super) async fn ensure(
    set: &Set<'_>,
    machine: &Machine,
    cx: &InstallContext,
) -> Result<Ensured, InstallError> {
    let base = base_of(cx)?;
    let wanted = wanted(set, machine);
    if let Some(installed) = lookup(&base, &wanted).await {
        return Ok(Ensured { installed, was_there: true });
    }
    if cx.offline {
        return Err(InstallError::Offline { what: set.what.to_owned(), cache: cx.cache_dir.clone() });
    }
    // Before anything is made: no apt, no folders.
    machine.find("apt-get")?;
    let dpkg_deb = machine.find("dpkg-deb")?;

    create(&base).await?;
    // Before the lock, which it needs itself.
    let patchelf = match set.suite {
        Some(_) => Some(Box::pin(ensure(&patchelf(set.what), machine, cx)).await?.installed),
        None => None,
    };
    let lock = lock::take(&base, set.what, cx).await?;
    // Another run may have done it while this one waited.
    if let Some(installed) = lookup(&base, &wanted).await {
        return Ok(Ensured { installed, was_there: true });
    }
    let site = site(&base).await?;
    for dir in [site.debs(), site.smoke(), site.temporary(), manifest::root_of(&site.out())] {
        create(&dir).await?;
    }
    let manifest = Installation {
        set,
        machine,
        cx,
        lock: &lock,
        base: &base,
        site: &site,
        dpkg_deb: &dpkg_deb,
        patchelf: patchelf.as_ref(),
    }
    .run(&wanted)
    .await?;

    let to = base.join(manifest.folder());
    blocking(move || site.finish(&manifest, &to)).await?;
    match lookup(&base, &wanted).await {
        Some(installed) => Ok(Ensured { installed, was_there: false }),
        // It was written a moment ago: someone removes files under our hands.
        None => Err(InstallError::io(IoAction::Read, &base, std::io::ErrorKind::NotFound.into())),
    }
}

/// What gives programs another loader.
fn patchelf(what: &str) -> Set<'_> {
    Set {
        what,
        name: settle::PACKAGE.to_owned(),
        packages: vec![settle::PACKAGE.to_owned()],
        suite: None,
        dependencies: Dependencies::IfMissed,
        toolchains: Vec::new(),
        proof: Some(Proof {
            program_dirs: &["usr/bin"],
            bin_dir: "usr/bin",
            commands: &[&[settle::PACKAGE, "--version"]],
        }),
    }
}

/// Has the package lists below `cx.cache_dir`; says whether they are there (offline they may not be).
pub(super) async fn have_lists(machine: &Machine, cx: &InstallContext) -> Result<bool, InstallError> {
    let what = "package lists";
    let base = base_of(cx)?;
    create(&base).await?;
    let lock = lock::take(&base, what, cx).await?;
    let site = site(&base).await?;
    create(&site.temporary()).await?;
    let temporary = site.temporary();
    let mut apt = Apt::prepare(machine, &lock, &base, &temporary, what, cx).await?;
    if !cx.offline && !apt.has_lists().await {
        apt.update().await?;
    }
    Ok(apt.has_lists().await)
}

/// Everything of this provider lies in one folder of the cache folder.
fn base_of(cx: &InstallContext) -> Result<PathBuf, InstallError> {
    let cache = std::path::absolute(&cx.cache_dir)
        .map_err(|source| InstallError::io(IoAction::Read, &cx.cache_dir, source))?;
    Ok(cache.join("apt"))
}

/// What identifies the set.
pub(super) fn wanted(set: &Set<'_>, machine: &Machine) -> Wanted {
    let mut requested = set.packages.clone();
    requested.sort_unstable();
    requested.dedup();
    Wanted { set: set.name.clone(), requested, machine: machine.tag.clone() }
}

async fn lookup(base: &Path, wanted: &Wanted) -> Option<Installed> {
    let (base, wanted) = (base.to_path_buf(), wanted.clone());
    tokio::task::spawn_blocking(move || manifest::lookup(&base, &wanted)).await.ok().flatten()
}

/// The folder of this installation; those of interrupted ones are removed. For the holder of the lock.
async fn site(base: &Path) -> Result<Site, InstallError> {
    let tmp = base.join("tmp");
    blocking(move || {
        match std::fs::remove_dir_all(&tmp) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(InstallError::io(IoAction::Remove, &tmp, source));
            }
            _ => {}
        }
        std::fs::create_dir_all(&tmp).map_err(|source| InstallError::io(IoAction::Create, &tmp, source))?;
        let scratch = tempfile::Builder::new().prefix("set-").tempdir_in(&tmp);
        scratch
            .map(|scratch| Site { scratch })
            .map_err(|source| InstallError::io(IoAction::Create, &tmp, source))
    })
    .await
}

/// An installation that is going on.
struct Installation<'a> {
    set: &'a Set<'a>,
    machine: &'a Machine,
    cx: &'a InstallContext,
    lock: &'a Lock,
    base: &'a Path,
    site: &'a Site,
    dpkg_deb: &'a Path,
    /// For packages of another release.
    patchelf: Option<&'a Installed>,
}

impl Installation<'_> {
    /// Fills the site's `out` folder; the manifest is not in it yet.
    async fn run(&self, wanted: &Wanted) -> Result<Manifest, InstallError> {
        let temporary = self.site.temporary();
        let mut apt =
            Apt::prepare(self.machine, self.lock, self.base, &temporary, self.set.what, self.cx).await?;
        if let Some(suite) = self.set.suite {
            apt = apt.of_suite(suite).await?;
        }
        let first = match self.set.dependencies {
            Dependencies::Yes => Scope::WithDependencies,
            Dependencies::No | Dependencies::IfMissed => Scope::Named,
        };
        let mut packages = Vec::new();
        self.bring(&mut apt, first, &mut packages).await?;
        let out = self.site.out();
        let foreign = self.foreign().await?;
        self.settle(foreign.as_ref(), &out).await?;
        let mut loaded = self.load().await?;
        if !loaded.missing.is_empty() && self.set.dependencies == Dependencies::IfMissed {
            self.bring(&mut apt, Scope::WithDependencies, &mut packages).await?;
            loaded = self.load().await?;
        }
        if !loaded.missing.is_empty() {
            let libraries = loaded.missing.into_iter().collect::<Vec<_>>().join(", ");
            return Err(InstallError::MissingLibraries { libraries });
        }
        self.smoke().await?;
        let host = loaded.found.into_iter().filter(|file| !file.starts_with(&out)).collect();
        let manifest = Manifest::new(wanted, packages, host);
        let Some(foreign) = foreign else { return Ok(manifest) };
        // What was tried above starts only where it is now.
        let to = self.base.join(manifest.folder());
        self.settle(Some(&foreign), &to).await?;
        Ok(manifest.with_loader(foreign.loader_in(&to)))
    }

    /// The programs of the tree, where they are of another release.
    async fn foreign(&self) -> Result<Option<Foreign>, InstallError> {
        if self.set.suite.is_none() {
            return Ok(None);
        }
        let out = self.site.out();
        blocking(move || Foreign::find(&out)).await
    }

    /// Has them start with the loader and the libraries that are, or will be, in `dir`.
    async fn settle(&self, foreign: Option<&Foreign>, dir: &Path) -> Result<(), InstallError> {
        let (Some(foreign), Some(patchelf)) = (foreign, self.patchelf) else { return Ok(()) };
        foreign.settle(patchelf, dir, self.set.what, &self.cx.cancel).await
    }

    /// Fetches, checks and unpacks; what `packages` names is there already.
    async fn bring(
        &self,
        apt: &mut Apt<'_>,
        scope: Scope,
        packages: &mut Vec<Package>,
    ) -> Result<(), InstallError> {
        let debs = self.site.debs();
        let there: Vec<String> = packages.iter().map(|it| it.name.clone()).collect();
        let base = self.set.suite.map_or(is_base as fn(&str) -> bool, |_| is_compilers_base);
        let unwanted = |name: &str| base(name) || there.iter().any(|it| it == name);
        let archives = apt.fetch(&self.set.packages, scope, unwanted, &debs).await?;

        let (checked, dir) = (archives.clone(), debs.clone());
        packages.extend(
            blocking(move || {
                checked.iter().map(|archive| unpack::verify(archive, &dir)).collect::<Result<Vec<_>, _>>()
            })
            .await?,
        );
        let root = manifest::root_of(&self.site.out());
        stream::iter(archives.iter().map(Ok))
            .try_for_each_concurrent(2, |archive| {
                // It starts tar and, on some systems, xz.
                let tool = Tool::new(self.dpkg_deb).env("PATH", &self.machine.path).holding(self.lock.file());
                let (file, root) = (debs.join(&archive.file), &root);
                async move { unpack::extract(tool, &file, root, self.set.what, &self.cx.cancel).await }
            })
            .await?;

        let libraries = match self.set.suite {
            None => manifest::libraries_of(&self.site.out()),
            Some(_) => manifest::own_libraries_of(&self.site.out()),
        };
        let toolchains = self.set.toolchains.clone();
        blocking(move || {
            unpack::rebase_links(&root)?;
            toolchains.into_iter().try_for_each(|it| relocate::relocate(&root, it))?;
            unpack::link_libraries(&root, &libraries).map(|_| ())
        })
        .await
    }

    /// What the loader says of the programs.
    async fn load(&self) -> Result<loader::Loaded, InstallError> {
        let root = manifest::root_of(&self.site.out());
        let mut dirs: Vec<&str> = self.set.proofs().iter().flat_map(|it| it.program_dirs).copied().collect();
        dirs.sort_unstable();
        dirs.dedup();
        let programs = blocking(move || Ok(loader::programs(&root, &dirs))).await?;
        loader::trace(&programs, self.library_path().as_deref(), self.set.what, &self.cx.cancel).await
    }

    /// Runs the commands that show that it works.
    async fn smoke(&self) -> Result<(), InstallError> {
        let (dir, root) = (self.site.smoke(), manifest::root_of(&self.site.out()));
        let source = dir.join("smoke.c");
        tokio::fs::write(&source, "int main(void) { return 0; }\n")
            .await
            .map_err(|error| InstallError::io(IoAction::Write, &source, error))?;
        let proofs = self.set.proofs();
        let commands = proofs.iter().flat_map(|proof| proof.commands.iter().map(|it| (proof.bin_dir, it)));
        for (bin, command) in commands {
            let Some((program, args)) = command.split_first() else { continue };
            let mut tool = Tool::new(root.join(bin).join(program))
                .args(args.iter().copied())
                .cwd(&dir)
                .env("TMPDIR", &dir);
            if let Some(libraries) = self.library_path() {
                tool = tool.env("LD_LIBRARY_PATH", libraries);
            }
            let finished = tool.run(self.set.what, &self.cx.cancel).await?;
            if answer::is_disk_full(&finished.stderr) {
                return Err(InstallError::DiskFull { path: dir });
            }
            if !finished.status.success() {
                let detail = finished.stderr.trim().to_owned();
                return Err(InstallError::Smoke { detail, command: tool.shown() });
            }
        }
        Ok(())
    }

    fn library_path(&self) -> Option<PathBuf> {
        let dir = manifest::libraries_of(&self.site.out());
        dir.is_dir().then_some(dir)
    }
}

/// Packages that every machine with apt has in a version of its own: the C library and what it pulls
/// in. A second C library beside the loader of the first one breaks every program.
fn is_base(package: &str) -> bool {
    matches!(package, "libc6" | "libgcc-s1" | "libcrypt1" | "libcrypt2" | "libc-bin")
        || is_compilers_base(package)
}

/// Packages that hold nothing but a copyright notice.
fn is_compilers_base(package: &str) -> bool {
    package.starts_with("gcc-") && package.ends_with("-base")
}

async fn create(dir: &Path) -> Result<(), InstallError> {
    tokio::fs::create_dir_all(dir).await.map_err(|source| InstallError::io(IoAction::Create, dir, source))
}
