//! The size of structs. Clippy checks the length of functions and the number of their parameters (`clippy.toml`).

use syn::visit::{self, Visit};
use syn::{Fields, ItemStruct};

use super::graph::{Sources, of_this_crate};

/// Limit of a struct's fields.
const MOST_FIELDS: usize = 12;

/// Returns the structs with more than `limit` fields, each with their number.
pub(crate) fn too_large(sources: &Sources, limit: usize) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (file, text) in sources {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("src/{file}: {error}"));
        let mut structs = Structs { file, limit, found: &mut found };
        structs.visit_file(&parsed);
    }
    found.sort();
    found
}

struct Structs<'a> {
    file: &'a str,
    limit: usize,
    found: &'a mut Vec<(String, usize)>,
}

impl<'ast> Visit<'ast> for Structs<'_> {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let fields = match &item.fields {
            Fields::Named(fields) => fields.named.len(),
            Fields::Unnamed(fields) => fields.unnamed.len(),
            Fields::Unit => 0,
        };
        if fields > self.limit {
            self.found.push((format!("{}: {}", self.file, item.ident), fields));
        }
        visit::visit_item_struct(self, item);
    }
}

#[test]
fn no_struct_has_more_than_twelve_fields() {
    let found = too_large(&of_this_crate(), MOST_FIELDS);
    assert!(found.is_empty(), "more than {MOST_FIELDS} fields: {found:?}");
}
