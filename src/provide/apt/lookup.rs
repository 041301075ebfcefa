//! Finds the installations of earlier runs. Starts no process and reports no event.

use std::path::Path;

use super::super::installed::{InstalledCore, InstalledPackages};
use super::super::machine::Machine;
use super::cores::{described, find};
use super::manifest::{self, base_dir};
use super::request::AptRequest;

/// Returns the core `vendor:arch`, if it is installed.
pub(crate) fn installed_core(core: &str, cache_dir: &Path) -> Option<InstalledCore> {
    let entry = find(core).ok()?;
    described(entry, &installed(AptRequest::Core(entry), &Machine::here(), cache_dir)?).ok()
}

/// Returns a package with all its dependencies, if it is installed.
pub(crate) fn installed_package(
    machine: &Machine,
    name: &str,
    cache_dir: &Path,
) -> Option<InstalledPackages> {
    let request = AptRequest::Packages { names: &[name], with_dependencies: true };
    installed(request, machine, cache_dir)
}

fn installed(request: AptRequest<'_>, machine: &Machine, cache_dir: &Path) -> Option<InstalledPackages> {
    let identity = request.set().identity(machine);
    let found = manifest::lookup(&base_dir(cache_dir).ok()?, &identity)?;
    Some(found.packages())
}
