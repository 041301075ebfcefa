//! Credentials by host, from a netrc file. The format is that of the GNU inetutils manual, with curl's quoted values.

use std::path::Path;

/// Credentials by host.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Netrc {
    entries: Vec<NetrcEntry>,
}

/// Credentials of one host.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct NetrcEntry {
    /// The host; `None` for the entry `default`.
    host: Option<String>,
    /// The user name.
    pub(super) login: String,
    /// The password, where there is one.
    pub(super) password: Option<String>,
}

impl std::fmt::Debug for NetrcEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetrcEntry").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Netrc {
    /// Reads a file. A missing file has no entries.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn read(path: &Path) -> std::io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Parses a file's text. Unknown words are ignored.
    fn parse(text: &str) -> Self {
        let mut entries: Vec<NetrcEntry> = Vec::new();
        let mut words = NetrcWords { rest: text };
        while let Some(word) = words.next() {
            match word.as_str() {
                "machine" => {
                    let host = words.next().map(|host| host.to_ascii_lowercase());
                    entries
                        .push(NetrcEntry { host: Some(host.unwrap_or_default()), ..NetrcEntry::default() });
                }
                "default" => entries.push(NetrcEntry::default()),
                "login" => {
                    let login = words.next().unwrap_or_default();
                    if let Some(entry) = entries.last_mut() {
                        entry.login = login;
                    }
                }
                "password" => {
                    let password = words.next();
                    if let Some(entry) = entries.last_mut() {
                        entry.password = password;
                    }
                }
                "account" => {
                    words.next();
                }
                "macdef" => words.skip_macro(),
                _ => {}
            }
        }
        Self { entries }
    }

    /// Returns the credentials of a host: its first entry, otherwise the entry `default` where `allow_default`.
    pub(super) fn credentials(&self, host: &str, allow_default: bool) -> Option<&NetrcEntry> {
        let host = host.to_ascii_lowercase();
        let own = self.entries.iter().find(|entry| entry.host.as_deref() == Some(host.as_str()));
        own.or_else(|| self.entries.iter().find(|entry| allow_default && entry.host.is_none()))
    }
}

/// The words of a file.
struct NetrcWords<'a> {
    rest: &'a str,
}

impl NetrcWords<'_> {
    /// Skips a macro: it ends with an empty line.
    fn skip_macro(&mut self) {
        let end = ["\n\n", "\n\r\n"].into_iter().filter_map(|end| self.rest.find(end)).min();
        self.rest = end.map_or("", |end| &self.rest[end..]);
    }

    /// Returns a word in double quotes, whose opening quote is already consumed.
    fn quoted(&mut self) -> String {
        let mut word = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((place, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[place + 1..];
                    return word;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => word.push('\n'),
                    Some((_, 'r')) => word.push('\r'),
                    Some((_, 't')) => word.push('\t'),
                    Some((_, c)) => word.push(c),
                    None => {}
                },
                c => word.push(c),
            }
        }
        self.rest = "";
        word
    }
}

impl Iterator for NetrcWords<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            if !self.rest.starts_with('#') {
                break;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            return Some(self.quoted());
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, host: &str) -> Option<(String, Option<String>)> {
        Netrc::parse(text).credentials(host, true).map(|entry| (entry.login.clone(), entry.password.clone()))
    }

    fn pair(login: &str, password: &str) -> (String, Option<String>) {
        (login.to_owned(), Some(password.to_owned()))
    }

    #[test]
    fn entries_by_host() {
        let text = "# a comment\nmachine A.example login me password p#w\n\
                    machine b\n\tlogin \"m y\"\n\taccount x\n\tpassword \"a\\\"b\\\\c\"\n\
                    macdef init\nmachine c login no password no\n\nmachine d login you\n\
                    machine a.example login second password second\n\
                    default login anonymous password guest\n";
        assert_eq!(found(text, "a.example"), Some(pair("me", "p#w")));
        assert_eq!(found(text, "B"), Some(pair("m y", "a\"b\\c")));
        assert_eq!(found(text, "c"), Some(pair("anonymous", "guest")));
        assert_eq!(found(text, "d"), Some(("you".to_owned(), None)));
        assert_eq!(Netrc::parse(text).credentials("c", false), None);
        assert_eq!(found("machine a login", "a"), Some((String::new(), None)));
        assert_eq!(found("", "a"), None);
        assert!(!format!("{:?}", Netrc::parse(text)).contains("guest"));
    }

    #[test]
    fn a_missing_file_has_no_entries() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Netrc::read(&directory.path().join("none")).unwrap(), Netrc::default());
        assert!(Netrc::read(directory.path()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(login in "[ -~]{1,12}", password in "\\PC{0,12}") {
            let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            let text = format!("machine h login {} password {}", quote(&login), quote(&password));
            prop_assert_eq!(found(&text, "h"), Some(pair(&login, &password)));
        }

        #[test]
        fn no_text_panics(text in "(machine|login|password|macdef|default|\"|#|\\\\|[a-z\n ]){0,20}") {
            let _ = Netrc::parse(&text);
        }
    }
}
