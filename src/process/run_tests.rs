use std::path::Path;

use super::super::environment::Environment;
use super::super::marker::RunMarker;
use super::*;

fn process(script: &str, directory: &Path) -> Process {
    Process {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        cwd: directory.to_owned(),
        environment: Environment::new(directory),
    }
}

#[test]
fn a_bare_name_is_looked_for_where_the_system_has_its_tools() {
    let environment = Environment::new(Path::new("/tmp"));
    let find = |program: &str| environment.find(Path::new(program), Path::is_file);
    let shell = find("sh").unwrap();
    assert!(shell.is_absolute() && shell.ends_with("sh"), "{shell:?}");
    assert_eq!(find("/bin/sh").unwrap(), Path::new("/bin/sh"));
    assert_eq!(find("no-such-program"), None);
    assert_eq!(find("/bin/no-such-program"), None);
}

#[tokio::test]
async fn captures_output_code_and_a_clean_environment() {
    let directory = tempfile::tempdir().unwrap();
    let finished = run(
        &process("env; echo oops >&2; exit 3", directory.path()),
        &CancellationToken::new(),
        &Transcript::default(),
        &Meter::default(),
    )
    .await
    .unwrap();
    let stdout = String::from_utf8(finished.stdout).unwrap();
    let mut names: Vec<_> = stdout.lines().filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["LC_ALL", "PATH", "TMPDIR"]);
    assert_eq!(finished.stderr, b"oops\n");
    assert_eq!(finished.end, ProcessEnd::Exited(3));
}

#[tokio::test]
async fn what_prints_without_end_is_ended_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let child = directory.path().join("child");
    let limit = OutputLimit(10_000_000);
    for output in ["cat /dev/zero", "cat /dev/zero >&2"] {
        let script = format!("sleep 600 & echo $! > {}; {output}", child.display());
        let (cancel, transcript) = (CancellationToken::new(), Transcript::new(limit));
        let finished =
            run(&process(&script, directory.path()), &cancel, &transcript, &Meter::default()).await.unwrap();
        assert_eq!(finished.end, ProcessEnd::Flooded(limit));
        let kept = finished.stdout.len() + finished.stderr.len();
        assert!((2_000_000..2_000_200).contains(&kept), "{kept}");
        assert!((8_000_000..9_000_000).contains(&finished.omitted), "{}", finished.omitted);
        assert_eq!(transcript.take(), "", "it is the result, and no part of the transcript");
        assert_ends(&child).await;
    }
}

#[test]
fn temporary_files_of_compilers_have_always_the_same_name() {
    let environment = Environment::new(Path::new("/w/tmp"));
    let settle = |text: &str| String::from_utf8(environment.settle_names(text.into())).unwrap();
    assert_eq!(
        settle("/w/tmp/ccAb12Xy.s:3: Error: x\n/usr/bin/ld: /w/tmp/cc000000.ltrans0.ltrans.o: y"),
        "/w/tmp/ccXXXXXX.s:3: Error: x\n/usr/bin/ld: /w/tmp/ccXXXXXX.ltrans0.ltrans.o: y"
    );
    for other in ["/s/ccdriver.cpp:1", "/w/tmp/cc1.s: x", "/w/tmp/ccab", "/other/w/ccAb12Xy.s"] {
        assert_eq!(settle(other), other);
    }
}

#[test]
fn no_key_depends_on_which_run_starts_a_process() {
    let (work, other) = (Path::new("/w"), Path::new("/o"));
    let environment = Environment::new(Path::new("/w/tmp"));
    let marked = environment.marked(&RunMarker::new(work, other));
    assert_ne!(marked, environment);
    assert!(marked.keyed().eq(environment.keyed()));
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = process("", directory.path());
    process.program = "/nowhere/avr-gcc".into();
    let error = run(&process, &CancellationToken::new(), &Transcript::default(), &Meter::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ProcessError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn what_lies_in_the_pipe_at_an_interrupt_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (transcript, cancel) = (Transcript::default(), CancellationToken::new());
    let said = directory.path().join("said");
    let process = process(&format!("echo begun; touch {}; sleep 60", said.display()), directory.path());
    let meter = Meter::default();
    let running = run(&process, &cancel, &transcript, &meter);
    let interrupting = async {
        while !said.exists() {
            tokio::task::yield_now().await;
        }
        // The one thread of this runtime has read nothing since.
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(running, interrupting);
    assert!(matches!(ended, Err(ProcessError::Cancelled)));
    assert_eq!(transcript.take(), "begun\n");
}

#[tokio::test]
async fn a_timeout_ends_grandchildren_and_keeps_what_was_printed() {
    let directory = tempfile::tempdir().unwrap();
    let transcript = Transcript::default();
    let marker = directory.path().join("grandchild");
    let script = format!("echo begun; sh -c 'echo $$ > {}; sleep 60' & wait", marker.display());
    let process = process(&script, directory.path());
    let cancel = CancellationToken::new();
    let meter = Meter::default();
    let running = run(&process, &cancel, &transcript, &meter);
    assert!(tokio::time::timeout(Duration::from_millis(500), running).await.is_err());
    assert_eq!(transcript.take(), "begun\n");
    assert_ends(&marker).await;
}

/// Fails unless the process with the number in this file ends.
async fn assert_ends(file: &Path) {
    let pid = std::fs::read_to_string(file).unwrap();
    let status = Path::new("/proc").join(pid.trim()).join("stat");
    for _ in 0..100 {
        // A killed orphan may stay a zombie for as long as it is not reaped.
        if std::fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the grandchild is still alive");
}
