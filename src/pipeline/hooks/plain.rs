//! Parses commands that only test for files, copy them, write a line, or start a program that reads and
//! writes the files that it is given: their inputs and outputs are known then. In this way, with a shell,
//! ESP32 cores put partition table, flags and bootloader into the build directory. Commands that are not
//! understood are not plain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Inputs and outputs of commands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// Shells and programs that are started, without those that are part of every system.
    pub(super) programs: BTreeSet<PathBuf>,
    /// Input paths outside the build directory.
    pub(super) reads: BTreeSet<PathBuf>,
    /// Paths in the build directory: everything that can exist afterwards.
    pub(super) writes: BTreeSet<PathBuf>,
}

/// A word or an operator of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A word, and whether a part of it was quoted: a quoted word is no keyword.
    Word(String, bool),
    /// Separator before the next command.
    Next,
    /// `>` or `>>`.
    Into,
}

impl Plain {
    /// Returns inputs and outputs of commands that run in `directory`; `None` if the commands are not plain.
    pub(super) fn read(commands: &[Vec<String>], directory: &Path) -> Option<Self> {
        let mut plain = Self::default();
        for argv in commands {
            plain.command(argv, directory)?;
        }
        Some(plain)
    }

    fn command(&mut self, argv: &[String], directory: &Path) -> Option<()> {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let (["/usr/bin/env", shell, "-c", text] | [shell, "-c", text]) = words[..] else {
            let tokens: Vec<Token> = argv.iter().map(|word| Token::Word(word.clone(), true)).collect();
            return self.simple(&tokens, directory);
        };
        if !["sh", "bash", "dash"].contains(&Path::new(shell).file_name()?.to_str()?) {
            return None;
        }
        self.programs.insert(shell.into());
        let tokens = tokens(text)?;
        tokens.split(|token| *token == Token::Next).try_for_each(|command| self.simple(command, directory))
    }

    /// Parses one command with its words and redirections.
    fn simple(&mut self, tokens: &[Token], directory: &Path) -> Option<()> {
        const KEYWORDS: [&str; 6] = ["if", "then", "elif", "else", "fi", "!"];
        let is_keyword =
            |token: &Token| matches!(token, Token::Word(word, false) if KEYWORDS.contains(&&**word));
        let begin = tokens.iter().position(|token| !is_keyword(token)).unwrap_or(tokens.len());
        let mut words: Vec<&str> = Vec::new();
        let mut rest = tokens[begin..].iter();
        while let Some(token) = rest.next() {
            match (token, token == &Token::Into) {
                (Token::Word(word, _), _) => words.push(word),
                (_, true) => match rest.next()? {
                    Token::Word(word, _) => self.written(word, directory)?,
                    _ => return None,
                },
                _ => return None,
            }
        }
        let Some((&name, arguments)) = words.split_first() else { return Some(()) };
        match name {
            ":" | "true" | "echo" | "printf" => Some(()),
            "[" => self.test(arguments.strip_suffix(&["]"])?, directory),
            "test" => self.test(arguments, directory),
            "cp" => {
                let (last, sources) = arguments.split_last()?;
                self.written(last, directory)?;
                self.files(sources, &["-f", "-p"], directory)
            }
            "cat" => self.files(arguments, &[], directory),
            "touch" => arguments.iter().try_for_each(|path| self.written(path, directory)),
            program => self.program(program, arguments, directory),
        }
    }

    /// Parses tests of strings and of the type or size of files; no key covers a time or a permission.
    fn test(&mut self, words: &[&str], directory: &Path) -> Option<()> {
        match words {
            ["!", rest @ ..] => self.test(rest, directory),
            ["-e" | "-f" | "-d" | "-s", path] => self.named(path, directory),
            ["-n" | "-z", _] | [_, "=" | "!=", _] => Some(()),
            _ => None,
        }
    }

    /// Parses a program that reads and writes only itself and the files that it is given by full path.
    fn program(&mut self, program: &str, arguments: &[&str], directory: &Path) -> Option<()> {
        let path = Path::new(program);
        let known = ["esptool", "esptool.py"].contains(&path.file_name()?.to_str()?);
        if !known || !path.is_absolute() {
            return None;
        }
        self.programs.insert(path.to_owned());
        arguments.iter().try_for_each(|word| {
            let is_option = !word.contains(['/', '.', '@']);
            if is_option { Some(()) } else { self.named(word, directory) }
        })
    }

    fn files(&mut self, words: &[&str], options: &[&str], directory: &Path) -> Option<()> {
        let mut paths = words.iter().filter(|word| !options.contains(word));
        paths.try_for_each(|path| self.named(path, directory))
    }

    /// Adds an input path; in the build directory, an earlier command may have written it.
    fn named(&mut self, word: &str, directory: &Path) -> Option<()> {
        let path = whole(word)?;
        if path.starts_with(directory) {
            self.writes.insert(path)
        } else {
            self.reads.insert(path)
        };
        Some(())
    }

    /// Adds an output path.
    fn written(&mut self, word: &str, directory: &Path) -> Option<()> {
        let path = whole(word).filter(|path| path.starts_with(directory) && path != directory)?;
        self.writes.insert(path);
        Some(())
    }
}

/// Returns a path that denotes the same file in every working directory.
fn whole(word: &str) -> Option<PathBuf> {
    let path = Path::new(word);
    let is_plain = path.is_absolute()
        && !word.ends_with('/')
        && path.components().all(|part| part != std::path::Component::ParentDir);
    is_plain.then(|| path.components().collect())
}

/// Splits a shell's text; `None` if it has anything other than words, quotes, redirections into files and
/// separators of commands.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut word: Option<(String, bool)> = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' || letter == '"' {
            let (text, quoted) = word.get_or_insert_default();
            *quoted = true;
            loop {
                match letters.next()? {
                    end if end == letter => break,
                    '$' | '`' | '\\' if letter == '"' => return None,
                    other => text.push(other),
                }
            }
            continue;
        }
        let joins = matches!(letter, ' ' | '\t' | '\n' | ';' | '(' | ')' | '&' | '|' | '>');
        if joins {
            tokens.extend(word.take().map(|(text, quoted)| Token::Word(text, quoted)));
        }
        match letter {
            ' ' | '\t' => {}
            '\n' | ';' | '(' | ')' => tokens.push(Token::Next),
            '&' | '|' => {
                letters.next_if_eq(&letter)?;
                tokens.push(Token::Next);
            }
            '>' => {
                letters.next_if_eq(&'>');
                tokens.push(Token::Into);
            }
            // Expansions, patterns, escapes, comments, here documents.
            '$' | '`' | '\\' | '*' | '?' | '<' | '{' | '}' | '~' | '#' | '^' => return None,
            other => word.get_or_insert_default().0.push(other),
        }
    }
    tokens.extend(word.map(|(text, quoted)| Token::Word(text, quoted)));
    // A bracket within a word is a pattern, a number before `>` another output.
    let odd = |pair: &[Token]| matches!(pair, [Token::Word(word, false), Token::Into] if word.bytes().all(|it| it.is_ascii_digit()));
    let is_pattern = |token: &Token| matches!(token, Token::Word(word, false) if word.len() > 1 && word.contains(['[', ']']));
    (!tokens.windows(2).any(odd) && !tokens.iter().any(is_pattern)).then_some(tokens)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Plain> {
        Plain::read(&[vec!["/bin/sh".to_owned(), "-c".to_owned(), text.to_owned()]], Path::new("/b"))
    }

    fn paths<'a>(paths: impl IntoIterator<Item = &'a str>) -> BTreeSet<PathBuf> {
        paths.into_iter().map(PathBuf::from).collect()
    }

    #[test]
    fn what_esp32_cores_do_is_understood() {
        let plain = read("[ ! -f \"/s\"/p.csv ] || cp -f \"/s\"/p.csv \"/b\"/p.csv").unwrap();
        assert_eq!((plain.reads, plain.writes), (paths(["/s/p.csv"]), paths(["/b/p.csv"])));
        assert_eq!(plain.programs, paths(["/bin/sh"]));
        let plain = read("if [ -f '/s/o' ]; then cp -f /s/o /b/o; else : > '/b/o'; fi").unwrap();
        assert_eq!((plain.reads, plain.writes), (paths(["/s/o"]), paths(["/b/o"])));
        let plain = read("echo \"-DX=1\" > '/b/f'").unwrap();
        assert_eq!((plain.reads, plain.writes), (paths([]), paths(["/b/f"])));
        let text = "[ -f /s/x.bin ] && cp /s/x.bin /b/x || ( [ -f /v/y.bin ] && cp /v/y.bin /b/x || \
                    \"/t/esptool\" --chip c3 elf2image --flash-size 4MB -o /b/x \"/sdk\"/bin/y.elf )";
        let plain = read(text).unwrap();
        assert_eq!(plain.reads, paths(["/s/x.bin", "/v/y.bin", "/sdk/bin/y.elf"]));
        assert_eq!((plain.writes, plain.programs), (paths(["/b/x"]), paths(["/bin/sh", "/t/esptool"])));
    }

    #[test]
    fn what_could_read_or_write_anything_else_is_not() {
        for text in [
            "cp $HOME/x /b/x",
            "cp `ls` /b/x",
            "cp \"$(date)\" /b/x",
            "cp /s/* /b/x",
            "cp /s/[ab] /b/x",
            "cp -r /s /b/x",
            "cp x /b/x",
            "cp /s/x /elsewhere",
            "cp /s/x /b",
            "cp /s/x /b/../x",
            "cp /s/x /b/y/",
            "cat < /s/x > /b/x",
            "cat /s/x | sort > /b/x",
            "cp /s/x /b/x &",
            "date > /b/x",
            "/usr/bin/date > /b/x",
            "esptool -o /b/x",
            "/t/esptool -o out.bin",
            "[ /s/x -nt /s/y ] && touch /b/x",
            "[ -x /s/x ] && touch /b/x",
            "echo x 2> /b/x",
            "echo x > \"/b/x",
            "for f in /s/x; do touch /b/x; done",
            ". /s/x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let direct = |words: &[&str]| {
            let argv = words.iter().map(|&word| word.to_owned()).collect();
            Plain::read(&[argv], Path::new("/b"))
        };
        assert_eq!(direct(&["/usr/bin/python3", "-c", "print()"]), None);
        assert_eq!(direct(&["/s/hook.sh", "/b"]), None);
        assert_eq!(direct(&["cp", "/s/x", "/b/x"]).unwrap().writes, paths(["/b/x"]));
    }
}
