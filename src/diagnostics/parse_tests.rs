//! Tests of splitting the output of tools into diagnostics.

use super::*;
use crate::diagnostics::count_warnings;

/// Returns each entry as a line: severity, place, message, and the number of lines before and after its head.
fn told(printed: &str) -> Vec<String> {
    let one = |entry: &Entry<'_>| match entry {
        Entry::Text(line) => format!("text {line}"),
        Entry::Summary(line) => format!("summary {line}"),
        Entry::Diagnostic(it) => {
            let word = if it.severity == Severity::Error { "error" } else { "warning" };
            let place = it.location.as_ref().map(|at| format!("{}:{}", at.file.display(), at.line));
            let (before, after) = (it.context.len(), it.details.len());
            format!("{word} {} {} -{before} +{after}", place.as_deref().unwrap_or("?"), it.message)
        }
    };
    parse(printed).iter().map(one).collect()
}

#[test]
fn gcc() {
    let printed = "\
In file included from /s/A.ino:1:0:
/l/L.h: In function 'int f()':
/l/L.h:3:7: warning: unused variable 'x' [-Wunused-variable]
   int x;
       ^
/l/L.h:4:3: error: 'y' was not declared in this scope
   y;
   ^
/l/L.h:4:3: note: suggested alternative: 'x'
/s/A.ino: In function 'void setup()':
/s/A.ino:5:1: error: expected ';' before '}' token
 }
 ^
compilation terminated.
";
    assert_eq!(
        told(printed),
        [
            "warning /l/L.h:3 unused variable 'x' [-Wunused-variable] -2 +2",
            "error /l/L.h:4 'y' was not declared in this scope -2 +3",
            "error /s/A.ino:5 expected ';' before '}' token -1 +2",
            "summary compilation terminated.",
        ]
    );
    let entries = parse(printed);
    let Entry::Diagnostic(second) = &entries[1] else { panic!("{entries:?}") };
    // The compiler printed these for the warning before it.
    assert_eq!(second.context, ["In file included from /s/A.ino:1:0:", "/l/L.h: In function 'int f()':"]);
    assert_eq!(count_warnings(printed), 1);
}

#[test]
fn includes_over_several_lines() {
    let printed = "\
In file included from /l/A.h:2:0,
                 from /s/S.ino:1:
/l/B.h:1:2: error: #error no board
 #error no board
  ^
/l/C.h:1:1: error: 'x' does not name a type
";
    assert_eq!(
        told(printed),
        ["error /l/B.h:1 #error no board -2 +2", "error /l/C.h:1 'x' does not name a type -0 +0",]
    );
}

#[test]
fn templates() {
    let printed = "\
/l/L.h: In instantiation of 'T largest(T, T) [with T = Point]':
/l/L.h:9:5:   recursively required from 'x'
/s/A.ino:7:24:   required from here
/l/L.h:3:9: error: no match for 'operator<'
     if (a < b) return b;
         ^
/l/L.h:3:9: note: candidate: operator<(int, int) <built-in>
/l/L.h:3:9: note:   no known conversion
";
    assert_eq!(told(printed), ["error /l/L.h:3 no match for 'operator<' -3 +4"]);
    let at = |printed: &str| match &parse(printed)[0] {
        Entry::Diagnostic(it) => {
            it.instantiated_at().map(|at| (at.file.display().to_string(), at.line, at.column))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(at(printed), Some(("/s/A.ino".to_owned(), 7, Some(24))));
    let clang = "\
/l/L.h:3:9: error: invalid operands to binary expression
    3 |     if (a < b) return b;
/s/A.ino:7:24: note: in instantiation of function template specialization 'largest<Point>' requested here
";
    assert_eq!(at(clang), Some(("/s/A.ino".to_owned(), 7, Some(24))));
    assert_eq!(at("/s/A.ino:1:1: error: x\n"), None);
}

#[test]
fn assemblers_and_linkers() {
    let printed = "\
/s/x.S: Assembler messages:
/s/x.S:4: Error: unknown opcode `frob'
/s/x.S:5: Warning: odd
/tmp/ccXXXXXX.ltrans0.ltrans.o: In function `setup':
/s/A.ino:7: undefined reference to `one'
/s/A.ino:8: undefined reference to `two'
/w/b.o (symbol from plugin): In function `x':
(.text+0x0): multiple definition of `x'
/w/a.o (symbol from plugin):(.text+0x0): first defined here
/usr/bin/ld: warning: cannot find entry symbol
/usr/bin/ld: skipping incompatible /l/x.a when searching for -lx
/usr/bin/ld: cannot find -lx
/usr/bin/ld: region `RAM' overflowed by 4 bytes
/s/A.ino:3:(.text+0x10): relocation truncated to fit: R_AVR_13_PCREL against symbol `y'
lto1: fatal error: bytecode stream generated with LTO version 4.1
lto-wrapper: fatal error: avr-gcc returned 1 exit status
collect2: error: ld returned 1 exit status
";
    assert_eq!(
        told(printed),
        [
            "error /s/x.S:4 unknown opcode `frob' -1 +0",
            "warning /s/x.S:5 odd -1 +0",
            "error /s/A.ino:7 undefined reference to `one' -1 +0",
            "error /s/A.ino:8 undefined reference to `two' -1 +0",
            "error ? multiple definition of `x' -1 +1",
            "warning ? /usr/bin/ld: warning: cannot find entry symbol -1 +0",
            "text /usr/bin/ld: skipping incompatible /l/x.a when searching for -lx",
            "error ? cannot find -lx -1 +0",
            "error ? region `RAM' overflowed by 4 bytes -1 +0",
            "error /s/A.ino:3 relocation truncated to fit: R_AVR_13_PCREL against symbol `y' -0 +0",
            "error ? lto1: fatal error: bytecode stream generated with LTO version 4.1 -0 +0",
            "summary lto-wrapper: fatal error: avr-gcc returned 1 exit status",
            "summary collect2: error: ld returned 1 exit status",
        ]
    );
}

#[test]
fn other_programs() {
    let printed = "Traceback (most recent call last):\n  File \"x.py\", line 1\nValueError: no\n\n";
    assert_eq!(
        told(printed),
        [
            "text Traceback (most recent call last):",
            "text   File \"x.py\", line 1",
            "text ValueError: no",
            "text "
        ]
    );
    assert_eq!(
        told("cc1plus: fatal error: x.cpp: No such file or directory\n"),
        ["error ? cc1plus: fatal error: x.cpp: No such file or directory -0 +0"]
    );
    assert_eq!(
        told("/s/A.ino: In function 'f':\nsomething\n"),
        ["text /s/A.ino: In function 'f':", "text something"]
    );
    assert_eq!(told(""), Vec::<String>::new());
}
