//! Explains a missing include of a file that exists in the sketch's directory: Arduino builds a copy of the
//! sketch, which lacks some of its files.

use std::path::Path;

use super::error::BuildError;

/// Extends the error by a remark, if the missing file exists relative to the sketch's directory.
pub(in crate::pipeline) fn explain(error: BuildError, sketch: &Path) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let missing = failure.message.split_once(": No such file or directory").map(|(name, _)| name.to_owned());
    let missing = missing.map(|name| name.rsplit(' ').next().unwrap_or_default().to_owned());
    if let Some(name) = missing.filter(|name| !name.is_empty() && sketch.join(name).exists()) {
        let remark = format!(
            "Arduino builds a copy of the sketch, and {name} is not in it: only files in the sketch's directory that end in \
             .h, .hpp, .hh, .tpp, .ipp, .c, .cpp and the like are copied"
        );
        failure.message = format!("{}; {remark}", failure.message);
        failure.diagnostic = format!("{}\n{remark}\n", failure.diagnostic.trim_end());
    }
    BuildError::Failed(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Step;

    #[test]
    fn a_file_that_is_not_copied_is_explained() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("S")).unwrap();
        std::fs::write(dir.path().join("up.h"), "").unwrap();
        let message = |name: &str| {
            let error = BuildError::code(Step::Preprocess, format!("{name}: No such file or directory"));
            match explain(error, &dir.path().join("S")) {
                BuildError::Failed(failure) => failure.message,
                other => panic!("{other:?}"),
            }
        };
        assert!(message("../up.h").contains("../up.h is not in it"));
        assert!(!message("gone.h").contains("Arduino"));
    }
}
