//! What may happen to a project between two runs: to its files, its tools, its flags.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::dice::Dice;
use super::project::{self, DIRECTORIES, NAMES, macro_of};
use super::tree::{self, Node, Tree};
use crate::support::Workspace;

/// A project, what it was at first, and the dice.
pub(super) struct Editor<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) first: &'a Tree,
    pub(super) dice: &'a mut Dice,
}

/// Does something to a project and says what; nothing where it does not apply.
type Edit<'a> = fn(&mut Editor<'a>) -> Option<String>;

impl<'a> Editor<'a> {
    /// Every kind of edit, and how often it comes up.
    const EDITS: [(usize, Edit<'a>); 20] = [
        (10, Self::change),
        (3, Self::touch),
        (3, Self::delete),
        (2, Self::rename),
        (2, Self::exchange),
        (3, Self::change_case),
        (3, Self::turn_into_a_link),
        (3, Self::lead_a_link_elsewhere),
        (7, Self::shadow),
        (2, Self::shadow_library),
        (3, Self::swap_compiler),
        (3, Self::swap_archive),
        (2, Self::override_properties),
        (2, Self::add_source),
        (2, Self::add_include),
        (2, Self::move_directory),
        (2, Self::move_sketch_behind_a_link),
        (2, Self::link_src),
        (8, Self::restore),
        (1, Self::restore_all),
    ];
}

impl Editor<'_> {
    /// Does something, and says what.
    pub(super) fn edit(&mut self) -> String {
        loop {
            let total: usize = Self::EDITS.iter().map(|(weight, _)| weight).sum();
            let mut at = self.dice.below(total);
            let chosen = Self::EDITS.iter().find(|(weight, _)| {
                let here = at < *weight;
                at = at.saturating_sub(*weight);
                here
            });
            // One that does not apply now leaves its place to another.
            if let Some(done) = chosen.and_then(|(_, edit)| edit(self)) {
                return done;
            }
        }
    }

    /// Puts back a few things, so that a project that is broken works again some time.
    pub(super) fn mend(&mut self) -> String {
        let done: Vec<String> = (0..6).filter_map(|_| self.restore()).collect();
        done.join(", ")
    }

    fn path(&self, path: &Path) -> PathBuf {
        self.workspace.path(path)
    }

    fn now(&self) -> Tree {
        tree::read(&self.workspace.path(""))
    }

    /// One of the files that are no tools and for which `wanted` holds.
    fn file(&mut self, wanted: impl Fn(&Path, &[u8]) -> bool) -> Option<(PathBuf, Vec<u8>)> {
        let files: Vec<(PathBuf, Vec<u8>)> = self
            .now()
            .into_iter()
            .filter(|(path, _)| !path.starts_with("tools"))
            .filter_map(|(path, node)| match node {
                Node::File { bytes, .. } if wanted(&path, &bytes) => Some((path, bytes)),
                _ => None,
            })
            .collect();
        self.dice.pick(&files).cloned()
    }

    fn source(&mut self) -> Option<(PathBuf, Vec<u8>)> {
        self.file(|path, _| is_source(path))
    }

    /// Another constant in a file, of the same length; with the file's time as it was, now, or another.
    fn change(&mut self) -> Option<String> {
        let (path, bytes) = self.file(|_, bytes| !constants(bytes).is_empty())?;
        let places = constants(&bytes);
        let at = *self.dice.pick(&places)?;
        let value = self.dice.constant().to_string();
        let mut changed = bytes;
        changed[at..at + 3].copy_from_slice(value.as_bytes());
        let full = self.path(&path);
        let before = fs::metadata(&full).unwrap().modified().unwrap();
        let how = if self.dice.one_in(3) {
            let draft = full.with_extension("draft");
            fs::write(&draft, &changed).unwrap();
            fs::rename(&draft, &full).unwrap();
            "replaced"
        } else {
            fs::write(&full, &changed).unwrap();
            "changed"
        };
        let time = match self.dice.below(4) {
            0 => Some(before),
            1 => Some(before - Duration::from_hours(5)),
            _ => None,
        };
        if let Some(time) = time {
            set_time(&full, time);
        }
        let kept = if time == Some(before) { ", its time kept" } else { "" };
        Some(format!("{how} {} to {value}{kept}", path.display()))
    }

    fn touch(&mut self) -> Option<String> {
        let (path, _) = self.file(|_, _| true)?;
        let hours = Duration::from_hours(1 + self.dice.below(100) as u64);
        let (time, when) = if self.dice.one_in(2) {
            (SystemTime::now() - hours, "backwards")
        } else {
            (SystemTime::now() + hours, "forwards")
        };
        set_time(&self.path(&path), time);
        Some(format!("touched {} {when}", path.display()))
    }

    fn delete(&mut self) -> Option<String> {
        let (path, _) = self.source()?;
        fs::remove_file(self.path(&path)).unwrap();
        Some(format!("deleted {}", path.display()))
    }

    fn rename(&mut self) -> Option<String> {
        let (path, _) = self.source()?;
        let directory = path.parent()?.to_owned();
        let name = *self.dice.pick(&NAMES)?;
        let to = directory.join(name);
        if fs::symlink_metadata(self.path(&to)).is_ok_and(|there| there.is_dir()) {
            return None;
        }
        fs::rename(self.path(&path), self.path(&to)).unwrap();
        Some(format!("renamed {} to {name}", path.display()))
    }

    /// Two headers change places: nothing of either but its name is new.
    fn exchange(&mut self) -> Option<String> {
        let (one, _) = self.file(|path, _| is_header(path))?;
        let (other, _) = self.file(|path, _| is_header(path) && *path != one)?;
        let aside = self.path(Path::new("aside"));
        fs::rename(self.path(&one), &aside).unwrap();
        fs::rename(self.path(&other), self.path(&one)).unwrap();
        fs::rename(&aside, self.path(&other)).unwrap();
        Some(format!("exchanged {} and {}", one.display(), other.display()))
    }

    fn change_case(&mut self) -> Option<String> {
        let (path, _) = self.file(|path, _| is_header(path))?;
        let name = path.file_name()?.to_str()?;
        let other = if name.to_lowercase() == name {
            format!("{}{}", name[..1].to_uppercase(), &name[1..])
        } else {
            name.to_lowercase()
        };
        let to = self.path(&path).with_file_name(&other);
        if fs::symlink_metadata(&to).is_ok() {
            return None;
        }
        fs::rename(self.path(&path), to).unwrap();
        Some(format!("renamed {} to {other}", path.display()))
    }

    fn turn_into_a_link(&mut self) -> Option<String> {
        let (path, bytes) = self.source()?;
        let number = self.dice.below(1000);
        let target =
            self.path(Path::new("elsewhere")).join(format!("{number}-{}", path.file_name()?.to_str()?));
        fs::write(&target, bytes).unwrap();
        fs::remove_file(self.path(&path)).unwrap();
        symlink(&target, self.path(&path)).unwrap();
        Some(format!("made {} a link to {}", path.display(), target.display()))
    }

    fn lead_a_link_elsewhere(&mut self) -> Option<String> {
        let links: Vec<PathBuf> = self
            .now()
            .into_iter()
            .filter(|(path, node)| matches!(node, Node::Link(_)) && !path.starts_with("tools"))
            .map(|(path, _)| path)
            .collect();
        let path = self.dice.pick(&links)?.clone();
        let elsewhere = self.path(Path::new("elsewhere"));
        let directory = self.path(&path).is_dir();
        let mut targets: Vec<PathBuf> = fs::read_dir(elsewhere)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|target| target.is_dir() == directory)
            .collect();
        targets.sort();
        if self.dice.one_in(8) {
            targets = vec!["nowhere".into()];
        }
        let target = self.dice.pick(&targets)?.clone();
        fs::remove_file(self.path(&path)).unwrap();
        symlink(&target, self.path(&path)).unwrap();
        Some(format!("led {} to {}", path.display(), target.display()))
    }

    /// Puts a header into a directory that is searched, where it may come before the one that was used.
    fn shadow(&mut self) -> Option<String> {
        let directory = *self.dice.pick(&DIRECTORIES)?;
        let name = *self.dice.pick(&NAMES)?;
        let path = self.path(Path::new(directory)).join(name);
        if !path.parent()?.is_dir() || fs::symlink_metadata(&path).is_ok() {
            return None;
        }
        if self.dice.one_in(8) {
            // A directory with a header's name is no header.
            fs::create_dir(&path).unwrap();
            fs::write(path.join("x"), "").unwrap();
            return Some(format!("made {directory}/{name} a directory"));
        }
        let text = format!("#undef {0}\n#define {0} {1}\n", macro_of(name), self.dice.constant());
        fs::write(&path, text).unwrap();
        Some(format!("added {directory}/{name}"))
    }

    /// A library that comes earlier in the search order appears, or goes.
    fn shadow_library(&mut self) -> Option<String> {
        let name = *self.dice.pick(&["One", "Two", "Three", "Four", "Five"])?;
        let to = self.path(Path::new("first")).join(name);
        if to.is_dir() {
            fs::remove_dir_all(to).unwrap();
            return Some(format!("removed first/{name}"));
        }
        let from = Path::new("libs").join(name);
        for (path, node) in self.now() {
            let Ok(inner) = path.strip_prefix(&from) else { continue };
            tree::put_back(&self.workspace.path(""), &Path::new("first").join(name).join(inner), Some(&node));
        }
        for (path, node) in self.now() {
            if let Node::File { bytes, .. } = node
                && path.starts_with(Path::new("first").join(name))
                && let Some(at) = self.dice.pick(&constants(&bytes)).copied()
            {
                let mut changed = bytes;
                changed[at..at + 3].copy_from_slice(self.dice.constant().to_string().as_bytes());
                fs::write(self.path(&path), changed).unwrap();
            }
        }
        Some(format!("added first/{name}"))
    }

    /// Another compiler that says of itself what the last one said.
    fn swap_compiler(&mut self) -> Option<String> {
        let name = *self.dice.pick(&["avr-g++", "avr-g++", "avr-gcc"])?;
        let value = self.dice.constant();
        let path = self.path(Path::new("tools/bin")).join(name);
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        project::compiler(self.workspace, name, value);
        set_time(&path, before);
        Some(format!("swapped {name} for one with {value}"))
    }

    fn swap_archive(&mut self) -> Option<String> {
        let number = 1 + self.dice.below(3);
        let path = self.path(Path::new("libs/Four/src/atmega328p/libfour.a"));
        if !path.parent()?.is_dir() || path.is_dir() {
            return None;
        }
        let before = fs::metadata(&path).and_then(|metadata| metadata.modified());
        tree::remove(&path);
        fs::copy(self.path(Path::new(&format!("made/libfour-{number}.a"))), &path).unwrap();
        if let Ok(before) = before {
            set_time(&path, before);
        }
        Some(format!("put archive {number} into libs/Four"))
    }

    fn override_properties(&mut self) -> Option<String> {
        let path = self.path(Path::new("core/platform.local.txt"));
        if path.exists() {
            fs::remove_file(path).unwrap();
            return Some("removed platform.local.txt".to_owned());
        }
        let property = *self.dice.pick(&[
            "flags.platform=-O1 -DPLATFORM=",
            "flags.more=-DEXTRA=",
            "flags.more=-DTOGGLE= -DEXTRA=",
            "flags.forced=-DFORCED=",
            "compiler.libraries.ldflags=-Wl,--defsym=unused=",
        ])?;
        let text = format!("{property}{}\n", self.dice.constant());
        fs::write(path, &text).unwrap();
        Some(format!("added platform.local.txt with {}", text.trim()))
    }

    fn add_source(&mut self) -> Option<String> {
        let directory = *self.dice.pick(&DIRECTORIES)?;
        let number = self.dice.below(4);
        let extension = *self.dice.pick(&["c", "cpp"])?;
        let path = self.path(Path::new(directory)).join(format!("more{number}.{extension}"));
        if !path.parent()?.is_dir() || path.exists() {
            return None;
        }
        // Only where it is linked more than once this clashes; then the build fails, and is to fail both times.
        let text = format!("int more{number}(void) {{ return {}; }}\n", self.dice.constant());
        fs::write(&path, text).unwrap();
        Some(format!("added {directory}/more{number}.{extension}"))
    }

    /// A file includes another library's header, too, in the first line or on a condition; or it defines what
    /// such a condition asks for.
    fn add_include(&mut self) -> Option<String> {
        let (path, bytes) = self.file(|path, _| {
            (path.starts_with("libs") || path.starts_with("s"))
                && is_source(path)
                && path.extension().is_some_and(|extension| extension != "S" && extension != "bin")
        })?;
        let header =
            *self.dice.pick(&["One.h", "Two.h", "Three.h", "Four.h", "Five.h", "Linked.h", "config.h"])?;
        let line = match self.dice.below(6) {
            0 => format!("#if BOARD > 705\n#include <{header}>\n#endif\n"),
            1 => format!("#ifndef NEVER\n#include \"{header}\"\n#endif\n"),
            2 => format!("#ifdef TOGGLE\n#include \"{header}\"\n#endif\n"),
            3 => format!("#if defined(TOGGLE) || defined __AVR_ATmega168__\n#include <{header}>\n#endif\n"),
            4 => "#define TOGGLE\n".to_owned(),
            _ => format!("#include <{header}>\n"),
        };
        let mut changed = line.clone().into_bytes();
        changed.extend(bytes);
        fs::write(self.path(&path), changed).unwrap();
        Some(format!("{} begins with {}", path.display(), line.replace('\n', " | ")))
    }

    fn move_directory(&mut self) -> Option<String> {
        let (from, to) = *self.dice.pick(&[
            ("libs/One", "libs/One-away"),
            ("libs/Two", "libs/two"),
            ("libs/Five", "libs/Fifth"),
            ("libs/Three/utility", "libs/Three/Utility"),
            ("core/system", "core/other"),
            ("core/variants/diff", "core/variants/other"),
            ("libs/Four/src/atmega328p", "libs/Four/src/atmega168"),
        ])?;
        let (from, to) = if self.path(Path::new(from)).is_dir() { (from, to) } else { (to, from) };
        if !self.path(Path::new(from)).is_dir() || self.path(Path::new(to)).exists() {
            return None;
        }
        fs::rename(self.path(Path::new(from)), self.path(Path::new(to))).unwrap();
        Some(format!("renamed {from} to {to}"))
    }

    /// Moves a sketch, and leaves a link in its place; or the other way round.
    fn move_sketch_behind_a_link(&mut self) -> Option<String> {
        let name = *self.dice.pick(&["A", "B", "C"])?;
        let (place, behind) =
            (self.path(&Path::new("s").join(name)), self.path(&Path::new("behind").join(name)));
        if place.is_symlink() && behind.is_dir() {
            fs::remove_file(&place).unwrap();
            fs::rename(&behind, &place).unwrap();
            return Some(format!("moved behind/{name} back to s/{name}"));
        }
        if !place.is_dir() || place.is_symlink() || behind.exists() {
            return None;
        }
        fs::create_dir_all(behind.parent().unwrap()).unwrap();
        fs::rename(&place, &behind).unwrap();
        symlink(Path::new("../behind").join(name), &place).unwrap();
        Some(format!("moved s/{name} behind a link"))
    }

    /// Gives a sketch a `src` behind a link, or takes it away.
    fn link_src(&mut self) -> Option<String> {
        let name = *self.dice.pick(&["A", "B", "C"])?;
        let src = self.path(&Path::new("s").join(name).join("src"));
        if src.is_symlink() {
            fs::remove_file(&src).unwrap();
            return Some(format!("removed s/{name}/src"));
        }
        if !src.parent()?.is_dir() || src.exists() {
            return None;
        }
        symlink("../../elsewhere/Shared", &src).unwrap();
        Some(format!("made s/{name}/src a link to elsewhere/Shared"))
    }

    fn restore(&mut self) -> Option<String> {
        let differ = tree::differences(&self.now(), self.first);
        let path = self.dice.pick(&differ)?.clone();
        tree::put_back(&self.workspace.path(""), &path, self.first.get(&path));
        Some(format!("restored {}", path.display()))
    }

    fn restore_all(&mut self) -> Option<String> {
        let differ = tree::differences(&self.now(), self.first);
        if differ.is_empty() {
            return None;
        }
        for path in differ {
            tree::put_back(&self.workspace.path(""), &path, self.first.get(&path));
        }
        Some("restored everything".to_owned())
    }
}

fn is_source(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["h", "c", "cpp", "S", "ino", "bin"].contains(&extension)
}

fn is_header(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "h")
}

/// Where the constants of the project stand in a text: 700 to 799, alone.
fn constants(text: &[u8]) -> Vec<usize> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    (0..text.len().saturating_sub(2))
        .filter(|at| {
            text[*at] == b'7'
                && text[*at + 1..*at + 3].iter().all(u8::is_ascii_digit)
                && !is_word(at.checked_sub(1).map(|before| &text[before]))
                && !is_word(text.get(*at + 3))
        })
        .collect()
}

fn set_time(path: &Path, time: SystemTime) {
    // The owner may, without writing: what may be started is not opened for that.
    let set = File::open(path).and_then(|file| file.set_times(FileTimes::new().set_modified(time)));
    set.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
