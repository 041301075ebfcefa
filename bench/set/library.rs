//! A generated library with many sources and examples, as a library's maintainer has it; always the same.

use std::fmt::Write as _;
use std::path::Path;

use super::{Edit, Library, Result, Set, Sketch, write_matrix};
use crate::tools::empty;

const SOURCES: usize = 60;
const EXAMPLES: usize = 40;

/// Number of the library's parts that an example uses.
const USED: usize = 5;

/// Writes the set below `directory`.
pub(crate) fn set(directory: &Path) -> Result<Set> {
    empty(directory)?;
    let library = directory.join("libraries/Filters");
    let src = library.join("src");
    std::fs::create_dir_all(&src)?;
    std::fs::write(
        library.join("library.properties"),
        "name=Filters\nversion=1.0.0\nauthor=fbuild-matrix\nmaintainer=fbuild-matrix\nsentence=Filters.\n\
         paragraph=For the bench.\ncategory=Data Processing\nurl=none\narchitectures=*\n",
    )?;
    std::fs::write(src.join("FilterBase.h"), base())?;
    let mut all = "#pragma once\n".to_owned();
    for number in 0..SOURCES {
        writeln!(all, "#include \"Filter{number:02}.h\"")?;
        std::fs::write(src.join(format!("Filter{number:02}.h")), header(number))?;
        std::fs::write(src.join(format!("Filter{number:02}.cpp")), source(number))?;
    }
    std::fs::write(src.join("Filters.h"), all)?;

    let mut sketches = Vec::new();
    let needed = Library { name: "Filters".to_owned(), directory: src.clone() };
    for number in 0..EXAMPLES {
        let name = format!("Example{number:02}");
        let place = directory.join("sketches").join(&name);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(format!("{name}.ino")), example(number)?)?;
        sketches.push(Sketch { name, directory: place, libraries: vec![needed.clone()] });
    }
    Ok(Set {
        name: "library",
        title: format!("a library of {SOURCES} sources, {EXAMPLES} examples × 3 boards"),
        matrix: write_matrix(directory, "library")?,
        sketches,
        in_sketch: Edit::new(directory.join("sketches/Example07/Example07.ino"), "delay(20)", |round| {
            format!("delay({})", 21 + round)
        })?,
        in_header: Edit::new(src.join("Filter07.h"), "DEPTH = 8;", |round| {
            format!("DEPTH = {};", 9 + round)
        })?,
    })
}

fn base() -> &'static str {
    "#pragma once\n#include <Arduino.h>\n\n// What all filters have in common.\nclass FilterBase {\npublic:\n\
     \x20 virtual int16_t step(int16_t input) = 0;\n  void print(Print &out) const { out.println(last_); }\n\n\
     protected:\n  int16_t last_ = 0;\n};\n"
}

fn header(number: usize) -> String {
    format!(
        "#pragma once\n#include \"FilterBase.h\"\n\nclass Filter{number:02} : public FilterBase {{\npublic:\n\
         \x20 static constexpr uint8_t DEPTH = {depth};\n  int16_t step(int16_t input) override;\n\n\
         private:\n  int16_t history_[DEPTH] = {{}};\n  uint8_t at_ = 0;\n}};\n",
        depth = 4 + number % 5 + usize::from(number == 7) * 2,
    )
}

fn source(number: usize) -> String {
    format!(
        "#include \"Filter{number:02}.h\"\n\nint16_t Filter{number:02}::step(int16_t input) {{\n  \
         history_[at_] = input;\n  at_ = (at_ + 1) % DEPTH;\n  int32_t sum = {number};\n  \
         for (uint8_t tap = 0; tap < DEPTH; tap++) {{\n    \
         sum += static_cast<int32_t>(history_[tap]) * ({factor} + tap);\n  }}\n  \
         last_ = static_cast<int16_t>(sum / (DEPTH * {divisor}L));\n  return last_;\n}}\n",
        factor = 3 + number % 7,
        divisor = 2 + number % 9,
    )
}

fn example(number: usize) -> Result<String> {
    let parts: Vec<usize> = (0..USED).map(|part| (number * 3 + part * 11 + 7) % SOURCES).collect();
    let mut text = format!("// Runs a signal through {USED} filters.\n#include <Filters.h>\n\n");
    for part in &parts {
        writeln!(text, "Filter{part:02} filter{part:02};")?;
    }
    write!(
        text,
        "\nvoid setup() {{\n  Serial.begin(9600);\n}}\n\nvoid loop() {{\n  int16_t value = smooth(analogRead(A{}));\n",
        number % 6
    )?;
    for part in &parts {
        writeln!(text, "  value = filter{part:02}.step(value);\n  filter{part:02}.print(Serial);")?;
    }
    text.push_str(
        "  report(value);\n  delay(20);\n}\n\nint16_t smooth(int16_t value) {\n  static int16_t before;\n",
    );
    write!(text, "  before = (before + value) / 2;\n  return before + {number};\n}}\n\n")?;
    text.push_str(
        "void report(int16_t value) {\n  Serial.print(F(\"value \"));\n  Serial.println(value);\n}\n",
    );
    Ok(text)
}
