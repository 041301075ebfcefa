use serde_json::json;

use super::*;

fn contexts() -> Contexts {
    let object = |value: Value| value.as_object().unwrap().clone();
    Contexts {
        inputs: object(json!({"all": "true"})),
        matrix: object(json!({
            "board": {"fqbn": "arduino:avr:uno", "artifact-name-suffix": "uno"},
            "list": [{"a": 1}, {"a": 2}],
            "empty": "",
            "lines": "- name: A\n- name: B\n",
        })),
        env: object(json!({"PATHS": "- examples/A\n"})),
    }
}

#[test]
fn values_of_real_workflows() {
    for (text, value) in [
        ("${{ matrix.board.fqbn }}", json!("arduino:avr:uno")),
        ("${{matrix['board'].Artifact-Name-Suffix}}", json!("uno")),
        ("- source-path: ./\n${{ matrix.lines }}", json!("- source-path: ./\n- name: A\n- name: B\n")),
        ("${{ env.PATHS }}\n${{ matrix.none }}\n", json!("- examples/A\n\n\n")),
        ("arduino:avr:${{ matrix.none.deeper || 'nano' }}", json!("arduino:avr:nano")),
        ("${{ matrix.empty && 'x' || format('{0}-{1}{{}}', 1.5, true) }}", json!("1.5-true{}")),
        ("${{ github.workspace }}/libs", json!("./libs")),
        ("${{ matrix.board }}", json!({"fqbn": "arduino:avr:uno", "artifact-name-suffix": "uno"})),
        ("a ${{ matrix.board }}", json!("a Object")),
        ("${{ join(matrix.list.*.a, ' ') }}", json!("1 2")),
        ("${{ matrix.list[1].a }}", json!(2)),
        ("${{ fromJSON('[\"a\", 2]') }}", json!(["a", 2])),
        ("${{ toJSON(matrix.list[0]) }}", json!("{\n  \"a\": 1\n}")),
        ("${{ 'it''s }} text' }}", json!("it's }} text")),
        ("no expression", json!("no expression")),
    ] {
        assert_eq!(contexts().interpolate(text), Ok(value), "{text}");
    }
}

#[test]
fn conditions() {
    for (text, holds) in [
        ("startsWith(matrix.board.fqbn, 'ARDUINO:')", true),
        ("${{ contains(matrix.board.fqbn, 'sam') }}", false),
        ("matrix.board.fqbn == 'Arduino:avr:UNO' && !failure()", true),
        ("matrix.board.fqbn != 'arduino:avr:uno'", false),
        ("inputs.all == 'true' || inputs.some", true),
        ("matrix.none == ''", true),
        ("1 < 2 && 2 >= 0x2 && '10' > 9", true),
        ("(1 == 1) == false", false),
        ("matrix.list == matrix.list", false),
        // A value that only GitHub knows may be anything.
        ("github.event_name == 'push'", true),
        ("steps.x.outputs.y", true),
        ("false && github.event_name", false),
        ("not an expression", true),
    ] {
        assert_eq!(contexts().may_hold(Some(&json!(text))), holds, "{text}");
    }
    assert!(contexts().may_hold(None));
    assert!(!contexts().may_hold(Some(&json!(false))));
}

#[test]
fn values_of_github_alone_are_unknown() {
    for (text, name) in [
        ("${{ needs.list.outputs.boards }}", "needs.list"),
        ("${{ secrets.GITHUB_TOKEN }}", "secrets.GITHUB_TOKEN"),
        ("x ${{ env.NONE }}", "env.NONE"),
        ("${{ hashFiles('**') }}", "hashfiles()"),
        ("${{ github }}", "github"),
    ] {
        assert_eq!(contexts().interpolate(text), Err(ExpressionError::Unknown(name.to_owned())), "{text}");
    }
    assert_eq!(contexts().interpolate("${{ 'a' || needs.x }}"), Ok(json!("a")));
}

#[test]
fn wrong_expressions_are_errors() {
    let deep = format!("${{{{ {}1{} }}}}", "(".repeat(1000), ")".repeat(1000));
    let nots = format!("${{{{ {}1 }}}}", "!".repeat(1000));
    let chain = format!("${{{{ a{} }}}}", ".b".repeat(1000));
    let long = format!("${{{{ {} }}}}", vec!["0"; 1000].join("||"));
    let bomb = format!("${{{{ {}'0123456789'{} }}}}", "format('{0}{0}', ".repeat(35), ")".repeat(35));
    let texts = "${{ env.PATHS }}".repeat(1 << 17);
    for text in [
        "${{ a",
        "${{ }}",
        "${{ 1 2 }}",
        "${{ a. }}",
        "${{ f(1 }}",
        "${{ 'x }}",
        "${{ 1x }}",
        &deep,
        &nots,
        &chain,
        &long,
        &bomb,
        &texts,
    ] {
        let result = contexts().interpolate(text);
        assert!(matches!(result, Err(ExpressionError::Syntax { .. })), "{text}: {result:?}");
    }
}

proptest::proptest! {
    /// No text makes the parser panic.
    #[test]
    fn every_text_is_read(text in "[a-c.'\\[\\]()!&|=<>*, 0-9{}$-]{0,40}") {
        let _ = contexts().interpolate(&format!("${{{{{text}}}}}"));
        let _ = contexts().interpolate(&text);
    }
}
