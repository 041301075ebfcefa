//! The ways to compile, one after the other. Each writes its objects to the same directory, which is emptied before.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fbuild_matrix::cache::{Backend, CompileRequest, Direct, Way, Zccache};
use fbuild_matrix::event::CacheOutcome;
use fbuild_matrix::process::{self, Environment, Process, Transcript, run};
use fbuild_matrix::provide::{InstalledCore, InstalledPackages};
use futures::stream::{StreamExt, TryStreamExt};
use tokio_util::sync::CancellationToken;

use super::Result;
use super::meter::{Meter, Spent};
use super::units::Unit;

/// Names of the ways, in the order of a round.
pub(crate) const WAYS: [&str; 6] =
    ["direct", "ccache, miss", "ccache, hit", "zccache, miss", "zccache, hit", "zccache, hit, new process"];

/// More than all objects need.
const CACHE_SIZE: u64 = 1 << 30;

/// The units, the caches and the directories.
pub(crate) struct Bench {
    units: Vec<Unit>,
    ccache: PathBuf,
    objects: PathBuf,
    ccache_directory: PathBuf,
    zccache_directory: PathBuf,
    environment: Environment,
    at_once: usize,
}

/// The objects of all units.
type Objects = Vec<Vec<u8>>;

impl Bench {
    /// Creates a bench that works below `directory`.
    pub(crate) fn new(
        directory: &Path,
        units: Vec<Unit>,
        core: &InstalledCore,
        ccache: &InstalledPackages,
        at_once: usize,
    ) -> Self {
        let ccache_directory = directory.join("ccache");
        let libraries: Vec<_> = [&core.library_path, &ccache.library_path].into_iter().flatten().collect();
        let libraries =
            libraries.iter().map(|path| path.as_os_str()).collect::<Vec<_>>().join(OsStr::new(":"));
        let libraries = Some(Path::new(&libraries)).filter(|path| !path.as_os_str().is_empty());
        Self {
            units,
            ccache: ccache.root.join("usr/bin/ccache"),
            objects: directory.join("objects"),
            zccache_directory: directory.join("zccache"),
            environment: libraries
                .map_or_else(
                    || Environment::new(directory),
                    |libraries| Environment::new(directory).with_library_path(libraries),
                )
                .with("CCACHE_DIR", &ccache_directory.to_string_lossy()),
            ccache_directory,
            at_once,
        }
    }

    pub(crate) fn units(&self) -> usize {
        self.units.len()
    }

    /// Measures every way once.
    pub(crate) async fn round(&self) -> Result<[Spent; WAYS.len()]> {
        for cache in [&self.ccache_directory, &self.zccache_directory] {
            empty(cache)?;
        }
        let (direct, right) = self.direct(None).await?;
        let (ccache_miss, objects) = self.direct(Some(&self.ccache)).await?;
        same("ccache, miss", &right, &objects)?;
        let (ccache_hit, objects) = self.direct(Some(&self.ccache)).await?;
        same("ccache, hit", &right, &objects)?;
        self.check_ccache().await?;

        let zccache: Backend = Arc::new(Zccache::start(&self.zccache_directory, CACHE_SIZE).await?);
        let (zccache_miss, objects) = self.zccache(&zccache, &CacheOutcome::Miss).await?;
        same("zccache, miss", &right, &objects)?;
        let (zccache_hit, objects) = self.zccache(&zccache, &CacheOutcome::Hit).await?;
        same("zccache, hit", &right, &objects)?;
        zccache.shutdown().await;
        let (again, objects) = self.new_process().await?;
        same("zccache, hit, new process", &right, &objects)?;
        Ok([direct, ccache_miss, ccache_hit, zccache_miss, zccache_hit, again])
    }

    /// Measures cache hits in a new process, with a filled cache.
    pub(crate) async fn again(&self) -> Result<Spent> {
        let zccache: Backend = Arc::new(Zccache::start(&self.zccache_directory, CACHE_SIZE).await?);
        let (spent, _) = self.zccache(&zccache, &CacheOutcome::Hit).await?;
        zccache.shutdown().await;
        Ok(spent)
    }

    async fn new_process(&self) -> Result<(Spent, Objects)> {
        empty(&self.objects)?;
        let directory = self.zccache_directory.parent().unwrap_or(Path::new("/"));
        let mut command = tokio::process::Command::new(std::env::current_exe()?);
        let output = command.arg("--again").arg(directory).output().await?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok((Spent::parse(&String::from_utf8(output.stdout)?)?, self.read()?))
    }

    /// Compiles without the embedded cache; `wrapper` is a program before the compiler.
    async fn direct(&self, wrapper: Option<&Path>) -> Result<(Spent, Objects)> {
        self.timed(Arc::new(Direct), wrapper, |_| true).await
    }

    async fn zccache(&self, zccache: &Backend, expected: &CacheOutcome) -> Result<(Spent, Objects)> {
        self.timed(zccache.clone(), None, |outcome| outcome == expected).await
    }

    /// Compiles every unit, and flushes the cache.
    async fn timed(
        &self,
        backend: Backend,
        wrapper: Option<&Path>,
        expected: impl Fn(&CacheOutcome) -> bool,
    ) -> Result<(Spent, Objects)> {
        empty(&self.objects)?;
        let meter = Meter::start()?;
        let compiles = self.units.iter().map(|unit| {
            let (backend, request) = (backend.clone(), self.request(unit, wrapper));
            // One task per unit, as in a run.
            async move {
                tokio::spawn(async move { backend.compile(request, &CancellationToken::new()).await }).await
            }
        });
        let outputs = futures::stream::iter(compiles).buffer_unordered(self.at_once);
        let outputs: Vec<_> = outputs.try_collect().await?;
        backend.flush().await;
        let spent = meter.read()?;
        for output in outputs {
            let output = output?;
            if !output.end.succeeded() {
                return Err(String::from_utf8_lossy(&output.printed).into());
            }
            if !expected(&output.cache) {
                return Err(format!("{}: {:?}", output.object.display(), output.cache).into());
            }
        }
        Ok((spent, self.read()?))
    }

    fn request(&self, unit: &Unit, wrapper: Option<&Path>) -> CompileRequest {
        let output = self.objects.join(&unit.object);
        let mut argv = unit.argv(&output);
        if let Some(wrapper) = wrapper {
            argv.insert(0, wrapper.to_string_lossy().into_owned());
        }
        let program = PathBuf::from(argv.remove(0));
        CompileRequest {
            process: self.process(program, argv),
            output,
            way: Way::Cached,
            transcript: Transcript::default(),
            meter: process::Meter::default(),
        }
    }

    fn process(&self, program: PathBuf, args: Vec<String>) -> Process {
        Process { program, args, cwd: self.objects.clone(), environment: self.environment.clone() }
    }

    /// Checks ccache's statistics: one miss and one hit for each unit.
    async fn check_ccache(&self) -> Result<()> {
        let process = self.process(self.ccache.clone(), vec!["--print-stats".to_owned()]);
        let finished =
            run(&process, &CancellationToken::new(), &Transcript::default(), &process::Meter::default())
                .await?;
        let text = String::from_utf8(finished.stdout)?;
        let count = |wanted: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('\t'));
            value.and_then(|value| value.parse::<usize>().ok()).unwrap_or(0)
        };
        let hits = count("direct_cache_hit") + count("preprocessed_cache_hit");
        if (hits, count("cache_miss")) == (self.units.len(), self.units.len()) {
            Ok(())
        } else {
            Err(format!("ccache did not do what it was to do:\n{text}").into())
        }
    }

    fn read(&self) -> Result<Objects> {
        let read = |unit: &Unit| std::fs::read(self.objects.join(&unit.object));
        Ok(self.units.iter().map(read).collect::<std::io::Result<_>>()?)
    }
}

fn empty(directory: &Path) -> Result<()> {
    if directory.exists() {
        std::fs::remove_dir_all(directory)?;
    }
    Ok(std::fs::create_dir(directory)?)
}

fn same(way: &str, right: &Objects, objects: &Objects) -> Result<()> {
    match right.iter().zip(objects).position(|(right, object)| right != object) {
        None => Ok(()),
        Some(number) => Err(format!("{way}: object {number} is not the direct compile's").into()),
    }
}
