//! Libraries that clash: the same header in several, every layout, circular includes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::differential::Dice;

/// Headers that several libraries offer.
const HEADERS: [&str; 4] = ["Alpha", "Beta", "Gamma", "Delta"];

/// Directory names: as the header, its forks, and others.
const NAMES: [&str; 11] = [
    "Alpha",
    "alpha-master",
    "Alpha_fork",
    "Beta",
    "Beta-main",
    "MyBeta",
    "Gamma",
    "gamma_extra",
    "Delta",
    "Epsilon",
    "Zeta",
];

/// Writes a set of libraries into `dir`.
pub(super) fn write(dir: &Path, dice: &mut Dice) {
    let mut names: Vec<&str> = NAMES.to_vec();
    for number in 0..5 + dice.below(4) {
        let name = names.remove(dice.below(names.len()));
        for (path, text) in library(name, number, dice) {
            let path = dir.join(name).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

fn library(name: &str, number: usize, dice: &mut Dice) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let modern = !dice.one_in(3);
    let recursive = modern && !dice.one_in(3);
    let root = if recursive { "src/" } else { "" };
    if modern {
        files.insert("library.properties".to_owned(), properties(name, dice));
    }
    let own = HEADERS.iter().find(|header| name.to_lowercase().contains(&header.to_lowercase()));
    let mut offered: Vec<&str> = own.into_iter().copied().collect();
    for header in HEADERS {
        if !offered.contains(&header) && dice.one_in(if offered.is_empty() { 2 } else { 4 }) {
            offered.push(header);
        }
    }
    for header in &offered {
        let mut text = format!("#pragma once\n#define {header}_H\n", header = header.to_uppercase());
        if dice.one_in(3) {
            // Often to a library that includes this one.
            writeln!(text, "#include <{}.h>", HEADERS[dice.below(4)]).unwrap();
        }
        if dice.one_in(8) {
            let other = HEADERS[dice.below(4)];
            writeln!(text, "#if __has_include(<{other}.h>)\n#define HAS_{}\n#endif", other.to_uppercase())
                .unwrap();
        }
        let lower = header.to_lowercase();
        writeln!(text, "int {lower}_value(int a);").unwrap();
        files.insert(format!("{root}{header}.h"), text);
        let (extension, c) = [("cpp", false), ("cpp", false), ("cc", false), ("cxx", false), ("c", true)]
            [dice.below(5).min(if dice.one_in(4) { 4 } else { 3 })];
        let place = match dice.below(4) {
            0 if recursive => "src/deep/er/",
            1 if recursive => "src/a-b/",
            0 if !recursive => "utility/",
            _ => root,
        };
        let include = format!("#include <{header}.h>\n");
        let declare = format!("int {lower}_value(int a);\n");
        let text = format!(
            "{}int __attribute__((noinline)) {lower}_value(int a) {{ return a + {}; }}\n",
            if c || dice.one_in(3) { declare } else { include },
            100 + number
        );
        // C++ does not link to a C function without `extern "C"`: that fails, as it does for a user.
        files.insert(format!("{place}{lower}.{extension}"), text);
    }
    if dice.one_in(4) {
        let text = format!(".section .text.asm_{number}\n.global asm_{number}\nasm_{number}: ret\n");
        files.insert(format!("{root}start{number}.S"), text);
    }
    if dice.one_in(4) {
        let place = if recursive { "extras" } else { "examples/X" };
        files.insert(format!("{place}/never.cpp"), "#error not compiled\n".to_owned());
    }
    files
}

fn properties(name: &str, dice: &mut Dice) -> String {
    let shown = match dice.below(4) {
        0 => format!("{name} Library"),
        1 => HEADERS[dice.below(4)].to_owned(),
        _ => name.to_owned(),
    };
    let architectures = ["*", "*", "avr", "avr,esp32", "esp32", "esp8266, *"][dice.below(6)];
    let mut text = format!(
        "name={shown}\nversion=1.0.0\nauthor=a\nmaintainer=m\nsentence=s\nparagraph=p\ncategory=Other\nurl=u\narchitectures={architectures}\n"
    );
    if dice.one_in(6) {
        text.push_str("dot_a_linkage=true\n");
    }
    if dice.one_in(15) {
        text.push_str("a line without the sign\n");
    }
    text
}

/// Include lines and uses for a sketch.
pub(super) fn uses(dice: &mut Dice) -> (Vec<String>, Vec<String>) {
    let (mut includes, mut calls) = (Vec::new(), Vec::new());
    for _ in 0..=dice.below(3) {
        let header = HEADERS[dice.below(4)];
        let (open, close) = if dice.one_in(3) { ('"', '"') } else { ('<', '>') };
        includes.push(format!("#include {open}{header}.h{close}\n"));
        calls.push(format!("PORTB = {}_value(PINB);", header.to_lowercase()));
    }
    if dice.one_in(4) {
        includes.push(
            ["#include <Wire.h>\n", "#include <EEPROM.h>\n", "#include <SPI.h>\n"][dice.below(3)].to_owned(),
        );
    }
    (includes, calls)
}
