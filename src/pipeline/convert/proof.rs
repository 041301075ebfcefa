//! Verifies whether a tool, with certain words, writes the same as this program: tried once, remembered by
//! the tool's content.
//!
//! The trial runs three processes: the tool over two specimens and over the first real program, which is that
//! job's own recipe. Concurrent requests wait for it.

use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::elf::{Elf, Machine};
use super::product::Product;
use super::specimen::specimens;
use super::tool::{Done, by_tool};
use super::unsupported::Unsupported;
use super::verdict::{VERSION, Verdict};
use super::words::Request;

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::process::Transcript;

/// Answer to a request.
pub(super) enum Answer {
    /// The verdict on doing the recipe in process.
    Known(Verdict),
    /// The recipe was part of the trial and is done.
    Ran(Done),
}

/// A recipe and the job's description of it.
pub(super) struct Recipe<'a> {
    pub(super) step: Step,
    pub(super) label: &'a str,
    pub(super) request: &'a Request,
    pub(super) cwd: &'a Path,
}

/// Outcome of a trial without a verdict.
enum Undecided {
    Failed(BuildError),
    Ran(Done),
}

impl From<BuildError> for Undecided {
    fn from(error: BuildError) -> Self {
        Self::Failed(error)
    }
}

/// Returns the verdict on a recipe's tool, after a trial if none is remembered.
///
/// # Errors
/// The recipe itself fails, or the run is interrupted.
pub(super) async fn ask(
    cx: &BuildContext,
    jcx: &mut JobContext,
    recipe: &Recipe<'_>,
) -> Result<Answer, BuildError> {
    let tool = PathBuf::from(&recipe.request.argv()[0]);
    let input = recipe.request.input.clone();
    let machine = blocking(move || Elf::open(&input).map(|elf| elf.machine)).await?;
    let machine = match machine {
        Ok(machine) => machine,
        Err(reason) => {
            tracing::debug!(input = %recipe.request.input.display(), %reason, "left to the tool");
            return Ok(Answer::Known(Verdict::Differs));
        }
    };
    // A tool that can't be read fails when its process starts.
    let Ok(identity) = cx.identities.of(&tool).await else { return Ok(Answer::Known(Verdict::Differs)) };
    let mut key = Key::new("conversion");
    key.add(&VERSION.to_le_bytes()).add(identity.hash.as_bytes());
    key.add(&machine.number.to_le_bytes()).add(&[machine.abi]);
    key.command(&recipe.request.shape(), &jcx.environment);
    let key = key.finish();
    let slot = cx.tables.proofs.cell(key);
    let mut ran = None;
    let found = slot.get_or_try_init(|| async {
        let known = cx.files.memo().tool_fact(&key).and_then(|word| Verdict::from_word(&word));
        if let Some(known) = known {
            return Ok(known);
        }
        let verdict = try_out(cx, jcx, recipe, machine, &mut ran).await?;
        let shape = recipe.request.shape();
        tracing::debug!(tool = %tool.display(), ?shape, ?verdict, "tried out");
        // The behaviour of a script depends on other files too.
        if blocking(move || is_program(&tool)).await? {
            cx.files.memo().remember_tool_fact(key, verdict.word());
        }
        Ok(verdict)
    });
    match (found.await.copied(), ran) {
        (Err(Undecided::Failed(error)), _) => Err(error),
        (Err(Undecided::Ran(done)), _) | (Ok(_), Some(done)) => Ok(Answer::Ran(done)),
        (Ok(verdict), None) => Ok(Answer::Known(verdict)),
    }
}

/// Runs the tool over specimens and, if it passes, over the real program.
async fn try_out(
    cx: &BuildContext,
    jcx: &mut JobContext,
    recipe: &Recipe<'_>,
    machine: Machine,
    ran: &mut Option<Done>,
) -> Result<Verdict, Undecided> {
    let Recipe { step, label, request, cwd } = *recipe;
    let (scratch, real) = (cx.layout.staging(), request.clone());
    let prepared = blocking(move || {
        let product = Product::make(&real)?;
        let directory = tempfile::tempdir_in(scratch)?;
        let specimens = Specimen::prepare(&real, machine, directory.path())?;
        Ok::<_, Unsupported>((product, directory, specimens))
    });
    let (product, directory, specimens) = match prepared.await? {
        Ok(prepared) => prepared,
        Err(reason) => {
            tracing::debug!(argv = ?request.argv(), %reason, "left to the tool");
            return Err(Undecided::Ran(by_tool(cx, jcx, step, label, request.argv().to_vec(), cwd).await?));
        }
    };
    for specimen in specimens {
        let name = jcx.step(step, format!("{label}: what the tool writes"));
        let argv = specimen.request.argv().to_vec();
        let process = process(argv, directory.path().to_owned(), jcx.environment.clone());
        let finished = run_in_slot(&cx.runner, &name, &process, &Transcript::default()).await?;
        let is_same = blocking(move || {
            finished.end.succeeded()
                && specimen.product.is(&finished.stdout, &finished.printed(), &specimen.files())
        });
        if !is_same.await? {
            return Ok(Verdict::Differs);
        }
    }
    let done = by_tool(cx, jcx, step, label, request.argv().to_vec(), cwd).await?;
    let (stdout, printed, output) = (done.stdout.clone(), done.printed.clone(), request.output.clone());
    *ran = Some(done);
    let is_same = blocking(move || {
        let files = output.map(|output| (output, directory.path().join("real")));
        // Without our file there is nothing to compare.
        let put = product.put(files.as_ref().map(|(_, ours)| ours.as_path()));
        put.is_ok() && product.is(&stdout, &printed, &files)
    });
    Ok(Verdict::of(is_same.await?))
}

/// The tool's output file and ours; `None` if the recipe writes no file.
type Files = Option<(PathBuf, PathBuf)>;

/// A program for a trial, and our output for it.
struct Specimen {
    request: Request,
    product: Product,
    ours: PathBuf,
}

impl Specimen {
    fn prepare(real: &Request, machine: Machine, directory: &Path) -> Result<Vec<Self>, Unsupported> {
        let mut prepared = Vec::new();
        for (number, bytes) in specimens(real, machine).into_iter().enumerate() {
            let input = directory.join(format!("{number}.elf"));
            std::fs::write(&input, bytes)?;
            let request = real.of(&input, &directory.join(format!("{number}.tool")));
            let product = Product::make(&request)?;
            let ours = directory.join(format!("{number}.ours"));
            product.put(Some(&ours))?;
            prepared.push(Self { request, product, ours });
        }
        Ok(prepared)
    }

    fn files(&self) -> Files {
        self.request.output.clone().map(|output| (output, self.ours.clone()))
    }
}

impl Product {
    /// Whether a tool printed the same and wrote the same file.
    fn is(&self, stdout: &[u8], printed: &[u8], files: &Files) -> bool {
        let files_are_same = |theirs: &Path, ours: &Path| -> io::Result<bool> {
            let mode = |it: Metadata| it.permissions().mode();
            Ok(mode(std::fs::metadata(theirs)?) == mode(std::fs::metadata(ours)?)
                && std::fs::read(theirs)? == std::fs::read(ours)?)
        };
        self.printed == stdout
            && stdout == printed
            && files.as_ref().is_none_or(|(theirs, ours)| files_are_same(theirs, ours).unwrap_or(false))
    }
}

/// Whether a tool is a native program, not a script.
fn is_program(tool: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(tool).and_then(|mut file| file.read_exact(&mut magic)).is_ok()
        && magic == object::elf::ELFMAG
}
