//! Package indexes: which platforms and tools exist in which versions, and where their archives are.
//!
//! Bytes in, values out: this module knows nothing of the network, archives or the disk.
//!
//! ```text
//! parse          the bytes of one `package_*_index.json` → IndexFile, with the entries that had to be dropped
//! PackageCatalog the packages of all files, merged
//! .resolve()     a core, a requested version and a host → one platform release and its tools' archives
//! ```
//!
//! Sources: arduino-cli 1.5.2, `docs/package_index_json-specification.md` and `internal/arduino/cores`. What arduino-cli
//! reads, this module reads; a broken entry, which makes arduino-cli refuse the whole file, costs only that entry here.

mod catalog;
mod entry;
mod error;
mod host;
mod installed_json;
mod json;
mod model;
mod parse;
mod resolve;
mod signature;
#[cfg(test)]
mod tests;
mod tool_paths;

pub use catalog::{CatalogPackage, PackageCatalog};
pub use entry::DroppedEntry;
pub use error::ResolveError;
pub use host::{Host, UnknownHost};
pub use installed_json::installed_json;
pub use json::IndexError;
pub(in crate::provide) use json::strict_json;
pub use model::{
    IndexFile, IndexPackage, IndexedArchive, IndexedBoard, PackageInfo, PlatformRelease, RequiredLibrary,
    RequiredTool, ToolName, ToolRelease, ToolSystem,
};
pub use parse::parse;
pub use resolve::{ResolvedPlatform, ResolvedTool, VersionRequest};
pub use signature::{ARDUINO_KEY, SignatureError, verify};
pub use tool_paths::{InstalledTool, tool_paths};

/// Reads any bytes as an index file, its document and its signature. For the fuzz target.
#[doc(hidden)]
pub fn fuzz(file: &[u8]) {
    let Ok(document) = super::index_file::unpack(file, "package_index.json", 1 << 20) else { return };
    if let Some(signature) = &document.signature {
        let _ = verify(&document.json, signature, &[ARDUINO_KEY]);
    }
    let Ok(index) = parse(&document.json) else { return };
    let mut catalog = PackageCatalog::default();
    catalog.add(index, None);
    let host = Host::current();
    for package in catalog.packages() {
        for architecture in package.architectures() {
            let found = catalog.resolve(&package.info().name, architecture, &VersionRequest::Newest, &host);
            if let Ok(platform) = found {
                let _ = installed_json(&platform, false);
            }
        }
    }
}
