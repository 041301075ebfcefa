//! The architecture of the program: the layers of its modules and files, the size of its types, and the places that alone
//! may touch a crate or the file system. `just modules` draws the layers.

mod files;
mod graph;
mod root_modules;
mod structs;
mod touch;
mod violations;
