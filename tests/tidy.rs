//! The house keeps its own rules: who may know whom, how long a file may be, and what must not be left behind. Each
//! finding is a line one can jump to, with what to do.

#[path = "tidy/borders.rs"]
mod borders;
#[path = "tidy/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use source::{code_only, tokens};

/// Lines a Rust file should not pass, and must not.
const LINES: (usize, usize) = (400, 500);

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

/// A file of the project.
struct Source {
    /// From the root, with `/`.
    file: String,
    text: String,
    /// `text` without comments and strings; empty where it is no Rust.
    code: String,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let code = if file.ends_with(".rs") { code_only(text) } else { String::new() };
        Self { file: file.to_owned(), text: text.to_owned(), code }
    }

    fn is_rust(&self) -> bool {
        self.file.ends_with(".rs")
    }

    fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { file: self.file.clone(), line, what: what.into() }
    }
}

fn hold(findings: impl IntoIterator<Item = Finding>) {
    let sorted: BTreeSet<Finding> = findings.into_iter().collect();
    let listed: String =
        sorted.iter().map(|Finding { file, line, what }| format!("{file}:{line}: {what}\n")).collect();
    assert!(sorted.is_empty(), "{} to put right:\n{listed}", sorted.len());
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the project, read once.
fn project() -> &'static [Source] {
    static PROJECT: OnceLock<Vec<Source>> = OnceLock::new();
    PROJECT.get_or_init(read_project)
}

/// The folders that belong to the project, and what lies beside them.
fn read_project() -> Vec<Source> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root()).expect("the project's folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folders =
            ["src", "hardware", "tests", "benches", "config", "locales", "docs", ".ci", ".github", ".cargo"];
        // In a second work tree .git is a file.
        if path.is_dir() && folders.contains(&name) || path.is_file() && name != ".git" {
            walk(&path, &mut files);
        }
    }
    let sources: Vec<Source> = files
        .iter()
        .filter_map(|path| {
            let file =
                path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            Some(Source::new(&file, &String::from_utf8(fs::read(path).ok()?).ok()?))
        })
        .collect();
    assert!(sources.iter().filter(|source| source.is_rust()).count() > 20, "the sources were not found");
    sources
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.file_name().is_some_and(|name| name != "target") {
        for entry in fs::read_dir(path).expect("a folder") {
            walk(&entry.expect("an entry").path(), files);
        }
    }
}

#[test]
fn rooms_know_only_whom_they_may() {
    let project = project();
    hold(project.iter().flat_map(borders::crossings));
    for room in borders::ROOMS {
        let lives = project.iter().any(|source| borders::room_of(&source.file) == Some(room.name));
        assert!(lives, "no file is in the room `{}`: borders.rs watches a room that is gone", room.name);
    }
}

#[test]
fn the_hands_do_not_depend_on_the_brain() {
    let manifest: toml::Table = fs::read_to_string(root().join("hardware/Cargo.toml"))
        .expect("hardware/Cargo.toml")
        .parse()
        .expect("TOML");
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let names = manifest.get(section).and_then(toml::Value::as_table);
        let knows = names.is_some_and(|names| names.contains_key("armoury"));
        assert!(
            !knows,
            "hardware/Cargo.toml: [{section}] names armoury: the hands know nothing of the brain"
        );
    }
}

#[test]
fn files_are_short() {
    let (aim, most) = LINES;
    let mut findings = Vec::new();
    for source in project().iter().filter(|source| source.is_rust()) {
        let lines = source.text.lines().count();
        if lines > most {
            findings
                .push(source.finding(lines, format!("{lines} lines: split it by noun, {aim} is the aim")));
        } else if lines > aim {
            println!("note: {}: {lines} lines, over the aim of {aim}", source.file);
        }
    }
    hold(findings);
}

#[test]
fn nothing_unfinished_is_left_behind() {
    hold(project().iter().flat_map(unfinished));
}

fn unfinished(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let marks = tokens(&source.code);
    for pair in marks.windows(2) {
        if matches!(pair[0].text, "todo" | "unimplemented" | "dbg") && pair[1].text == "!" {
            findings
                .push(source.finding(pair[0].line, format!("{}!: finish it or take it out", pair[0].text)));
        }
    }
    for four in marks.windows(4) {
        let texts: Vec<&str> = four.iter().map(|token| token.text).collect();
        match texts[..] {
            ["#", "[", "ignore", _] => {
                findings
                    .push(source.finding(four[0].line, "a test that is never run: run it or take it out"));
            }
            ["allow" | "expect", "(", "dead_code", _] => {
                findings.push(source.finding(four[0].line, "code that nothing calls: take it out"));
            }
            _ => {}
        }
    }
    // Put together here, so that this file does not find itself.
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")] {
        findings.extend(
            lines_with(source, mark)
                .map(|line| source.finding(line, format!("{mark}: an issue, not a comment"))),
        );
    }
    findings
}

fn lines_with<'s>(source: &'s Source, piece: &'s str) -> impl Iterator<Item = usize> + 's {
    source.text.lines().enumerate().filter(move |(_, line)| line.contains(piece)).map(|(nth, _)| nth + 1)
}

#[test]
fn every_module_says_what_it_is() {
    let project = project();
    hold(project.iter().filter(|source| is_module(&source.file)).filter_map(undocumented));
}

fn is_module(file: &str) -> bool {
    file.ends_with(".rs") && (file.starts_with("src/") || file.starts_with("hardware/src/")) && {
        !file.starts_with("src/bin/") && file != "src/main.rs"
    }
}

fn undocumented(source: &Source) -> Option<Finding> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty());
    (!says).then(|| source.finding(1, "begin with a line of //! that says what this module is"))
}

#[test]
fn every_file_is_compiled() {
    let project = project();
    hold(project.iter().filter(|source| source.is_rust()).filter_map(|source| forgotten(source, project)));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    for switch in ["autotests = false", "autobins = false", "test = false"] {
        assert!(!manifest.contains(switch), "Cargo.toml: {switch} leaves files uncompiled without a word");
    }
}

/// A file that no `mod` line names: it is not compiled, and its tests are not run.
fn forgotten(source: &Source, project: &[Source]) -> Option<Finding> {
    let (folder, name) = source.file.rsplit_once('/').unwrap_or(("", &source.file));
    let targets =
        |folder: &str| ["src/bin", "tests", "benches", "examples"].iter().any(|end| folder.ends_with(end));
    let is_target = name == "build.rs"
        || targets(folder)
        || name == "main.rs" && folder.rsplit_once('/').is_some_and(|(above, _)| targets(above))
        || folder.ends_with("src") && matches!(name, "lib.rs" | "main.rs");
    if is_target {
        return None;
    }
    // `a/b.rs` and `a/b/mod.rs` are declared in `a.rs`, `a/mod.rs`, or the root that lies in `a`; or by their path.
    let (home, module) = match name {
        "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
        name => (folder, name.trim_end_matches(".rs")),
    };
    let is_parent = |other: &&Source| {
        other.file == format!("{home}.rs")
            || other.file.rsplit_once('/').is_some_and(|(other_folder, other_name)| {
                other_folder == home
                    && (matches!(other_name, "mod.rs" | "lib.rs" | "main.rs") || home.ends_with("tests"))
            })
    };
    let declares = |other: &Source| {
        tokens(&other.code)
            .windows(3)
            .any(|three| three[0].text == "mod" && three[1].text == module && three[2].text == ";")
    };
    let by_path = |other: &Source| {
        let beside = other.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let relative = source.file.strip_prefix(beside).unwrap_or(&source.file).trim_start_matches('/');
        other.text.contains(&format!("#[path = \"{relative}\"]"))
    };
    let known = project.iter().filter(is_parent).any(declares) || project.iter().any(by_path);
    (!known)
        .then(|| source.finding(1, format!("no `mod {module};` names this file: declare it or take it out")))
}

#[test]
fn every_story_is_one_the_runner_reads() {
    let stories = root().join("tests/scenarios");
    let Ok(entries) = fs::read_dir(&stories) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        assert!(is_toml, "{}: only .toml files are run as scenarios: rename it", path.display());
        let text = fs::read_to_string(&path).expect("a text");
        assert!(!text.trim().is_empty(), "{}: an empty story tells nothing", path.display());
    }
}

#[test]
fn nothing_names_a_place_of_one_machine() {
    hold(project().iter().filter(|source| source.file != "Cargo.lock").flat_map(places));
}

/// Paths of somebody's machine and hosts of registries, which are the business of whoever builds.
fn places(source: &Source) -> Vec<Finding> {
    // Put together here, so that this file does not find itself.
    let pieces = [
        concat!("/wo", "rk/"),
        concat!("/tmp/", "wt"),
        concat!("/tmp/", "target"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("index.cra", "tes.io"),
        concat!("static.cra", "tes.io"),
        concat!("//cra", "tes.io"),
        concat!("deb.deb", "ian.org"),
        concat!("security.deb", "ian.org"),
        concat!("registry.npm", "js.org"),
        concat!("py", "pi.org"),
        concat!("python", "hosted.org"),
        concat!("proxy.go", "lang.org"),
    ];
    let what = |piece: &str| format!("names {piece}, a place of one machine or a registry: say it without");
    pieces
        .iter()
        .flat_map(|piece| lines_with(source, piece).map(move |line| source.finding(line, what(piece))))
        .collect()
}

/// The rules would be worth nothing if they could not fail.
#[test]
fn the_rules_find_what_they_are_for() {
    let lines = |findings: Vec<Finding>| findings.iter().map(|finding| finding.line).collect::<Vec<_>>();
    let left = format!(
        "fn a() {{ {}!() }}\n// {}!()\n#[{}]\n// {}\n",
        "todo",
        "todo",
        "ignore",
        concat!("FIX", "ME")
    );
    assert_eq!(lines(unfinished(&Source::new("src/a.rs", &left))), [1, 3, 4]);
    let dead = Source::new("src/a.rs", "#![allow(dead_code)]\nlet s = \"dbg!\";\n");
    assert_eq!(lines(unfinished(&dead)), [1]);
    let place = Source::new("config/a.toml", &format!("a = 1\nb = \"{}x\"\n", concat!("/ho", "me/")));
    assert_eq!(lines(places(&place)), [2]);
    assert!(undocumented(&Source::new("src/a.rs", "//! \nfn a() {}\n")).is_some());
    assert!(undocumented(&Source::new("src/a.rs", "//! Weapons.\n")).is_none());

    let tree =
        |files: &[(&str, &str)]| files.iter().map(|(file, text)| Source::new(file, text)).collect::<Vec<_>>();
    let orphans = |files: &[(&str, &str)]| {
        let tree = tree(files);
        tree.iter()
            .filter_map(|source| forgotten(source, &tree))
            .map(|finding| finding.file)
            .collect::<Vec<_>>()
    };
    let kept = [("src/lib.rs", "pub mod a;"), ("src/a.rs", "mod b;"), ("src/a/b.rs", ""), ("tests/x.rs", "")];
    assert_eq!(orphans(&kept), [""; 0]);
    let lost = [("src/lib.rs", "// mod a;"), ("src/a/mod.rs", ""), ("src/c.rs", ""), ("tests/x/y.rs", "")];
    assert_eq!(orphans(&lost), ["src/a/mod.rs", "src/c.rs", "tests/x/y.rs"]);
    let pathed = [("tests/x.rs", "#[path = \"x/y.rs\"]\nmod y;"), ("tests/x/y.rs", "")];
    assert_eq!(orphans(&pathed), [""; 0]);
    let folded = [("tests/x/main.rs", "mod y;"), ("tests/x/y.rs", ""), ("hardware/tests/z/main.rs", "")];
    assert_eq!(orphans(&folded), [""; 0]);
}
