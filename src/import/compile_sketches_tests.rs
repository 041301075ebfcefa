use super::*;

fn built(inputs: &[(&'static str, &str)]) -> (ImportedBuild, Vec<String>) {
    let inputs: BTreeMap<&str, String> =
        inputs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let mut notes = Notes::default();
    let build = build("ci", &inputs, &mut notes).unwrap();
    (build, notes.into_lines())
}

fn index(name: &str, version: Option<&str>) -> ImportedLibrary {
    ImportedLibrary::Index { name: name.to_owned(), version: version.map(str::to_owned) }
}

fn path(text: &str) -> ImportedLibrary {
    ImportedLibrary::Path(text.to_owned())
}

fn core(name: &str, version: Option<&str>, source: CoreSource) -> ImportedCore {
    ImportedCore { name: name.to_owned(), version: version.map(str::to_owned), source }
}

#[test]
fn without_inputs_the_defaults_count() {
    let (build, notes) = built(&[]);
    assert_eq!(build.fqbn.to_string(), "arduino:avr:uno");
    assert_eq!(build.cores, [core("arduino:avr", None, CoreSource::Index(None))]);
    assert_eq!((build.libraries, build.sketches), (vec![path("./")], vec!["examples".to_owned()]));
    assert!(notes.is_empty());
}

#[test]
fn a_board_may_have_the_address_of_its_index() {
    let url = "https://arduino.esp8266.com/stable/package_esp8266com_index.json";
    for text in [format!("\"esp8266:esp8266:huzzah\" {url}"), format!("esp8266:esp8266:huzzah '{url}'\n")] {
        let (build, _) = built(&[("fqbn", &text)]);
        assert_eq!(build.fqbn.to_string(), "esp8266:esp8266:huzzah");
        assert_eq!(build.cores, [core("esp8266:esp8266", None, CoreSource::Index(Some(url.to_owned())))]);
    }
    let mut notes = Notes::default();
    let error = build("ci", &BTreeMap::from([("fqbn", "arduino:avr".to_owned())]), &mut notes).unwrap_err();
    assert!(error.contains("`arduino:avr`"), "{error}");
}

#[test]
fn platforms_come_from_an_index_a_path_or_elsewhere() {
    let text = "- name: a:b\n  version: latest\n- name: a:c@1.2\n  source-url: https://x/package_a_index.json\n-\n\
                - {name: a:d, source-path: ./}\n- {name: a:e, source-url: https://x/e.git, version: main}\n";
    let (build, _) = built(&[("platforms", text)]);
    let url = |text: &str| text.to_owned();
    assert_eq!(
        build.cores,
        [
            core("a:b", None, CoreSource::Index(None)),
            core("a:c", Some("1.2"), CoreSource::Index(Some(url("https://x/package_a_index.json")))),
            core("a:d", None, CoreSource::Path(url("./"))),
            core("a:e", Some("main"), CoreSource::Download(url("https://x/e.git"))),
        ]
    );
    let (build, notes) = built(&[("platforms", "a:b")]);
    assert!(build.cores.is_empty() && notes == ["ci: its input `platforms` is not a list"]);
}

#[test]
fn libraries_come_from_the_index_paths_repositories_and_archives() {
    let text = "# comment\n- source-path: ./\n- name: Servo\n- name: Adafruit GFX Library\n  version: 1.11.9\n\
                - source-url: https://github.com/a/b.git\n  version: v1\n- source-url: git://x/y\n\
                - source-url: https://github.com/a/c/archive/refs/heads/main.zip\n\
                - source-url: https://x/d.zip\n  destination-name: D\n\
                - {source-url: https://github.com/a/e.git, source-path: libraries/E}\n-\n- {version: 1}\n";
    let (build, notes) = built(&[("libraries", text)]);
    let repository = |url: &str, revision: Option<&str>| ImportedLibrary::Repository {
        url: url.to_owned(),
        revision: revision.map(str::to_owned),
    };
    assert_eq!(
        build.libraries,
        [
            path("./"),
            index("Servo", None),
            index("Adafruit GFX Library", Some("1.11.9")),
            repository("https://github.com/a/b.git", Some("v1")),
            repository("git://x/y", None),
            repository("https://github.com/a/c.git", Some("main")),
            ImportedLibrary::Archive("https://x/d.zip".to_owned()),
        ]
    );
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("a/e.git"), "{notes:?}");
    assert!(notes[1].contains("no `name`"), "{notes:?}");
}

#[test]
fn lists_may_be_words() {
    let (build, _) =
        built(&[("libraries", "Servo \"Adafruit GFX Library\""), ("sketch-paths", "examples/A 'b c'")]);
    assert_eq!(build.libraries, [path("./"), index("Servo", None), index("Adafruit GFX Library", None)]);
    assert_eq!(build.sketches, ["examples/A", "b c"]);
    let (build, _) = built(&[("libraries", "\n"), ("sketch-paths", "- a\n- b\n")]);
    assert_eq!(build.libraries, [path("./")]);
    assert_eq!(build.sketches, ["a", "b"]);
    let (build, _) = built(&[("libraries", "-"), ("sketch-paths", "")]);
    assert!(build.libraries.is_empty() && build.sketches.is_empty());
}

#[test]
fn flags_of_arduino_cli_become_properties_options_and_libraries() {
    let text = "- --warnings=\"none\"\n- --build-property\n- build.extra_flags=-DA=1\n\
                - --build-property=\"compiler.cpp.extra_flags=-DB -DC\"\n- --clean\n- --jobs\n- 4\n\
                - --library libs/D\n- --board-options=cpu=atmega328old\n- --optimize-for-debug\n";
    let (build, notes) = built(&[("fqbn", "arduino:avr:nano"), ("cli-compile-flags", text)]);
    assert_eq!(build.warnings.as_deref(), Some("none"));
    let properties = [("build.extra_flags", "-DA=1"), ("compiler.cpp.extra_flags", "-DB -DC")];
    assert_eq!(build.properties, properties.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(build.libraries, [path("./"), path("libs/D")]);
    assert_eq!(build.fqbn.to_string(), "arduino:avr:nano:cpu=atmega328old");
    assert_eq!(notes, ["ci: its flag `--optimize-for-debug` is left out"]);
}
