//! What stands between parts, and what is done to whole files: comments, literals, line ends, marks.

use super::sketch::Sketch;
use crate::differential::Dice;

/// Something that means nothing, and looks like something.
pub(super) fn noise(dice: &mut Dice) -> String {
    let forms = [
        "// void fake() {\n",
        "/* it's \" a comment { */\n",
        "// ends with \\\\ \n// and goes on\n",
        "/* two\n * lines }\n */\n",
        "\n\n",
        ";\n",
        "#pragma GCC diagnostic ignored \"-Wunused\"\n",
        "#if 0\nvoid unmatched( {\n' \"\n#endif\n",
        "\x0c\n",
        "   \t \n",
        "#define UNUSED_MACRO(x) ((x) + '\"')\n",
        "#undef NEVER\n",
        "/**/ /***/ // **/\n",
        "//\n",
        "# \n",
        "/* int f(int a) { return a; } */\n",
        "// spliced \\\n still a comment {\n",
        "#ifdef NEVER\nint never(Nope n) { return 1; }\n#endif\n",
    ];
    if dice.one_in(60) {
        return rare(dice);
    }
    if dice.one_in(2) { String::new() } else { forms[dice.below(forms.len())].to_owned() }
}

/// Declarations that the prototypes' finder may stumble over.
fn rare(dice: &mut Dice) -> String {
    let number = dice.below(1_000_000);
    let forms = [
        format!("const char raw_{number}[] PROGMEM = R\"(it's)\";\n"),
        format!("const char raw_{number}[] = R\"x(\n{{ \" ( )\" \n)x\";\n"),
        format!("char quote_{number} = '\\'', double_{number} = '\"', brace_{number} = '{{';\n"),
        format!("const char *text_{number} = \"a\\\nb\";\n"),
        format!("int grouped_{number} = ({{ 3; }});\n"),
        format!("int digraph_{number}<::> = <% 1, 2 %>;\n"),
        format!("#line {} \"else_{number}.h\"\n", number % 1000),
        format!("%: define DIGRAPH_{number} 1\n"),
        format!("struct {{ int a; }} unnamed_{number};\n"),
        format!("int (*pointer_{number})(int) = 0, *other_{number}, third_{number}[2] = {{1, 2}};\n"),
        format!("typedef int (*callback_{number}_t)(const char *, int);\n"),
        format!("enum {{ FIRST_{number}, SECOND_{number} = '}}' }};\n"),
    ];
    forms[dice.below(forms.len())].clone()
}

/// Changes line ends, marks and last lines of some files.
pub(super) fn disturb(dice: &mut Dice, sketch: &mut Sketch) {
    let style = dice.below(10);
    for text in sketch.files.values_mut() {
        let all = String::from_utf8(std::mem::take(text)).unwrap();
        let mut all = match style {
            0 => all.replace('\n', "\r\n"),
            1 if dice.one_in(2) => all.replace('\n', "\r\n"),
            // One line end in three is another.
            2 => all.split_inclusive('\n').enumerate().fold(String::new(), |so_far, (at, line)| {
                so_far + &if at % 3 == 0 { line.replace('\n', "\r\n") } else { line.to_owned() }
            }),
            _ => all,
        };
        if dice.one_in(12) {
            all.truncate(all.trim_end().len());
        }
        if dice.one_in(25) {
            all.push_str("\n\x0c\n");
        }
        if dice.one_in(60) {
            all = all.replacen("; ", ";\r", 1);
        }
        if dice.one_in(20) {
            all.insert(0, '\u{feff}');
        }
        *text = all.into_bytes();
    }
}
