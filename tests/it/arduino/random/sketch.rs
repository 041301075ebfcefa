//! A sketch made of parts: which files it has, which part goes where, and what `setup` and `loop` use of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::parts::{self, Names, Part};
use super::{errors, oddities};
use crate::differential::Dice;

/// The files of a sketch by their paths in its directory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Sketch {
    pub(super) name: String,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl Sketch {
    /// Writes the sketch's directory into `dir`.
    pub(super) fn write(&self, dir: &Path) {
        for (path, text) in &self.files {
            let path = dir.join(&self.name).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

/// A file that is being written.
#[derive(Debug, Default)]
struct Page {
    text: Vec<String>,
}

/// The sketch of a seed. `includes` are lines for the head of the main file, `uses` are statements for `setup`.
pub(super) fn sketch(name: &str, dice: &mut Dice, includes: &[String], uses: &[String]) -> Sketch {
    let mut names = Names::new();
    let mut pages: BTreeMap<String, Page> = BTreeMap::new();
    let main = format!("{name}.{}", if dice.one_in(20) { "pde" } else { "ino" });
    let mut tabs = vec![main.clone()];
    for _ in 0..[0, 0, 1, 1, 2, 3][dice.below(6)] {
        let extension = if dice.one_in(10) { "pde" } else { "ino" };
        tabs.push(format!("{}{}.{extension}", ["a", "z", "B", "util_", "n-"][dice.below(5)], tabs.len()));
    }
    let header =
        dice.one_in(2).then(|| ["conf.h", "defs.hpp", "src/inner.h", "types.hh"][dice.below(4)].to_owned());
    pages.entry(main.clone()).or_default().text.extend(includes.iter().cloned());
    if let Some(header) = &header {
        pages.entry(main.clone()).or_default().text.push(format!("#include \"{header}\"\n"));
        pages.entry(header.clone()).or_default().text.push("#pragma once\n#include <Arduino.h>\n".to_owned());
    }
    let mut calls: Vec<String> = uses.to_vec();
    // Most sketches take no risk, or they would nearly all fail.
    let mut risks = usize::from(dice.one_in(3));
    let mut parts = Vec::new();
    let wanted = 3 + dice.below(9);
    while parts.len() < wanted {
        let part = parts::part(dice, &mut names);
        if part.risk && risks == 0 {
            continue;
        }
        risks -= usize::from(part.risk);
        let page = if dice.one_in(2) { header.as_ref() } else { None }.unwrap_or(&main);
        let page = &mut pages.entry(page.clone()).or_default().text;
        page.push(oddities::noise(dice));
        page.push(part.early.clone());
        calls.push(part.call.clone());
        parts.push(part);
    }
    place(dice, &mut pages, &tabs, parts, &calls);
    others(dice, &mut pages, &mut names);
    let mut sketch = Sketch { name: name.to_owned(), files: BTreeMap::new() };
    for (path, page) in pages {
        sketch.files.insert(path, page.text.concat().into_bytes());
    }
    // 15 of 100 have one error.
    if dice.below(100) < 15 {
        errors::make(dice, &mut sketch, &tabs);
    }
    oddities::disturb(dice, &mut sketch);
    sketch
}

/// Writes parts and the two entry functions into the tabs.
fn place(
    dice: &mut Dice,
    pages: &mut BTreeMap<String, Page>,
    tabs: &[String],
    parts: Vec<Part>,
    calls: &[String],
) {
    let entry = if dice.one_in(10) { tabs[tabs.len() - 1].clone() } else { tabs[0].clone() };
    let (early, late): (Vec<Part>, Vec<Part>) =
        parts.into_iter().partition(|part| part.ahead || dice.one_in(4));
    let main = &mut pages.entry(tabs[0].clone()).or_default().text;
    main.extend(early.into_iter().map(|part| part.text));
    let (first, second) = calls.split_at(dice.below(calls.len() + 1));
    let body = |calls: &[String]| calls.iter().fold(String::new(), |text, call| text + "  " + call + "\n");
    let open = [" {\n", "\n{\n", "{ // start\n", " { /* } */\n"][dice.below(4)];
    let entries = format!("void setup(){open}{}}}\nvoid loop(){open}{}}}\n", body(first), body(second));
    pages.entry(entry).or_default().text.push(entries);
    for part in late {
        let tab = tabs[dice.below(tabs.len())].clone();
        let page = &mut pages.entry(tab).or_default().text;
        page.push(oddities::noise(dice));
        page.push(part.text);
    }
    for tab in tabs {
        pages.entry(tab.clone()).or_default();
    }
}

/// Sources beside the `.ino` files, and files that must not matter.
fn others(dice: &mut Dice, pages: &mut BTreeMap<String, Page>, names: &mut Names) {
    for _ in 0..[0, 0, 0, 1, 2][dice.below(5)] {
        let number = names.next();
        let path =
            ["x.cpp", "M.c", "q.cc", "w-1.cxx", "src/s.cpp", "src/deep/d.c", "src/d-1/e.cpp"][dice.below(7)];
        let path = path.replacen('.', &format!("{number}."), 1);
        let text =
            format!("int __attribute__((used, noinline)) other_{number}(int a) {{ return a * {number}; }}\n");
        pages.entry(path).or_default().text.push(text);
    }
    if dice.one_in(8) {
        let path = ["notes.txt", "data/x.cpp", ".hidden.ino", "build/x.ino", "extra.inc", "sub/tab.ino"]
            [dice.below(6)];
        pages.entry(path.to_owned()).or_default().text.push("#error never compiled\n".to_owned());
    }
}
