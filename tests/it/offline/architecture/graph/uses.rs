//! The paths that the code of a module names outside of `use` declarations, in macros too.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemFn, ItemImpl, ItemUse, Macro, Path, VisRestricted};

use super::tree::is_for_tests;

/// Returns the paths of two or more names in these items, without those in tests and attributes.
pub(crate) fn of_items(items: &[Item]) -> Vec<Vec<String>> {
    let mut found = Paths::default();
    for item in items {
        found.visit_item(item);
    }
    found.0
}

#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// `pub(in path)` says who may import an item, and imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_macro(&mut self, called: &'ast Macro) {
        visit::visit_macro(self, called);
        paths_in(called.tokens.clone(), &mut self.0);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    /// A `use` within a function is like a path.
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut tokens = TokenStream::new();
        quote::ToTokens::to_tokens(&item.tree, &mut tokens);
        paths_in(tokens, &mut self.0);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        // Serde names functions as text: `#[serde(serialize_with = "module::function")]`.
        let tokens = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            _ => return,
        };
        for token in tokens {
            let TokenTree::Literal(literal) = token else { continue };
            let text = literal.to_string();
            let text = text.trim_matches('"');
            let is_path = text.split("::").all(|part| {
                ["crate", "self", "super"].contains(&part) || syn::parse_str::<syn::Ident>(part).is_ok()
            });
            if text.contains("::") && is_path {
                self.0.push(text.split("::").map(str::to_owned).collect());
            }
        }
    }
}

/// Adds the paths in a list of tokens: names joined by `::`.
fn paths_in(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    end(&mut path, found);
                }
                path.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                end(&mut path, found);
                colons = 0;
                paths_in(group.stream(), found);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                end(&mut path, found);
                colons = 0;
            }
        }
    }
    end(&mut path, found);
}

fn end(path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let path = std::mem::take(path);
    if path.len() > 1 {
        found.push(path);
    }
}
