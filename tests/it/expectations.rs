//! Cells of which the matrix expects a failure.

use crate::failures_core::{EMPTY, matrix, workspace};
use crate::support::Verdict;

const WRONG: &str = "void setup() { missing(); }\nvoid loop() {}\n";

#[test]
fn an_expected_failure_passes_and_what_is_not_expected_fails_and_says_so() {
    let text = matrix(
        "sketches:\n  - s/*\n  - {path: s/Fails, expect: fail, reason: no DAC}\n  - {path: s/Known, expect: \
         known-failure, until: 2999-01-31, reason: waits}\n  - {path: s/Passes, expect: {known-failure: {reason: \
         fixed}}}\n  - {path: s/Expired, expect: known-failure, until: 2020-01-31}\n",
    );
    let workspace = workspace()
        .sketch("s/Fails", WRONG)
        .sketch("s/Known", WRONG)
        .sketch("s/Passes", EMPTY)
        .sketch("s/Expired", WRONG)
        .file("m.yml", text);
    let good = ["run", "m.yml", "-s", "Fails", "-s", "Known"];
    // The second run answers from stored failures.
    for _ in 0..2 {
        let run = workspace.run(good).assert_exit(0).assert_stdout("2 expected-failure");
        let run = run
            .assert_stderr("expected failure: no DAC")
            .assert_stderr("known failure until 2999-01-31: waits");
        let junit = run.reports().junit();
        assert!(junit.cases().all(|case| matches!(case.verdict, Verdict::Passed)), "{junit:?}");
        let text = run.reports().text("junit.xml");
        assert!(text.contains("known failure until 2999-01-31: waits") && text.contains("missing"), "{text}");
        let timing = run.reports().timing();
        let jobs = timing["jobs"].as_array().unwrap().iter();
        let outcomes: Vec<_> = jobs.filter(|job| job["kind"] == "cell").map(|job| &job["outcome"]).collect();
        assert_eq!(outcomes, ["expected-failure"; 2]);
    }
    let run = workspace.run(["run", "m.yml"]).assert_exit(1);
    let junit = run.reports().junit();
    for (sketch, begins) in [
        ("s/Passes", "unexpected pass: the matrix expects a failure (known failure: fixed)"),
        ("s/Expired", "expired (known failure until 2020-01-31): "),
    ] {
        let Verdict::Failure { message, .. } = &junit.case("uno", sketch).verdict else { panic!("{sketch}") };
        assert!(message.contains(begins), "{message}");
    }
    run.assert_stderr("unexpected pass").assert_stdout("2 expected-failure");
    // Nothing is expected any more: the same code fails without a compiler.
    let plain = matrix("sketches: [s/*]\n");
    let run = workspace.file("m.yml", plain).run(["run", "m.yml", "-s", "Known"]).assert_exit(1);
    assert_eq!(run.steps(), Vec::<String>::new());
}
