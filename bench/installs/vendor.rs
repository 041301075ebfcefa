//! What is installed: a package index, a library index and their archives, made of words that compress as sources do.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bzip2::write::BzEncoder;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Result;

/// Number of cores, each with a tool.
pub(super) const CORES: usize = 4;

/// Number of libraries.
pub(super) const LIBRARIES: usize = 10;

/// The name of the package index.
pub(super) const INDEX: &str = "package_mini_index.json";

/// Size of the large tool in bytes.
const LARGE: u64 = 600 << 20;

/// A directory with everything that the server offers.
pub(super) struct Vendor {
    directory: PathBuf,
    base: String,
}

impl Vendor {
    /// Makes all archives and indexes in an empty directory. `base` is the server's address.
    pub(super) fn new(directory: &Path, base: &str) -> Result<Self> {
        let vendor = Self { directory: directory.to_owned(), base: base.to_owned() };
        let mut platforms = Vec::new();
        let mut tools = Vec::new();
        for number in 0..CORES {
            let name = format!("tool{number}");
            let archive = vendor.packed(&format!("{name}.tar.bz2"), &name, 400, 50_000)?;
            tools.push(tool(&name, &archive));
            platforms.push(vendor.platform(number, &name)?);
        }
        let large = vendor.large()?;
        tools.push(tool("large", &large));
        platforms.push(vendor.platform(CORES, "large")?);
        let packages = json!({"packages": [{
            "name": "mini", "maintainer": "bench", "websiteURL": "", "email": "", "platforms": platforms, "tools": tools,
        }]});
        fs::write(directory.join(INDEX), packages.to_string())?;
        let mut libraries = Vec::new();
        for number in 0..LIBRARIES {
            libraries.push(vendor.library(number)?);
        }
        let index = json!({"libraries": libraries}).to_string();
        fs::write(directory.join("library_index.json"), &index)?;
        fs::create_dir_all(directory.join("libraries"))?;
        let packed = BzEncoder::new(
            File::create(directory.join("libraries/library_index.tar.bz2"))?,
            bzip2::Compression::best(),
        );
        let mut archive = tar::Builder::new(packed);
        append(&mut archive, "library_index.json", index.as_bytes())?;
        archive.into_inner()?.finish()?;
        Ok(vendor)
    }

    /// Returns the path of a file that the server offers.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Returns the address of a file.
    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// Makes the archive of a core, and returns its entry in the index.
    fn platform(&self, number: usize, tool: &str) -> Result<Value> {
        let archive = self.packed(&format!("core{number}.tar.bz2"), &format!("core{number}"), 300, 15_000)?;
        let mut platform = json!({
            "name": format!("Mini {number}"), "architecture": format!("c{number}"), "version": "1.0.0", "category": "Contributed",
            "boards": [{"name": "Board"}],
            "toolsDependencies": [{"packager": "mini", "name": tool, "version": "1.0.0"}],
        });
        extend(&mut platform, archive);
        Ok(platform)
    }

    /// Makes the archive of a library, and returns its entry in the index.
    fn library(&self, number: usize) -> Result<Value> {
        let name = format!("Library{number}");
        let file = format!("{name}.zip");
        let mut archive = zip::ZipWriter::new(File::create(self.path(&file))?);
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(format!("{name}/library.properties"), options)?;
        archive.write_all(format!("name={name}\nversion=1.0.0\n").as_bytes())?;
        for part in 0..40 {
            archive.start_file(format!("{name}/src/part{part}.h"), options)?;
            archive.write_all(&words(number * 100 + part, 20_000))?;
        }
        archive.finish()?;
        let mut library =
            json!({"name": name, "version": "1.0.0", "architectures": ["*"], "types": ["Contributed"]});
        extend(&mut library, self.about(&file)?);
        Ok(library)
    }

    /// Makes an archive with `files` files of `size` bytes.
    fn packed(&self, file: &str, root: &str, files: usize, size: usize) -> Result<Value> {
        let packed = BzEncoder::new(File::create(self.path(file))?, bzip2::Compression::best());
        let mut archive = tar::Builder::new(packed);
        append(&mut archive, &format!("{root}/boards.txt"), b"board.name=Board\nboard.build.core=mini\n")?;
        append(&mut archive, &format!("{root}/platform.txt"), b"name=Mini\nversion=1.0.0\n")?;
        for number in 0..files {
            append(&mut archive, &format!("{root}/part{number}.c"), &words(number, size))?;
        }
        archive.into_inner()?.finish()?;
        self.about(file)
    }

    /// Makes the archive of a large tool, whose content does not compress.
    fn large(&self) -> Result<Value> {
        const FILES: u64 = 600;
        let packed = GzEncoder::new(File::create(self.path("large.tar.gz"))?, Compression::none());
        let mut archive = tar::Builder::new(packed);
        let mut state = 1;
        for number in 0..FILES {
            let content: Vec<u8> =
                (0..LARGE / FILES / 8).flat_map(|_| next(&mut state).to_le_bytes()).collect();
            append(&mut archive, &format!("large/part{number}"), &content)?;
        }
        archive.into_inner()?.finish()?;
        self.about("large.tar.gz")
    }

    /// Returns what an index says of an archive.
    fn about(&self, file: &str) -> Result<Value> {
        let mut hash = Sha256::new();
        let size = io::copy(&mut File::open(self.path(file))?, &mut hash)?;
        let checksum = format!("SHA-256:{:x}", hash.finalize());
        Ok(
            json!({"url": self.url(file), "archiveFileName": file, "size": size.to_string(), "checksum": checksum}),
        )
    }
}

/// Returns the entry of a tool, for this machine.
fn tool(name: &str, archive: &Value) -> Value {
    let mut system = json!({"host": format!("{}-linux-gnu", std::env::consts::ARCH)});
    extend(&mut system, archive.clone());
    json!({"name": name, "version": "1.0.0", "systems": [system]})
}

fn extend(value: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (value, more) {
        fields.extend(more);
    }
}

fn append(archive: &mut tar::Builder<impl Write>, path: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, path, content)
}

/// Returns `size` bytes of lines, a third of which is left when they are compressed.
fn words(seed: usize, size: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let mut text = Vec::with_capacity(size + 16);
    while text.len() < size {
        let word = next(&mut state);
        text.extend_from_slice(format!("word_{:04x}({}); ", word & 0xFFFF, (word >> 16) & 0xFF).as_bytes());
    }
    text
}

/// Returns the next number of a sequence without an order (xorshift64).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
