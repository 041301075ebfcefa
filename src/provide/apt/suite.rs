//! Package sources of another release of the machine's distribution: the machine's own sources, with the release's name
//! exchanged. So mirror, components and keys are those that the machine already trusts. Text in, text out.

use super::super::machine::Machine;

/// The format in which `apt-get indextargets` prints each list; [`target`] parses it.
pub(super) const FORMAT: &str = "$(ORIGIN)|$(LABEL)|$(RELEASE)|$(CREATED_BY)|$(SOURCESENTRY)";

/// A package list of the machine, and the entry of its sources that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListTarget {
    /// The publisher, `Debian`.
    origin: String,
    /// The publisher's archive, `Debian`, `Debian-Security`.
    label: String,
    /// The file with the entry.
    pub file: String,
    /// The entry's number from 1: of the line, or in a `.sources` file of the stanza.
    entry: usize,
}

/// Parses a line in the format [`FORMAT`]. `None` where it is not a package list of a release.
pub(super) fn target(line: &str) -> Option<ListTarget> {
    let mut words = line.splitn(5, '|');
    let (origin, label, release) = (words.next()?, words.next()?, words.next()?);
    let created_by = words.next()?;
    let (file, entry) = words.next()?.rsplit_once(':')?;
    // A release with a slash is a directory of packages, which has no other releases.
    if created_by != "Packages" || release.ends_with('/') {
        return None;
    }
    Some(ListTarget {
        origin: origin.to_owned(),
        label: label.to_owned(),
        file: file.to_owned(),
        entry: entry.parse().ok()?,
    })
}

impl ListTarget {
    /// Returns whether the list belongs to the distribution's main archive. Other archives may lack the other release,
    /// and security fixes reach a release's main archive with its point releases.
    pub(super) fn is_main(&self, machine: &Machine) -> bool {
        self.origin == self.label
            && machine.family.split(' ').any(|word| word.eq_ignore_ascii_case(&self.origin))
    }

    /// Returns whether the entry is a stanza, not a line.
    pub(super) fn is_stanza(&self) -> bool {
        self.file.ends_with(".sources")
    }

    /// Returns its entry in `text`, the file's content, with the release `suite`.
    pub(super) fn entry_for(&self, text: &str, suite: &str) -> Option<String> {
        let index = self.entry.checked_sub(1)?;
        if self.is_stanza() {
            stanza(stanzas(text).get(index)?, suite)
        } else {
            line(text.lines().nth(index)?, suite)
        }
    }
}

/// Splits a `.sources` file into stanzas, each as its lines, without comments.
fn stanzas(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let stanzas = lines.split(|line| line.trim().is_empty()).filter(|lines| !lines.is_empty());
    stanzas.map(<[&str]>::to_vec).collect()
}

/// Returns a stanza with another release; all other fields stay.
fn stanza(lines: &[&str], suite: &str) -> Option<String> {
    let mut changed = String::new();
    let mut inside = false;
    let mut found = false;
    for line in lines {
        if !line.starts_with([' ', '\t']) {
            let (field, _) = line.split_once(':')?;
            inside = field.eq_ignore_ascii_case("suites");
            if inside {
                found = true;
                changed.push_str("Suites: ");
                changed.push_str(suite);
                changed.push('\n');
            }
        }
        if !inside {
            changed.push_str(line);
            changed.push('\n');
        }
    }
    found.then_some(changed)
}

/// Returns `deb [OPTIONS] URI RELEASE COMPONENT…` with another release.
fn line(line: &str, suite: &str) -> Option<String> {
    let (start, rest) = match line.split_once(']') {
        Some((options, rest)) => (format!("{options}]"), rest),
        None => line.trim_start().split_once(' ').map(|(kind, rest)| (kind.to_owned(), rest))?,
    };
    let mut words = rest.split_whitespace();
    let uri = words.next()?;
    // The release that is replaced.
    words.next()?;
    let components: Vec<&str> = words.take_while(|word| !word.starts_with('#')).collect();
    Some(format!("{start} {uri} {suite} {}\n", components.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, entry: usize) -> ListTarget {
        ListTarget { origin: "Debian".into(), label: "Debian".into(), file: file.into(), entry }
    }

    #[test]
    fn lists_of_the_main_archive_are_told_from_others() {
        let debian = Machine { family: "debian".into(), ..Machine::here() };
        let is_main = |line: &str| target(line).map(|it| it.is_main(&debian));
        assert_eq!(is_main("Debian|Debian|bookworm|Packages|/etc/a.sources:1"), Some(true));
        assert_eq!(
            is_main("Debian|Debian-Security|bookworm-security|Packages|/etc/a.sources:2"),
            Some(false)
        );
        assert_eq!(is_main(". nodistro|. nodistro|nodistro|Packages|/etc/b.list:1"), Some(false));
        assert_eq!(is_main("||./|Packages|/etc/c.list:1"), None);
        assert_eq!(is_main("Debian|Debian|bookworm|Sources|/etc/a.sources:1"), None);
        assert_eq!(target("Debian|Debian|bookworm|Packages|/a:b/c.list:12"), Some(at("/a:b/c.list", 12)));
        let mint = Machine { family: "linuxmint ubuntu debian".into(), ..Machine::here() };
        assert!(target("Ubuntu|Ubuntu|jammy|Packages|/etc/c.list:1").unwrap().is_main(&mint));
    }

    #[test]
    fn a_stanza_keeps_all_but_its_release() {
        let text = "# a comment\n\nTypes: deb\nURIs: http://m/debian\n# another\nSuites: bookworm\n bookworm-updates\n\
                    Components: main\nSigned-By:\n -----BEGIN PGP\n .\n x\n\n\nTypes: deb\nURIs: http://s\n\
                    suites: x\nComponents: y\n";
        assert_eq!(
            at("/etc/a.sources", 1).entry_for(text, "trixie").unwrap(),
            "Types: deb\nURIs: http://m/debian\nSuites: trixie\nComponents: main\n\
             Signed-By:\n -----BEGIN PGP\n .\n x\n"
        );
        assert_eq!(
            at("/etc/a.sources", 2).entry_for(text, "trixie").unwrap(),
            "Types: deb\nURIs: http://s\nSuites: trixie\nComponents: y\n"
        );
        assert_eq!(at("/etc/a.sources", 3).entry_for(text, "trixie"), None);
        assert_eq!(at("/etc/a.sources", 0).entry_for(text, "trixie"), None);
    }

    #[test]
    fn a_line_keeps_all_but_its_release() {
        let text = "# mirrors\ndeb http://m/ubuntu jammy main universe # ours\n\
                    deb [ arch=amd64 signed-by=/k.gpg ] http://m/debian bookworm main\n";
        let entry = |number| at("/etc/apt/sources.list", number).entry_for(text, "trixie");
        assert_eq!(entry(2).unwrap(), "deb http://m/ubuntu trixie main universe\n");
        assert_eq!(entry(3).unwrap(), "deb [ arch=amd64 signed-by=/k.gpg ] http://m/debian trixie main\n");
        assert_eq!(entry(4), None);
    }
}
