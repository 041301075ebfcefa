//! Tools out of Python packages: a package of our own, out of a directory, without a network.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Workspace, repository};

/// The program says what it was called with.
const WHEEL: &str = r##"
import sys, zipfile
info = "py_toy-1.2.dist-info/"
files = {
    "toy.py": "import sys\ndef main():\n    print('toy', *sys.argv[1:])\n",
    "toychain/gcc/bin/cross": "#!/bin/sh\necho cross\n",
    "toychain/lost/bin/cross": "#!/bin/sh\necho cross\n",
    info + "METADATA": "Metadata-Version: 2.1\nName: py-toy\nVersion: 1.2\n",
    info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    info + "entry_points.txt": "[console_scripts]\ntoytool.py = toy:main\n",
    info + "RECORD": "",
}
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100755 if name.startswith("toychain/gcc/bin/") else 0o100644) << 16
        wheel.writestr(entry, text)
import hashlib
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())
"##;

/// A matrix that asks for `tool`.
fn matrix(tool: &str) -> String {
    format!(
        "version: 1\ncores:\n  odd:strange:\n    provider: path\n    path: {}\n    tools:\n      toy: {tool}\n\
         boards: {{oddity: \"odd:strange:rv64imac\"}}\nsketches: [Toy]\n",
        repository("tests/platform/oddity/core").display()
    )
}

struct Bench {
    workspace: Workspace,
    hash: String,
}

impl Bench {
    /// The matrix asks for `tool`.
    fn new(tool: &str) -> Self {
        let workspace =
            Workspace::new().sketch("Toy", "").file("matrix.yml", matrix(tool)).file("wheels/none", "");
        let wheels = workspace.path("wheels");
        let cache = workspace.path("cache");
        let workspace = workspace
            .env("FBUILD_MATRIX_CACHE_DIR", cache.to_str().unwrap())
            .env("PIP_NO_INDEX", "1")
            .env("PIP_FIND_LINKS", wheels.to_str().unwrap());
        let wheel = workspace.path("wheels/py_toy-1.2-py3-none-any.whl");
        let made = Command::new("python3").args(["-c", WHEEL]).arg(wheel).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { workspace, hash: String::from_utf8(made.stdout).unwrap().trim().to_owned() }
    }

    /// The directory of the environment.
    fn environment(&self) -> PathBuf {
        let all = fs::read_dir(self.workspace.path("cache/pypi")).unwrap().map(|entry| entry.unwrap().path());
        let mut all = all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("py-toy-"));
        let found = all.next().unwrap();
        assert_eq!(all.next(), None, "one environment");
        found
    }
}

#[test]
fn a_package_is_brought_in_once() {
    let bench = Bench::new("{pypi: py-toy==1.2}");
    let plan = |more: &[&str]| bench.workspace.run([&["plan", "matrix.yml"], more].concat());
    plan(&["--offline"]).assert_exit(3).assert_stderr("--offline forbids fetching it");
    plan(&[]).assert_exit(0);
    // Its program is there, with and without its `.py`.
    for name in ["toytool", "toytool.py", "bin/toytool.py"] {
        let said = Command::new(bench.environment().join(name)).arg("x").env_clear().output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), "toy x\n", "{name}");
    }
    plan(&["--offline"]).assert_exit(0);

    // What is half there, or was made by a Python that is gone, is made again.
    for broken in ["installed.json", "bin/python3"] {
        fs::remove_file(bench.environment().join(broken)).unwrap();
        plan(&["--offline"]).assert_exit(3);
        plan(&[]).assert_exit(0);
        plan(&["--offline"]).assert_exit(0);
    }
    // Nothing but the cache directory was written to.
    assert_eq!(fs::read_dir(bench.workspace.home()).unwrap().count(), 0);
}

#[test]
fn a_directory_of_a_package_is_a_tool() {
    let bench = Bench::new("{pypi: py-toy==1.2, path: toychain/gcc}");
    let with = |tool: &str, more: &[&str]| {
        let workspace = bench.workspace.clone().file("matrix.yml", matrix(tool));
        workspace.run([&["boards", "matrix.yml", "odd:strange:rv64imac", "--properties"], more].concat())
    };
    let tool = "{pypi: py-toy==1.2, path: toychain/gcc}";
    with(tool, &["--offline"]).assert_exit(3).assert_stderr("--offline forbids fetching it");
    for more in [&[][..], &["--offline"]] {
        let run = with(tool, more).assert_exit(0);
        let path = run.stdout.lines().find_map(|line| line.strip_prefix("runtime.tools.toy.path="));
        let path = Path::new(path.unwrap());
        assert!(path.starts_with(bench.environment()) && path.ends_with("site-packages/toychain/gcc"));
        let said = Command::new(path.join("bin/cross")).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), "cross\n");
    }
    // The environment is the same.
    with("{pypi: py-toy==1.2, path: gcc}", &["--offline"])
        .assert_exit(3)
        .assert_stderr("tool py-toy==1.2 from PyPI: `site-packages` has no directory `gcc`")
        .assert_stderr("with a `bin` in the matrix: `toychain/gcc`, `toychain/lost`");
    with("{pypi: py-toy==1.2, path: toychain/lost}", &["--offline"])
        .assert_exit(3)
        .assert_stderr("toychain/lost/bin/cross is not executable");
}

#[test]
fn a_lock_file_holds() {
    let bench = Bench::new("{pypi: py-toy==1.2, lock: toy.txt}");
    let plan = || bench.workspace.run(["plan", "matrix.yml"]);
    plan().assert_exit(3).assert_stderr("toy.txt");
    let lock = |text: &str| fs::write(bench.workspace.path("toy.txt"), text).unwrap();
    lock("py_toy==1.1 --hash=sha256:00\n");
    plan().assert_exit(3).assert_stderr("pins py-toy==1.1 where the matrix says py-toy==1.2");
    lock(&format!("py_toy==1.2 \\\n    --hash=sha256:{}\n", "0".repeat(64)));
    plan().assert_exit(3).assert_stderr("DO NOT MATCH THE HASHES");
    lock("py_toy==1.2\n");
    plan().assert_exit(3).assert_stderr("--require-hashes");
    lock(&format!("py_toy==1.2 \\\n    --hash=sha256:{}\n", bench.hash));
    plan().assert_exit(0);
}

#[test]
fn what_is_missing_is_said() {
    let bench = Bench::new("{pypi: py-toy==1.3}");
    let plan = |workspace: &Workspace| workspace.run(["plan", "matrix.yml"]).assert_exit(3);
    plan(&bench.workspace)
        .assert_stderr("No matching distribution found for py-toy==1.3")
        .assert_stderr("pip.conf");
    // A machine that has neither Python nor apt.
    let bench = Bench::new("{pypi: py-toy==1.2}");
    let workspace = bench.workspace.clone().file("bin/none", "");
    let bin = workspace.path("bin");
    let workspace = workspace.env("PATH", bin.to_str().unwrap());
    plan(&workspace).assert_stderr("needs Python 3.8 or newer").assert_stderr("apt-get install python3");
    // One whose Python can't make environments.
    symlink("/bin/false", bin.join("python3")).unwrap();
    plan(&workspace).assert_stderr("needs Python 3.8 or newer");
}

/// Makes a source package, `py-src` 2.0, which is built by `py-toy` and depends on it: a build system in one file.
const SOURCES: &str = r#"
import io, sys, tarfile
backend = """
import zipfile
def build_wheel(directory, settings=None, metadata=None):
    import toy
    info = 'py_src-2.0.dist-info/'
    files = {
        'srctool.py': 'def main():\\n    print("src")\\n',
        info + 'METADATA': 'Metadata-Version: 2.1\\nName: py-src\\nVersion: 2.0\\nRequires-Dist: py-toy\\n',
        info + 'WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
        info + 'entry_points.txt': '[console_scripts]\\nsrctool = srctool:main\\n',
        info + 'RECORD': '',
    }
    name = 'py_src-2.0-py3-none-any.whl'
    with zipfile.ZipFile(directory + '/' + name, 'w') as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""
files = {
    "pyproject.toml": "[build-system]\nrequires = ['py-toy']\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
    "backend.py": backend,
    "PKG-INFO": "Metadata-Version: 2.1\nName: py-src\nVersion: 2.0\n",
}
with tarfile.open(sys.argv[1], "w:gz") as archive:
    for name, text in files.items():
        entry = tarfile.TarInfo("py_src-2.0/" + name)
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
"#;

#[test]
fn the_lock_file_of_the_matrix_has_all_packages() {
    let bench = Bench::new("{pypi: py-src==2.0}");
    let made = Command::new("python3")
        .args(["-c", SOURCES])
        .arg(bench.workspace.path("wheels/py_src-2.0.tar.gz"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run = |words: &[&str]| bench.workspace.run(words);
    let lock = bench.workspace.path("matrix.lock");
    run(&["plan", "matrix.yml", "--locked"])
        .assert_exit(3)
        .assert_stderr("py-src==2.0 are not in the lock file");
    run(&["core", "lock", "matrix.yml"]).assert_exit(0).assert_stdout("added: package py-toy 1.2");
    let text = fs::read_to_string(&lock).unwrap();
    for part in [
        "environment = [\"py-src==2.0\"]",
        "name = \"py-src\"\nversion = \"2.0\"",
        "py_src-2.0.tar.gz",
        &bench.hash,
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    assert!(
        !text.contains(bench.workspace.path("wheels").to_str().unwrap()),
        "no path of this machine: {text}"
    );
    let checked = || run(&["core", "install", "matrix.yml", "--check"]).assert_exit(0).stdout;
    assert!(checked().contains("missing: package py-toy 1.2"), "{}", checked());
    run(&["plan", "matrix.yml", "--locked"]).assert_exit(0);
    assert!(checked().contains("nothing is missing"), "{}", checked());

    // A newer release of a dependency is not in the lock file, so it is not installed; `--update` takes it.
    let hash = checked();
    let newer = WHEEL.replace("1.2", "1.3");
    let wheel = bench.workspace.path("wheels/py_toy-1.3-py3-none-any.whl");
    let made = Command::new("python3").args(["-c", &newer]).arg(wheel).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::remove_dir_all(bench.workspace.path("cache/pypi")).unwrap();
    run(&["core", "install", "matrix.yml", "--locked"]).assert_exit(0);
    assert_eq!(checked(), hash);
    run(&["core", "lock", "matrix.yml", "--update", "py-src"]).assert_exit(0).assert_stdout("unchanged");
    run(&["core", "lock", "matrix.yml", "--update", "py-toy"])
        .assert_exit(0)
        .assert_stdout("changed: package py-toy 1.2 to 1.3");
    assert_ne!(checked(), hash);

    // A file that differs from the lock file is refused.
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace("sha256 = \"", "sha256 = \"0")).unwrap();
    run(&["plan", "matrix.yml", "--locked"]).assert_exit(3).assert_stderr("fbuild-matrix core lock");
}
