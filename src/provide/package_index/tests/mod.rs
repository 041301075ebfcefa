//! Tests of the package index as its users see it. All data is made here.

mod catalog;
mod fixture;
mod hosts;
mod installed;
mod parse;
mod resolve;
mod rsa;
mod signature;
mod tool_paths;
