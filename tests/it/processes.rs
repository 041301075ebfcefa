//! What a run starts, seen from outside: compilers in groups of their own, nothing else, and nothing
//! that outlives it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::failures_core::{EMPTY, assert_gone, core, script, tools, workspace};
use crate::reports::{assert_times_add_up, assert_trace_is_nested};
use crate::support::{Finished, Verdict, Workspace, files_below};

/// A process as `/proc` shows it.
#[derive(Debug, Clone)]
struct Seen {
    pid: i32,
    parent: i32,
    group: i32,
    name: String,
}

/// All processes of this moment.
fn processes() -> BTreeMap<i32, Seen> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            // One that has ended meanwhile is no longer there to be read.
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            let mut fields = rest.split_whitespace().skip(1);
            let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            Some((pid, Seen { pid, parent, group, name: name.to_owned() }))
        })
        .collect()
}

/// The descendants of a process.
fn descendants(root: i32) -> Vec<Seen> {
    let all = processes();
    let comes_from = |seen: &Seen| {
        let mut at = seen;
        while let Some(parent) = all.get(&at.parent) {
            if parent.pid == root {
                return true;
            }
            at = parent;
        }
        false
    };
    all.values().filter(|seen| comes_from(seen)).cloned().collect()
}

/// Processes whose command line or current directory is in the workspace.
pub(crate) fn at_work_in(workspace: &Workspace) -> Vec<String> {
    let directory = workspace.path("").parent().unwrap().display().to_string();
    processes()
        .keys()
        .filter_map(|pid| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let words = String::from_utf8_lossy(&words).replace('\0', " ");
            let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
            let here = words.contains(&directory) || cwd.starts_with(&directory);
            here.then(|| format!("{pid}: {words}"))
        })
        .collect()
}

pub(crate) fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    let mut command = workspace.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub(crate) fn pid(child: &Child) -> i32 {
    i32::try_from(child.id()).unwrap()
}

pub(crate) fn finish(child: Child, workspace: &Workspace) -> Finished {
    Finished::new(workspace.clone(), &child.wait_with_output().unwrap())
}

const AVR: &str = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards: {uno: \"arduino:avr:uno\"}\nsketches: [\"s/*\"]\n";
const SERIAL: &str = "void setup() { Serial.begin(9600); }\nvoid loop() { Serial.println(millis()); }\n";

/// What a build of this core starts, and what it is in the moment between fork and exec.
const EXPECTED: &[&str] = &[
    // A thread of the cache's that starts compilers.
    "running-process",
    "avr-gcc",
    "avr-g++",
    "cc1",
    "cc1plus",
    "as",
    "collect2",
    "ld",
    "lto1",
    "lto1-wpa",
    "lto1-ltrans",
    "lto-wrapper",
    "avr-gcc-ar",
    "avr-ar",
    "ar",
    "avr-objcopy",
    "avr-size",
    "fbuild-matrix",
    "tokio-rt-worker",
    "tokio-runtime-w",
    "signal-listener",
    // Lists the files of the checkout, for the records that `--changed-since` needs.
    "git",
];

/// Everything that a cold run starts, as often as it can be looked at while it goes.
fn watch(arguments: &[&str]) -> (i32, BTreeMap<i32, Seen>) {
    let workspace = Workspace::new().sketch("s/A", SERIAL).sketch("s/B", SERIAL).file("m.yml", AVR);
    let mut child = start(&workspace, arguments);
    let own = pid(&child);
    let mut seen = BTreeMap::new();
    while child.try_wait().unwrap().is_none() {
        seen.extend(descendants(own).into_iter().map(|it| ((it.pid), it)));
    }
    finish(child, &workspace).assert_exit(0);
    assert_eq!(at_work_in(&workspace), Vec::<String>::new(), "nothing outlives the run");
    (own, seen)
}

/// Watches a run that must start compilers and nothing else.
fn only_compilers(arguments: &[&str]) -> (i32, BTreeMap<i32, Seen>) {
    let (own, seen) = watch(arguments);
    let names: Vec<&str> = seen.values().map(|it| it.name.as_str()).collect();
    let links = names.iter().any(|name| name.starts_with("lto1"));
    assert!(names.contains(&"cc1plus") && links, "too little was seen: {names:?}");
    let strange: Vec<&&str> = names.iter().filter(|name| !EXPECTED.contains(name)).collect();
    assert!(strange.is_empty(), "a run starts compilers, and neither shells nor daemons: {strange:?}");
    (own, seen)
}

/// zccache starts compilers itself and has no say for their process group; that their trees end with
/// the run all the same is what the tests of interrupts and timeouts show.
#[test]
fn a_run_with_the_cache_starts_only_compilers() {
    only_compilers(&["run", "m.yml"]);
}

#[test]
fn a_run_without_the_cache_starts_only_compilers_in_groups_of_their_own() {
    let (own, seen) = only_compilers(&["run", "m.yml", "--no-cache"]);
    // The group of this test is that of the program: a Ctrl-C that the terminal sends to it is ours to handle.
    let ours = processes()[&i32::try_from(std::process::id()).unwrap()].group;
    let sharing: Vec<&Seen> = seen
        .values()
        .filter(|it| it.name.starts_with("cc1") || it.name.starts_with("lto"))
        .filter(|it| it.group == ours || it.group == own)
        .collect();
    assert!(sharing.is_empty(), "compilers in the program's own process group: {sharing:?}");
}

/// A compiler that hangs on the sketch `Slow`, in a matrix with two others.
pub(crate) fn hanging() -> Workspace {
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *Slow.ino.cpp*)\necho begun\nsleep 600 &\necho $! > \"$0.child\"\necho $$ > \"$0.new\"\nmv \"$0.new\" \"$0.pid\"\nwait\n;; esac\nexec \"{}\" \"$@\"\n",
        tools().join("bin/avr-g++").display()
    );
    let workspace =
        script(workspace(), "slow", &text).sketch("A", EMPTY).sketch("Slow", EMPTY).sketch("Z", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{slow}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [A, Slow, Z]\n", core());
    workspace.file("m.yml", matrix)
}

/// Waits for something that happens in a run; a run that never gets there fails the test.
#[track_caller]
pub(crate) fn wait_for(what: &str, child: &mut Child, happened: impl Fn() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        if let Some(status) = child.try_wait().unwrap() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it ended ({status}) before {what}:\n{said}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("waited in vain for {what}");
}

fn interrupted(arguments: &[&str], signal: Signal, code: i32) {
    let workspace = hanging();
    let mut child = start(&workspace, arguments);
    wait_for("the compiler", &mut child, || workspace.path("slow.pid").exists());
    kill_process(Pid::from_raw(pid(&child)).unwrap(), signal).unwrap();
    let run = finish(child, &workspace).assert_exit(code);
    let junit = run.reports().junit();
    let mut names: Vec<&str> = junit.cases().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "Slow", "Z"], "every selected cell is told");
    match &junit.case("uno", "Slow").verdict {
        Verdict::Error { message, body } => {
            assert!(message.contains("interrupted"), "{message}");
            assert_eq!(body.trim(), "begun", "what the compiler had printed is kept");
        }
        other => panic!("{other:?}"),
    }
    let events = run.reports().events();
    assert_eq!(events.last().unwrap()["exit"], code);
    let cut_short: Vec<_> = events.iter().filter(|event| event["cut_short"] == true).collect();
    assert!(cut_short.iter().any(|step| step["label"] == "Slow.ino.cpp"), "the step is told: {cut_short:?}");
    assert_times_add_up(&run, 1, 3);
    assert_trace_is_nested(&run);
    for file in ["pid", "child"] {
        assert_gone(&workspace.path(format!("slow.{file}")));
    }
    // And the next run is right.
    let text = fs::read_to_string(workspace.path("m.yml"))
        .unwrap()
        .replace("sketches: [A, Slow, Z]", "sketches: [A, Z]");
    workspace.file("rest.yml", text).run(["run", "rest.yml"]).assert_exit(0);
}

#[test]
fn an_interrupt_ends_compilers_and_tells_every_cell() {
    interrupted(&["run", "m.yml", "--no-cache"], Signal::INT, 130);
}

#[test]
fn an_interrupt_ends_compilers_that_the_cache_started() {
    interrupted(&["run", "m.yml"], Signal::INT, 130);
}

#[test]
fn a_termination_ends_compilers_and_tells_every_cell() {
    interrupted(&["run", "m.yml", "--no-cache"], Signal::TERM, 143);
}

/// A compiler that does not even say what it is. It is asked many things at once: each question writes a
/// file of its own before it takes the name that is waited for.
#[test]
fn an_interrupt_ends_a_question_to_a_compiler() {
    let text = "echo $$ > \"$0.$$\"\nmv \"$0.$$\" \"$0.pid\"\nexec sleep 600\n";
    let workspace = script(workspace(), "bin/avr-g++", text).sketch("A", EMPTY);
    let program = workspace.path("bin/avr-g++");
    let boards = format!(
        "boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{}\"}}}}\n",
        program.display()
    );
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [A]\n", core());
    let workspace = workspace.file("m.yml", matrix);
    let mut child = start(&workspace, &["run", "m.yml"]);
    let pid_file = workspace.path("bin/avr-g++.pid");
    wait_for("the question", &mut child, || pid_file.exists());
    kill_process(Pid::from_raw(pid(&child)).unwrap(), Signal::INT).unwrap();
    let mut ended = false;
    for _ in 0..1000 {
        ended = child.try_wait().unwrap().is_some();
        if ended {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    if !ended {
        child.kill().unwrap();
    }
    assert!(ended, "the run waits for a compiler that does not answer");
    finish(child, &workspace).assert_exit(130);
    assert_gone(&pid_file);
}

/// The temporary files below a directory.
pub(crate) fn temporary(directory: &Path) -> Vec<String> {
    let found = files_below(directory, "tmp");
    found.keys().map(|path| path.display().to_string()).collect()
}
