//! The keys `sketches`, `include` and `exclude`: the sketches and boards that each entry selects.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::board_profile::ProfileChoice;
use super::super::diagnostic::Diagnostic;
use super::super::expression::Predicate;
use super::super::model::{BoardChoice, Embed, EntryLimits, ExcludeRule, From, SketchEntry};
use super::super::schema::{RawChoice, RawExclude, RawInclude, RawLongSketch, RawNames, RawSketch};
use super::super::source::Spanned;
use super::super::syntax::{Node, Value};
use super::{Boards, FROM_PROFILES, Resolver, place};
use crate::nearest::quoted;

impl Resolver<'_> {
    /// Returns the entries for an item of `sketches`, one for each of its paths.
    /// `profiles` are boards where the item names none.
    pub(super) fn sketch(
        &mut self,
        raw: RawSketch,
        node: &Node,
        boards: &Boards,
        profiles: Option<&ProfileChoice>,
    ) -> Vec<SketchEntry> {
        let raw = match raw {
            RawSketch::Long(long) => *long,
            RawSketch::Path(path) => RawLongSketch { path: RawNames::One(path), ..RawLongSketch::default() },
        };
        let names_boards = raw.boards.is_some();
        let mut entries = self.entries(raw, ["path", "boards"], node, boards);
        for entry in entries.iter_mut().filter(|entry| !names_boards && entry.from == From::Matrix) {
            entry.choice.profiles = profiles.cloned();
        }
        if let (true, Value::Map(keys)) = (entries.iter().all(|entry| entry.leaves_out), &node.value) {
            let says = |key: &str| !["path", "from", "boards", "optional"].contains(&key);
            for (key, entry) in keys.iter().filter(|(key, _)| !entries.is_empty() && says(key)) {
                self.problem(
                    entry.key,
                    format!("{} says nothing of sketches that are left out", quoted(key)),
                );
            }
        }
        entries
    }

    pub(super) fn include(&mut self, raw: RawInclude, node: &Node, boards: &Boards) -> Vec<SketchEntry> {
        let raw = RawLongSketch {
            path: raw.sketch,
            from: raw.from,
            boards: Some(RawChoice::from(raw.board)),
            properties: raw.properties,
            timeout: raw.timeout,
            optional: false,
            filters: Vec::new(),
            marks: raw.marks,
            embed_files: raw.embed_files,
            embed_txtfiles: raw.embed_txtfiles,
            run: raw.run,
            budgets: raw.budgets,
        };
        let entries = self.entries(raw, ["sketch", "board"], node, boards);
        for entry in entries.iter().filter(|entry| entry.leaves_out) {
            let help = "`!` leaves out what entries of `sketches` before it have found";
            let message = "`include` only adds cells";
            self.problems.push(Diagnostic::new(entry.span, message).help(help));
        }
        entries
    }

    /// Returns one entry for each path. `path_key` and `boards_key` are the names of the two keys in `node`.
    fn entries(
        &mut self,
        raw: RawLongSketch,
        [path_key, boards_key]: [&str; 2],
        node: &Node,
        boards: &Boards,
    ) -> Vec<SketchEntry> {
        let boards_node = node.get(boards_key).unwrap_or(node);
        let (names, profiles) = self.choice(raw.boards, boards_node);
        let mut wanted = match names {
            None => BoardChoice {
                predicate: Predicate::All(Vec::new()),
                filters: Vec::new(),
                boards: (0..boards.len()).collect(),
                profiles: None,
                replaced: HashSet::new(),
            },
            Some(names) if names.is_empty() && profiles.is_some() => BoardChoice::none(),
            Some(names) => self.wanted_boards(&names, boards_node, boards),
        };
        wanted.profiles = profiles;
        wanted.filters = raw.filters;
        let from = self.from(raw.from, place(node, "from"));
        let timeout = self.timeout(raw.timeout.as_deref(), place(node, "timeout"));
        let limits = EntryLimits { timeout, budgets: self.budgets(raw.budgets, node) };
        let properties = self.properties(raw.properties, node);
        let runs = self.runs(raw.run, node, &wanted.boards, boards);
        let marks = self.marks(raw.marks, node);
        let embed = self.embedded(&raw.embed_files, &raw.embed_txtfiles, node);
        let paths = Vec::from(raw.path);
        if paths.is_empty() {
            self.problem(place(node, path_key), "no path is listed");
        }
        let mut entries = Vec::with_capacity(paths.len());
        for (text, node) in paths.iter().zip(node.get(path_key).unwrap_or(node).each()) {
            let leaves_out = text.starts_with('!');
            let text = text.strip_prefix('!').unwrap_or(text);
            let Some(path) = self.pattern(text, node.span, &from) else { continue };
            entries.push(SketchEntry {
                span: node.span,
                from: from.clone(),
                path,
                leaves_out,
                choice: wanted.clone(),
                properties: properties.clone(),
                limits,
                optional: raw.optional,
                runs: runs.clone(),
                embed: embed.clone(),
                marks: marks.clone(),
            });
        }
        entries
    }

    /// Returns the patterns of boards, and the profiles.
    fn choice(
        &mut self,
        raw: Option<RawChoice>,
        node: &Node,
    ) -> (Option<Vec<String>>, Option<ProfileChoice>) {
        let all = || Some(ProfileChoice { span: node.span, names: None });
        match raw {
            None => (None, None),
            Some(RawChoice::One(word)) if word == FROM_PROFILES => (Some(Vec::new()), all()),
            Some(RawChoice::One(word)) => (Some(vec![word]), None),
            Some(RawChoice::Several(words)) => (Some(words), None),
            Some(RawChoice::Profiles(profiles)) => {
                let node = node.get(FROM_PROFILES).unwrap_or(node);
                (Some(Vec::new()), Some(self.profile_choice(profiles.from_profiles, node)))
            }
        }
    }

    /// Returns the profiles that patterns select.
    pub(super) fn profile_choice(&mut self, names: RawNames, node: &Node) -> ProfileChoice {
        let names = Vec::from(names);
        ProfileChoice {
            span: node.span,
            names: self.globs(&names.iter().zip(node.each()).collect::<Vec<_>>()),
        }
    }

    /// Returns the embedded files. Reports files with the same symbol, which is made of the file name alone.
    fn embedded(&mut self, files: &[String], texts: &[String], node: &Node) -> Arc<[Spanned<Embed>]> {
        let mut all: Vec<Spanned<Embed>> = Vec::new();
        for (key, paths, text) in [("embed_files", files, false), ("embed_txtfiles", texts, true)] {
            let nodes = node.get(key).map(Node::items).unwrap_or_default();
            for (path, node) in paths.iter().zip(nodes) {
                let Spanned { value: path, span } = self.path(path, node.span);
                let embed = Spanned { value: Embed { path, text }, span };
                if let Some(other) = all.iter().find(|other| other.value.symbol() == embed.value.symbol()) {
                    let symbol = embed.value.symbol();
                    let message = format!("two files would both be `_binary_{symbol}_start`");
                    let diagnostic = Diagnostic::new(span, message).related(other.span, "the other one");
                    self.problems.push(diagnostic);
                }
                all.push(embed);
            }
        }
        all.into()
    }

    pub(super) fn exclude(&mut self, raw: RawExclude, node: &Node, boards: &Boards) -> ExcludeRule {
        if raw.sketch.is_none() && raw.board.is_none() && raw.when.is_none() {
            let help = "it would leave out everything";
            let message = "an `exclude` rule needs `sketch`, `board` or `when`";
            self.problems.push(Diagnostic::new(node.span, message).help(help));
        }
        let mut rule = Vec::new();
        let [sketch, board] = [("sketch", raw.sketch), ("board", raw.board)].map(|(key, names)| {
            let texts = Vec::from(names?);
            rule.push(format!("{key}: {}", texts.join(", ")));
            let node = node.get(key).unwrap_or(node);
            if texts.is_empty() {
                self.problem(node.span, format!("no {key} is listed"));
            }
            self.globs(&texts.iter().zip(node.each()).collect::<Vec<_>>())
        });
        let when = raw.when.and_then(|text| {
            rule.push(format!("when: {text}"));
            self.condition(&text, place(node, "when"), boards)
        });
        let reason = raw.reason.filter(|reason| !reason.trim().is_empty());
        let reason = reason.unwrap_or_else(|| format!("excluded by {{{}}}", rule.join(", "))).into();
        ExcludeRule { span: node.span, sketch, board, when, reason }
    }
}
