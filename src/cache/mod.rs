//! Results of earlier work, by key: single compiles behind [`CompileBackend`], objects and records of a work directory,
//! and the artifact store of a cache directory. Knows keys and files, not their meaning.

mod artifacts;
mod backend;
mod direct;
mod fallback;
pub mod inputs;
mod lazy;
mod records;
mod sweep;
mod units;
mod zccache;

pub use artifacts::{Artifact, Artifacts};
pub use backend::{Backend, BackendError, CompileBackend, CompileOutput, CompileRequest, Way};
pub use direct::Direct;
pub use fallback::Fallback;
pub use lazy::Lazy;
pub use records::{Output, Record};
pub use sweep::{Daily, Keep, Swept, Taken};
pub use units::{StoredUnit, Units};
pub use zccache::{Zccache, ZccacheError};
