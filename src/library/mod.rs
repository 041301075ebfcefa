//! Arduino libraries: the contents of a library's directory, and the choice of one of several libraries for a header.
//! Reads directories; knows no sketch, and starts no process.
//!
//! Follows the library specification
//! (<https://arduino.github.io/arduino-cli/latest/library-specification/>) and the resolution rules
//! of the sketch build process
//! (<https://arduino.github.io/arduino-cli/latest/sketch-build-process/#dependency-resolution>), and where they are
//! silent arduino-cli's `internal/arduino/libraries`. `docs/libraries.md` has the rules for users.

mod closest;
mod directory;
mod enclosing;
mod examples;
mod index;
mod load;
mod model;
mod near;
mod properties;

pub use directory::clean;
pub use enclosing::{EnclosingLibraries, EnclosingLibrary};
pub use index::{Choice, LibraryIndex};
pub use load::{LibraryError, Loaded, Refused, Root, load_root};
pub use model::{Layout, Library, LinkOptions, Location, Precompiled};
pub use near::{Near, Shelves};
