//! The configuration of the private apt, in the syntax of `apt.conf(5)`. apt reads it after the machine's own, which
//! still applies to everything else. Text only; writes nothing.

use std::path::Path;

use super::super::error::InstallError;

/// Returns the configuration for an apt whose files are below `state` and temporary files below `scratch`.
///
/// # Errors
/// [`InstallError::UnusablePath`] for a path that apt's syntax can't express.
pub(super) fn configuration(state: &Path, scratch: &Path) -> Result<String, InstallError> {
    // The syntax can't express these.
    let writable = |path: &&str| !path.contains(['"', '\n', '\r', '\\']);
    let text = |path: &'_ Path| match path.to_str().filter(writable) {
        Some(text) => Ok(text.to_owned()),
        None => Err(InstallError::UnusablePath { path: path.to_path_buf() }),
    };
    let (dir, scratch) = (text(state)?, text(scratch)?);
    // The hooks (cleaning /var/cache/apt, notifying packagekit, esm notices) concern the system's own state. Icons,
    // contents and sources are not needed. As root, apt would fetch as user _apt, who may not enter a cache directory
    // below /root. The pkgcache halves the time of each call, and is larger than all lists: it is temporary.
    Ok(format!(
        r#"#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Post-Invoke-Stats;
#clear AptCli::Hooks;
Dir::State "{dir}/";
Dir::State::lists "{dir}/lists/";
Dir::State::status "{dir}/status";
Dir::State::extended_states "{dir}/extended_states";
Dir::State::cdroms "{dir}/cdroms.list";
Dir::Cache "{dir}/";
Dir::Cache::archives "{dir}/archives/";
Dir::Cache::pkgcache "{scratch}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Log "{dir}/log/";
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_apt_conf_cannot_name_is_refused() {
        assert!(configuration(Path::new("/a b/ü"), Path::new("/tmp")).unwrap().contains("\"/a b/ü/lists/\""));
        for bad in ["/a\"b", "/a\nb", "/a\\b"] {
            assert!(
                matches!(
                    configuration(Path::new(bad), Path::new("/tmp")),
                    Err(InstallError::UnusablePath { .. })
                ),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn nothing_in_the_configuration_points_outside() {
        let text = configuration(Path::new("/cache/apt/state"), Path::new("/cache/apt/tmp/x")).unwrap();
        let dirs: Vec<&str> = text.lines().filter(|line| line.starts_with("Dir::")).collect();
        assert_eq!(dirs.len(), 10);
        for line in dirs {
            assert!(line.contains(" \"/cache/apt/") || line.ends_with(" \"\";"), "{line}");
        }
    }
}
