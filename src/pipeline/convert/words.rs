//! Parses a recipe's words into a conversion or measurement. Strict: a word that is not fully understood
//! leaves the whole recipe to its tool.

use std::path::{Path, PathBuf};

/// A recipe that can be done in process.
#[derive(Debug, Clone)]
pub(super) struct Request {
    argv: Vec<String>,
    /// Indices of the words that name the files.
    input_at: usize,
    output_at: Option<usize>,
    /// The ELF.
    pub(super) input: PathBuf,
    /// The output file, if any.
    pub(super) output: Option<PathBuf>,
    /// The operation.
    pub(super) work: Work,
}

/// An operation on an ELF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// `objcopy`: loaded bytes in another format.
    Copy { format: Format, selection: Selection },
    /// `size`: section sizes as text.
    List(Style),
}

/// Output format of `-O`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Binary,
    Ihex,
}

/// Output style of `size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Three sums.
    Berkeley,
    /// One line per section.
    SysV,
}

/// Options that select or change sections, by section name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// `-j`: only these sections, if any are named.
    pub(super) only: Vec<String>,
    /// `-R`: all but these sections.
    pub(super) without: Vec<String>,
    /// `--set-section-flags NAME=alloc,load`.
    pub(super) loaded: Vec<String>,
    /// `--change-section-lma NAME=ADDRESS`.
    pub(super) moved: Vec<(String, u32)>,
    /// `--gap-fill`.
    pub(super) fill: Option<u8>,
}

impl Selection {
    /// Returns the names of all sections in the options.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let moved = self.moved.iter().map(|(name, _)| name);
        self.only.iter().chain(&self.without).chain(&self.loaded).chain(moved).map(String::as_str)
    }
}

impl Request {
    /// Parses a command; `None` if it is not fully understood. Paths are relative to `cwd`.
    pub(super) fn read(argv: &[String], cwd: &Path) -> Option<Self> {
        let program = Path::new(argv.first()?).file_name()?.to_str()?;
        // LLVM's tools of these names behave differently.
        if program.starts_with("llvm-") {
            return None;
        }
        let (work, files) = match program.rsplit('-').next()? {
            "objcopy" => copy(argv)?,
            "size" => list(argv)?,
            _ => return None,
        };
        let at = |place: &usize| cwd.join(&argv[*place]);
        let (input_at, output_at) = match (&work, files.as_slice()) {
            (Work::Copy { .. }, [input, output]) => (*input, Some(*output)),
            (Work::List(_), [input]) => (*input, None),
            _ => return None,
        };
        let (input, output) = (at(&input_at), output_at.as_ref().map(at));
        (output.as_ref() != Some(&input)).then(|| Self {
            argv: argv.to_vec(),
            input_at,
            output_at,
            input,
            output,
            work,
        })
    }

    /// Returns the same request for other files.
    pub(super) fn of(&self, input: &Path, output: &Path) -> Self {
        let mut other = self.clone();
        other.argv[self.input_at] = input.display().to_string();
        input.clone_into(&mut other.input);
        if let Some(at) = self.output_at {
            other.argv[at] = output.display().to_string();
            other.output = Some(output.to_owned());
        }
        other
    }

    /// Returns the command.
    pub(super) fn argv(&self) -> &[String] {
        &self.argv
    }

    /// Returns the word that names the input.
    pub(super) fn input_word(&self) -> &str {
        &self.argv[self.input_at]
    }

    /// Returns the words without the program's directory and without files: recipes with the same shape share
    /// a verdict.
    pub(super) fn shape(&self) -> Vec<String> {
        let words = self.argv.iter().enumerate().map(|(at, word)| {
            if at == 0 {
                word.rsplit('/').next().unwrap_or_default()
            } else if at == self.input_at {
                "\u{1}in"
            } else if Some(at) == self.output_at {
                "\u{1}out"
            } else {
                word
            }
        });
        words.map(str::to_owned).collect()
    }
}

/// Iterates over options with their values, and over file names.
struct Words<'a> {
    argv: &'a [String],
    at: usize,
}

impl<'a> Words<'a> {
    /// Returns the value of an option: the rest of its word, or the next word.
    fn value(&mut self, rest: Option<&'a str>) -> Option<&'a str> {
        if rest.is_some() {
            return rest;
        }
        self.at += 1;
        self.argv.get(self.at).map(String::as_str)
    }
}

/// Parses `objcopy`'s words; returns the operation and the indices of the files.
fn copy(argv: &[String]) -> Option<(Work, Vec<usize>)> {
    let mut words = Words { argv, at: 0 };
    let (mut format, mut selection, mut files) = (None, Selection::default(), Vec::new());
    let mut is_quiet = false;
    loop {
        words.at += 1;
        let Some(word) = argv.get(words.at) else { break };
        if !word.starts_with('-') {
            files.push(plain(word, words.at)?);
            continue;
        }
        let (option, rest) = match word.split_once('=') {
            Some((option, rest)) if word.starts_with("--") => (option, Some(rest)),
            None if word.starts_with("--") => (word.as_str(), None),
            // `-Obinary`
            _ if word.is_char_boundary(2) => (&word[..2], Some(&word[2..]).filter(|rest| !rest.is_empty())),
            _ => return None,
        };
        match option {
            "-O" | "--output-target" => {
                let named = match words.value(rest)? {
                    "ihex" => Format::Ihex,
                    "binary" => Format::Binary,
                    _ => return None,
                };
                if format.replace(named).is_some() {
                    return None;
                }
            }
            "-j" | "--only-section" => selection.only.push(section(words.value(rest)?)?),
            "-R" | "--remove-section" => selection.without.push(section(words.value(rest)?)?),
            "--set-section-flags" => {
                let (name, flags) = words.value(rest)?.split_once('=')?;
                if flags != "alloc,load" {
                    return None;
                }
                selection.loaded.push(section(name)?);
            }
            "--change-section-lma" => {
                let (name, address) = words.value(rest)?.split_once('=')?;
                selection.moved.push((section(name)?, number(address)?));
            }
            "--gap-fill" => {
                let fill = u8::try_from(number(words.value(rest)?)?).ok()?;
                if selection.fill.replace(fill).is_some() {
                    return None;
                }
            }
            // Without this option, `objcopy` warns of a moved section that is missing.
            "--no-change-warnings" if rest.is_none() => is_quiet = true,
            // Neither format has symbols.
            "-S" | "--strip-all" | "-g" | "--strip-debug" if rest.is_none() => {}
            _ => return None,
        }
    }
    let unclear = selection.only.iter().any(|name| selection.without.contains(name))
        || has_twice(selection.moved.iter().map(|(name, _)| name))
        || has_twice(selection.loaded.iter())
        || (!selection.moved.is_empty() && !is_quiet);
    (!unclear).then_some((Work::Copy { format: format?, selection }, files))
}

/// Parses `size`'s words; returns the operation and the indices of the files.
fn list(argv: &[String]) -> Option<(Work, Vec<usize>)> {
    let (mut style, mut files) = (Style::Berkeley, Vec::new());
    for (at, word) in argv.iter().enumerate().skip(1) {
        match word.as_str() {
            "-A" | "--format=sysv" => style = Style::SysV,
            "-B" | "--format=berkeley" => style = Style::Berkeley,
            word if word.starts_with('-') => return None,
            word => files.push(plain(word, at)?),
        }
    }
    Some((Work::List(style), files))
}

/// Returns the index of a file name; `None` for a response file.
fn plain(word: &str, at: usize) -> Option<usize> {
    (!word.starts_with('@') && !word.is_empty()).then_some(at)
}

/// Returns a section's name; `None` for a pattern.
fn section(name: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-$".contains(c);
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
}

/// Parses `0`, `255` or `0xff`; octal numbers are left to the tool.
fn number(word: &str) -> Option<u32> {
    let all = |digits: &str, radix| digits.chars().all(|c| c.is_digit(radix));
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) if all(digits, 16) => u32::from_str_radix(digits, 16).ok(),
        None if all(word, 10) && (word == "0" || !word.starts_with('0')) => word.parse().ok(),
        _ => None,
    }
}

fn has_twice<'a>(mut names: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = std::collections::HashSet::new();
    !names.all(|name| seen.insert(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Request> {
        let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
        Request::read(&argv, Path::new("/cell"))
    }

    fn selection(text: &str) -> Option<(Format, Selection)> {
        match read(&format!("/t/bin/avr-objcopy {text} a.elf /out/a.x"))?.work {
            Work::Copy { format, selection } => Some((format, selection)),
            Work::List(_) => None,
        }
    }

    #[test]
    fn what_cores_ask_for_is_understood() {
        let eep = "-O ihex -j .eeprom --set-section-flags=.eeprom=alloc,load --no-change-warnings --change-section-lma .eeprom=0";
        let name = || vec![".eeprom".to_owned()];
        let expected = Selection {
            only: name(),
            loaded: name(),
            moved: vec![(".eeprom".to_owned(), 0)],
            ..Selection::default()
        };
        assert_eq!(selection(eep), Some((Format::Ihex, expected)));
        let hex = Selection { without: name(), ..Selection::default() };
        assert_eq!(selection("-O ihex -R .eeprom"), Some((Format::Ihex, hex)));
        assert_eq!(selection("-Obinary"), Some((Format::Binary, Selection::default())));
        let rest = "-S --output-target=binary -j .text -j .data --gap-fill 0xff --strip-all";
        let expected =
            Selection { only: vec![".text".into(), ".data".into()], fill: Some(255), ..Selection::default() };
        assert_eq!(selection(rest), Some((Format::Binary, expected)));
        assert_eq!(read("avr-size -A a.elf").map(|it| it.work), Some(Work::List(Style::SysV)));
        assert_eq!(read("/x/size a.elf").map(|it| it.work), Some(Work::List(Style::Berkeley)));
    }

    #[test]
    fn what_is_not_understood_is_left_to_the_tool() {
        for words in [
            "",
            "-O srec",
            "-O ihex -O ihex",
            "-O ihex -j .text*",
            "-O ihex -j !.text",
            "-O ihex -j .a -R .a",
            "-O ihex --unknown",
            "-O ihex -v",
            "-O ihex @more",
            "-O ihex third.elf",
            "-O ihex --change-section-lma .eeprom=0",
            "-O ihex --no-change-warnings --change-section-lma .eeprom+1",
            "-O ihex --no-change-warnings --change-section-lma .eeprom=010",
            "-O ihex --set-section-flags .eeprom=alloc",
            "-O ihex --gap-fill 256",
            "-O ihex --pad-to=8",
            "-O ihex -I binary",
            "-O ihex -gx",
        ] {
            assert_eq!(selection(words), None, "{words}");
        }
        for command in [
            "llvm-objcopy -O ihex a.elf a.hex",
            "python3 objcopy -O ihex a.elf a.hex",
            "avr-objcopy -O ihex a.elf",
            "avr-objcopy -O ihex a.elf a.elf",
            "avr-size -A a.elf b.elf",
            "avr-size -A -x a.elf",
            "avr-size -A @a",
            "avr-size -A",
        ] {
            assert!(read(command).is_none(), "{command}");
        }
    }

    #[test]
    fn a_shape_is_all_but_the_files() {
        let one = read("/t/avr-objcopy -O ihex a.elf a.hex").unwrap();
        let other = read("/u/avr-objcopy -O ihex /b.elf b.hex").unwrap();
        assert_eq!(one.shape(), other.shape());
        assert_eq!(one.input, Path::new("/cell/a.elf"));
        let moved = one.of(Path::new("/x/in"), Path::new("/x/out"));
        assert_eq!(moved.argv(), ["/t/avr-objcopy", "-O", "ihex", "/x/in", "/x/out"]);
        assert_eq!((moved.shape(), moved.output.as_deref()), (one.shape(), Some(Path::new("/x/out"))));
        for different in [
            "/t/avr-objcopy -O binary a.elf a.hex",
            "/t/avr-objcopy a.elf -O ihex a.hex",
            "/t/objcopy -O ihex a.elf a.hex",
        ] {
            assert_ne!(read(different).unwrap().shape(), one.shape(), "{different}");
        }
    }
}
