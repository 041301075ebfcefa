//! Generated libraries with many sources and examples, as a library's maintainer has them; always the same.

use std::fmt::Write as _;
use std::path::Path;

use super::{Edit, Library, Result, SKETCHES, Set, Sketch, write_failing, write_matrix};
use crate::tools::empty;

/// The shape of a library.
struct Shape {
    name: &'static str,
    title: &'static str,
    sources: usize,
    examples: usize,
    /// Number of functions in the header that everything includes.
    functions: usize,
    /// Lines of that header that a native scan can't decide.
    conditions: &'static str,
}

/// Many small sources.
const LIGHT: Shape =
    Shape { name: "library", title: "a library", sources: 60, examples: 40, functions: 0, conditions: "" };

/// As large libraries are: a header that takes longer than the rest of a sketch, conditions on processors, and a date that
/// only another processor needs.
const HEAVY: Shape = Shape {
    name: "heavy",
    title: "a library with a heavy header",
    sources: 12,
    examples: 20,
    functions: 6000,
    conditions: "#if defined(FILTERS_ON_ARM)\n#include <arm_math.h>\ninline const char *built() { return __DATE__; }\n#endif\n\
                 #if defined(__has_include)\n#if __has_include(<FilterOptions.h>)\n#include <FilterOptions.h>\n#endif\n#endif\n",
};

/// Number of the library's parts that an example uses.
const USED: usize = 5;

/// Writes a library of many small sources below `directory`.
pub(crate) fn light(directory: &Path) -> Result<Set> {
    set(directory, &LIGHT)
}

/// Writes a library with a heavy header below `directory`.
pub(crate) fn heavy(directory: &Path) -> Result<Set> {
    set(directory, &HEAVY)
}

fn set(directory: &Path, shape: &Shape) -> Result<Set> {
    let &Shape { name: set_name, title, sources, examples, .. } = shape;
    empty(directory)?;
    let library = directory.join("libraries/Filters");
    let src = library.join("src");
    std::fs::create_dir_all(&src)?;
    std::fs::write(
        library.join("library.properties"),
        "name=Filters\nversion=1.0.0\nauthor=fbuild-matrix\nmaintainer=fbuild-matrix\nsentence=Filters.\n\
         paragraph=For the bench.\ncategory=Data Processing\nurl=none\narchitectures=*\n",
    )?;
    std::fs::write(src.join("FilterBase.h"), base(shape)?)?;
    let mut all = "#pragma once\n".to_owned();
    for number in 0..sources {
        writeln!(all, "#include \"Filter{number:02}.h\"")?;
        std::fs::write(src.join(format!("Filter{number:02}.h")), header(number))?;
        std::fs::write(src.join(format!("Filter{number:02}.cpp")), source(number))?;
    }
    std::fs::write(src.join("Filters.h"), all)?;

    let mut sketches = Vec::new();
    let needed = Library { name: "Filters".to_owned(), directory: src.clone() };
    for number in 0..examples {
        let name = format!("Example{number:02}");
        let place = directory.join("sketches").join(&name);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(format!("{name}.ino")), example(number, sources)?)?;
        sketches.push(Sketch { name, directory: place, libraries: vec![needed.clone()] });
    }
    Ok(Set {
        name: set_name,
        title: format!("{title}, {sources} sources, {examples} examples × 3 boards"),
        matrix: write_matrix(directory, set_name, SKETCHES)?,
        failing: write_failing(directory, set_name, "#include <Filters.h>\n", sketches.len())?,
        sketches,
        in_sketch: Edit::new(directory.join("sketches/Example07/Example07.ino"), "delay(20)", |round| {
            format!("delay({})", 21 + round)
        })?,
        in_header: Edit::new(src.join("Filter07.h"), "DEPTH = 8;", |round| {
            format!("DEPTH = {};", 9 + round)
        })?,
    })
}

fn base(shape: &Shape) -> Result<String> {
    let mut text = format!("#pragma once\n#include <Arduino.h>\n{}", shape.conditions);
    for number in 0..shape.functions {
        writeln!(
            text,
            "template <typename T> inline T gain{number}(T x) {{ return static_cast<T>(x * {} + {number}); }}",
            number % 7 + 1
        )?;
    }
    text.push_str(
        "\n// What all filters have in common.\nclass FilterBase {\npublic:\n  virtual int16_t step(int16_t input) = 0;\n  \
         void print(Print &out) const { out.println(last_); }\n\nprotected:\n  int16_t last_ = 0;\n};\n",
    );
    Ok(text)
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

fn example(number: usize, sources: usize) -> Result<String> {
    let parts: Vec<usize> = (0..USED).map(|part| (number * 3 + part * 11 + 7) % sources).collect();
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
