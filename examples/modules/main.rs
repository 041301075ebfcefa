//! Draws the imports of this crate as layers: of its root modules, or of the files of one.
//!
//! ```text
//! cargo run --example modules                   all root modules, the highest layer first
//! cargo run --example modules -- event          the files of `event`
//! cargo run --example modules -- event --dot    the same for Graphviz
//! ```

#[allow(dead_code, unused_imports, clippy::expect_used)] // code of the tests, which use all of it
#[path = "../../tests/it/offline/architecture/graph/mod.rs"]
mod graph;

use std::error::Error;
use std::io::Write;

use graph::{Form, draw, imports_of_this_crate};

fn main() -> Result<(), Box<dyn Error>> {
    let (options, modules): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let form = match options.as_slice() {
        [] => Form::Text,
        [option] if option == "--dot" => Form::Dot,
        _ => return Err("the only option is --dot".into()),
    };
    let imports = imports_of_this_crate();
    let graph = match modules.as_slice() {
        [] => imports.root_modules(),
        [module] => imports.files_of(module),
        _ => return Err("one module at a time".into()),
    };
    if graph.nodes().next().is_none() {
        return Err(format!("there is no module {}", modules.concat()).into());
    }
    std::io::stdout().write_all(draw(&graph, form).as_bytes())?;
    Ok(())
}
