//! A vendor of cores and libraries on loopback: its package index, the library index and the archives of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::http_server::Server;
use super::{avr_core, repository};

/// The name of the package index.
pub(crate) const INDEX: &str = "/package_mini_index.json";

/// The path that the address of Arduino's library index has on a mirror.
pub(crate) const LIBRARIES: &str = "/libraries/library_index.tar.bz2";

/// The vendor `mini`, with the core `mini:avr` and Debian's avr-gcc as its tool.
pub(crate) struct Vendor {
    pub(crate) server: Server,
    /// Platforms by their packager.
    platforms: BTreeMap<String, Vec<Value>>,
    tools: Vec<Value>,
    libraries: Vec<Value>,
}

/// An entry of an archive: its path below the root directory and its content.
pub(crate) type Entry<'a> = (&'a str, &'a str);

impl Vendor {
    /// A vendor without cores.
    pub(crate) fn new() -> Self {
        let vendor = Self {
            server: Server::start(),
            platforms: BTreeMap::new(),
            tools: Vec::new(),
            libraries: Vec::new(),
        };
        vendor.publish();
        vendor
    }

    /// A vendor with these versions of the core, whose compiler is Debian's.
    pub(crate) fn with_cores(versions: &[&str]) -> Self {
        let mut vendor = Self::new();
        vendor.tool("avr-gcc", "5.4.0", compiler());
        for version in versions {
            vendor.core(version);
        }
        vendor
    }

    /// Publishes a version of the core `mini:avr`.
    pub(crate) fn core(&mut self, version: &str) {
        let root = repository("tests/it/by_name/core");
        let mut entries = Vec::new();
        let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
        for file in files.filter(|entry| entry.file_type().is_file()) {
            let name = file.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            entries.push((name, fs::read_to_string(file.path()).unwrap().replace("@VERSION@", version)));
        }
        let entries: Vec<Entry<'_>> =
            entries.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.platform("mini:avr", version, &entries, &[("avr-gcc", "5.4.0")]);
    }

    /// Publishes a version of a platform, `packager:arch`, with tools of the packager `mini`.
    pub(crate) fn platform(
        &mut self,
        name: &str,
        version: &str,
        entries: &[Entry<'_>],
        tools: &[(&str, &str)],
    ) {
        self.packed_platform(name, version, packed("platform", entries), tools);
    }

    /// Publishes a version of a platform that is packed already.
    pub(crate) fn packed_platform(
        &mut self,
        name: &str,
        version: &str,
        archive: Vec<u8>,
        tools: &[(&str, &str)],
    ) {
        let (packager, arch) = name.split_once(':').unwrap();
        let file = if packager == "mini" {
            format!("{arch}-{version}.tar.gz")
        } else {
            format!("{packager}-{arch}-{version}.tar.gz")
        };
        let archive = self.archive(&file, archive);
        let tools =
            tools.iter().map(|(name, version)| json!({"packager": "mini", "name": name, "version": version}));
        let mut platform = json!({
            "name": "Mini",
            "architecture": arch,
            "version": version,
            "category": "Contributed",
            "boards": [{"name": "Small"}],
            "toolsDependencies": tools.collect::<Vec<_>>(),
        });
        extend(&mut platform, archive);
        self.platforms.entry(packager.to_owned()).or_default().push(platform);
        self.publish();
    }

    /// Publishes a version of a tool for this machine; another kind of machine gets other bytes.
    pub(crate) fn tool(&mut self, name: &str, version: &str, archive: Vec<u8>) {
        let mut own = json!({"host": format!("{}-linux-gnu", std::env::consts::ARCH)});
        extend(&mut own, self.archive(&format!("{name}-{version}-own.tar.gz"), archive));
        let mut other = json!({"host": "riscv64-linux-gnu"});
        let foreign = packed(name, &[("bin/foreign", "")]);
        extend(&mut other, self.archive(&format!("{name}-{version}-other.tar.gz"), foreign));
        self.tools.push(json!({"name": name, "version": version, "systems": [own, other]}));
        self.publish();
    }

    /// Publishes a release of a library whose header of its name defines `VERSION`. Dependencies are `Name` or
    /// `Name CONSTRAINT`.
    pub(crate) fn library(&mut self, name: &str, version: &str, dependencies: &[&str]) {
        let header = format!("#define {name}_VERSION \"{version}\"\n");
        let properties = format!("name={name}\nversion={version}\n");
        let entries = [(format!("src/{name}.h"), header), ("library.properties".to_owned(), properties)];
        let entries: Vec<Entry<'_>> =
            entries.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let archive =
            self.archive(&format!("{name}-{version}.tar.gz"), packed(&format!("{name}-{version}"), &entries));
        let dependencies = dependencies.iter().map(|text| match text.split_once(' ') {
            Some((name, constraint)) => json!({"name": name, "version": constraint}),
            None => json!({"name": text}),
        });
        let mut library = json!({
            "name": name,
            "version": version,
            "architectures": ["*"],
            "dependencies": dependencies.collect::<Vec<_>>(),
        });
        extend(&mut library, archive);
        self.libraries.push(library);
        self.publish();
    }

    /// Returns the address of the package index.
    pub(crate) fn index(&self) -> String {
        self.server.url(INDEX)
    }

    /// Returns the lines of a matrix that fetch Arduino's addresses from this vendor.
    pub(crate) fn mirrors(&self) -> String {
        format!("mirrors: {{\"https://downloads.arduino.cc/\": \"{}\"}}\n", self.server.url("/"))
    }

    /// Serves an archive, and returns what an index says of it.
    fn archive(&self, name: &str, bytes: Vec<u8>) -> Value {
        let path = format!("/{name}");
        let about = json!({
            "url": self.server.url(&path),
            "archiveFileName": name,
            "size": bytes.len().to_string(),
            "checksum": format!("SHA-256:{}", sha256(&bytes)),
        });
        self.server.file(&path, bytes);
        about
    }

    /// Serves the indexes as they are now.
    fn publish(&self) {
        let names = self.platforms.keys().map(String::as_str).chain(["mini"]).collect::<BTreeSet<_>>();
        let package = |name: &str| {
            json!({
                "name": name,
                "maintainer": "tests",
                "websiteURL": "",
                "email": "",
                "platforms": self.platforms.get(name).cloned().unwrap_or_default(),
                "tools": if name == "mini" { self.tools.clone() } else { Vec::new() },
            })
        };
        let packages: Vec<Value> = names.into_iter().map(package).collect();
        self.server.file(INDEX, json!({"packages": packages}).to_string());
        self.server.file(LIBRARIES, json!({"libraries": self.libraries}).to_string());
    }
}

/// Returns the SHA-256 of bytes in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Returns a `.tar.gz` with one root directory. Files in a directory `bin` and scripts are executable.
pub(crate) fn packed(root: &str, entries: &[Entry<'_>]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(if path.contains("bin/") || text.starts_with("#!") { 0o755 } else { 0o644 });
        archive.append_data(&mut header, format!("{root}/{path}"), text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Returns a directory, with its name as the root directory, as a `.tar.gz`. Links become what they name.
pub(crate) fn packed_directory(directory: &Path) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    archive.append_dir_all(directory.file_name().unwrap(), directory).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// Returns Debian's avr-gcc with avr-libc as an archive: `bin`, `lib`. Packed once in each process.
fn compiler() -> Vec<u8> {
    static PACKED: OnceLock<Vec<u8>> = OnceLock::new();
    let pack = || {
        let usr: PathBuf = avr_core().tools["avr-gcc"].clone();
        let list = |dir: &Path| {
            let names = fs::read_dir(usr.join(dir)).unwrap().map(|entry| entry.unwrap().file_name());
            names
                .map(|name| dir.join(name))
                .filter(|path| path.to_str().unwrap().contains("/avr"))
                .collect::<Vec<_>>()
        };
        let mut paths = list(Path::new("bin"));
        paths.extend(["lib/gcc/avr", "lib/avr"].map(PathBuf::from));
        let mut tar = Command::new("tar");
        tar.args(["-c", "--sort=name", "--mtime=@0", "--transform=s,^,avr-gcc/,S"])
            .arg("-C")
            .arg(&usr)
            .args(paths);
        let output = tar.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&output.stdout).unwrap();
        packed.finish().unwrap()
    };
    PACKED.get_or_init(pack).clone()
}

/// Adds the fields of one object to another one.
fn extend(value: &mut Value, more: Value) {
    let (Value::Object(fields), Value::Object(more)) = (value, more) else { panic!("two objects") };
    fields.extend(more);
}
