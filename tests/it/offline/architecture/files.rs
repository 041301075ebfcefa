//! The layers of the files within each root module.

use super::graph::{Imports, imports_of_this_crate};

/// Returns the faults of the imports between a module's files: a cycle, and imports through a facade of their own.
pub(crate) fn faults(imports: &Imports, module: &str) -> Vec<String> {
    let cycle =
        imports.files_of(module).cycle().map(|cycle| format!("a cycle of imports below src/: {cycle}"));
    let detours = imports.detours(module).map(|detour| {
        format!(
            "src/{}: imports {} through src/{}, the facade of its own module, instead of from src/{}",
            detour.file, detour.name, detour.facade, detour.definition
        )
    });
    cycle.into_iter().chain(detours).collect()
}

#[test]
fn files_of_a_module_have_layers() {
    let imports = imports_of_this_crate();
    let modules = imports.root_modules();
    let faults: Vec<String> = modules.nodes().flat_map(|module| faults(imports, module)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
