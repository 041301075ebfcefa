//! Random trees, packed by GNU tar and by a writer of zips, come back equal.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::make::packers;
use super::sandbox::{Sandbox, snapshot};

/// A node of a tree.
#[derive(Debug, Clone)]
enum Node {
    File {
        content: Vec<u8>,
        mode: u32,
    },
    Directory,
    /// A symlink to the node of this number.
    Symlink(usize),
    Hardlink(usize),
}

fn node() -> impl Strategy<Value = Node> {
    let modes = prop::sample::select(vec![0o644, 0o755, 0o600, 0o711]);
    let size = prop_oneof![0..3_usize, 500..600_usize, 300_000..300_100_usize];
    let content = (any::<u8>(), size).prop_map(|(seed, size)| {
        let noise = (0..=250_u8).cycle().map(|byte| byte ^ seed);
        noise.take(size).collect()
    });
    prop_oneof![
        4 => (content, modes).prop_map(|(content, mode)| Node::File { content, mode }),
        1 => Just(Node::Directory),
        1 => any::<usize>().prop_map(Node::Symlink),
        1 => any::<usize>().prop_map(Node::Hardlink),
    ]
}

fn tree() -> impl Strategy<Value = BTreeMap<String, Node>> {
    let component = prop_oneof![
        6 => "[a-z0-9_+-]{1,8}",
        1 => "[a-z ]{90,130}",
        1 => "[a-zäöü€]{60,80}",
        1 => "[.][a-z'\"*]{1,5}",
    ];
    let path = prop::collection::vec(component, 1..4).prop_map(|components| components.join("/"));
    prop::collection::btree_map(path, node(), 1..12)
}

/// Writes the tree below `root`. A node with the name of another one's directory is left out.
fn write(root: &Path, tree: &BTreeMap<String, Node>) {
    fs::create_dir(root).unwrap();
    let names: Vec<&String> = tree.keys().collect();
    let mut files: Vec<&String> = Vec::new();
    for (name, node) in tree {
        let path = root.join(name);
        if fs::create_dir_all(path.parent().unwrap()).is_err() || path.symlink_metadata().is_ok() {
            continue;
        }
        let up = "../".repeat(name.matches('/').count());
        match node {
            Node::Directory => fs::create_dir(&path).unwrap(),
            Node::File { content, mode } => {
                fs::write(&path, content).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                files.push(name);
            }
            Node::Symlink(index) => {
                let target = names[index % names.len()];
                // One that leads through itself is a loop, which is refused.
                if matches!(tree[target], Node::File { .. } | Node::Directory) {
                    std::os::unix::fs::symlink(format!("{up}{target}"), &path).unwrap();
                }
            }
            Node::Hardlink(index) if !files.is_empty() => {
                fs::hard_link(root.join(files[index % files.len()]), &path).unwrap();
            }
            Node::Hardlink(_) => {}
        }
    }
}

fn zipped(root: &Path) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(root.parent().unwrap()).unwrap().to_str().unwrap();
        let metadata = entry.path().symlink_metadata().unwrap();
        let options =
            zip::write::SimpleFileOptions::default().unix_permissions(metadata.permissions().mode());
        if metadata.is_dir() {
            writer.add_directory(name, options).unwrap();
        } else if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            writer.add_symlink(name, target.to_str().unwrap(), options).unwrap();
        } else {
            writer.start_file(name, options).unwrap();
            writer.write_all(&fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_packed_tree_comes_back_equal(tree in tree()) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("pkg");
        write(&root, &tree);
        let expected = snapshot(&root);
        for format in ["gnu", "posix"] {
            let file = directory.path().join("pkg.tar");
            let mut tar = Command::new("tar");
            tar.arg(format!("--format={format}")).arg("-cf").arg(&file);
            assert!(tar.arg("-C").arg(directory.path()).arg("pkg").status().unwrap().success());
            let bytes = fs::read(&file).unwrap();
            for (ending, pack) in packers() {
                let sandbox = Sandbox::new();
                sandbox.extract(&format!("pkg.{ending}"), &pack(&bytes)).unwrap();
                prop_assert_eq!(sandbox.extracted(), expected.clone(), "{} {}", format, ending);
                sandbox.check_outside(&format!("pkg.{ending}"));
            }
        }
        let sandbox = Sandbox::new();
        sandbox.extract("pkg.zip", &zipped(&root)).unwrap();
        prop_assert_eq!(sandbox.extracted(), expected);
    }
}
