//! The firmware merged with the board's bootloader follows changes of both. Its bytes are compared with arduino-cli's in
//! `arduino::platform_cases`.

use std::fs;

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::Workspace;

const MERGED: [&str; 2] = ["S.ino.with_bootloader.hex", "S.ino.with_bootloader.bin"];

/// Runs the project; the merged files that it then has.
fn merged(workspace: &Workspace) -> [Option<Vec<u8>>; 2] {
    let run = workspace.run(["run", "m.yml"]).assert_exit(0);
    let cell = run.workspace.path(".fbuild-matrix/cells/uno/s/S");
    MERGED.map(|name| fs::read(cell.join(name)).ok())
}

#[test]
fn merged_firmware_follows_the_bootloader() {
    let empty = workspace();
    let mut boards = fs::read_to_string(empty.path("core/boards.txt")).unwrap();
    boards.push_str("uno.bootloader.file=mini/boot.hex\n");
    let workspace =
        empty.sketch("s/S", EMPTY).file("m.yml", matrix("sketches: [s/S]\n")).file("core/boards.txt", boards);
    assert_eq!(merged(&workspace), [None, None]);
    let boot = "core/bootloaders/mini/boot.hex";
    let workspace = workspace.file(boot, ":017E000001 80\n:00000001FF\n".replace(' ', ""));
    let [first, bin] = merged(&workspace);
    let text = String::from_utf8(first.clone().unwrap()).unwrap();
    assert!(text.starts_with(":020000040000FA\n") && text.contains("\n:017E00000180\n"), "{text}");
    assert_eq!(bin.map(|bin| (bin.len(), bin.last().copied())), Some((0x7e01, Some(1))));
    // The merged files are firmware: they come back when they are lost.
    fs::remove_dir_all(workspace.path(".fbuild-matrix/cells")).unwrap();
    assert_eq!(merged(&workspace)[0], first);
    let workspace = workspace.file(boot, ":017E0000027F\n:00000001FF\n");
    let second = merged(&workspace)[0].clone();
    assert!(second.is_some() && second != first);
    fs::remove_file(workspace.path(boot)).unwrap();
    assert_eq!(merged(&workspace), [None, None]);
}
