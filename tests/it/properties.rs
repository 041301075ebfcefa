//! `properties` of the matrix reach the compiler: replaced, appended to at each level, and never without what the
//! provider needs.

use crate::support::Workspace;

/// A sketch that compiles only with these macros; other cores' sources need what the provider sets.
fn sketch(name: &str, conditions: &str) -> (String, String) {
    let text = format!("#if !({conditions})\n#error not so\n#endif\nvoid setup() {{}}\nvoid loop() {{}}\n");
    (format!("s/{name}/{name}.ino"), text)
}

fn workspace(matrix: &str, sketches: &[(String, String)]) -> Workspace {
    let workspace = Workspace::new().file("m.yml", matrix);
    sketches.iter().fold(workspace, |workspace, (path, text)| workspace.file(path, text))
}

#[test]
fn a_property_of_the_user_does_not_remove_what_the_provider_needs() {
    let matrix = "version: 1\ncores:\n  arduino:avr:\n    provider: apt\n    properties: {compiler.cpp.extra_flags: -DMINE=1}\n\
                  boards: {uno: arduino:avr:uno}\nsketches: [s/A]\n";
    let workspace = workspace(matrix, &[sketch("A", "MINE == 1 && defined(DECIMAL_DIG)")]);
    workspace.run(["run", "m.yml"]).assert_exit(0);
}

#[test]
fn levels_append_in_order() {
    let matrix = "version: 1\ncores:\n  arduino:avr:\n    provider: apt\n    properties: {compiler.cpp.extra_flags+: -DCORE=1 -DLAST=1}\n\
                  boards:\n  uno:\n    fqbn: arduino:avr:uno\n    properties: {compiler.cpp.extra_flags+: -DBOARD=1 -ULAST -DLAST=2}\n\
                  sketches:\n  - path: s/All\n    properties: {compiler.cpp.extra_flags+: -DSKETCH=1 -ULAST -DLAST=3}\n\
                  \x20 - path: s/Only\n    properties: {compiler.cpp.extra_flags: -DONLY=1}\n\
                  \x20 - path: s/Around\n    properties: {compiler.cpp.extra_flags: \"-DBEFORE=1 {compiler.cpp.extra_flags} -DAFTER=1\"}\n\
                  include:\n  - {sketch: s/Extra, board: uno, properties: {compiler.cpp.extra_flags+: -DEXTRA=1}}\n";
    let sketches = [
        sketch("All", "CORE && BOARD && SKETCH && LAST == 3 && defined(DECIMAL_DIG)"),
        sketch("Only", "!defined(CORE) && !defined(BOARD) && ONLY && defined(DECIMAL_DIG)"),
        sketch("Around", "CORE && BOARD && BEFORE && AFTER && LAST == 2"),
        sketch("Extra", "CORE && BOARD && EXTRA && LAST == 2"),
    ];
    workspace(matrix, &sketches).run(["run", "m.yml"]).assert_exit(0);
}

#[test]
fn tags_select() {
    let matrix = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\n\
                  boards:\n  uno: arduino:avr:uno\n  mega: {fqbn: \"arduino:avr:mega\", tags: [large]}\nsketches: [s/A]\n";
    let workspace = workspace(matrix, &[sketch("A", "1")]);
    let large = workspace.run(["plan", "m.yml", "--filter", "tag = 'large'"]).assert_exit(0);
    large.assert_stdout("mega").assert_stdout("1 cell (");
    let others = workspace.run(["plan", "m.yml", "-E", "tag != 'large'"]).assert_exit(0);
    others.assert_stdout("uno").assert_stdout("1 cell (");
    workspace
        .run(["plan", "m.yml", "-E", "tag = 'lrage'"])
        .assert_exit(2)
        .assert_stderr("did you mean `large`?");
    workspace.run(["plan", "m.yml", "-E", "flsh < 64K"]).assert_exit(2).assert_stderr("`flsh` is not known");
}
