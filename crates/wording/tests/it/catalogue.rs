//! Every sentence of the sources is in both languages, with the same blanks. The English is copied from the
//! sources: `UPDATE_SCHEMAS=1` writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A sentence as it stands in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sentence {
    english: String,
    values: BTreeSet<String>,
    file: PathBuf,
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The sources of every crate, without tests.
fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut found);
        }
    }
    found.sort();
    found
}

/// A literal at the beginning of a text, and what is behind it.
fn literal(text: &str) -> Option<(String, &str)> {
    let rest = text.trim_start().strip_prefix('"')?;
    let mut read = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((read, &rest[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => read.push('\n'),
                't' => read.push('\t'),
                // A literal that goes on in the next line.
                '\n' => {
                    while letters.clone().next().is_some_and(|(_, next)| next.is_whitespace()) {
                        letters.next();
                    }
                }
                other => read.push(other),
            },
            letter => read.push(letter),
        }
    }
    None
}

/// The names before `=` and `=>` up to the end of the call.
fn values(call: &str) -> BTreeSet<String> {
    let (mut depth, mut within, mut top) = (1_i32, false, String::new());
    let mut letters = call.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if within => drop(letters.next()),
            '"' => within = !within,
            _ if within => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            letter if depth == 1 => top.push(letter),
            _ => {}
        }
    }
    top.split(',').filter_map(|value| Some(value.split_once('=')?.0.trim().to_owned())).collect()
}

/// The calls of `told!` and `phrase!` in the sources, by code.
fn told() -> BTreeMap<String, Sentence> {
    let mut all: BTreeMap<String, Sentence> = BTreeMap::new();
    for file in all_sources() {
        let source = fs::read_to_string(&file).unwrap();
        for call in ["told!(", "phrase!("] {
            for (at, _) in source.match_indices(call) {
                let is_comment = source[..at].rsplit('\n').next().is_some_and(|line| line.contains("//"));
                let Some((code, rest)) = literal(&source[at + call.len()..]) else { continue };
                if is_comment {
                    continue;
                }
                let rest =
                    rest.trim_start().strip_prefix(',').unwrap_or_else(|| panic!("{code}: no English"));
                let (english, rest) = literal(rest).unwrap_or_else(|| panic!("{code}: no English"));
                let mut sentence = Sentence { english, values: values(rest), file: file.clone() };
                if file.ends_with("grammar/known.rs") {
                    // The blanks of these are filled by what a grammar says.
                    sentence.values = named_blanks(&sentence.english);
                }
                for name in &sentence.values {
                    assert!(
                        sentence.english.contains(&format!("{{{name}}}")),
                        "{code} has no blank `{name}`"
                    );
                }
                if let Some(other) = all.get(&code) {
                    let same = other.english == sentence.english && other.values == sentence.values;
                    assert!(same, "{code} says two things: {other:?} and {sentence:?}");
                }
                all.insert(code, sentence);
            }
        }
    }
    assert!(all.len() > 500, "only {} sentences were found", all.len());
    all
}

/// The messages of a language: what each says.
fn messages(lang: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("messages").join(lang)).unwrap() {
        for line in fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let Some((code, said)) = line.split_once(" = ") else { continue };
            assert!(
                all.insert(code.to_owned(), said.to_owned()).is_none(),
                "{code} is there twice in {lang}"
            );
        }
    }
    all
}

fn blanks(message: &str) -> BTreeSet<String> {
    message
        .split("{ $")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .collect()
}

/// The blanks of an English sentence that stand for a name each.
fn named_blanks(english: &str) -> BTreeSet<String> {
    let names = english.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let is_name = |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    names.filter(is_name).map(str::to_owned).collect()
}

/// An English sentence as Fluent writes it.
fn fluent(sentence: &Sentence) -> String {
    let (mut text, mut rest) = (String::new(), sentence.english.as_str());
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].split('}').next().unwrap_or_default();
        if rest.starts_with('{') && sentence.values.contains(name) {
            text.push_str(&format!("{{ ${name} }}"));
            rest = &rest[name.len() + 2..];
        } else {
            text.push_str(&format!("{{ \"{}\" }}", &rest[..1]));
            rest = &rest[1..];
        }
    }
    text + rest
}

#[test]
fn every_sentence_has_its_vietnamese_with_the_same_blanks() {
    let (told, vi) = (told(), messages("vi"));
    let missing: Vec<&String> = told.keys().filter(|code| !vi.contains_key(*code)).collect();
    assert!(missing.is_empty(), "no Vietnamese in messages/vi for {missing:#?}");
    for (code, sentence) in &told {
        assert_eq!(blanks(&vi[code]), sentence.values, "{code}: the blanks differ in Vietnamese");
    }
    let gone: Vec<&String> = vi.keys().filter(|code| !told.contains_key(*code)).collect();
    assert!(gone.is_empty(), "nobody says {gone:#?} any more: take it out of messages/vi");
}

#[test]
fn the_english_messages_are_those_of_the_sources() {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (code, sentence) in told() {
        let file = code.split('-').next().unwrap_or_default().to_owned();
        files.entry(file).or_default().push_str(&format!("{code} = {}\n", fluent(&sentence)));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("messages/en");
    for (name, text) in &files {
        let text = format!("# Made of the sources: UPDATE_SCHEMAS=1 cargo test -p cuulong-wording\n{text}");
        let path = folder.join(format!("{name}.ftl"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{} is out of date: run the tests with UPDATE_SCHEMAS=1", path.display());
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".ftl").to_owned();
        assert!(files.contains_key(&name), "messages/en/{name}.ftl has no sentence in the sources");
    }
}

/// The crates whose refusals an officer reads say nothing that has no code.
#[test]
fn no_refusal_of_a_file_or_a_mapping_is_without_a_code() {
    let mut found = Vec::new();
    for file in all_sources() {
        let name = file.strip_prefix(crates()).unwrap().to_string_lossy().into_owned();
        let is_watched = ["formats/", "intake/", "catalog/", "query/", "knowledge/", "serve/"]
            .iter()
            .any(|watched| name.starts_with(watched));
        if !is_watched || LEFT.iter().any(|left| name.contains(left)) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for call in
            ["Error::invalid(", "Error::limit(", "self.wrong(", "Problem::text(", "Problem::parameter("]
        {
            for (at, _) in source.match_indices(call) {
                let mut arguments = source[at + call.len()..].trim_start();
                if let Some((first, rest)) = arguments.split_once(',').filter(|_| call != "Error::invalid(") {
                    arguments = if first.contains('(') { arguments } else { rest };
                } else if let Some((_, rest)) = literal(arguments).filter(|(first, _)| !first.contains(' ')) {
                    arguments = rest.trim_start_matches(',');
                }
                let arguments = arguments.trim_start();
                let says = literal(arguments).is_some_and(|(text, _)| text.contains(' '));
                if says || arguments.starts_with("format!(") || arguments.starts_with("&format!(") {
                    let line = source[..at].matches('\n').count() + 1;
                    found.push(format!("{name}:{line}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "write `told!` in {found:#?}");
}

/// Parts whose sentences machines and operators read.
const LEFT: [&str; 4] = [
    "formats/src/marked/",
    "formats/src/coverage/",
    "formats/src/netcdf/written.rs",
    "serve/src/sta/live.rs",
];

/// What a guess decides has its reason in every language.
#[test]
fn no_reason_of_a_guess_is_without_a_code() {
    let mut found = Vec::new();
    for file in all_sources() {
        let name = file.strip_prefix(crates()).unwrap().to_string_lossy().into_owned();
        if !name.contains("intake/src/guess") && !name.contains("intake/src/features/guess.rs") {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let mut tell = |at: usize| found.push(format!("{name}:{}", source[..at].matches('\n').count() + 1));
        for call in [".decide(", ".because(", "missing.push(", "because(", "note("] {
            for (at, _) in source.match_indices(call) {
                let call = &source[at + call.len()..];
                let end = call.find(");").unwrap_or(call.len());
                // What is no sentence of its own is a path such as `value.0.unit`.
                let texts = call[..end].split('"').skip(1).step_by(2);
                let says = texts.clone().any(|text| text.contains(' '));
                if says && !call[..end].contains("told!(") {
                    tell(at);
                }
            }
        }
        for (at, _) in source.match_indices("reason: \"") {
            tell(at);
        }
    }
    found.dedup();
    assert!(found.is_empty(), "write `told!` in {found:#?}");
}

/// What the grammars of protocols say is found again by its words: every sentence there is known, and no other.
#[test]
fn the_sentences_of_the_grammars_are_those_that_are_known() {
    let blank = |text: &str| {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            match behind.split_once('}').filter(|(name, _)| !name.contains(['"', ' '])) {
                Some((_, after)) => {
                    plain.push_str("{}");
                    rest = after;
                }
                None => {
                    plain.push('{');
                    rest = behind;
                }
            }
        }
        plain + rest
    };
    let table = fs::read_to_string(crates().join("wording/src/grammar/known.rs")).unwrap();
    let known: BTreeSet<String> = table
        .match_indices("phrase!(")
        .filter_map(|(at, call)| {
            let (_, rest) = literal(&table[at + call.len()..])?;
            Some(blank(&literal(rest.trim_start().strip_prefix(',')?)?.0))
        })
        .collect();
    let mut said = BTreeSet::new();
    for file in all_sources() {
        let name = file.strip_prefix(crates()).unwrap().to_string_lossy().into_owned();
        if !GRAMMARS.iter().any(|grammar| name.contains(grammar)) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        for line in source.split("#[cfg(test)]").next().unwrap_or_default().lines().map(str::trim) {
            if line.starts_with("//") || line.contains("reason = \"") || line.contains(".expect(\"") {
                continue;
            }
            let mut rest = line;
            while let Some(at) = rest.find('"') {
                let Some((text, behind)) = literal(&rest[at..]) else { break };
                rest = behind;
                let is_sentence = text.contains(' ') && text.contains(|c: char| c.is_ascii_lowercase());
                if is_sentence && !NO_SENTENCES.iter().any(|other| text.contains(other)) {
                    said.insert(blank(&text));
                }
            }
        }
    }
    let unknown: Vec<&String> = said.iter().filter(|text| !known.contains(*text)).collect();
    assert!(unknown.is_empty(), "put into grammar/known.rs: {unknown:#?}");
}

/// Where the grammars are whose refusals people read.
const GRAMMARS: [&str; 14] = [
    "standards/src/cql2/json.rs",
    "standards/src/cql2/lexer.rs",
    "standards/src/cql2/mod.rs",
    "standards/src/cql2/shape.rs",
    "standards/src/cql2/text.rs",
    "standards/src/ogc/coords.rs",
    "standards/src/ogc/params.rs",
    "standards/src/sta/cursor.rs",
    "standards/src/sta/filter.rs",
    "standards/src/sta/options.rs",
    "standards/src/sta/path.rs",
    "standards/src/stac/fields.rs",
    "standards/src/stac/search.rs",
    "standards/src/oai.rs",
];

/// What stands in literals there and is said to nobody.
const NO_SENTENCES: [&str; 5] = ["{:?}", "nautical mile", "TIMESTAMP '", "http://", "westlimit="];
