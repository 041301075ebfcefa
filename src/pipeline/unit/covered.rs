//! Calls of the preprocessor whose inputs are all known: their answers and failures are valid in every run with the same
//! inputs, also in another checkout or work directory.

use std::path::Path;

use super::digests::portable_digest;
use crate::includes::{Hash, Inputs};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::{Places, ResultKeys};

/// A call of the preprocessor with all of its inputs.
pub(in crate::pipeline) struct CoveredCall {
    /// Keys over the call and its inputs.
    pub(in crate::pipeline) keys: ResultKeys,
    /// Directories that the keys replace with placeholders.
    pub(in crate::pipeline) places: Places,
    inputs: Inputs,
    /// Whether a script starts the preprocessor: on a failure it may have read more.
    is_script: bool,
}

impl CoveredCall {
    /// Adds a command and its inputs to `key`, which has the programs of the call. Returns `None` if not all inputs are
    /// known.
    pub(in crate::pipeline) async fn new(
        cx: &BuildContext,
        jcx: &JobContext,
        key: Key,
        argv: &[String],
        places: &Places,
        inputs: Inputs,
    ) -> Result<Option<Self>, BuildError> {
        cx.tables.inputs.add_call(jcx.track.job(), &inputs);
        if inputs.incomplete.is_some() {
            return Ok(None);
        }
        let portable = portable_key(cx, jcx, key, argv, places, &inputs).await?;
        let program = Path::new(argv.first().map_or("", String::as_str));
        let is_script = cx.identities.of(program).await.is_ok_and(|identity| identity.is_script);
        Ok(Some(Self { keys: places.keys(portable), places: places.clone(), inputs, is_script }))
    }

    /// Stores the failure of the call, or removes that of an earlier run.
    ///
    /// # Errors
    /// An input has changed meanwhile, so that the keys do not cover what the preprocessor has read.
    pub(in crate::pipeline) async fn settle(
        &self,
        cx: &BuildContext,
        result: Result<(), &BuildError>,
    ) -> Result<(), BuildError> {
        unchanged(&self.inputs).await?;
        if self.is_script && result.is_err() {
            return Ok(());
        }
        cx.stores.failures.settle(&self.keys, &self.places, result, &[]).await
    }
}

/// Adds a command, its environment and `inputs` to a key, which is the same in every checkout and work directory.
pub(super) async fn portable_key(
    cx: &BuildContext,
    jcx: &JobContext,
    mut key: Key,
    argv: &[String],
    places: &Places,
    inputs: &Inputs,
) -> Result<Hash, BuildError> {
    let files = portable_files(cx, inputs).await?;
    let words: Vec<String> = argv.iter().map(|word| places.forget(word)).collect();
    Ok(key.add(files.as_bytes()).command(&words, &jcx.environment).finish())
}

/// Returns a hash over the names and the contents of `inputs`, which is the same in every checkout and work directory.
pub(super) async fn portable_files(cx: &BuildContext, inputs: &Inputs) -> Result<Hash, BuildError> {
    let (context, read) = (cx.clone(), inputs.clone());
    blocking(move || read.hash_by(|file| portable_digest(&context, file))).await
}

/// Checks that no input has changed since it was read.
///
/// # Errors
/// An input has changed.
pub(super) async fn unchanged(inputs: &Inputs) -> Result<(), BuildError> {
    let inputs = inputs.clone();
    let changed = blocking(move || inputs.changed().map(Path::to_owned)).await?;
    changed.map_or(Ok(()), |changed| Err(BuildError::changed(&changed)))
}
