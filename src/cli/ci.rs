//! The CI system whose job this process is, from the environment variables that it sets.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{args, changed_files};
use crate::event::Location;
use crate::matrix::{Diagnostic, MatrixError, Position};
use crate::report::{Annotations, CiOptions, EarlyError, announce_error};
use crate::session::{Directories, SessionError};

/// Returns what the reports need. `chosen` is `--annotations`.
pub(super) fn options(chosen: Option<args::Annotations>, directories: &Directories) -> CiOptions {
    let variable = |name: &str| std::env::var_os(name);
    let mut ci = from_environment(chosen, directories, variable);
    // GitLab compares reports by itself.
    if matches!(ci.annotations, Annotations::Github | Annotations::Azure) {
        ci.changed = changed_files::changed_files(&ci.workspace, &variable);
    }
    ci
}

/// Returns the options without the changed files.
fn from_environment(
    chosen: Option<args::Annotations>,
    directories: &Directories,
    variable: impl Fn(&str) -> Option<OsString>,
) -> CiOptions {
    let is_true = |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let runner = if is_true("GITHUB_ACTIONS") {
        Annotations::Github
    } else if is_true("GITLAB_CI") {
        Annotations::Gitlab
    } else if is_true("TF_BUILD") {
        Annotations::Azure
    } else {
        Annotations::None
    };
    let annotations = match chosen {
        None => runner,
        Some(args::Annotations::Github) => Annotations::Github,
        Some(args::Annotations::Gitlab) => Annotations::Gitlab,
        Some(args::Annotations::Azure) => Annotations::Azure,
        Some(args::Annotations::None) => Annotations::None,
    };
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    let checkout = match (annotations, runner) {
        (Annotations::Github, _) | (Annotations::None, Annotations::Github) => "GITHUB_WORKSPACE",
        (Annotations::Gitlab, _) => "CI_PROJECT_DIR",
        _ => "BUILD_SOURCESDIRECTORY",
    };
    let workspace = path(checkout).filter(|path| path.is_dir());
    let is_github = [annotations, runner].contains(&Annotations::Github);
    let file = |name: &str| path(name).filter(|_| is_github);
    CiOptions {
        annotations,
        runner,
        workspace: workspace.unwrap_or_else(|| repository(&directories.current)),
        generated: vec![directories.work.clone(), directories.cache.clone()],
        changed: None,
        step_summary: file("GITHUB_STEP_SUMMARY"),
        output: file("GITHUB_OUTPUT"),
    }
}

/// Returns the root of the Git checkout around a directory, or the directory.
fn repository(directory: &Path) -> PathBuf {
    let root = directory.ancestors().find(|above| above.join(".git").exists());
    root.unwrap_or(directory).to_owned()
}

/// Announces the error that ended a run of a matrix file. `current` is the base of relative paths.
pub(super) fn announce(error: &SessionError, file: &Path, ci: &CiOptions, current: &Path) {
    if matches!(error, SessionError::Cancelled) {
        return;
    }
    let problem = |(at, problem): (Position, &Diagnostic)| {
        let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let line = u32::try_from(at.line).unwrap_or(1);
        let place = Location { file: file.to_owned(), line, column: u32::try_from(at.column).ok() };
        (place, format!("{}{help}", problem.message))
    };
    let problems = error.of_matrix().into_iter().flat_map(MatrixError::located).map(problem).collect();
    let error = EarlyError { message: error.to_string(), problems, exit: error.exit().code() };
    announce_error(&error, ci, current);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chosen: Option<args::Annotations>, environment: &[(&str, &str)]) -> CiOptions {
        let directories = Directories {
            current: "/nowhere/ci".into(),
            cache: "/nowhere/cache".into(),
            work: "/nowhere/work".into(),
            reports: "/nowhere/reports".into(),
        };
        let value =
            |name: &str| environment.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into());
        from_environment(chosen, &directories, value)
    }

    #[test]
    fn the_system_is_that_of_the_job_unless_another_is_chosen() {
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_WORKSPACE", "/usr"),
            ("GITHUB_STEP_SUMMARY", "/s"),
            ("GITHUB_OUTPUT", "/o"),
        ];
        let ci = found(None, &github);
        assert_eq!((ci.annotations, ci.runner), (Annotations::Github, Annotations::Github));
        assert_eq!(ci.workspace, Path::new("/usr"));
        assert_eq!((ci.step_summary, ci.output), (Some("/s".into()), Some("/o".into())));
        let ci = found(Some(args::Annotations::None), &github);
        assert_eq!((ci.annotations, ci.runner), (Annotations::None, Annotations::Github));
        assert!(ci.step_summary.is_some(), "the summary is no annotation");
        assert_eq!(ci.workspace, Path::new("/usr"));

        let ci = found(None, &[("GITLAB_CI", "true"), ("CI_PROJECT_DIR", "/usr"), ("GITHUB_OUTPUT", "/o")]);
        assert_eq!((ci.annotations, ci.output), (Annotations::Gitlab, None));
        assert_eq!(ci.workspace, Path::new("/usr"));
        let ci = found(None, &[("TF_BUILD", "True"), ("BUILD_SOURCESDIRECTORY", "/usr")]);
        assert_eq!((ci.annotations, ci.workspace.as_path()), (Annotations::Azure, Path::new("/usr")));
        let ci = found(None, &[("GITHUB_ACTIONS", ""), ("GITHUB_STEP_SUMMARY", "/s")]);
        assert_eq!((ci.annotations, ci.step_summary), (Annotations::None, None));
        assert_eq!(ci.workspace, Path::new("/nowhere/ci"), "no checkout around it");
        // By hand: the files count if they are named.
        let ci =
            found(Some(args::Annotations::Github), &[("GITHUB_OUTPUT", "/o"), ("GITHUB_STEP_SUMMARY", "")]);
        assert_eq!((ci.output, ci.step_summary), (Some("/o".into()), None));
    }
}
