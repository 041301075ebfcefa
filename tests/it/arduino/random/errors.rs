//! One deliberate error.

use super::sketch::Sketch;
use crate::differential::Dice;

/// Breaks the sketch, as a rule.
pub(super) fn make(dice: &mut Dice, sketch: &mut Sketch, tabs: &[String]) {
    let tab = &tabs[dice.below(tabs.len())];
    let text = String::from_utf8(sketch.files[tab].clone()).unwrap();
    let additions = [
        "void broken() { no_such_function(1); }\n",
        "int broken = undeclared_name;\n",
        "int broken() { return 1 }\n",
        "NoSuchType broken(NoSuchType t) { return t; }\n",
        "#include <no_such_header_here.h>\n",
        "#include \"missing/also.h\"\n",
        "#error on purpose\n",
        "#if 1\nint open_condition;\n",
        "/* never closed\n",
        "const char *open_string = \"abc;\n",
        "void broken() {\n",
        "}\n",
        "void setup() {}\n",
        "static_assert(sizeof(int) == 4, \"no\");\n",
        "int twice(int a) { return a; }\nint twice(int b) { return b; }\n",
        "void broken(int a = 1);\nvoid broken(int a = 2) { PORTB = a; }\n",
        "#define BAD(\n",
        "const int fixed = 1;\nvoid broken() { fixed = 2; }\n",
        "void declared_only();\nvoid broken() { declared_only(); }\nvoid (*keep)() __attribute__((used)) = broken;\n",
        "#endif\n",
    ];
    let text = match dice.below(4) {
        0 => additions[dice.below(additions.len())].to_owned() + &text,
        1 => text.replacen(";\n", "\n", 1),
        _ => text + additions[dice.below(additions.len())],
    };
    sketch.files.insert(tab.clone(), text.into_bytes());
}
