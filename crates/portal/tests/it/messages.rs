//! No message is missing in a language, and every message that a page asks for exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found
}

/// Keys of a language with the names of the blanks in each message.
fn messages(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files(&root().join("messages").join(lang), "ftl") {
        let mut key = String::new();
        for line in fs::read_to_string(&file).unwrap().lines() {
            let starts = line.chars().next().is_some_and(|c| c.is_ascii_lowercase());
            if let (true, Some((name, _))) = (starts, line.split_once(" =")) {
                key = name.to_owned();
                assert!(all.insert(key.clone(), BTreeSet::new()).is_none(), "{key} is there twice in {lang}");
            }
            for blank in line.split("{ $").skip(1) {
                let name: String =
                    blank.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                // `$count` chooses a plural; a language without plurals does not need it.
                if !key.is_empty() && name != "count" {
                    all.get_mut(&key).unwrap().insert(name);
                }
            }
        }
    }
    all
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_blanks() {
    let (vi, en) = (messages("vi"), messages("en"));
    assert!(vi.len() > 100);
    for (key, blanks) in &vi {
        let english = en.get(key).unwrap_or_else(|| panic!("{key} has no English"));
        assert_eq!(blanks, english, "{key} has other blanks in English");
    }
    for key in en.keys() {
        assert!(vi.contains_key(key), "{key} has no Vietnamese");
    }
}

/// Literal keys of templates and code: `t("key")`, `fill("key", …)`, `count("key", …)`.
fn asked_for() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    let sources =
        files(&root().join("templates"), "html").into_iter().chain(files(&root().join("src"), "rs"));
    for file in sources {
        let text = fs::read_to_string(&file).unwrap();
        let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for call in ["t(\"", "t( \"", "fill(\"", "fill( \"", "count(\"", "count( \""] {
            for (at, _) in squeezed.match_indices(call) {
                let before = squeezed[..at].chars().next_back();
                if before != Some('.') && before != Some(' ') {
                    continue;
                }
                let rest = &squeezed[at + call.len()..];
                let key = &rest[..rest.find('"').unwrap()];
                if !key.is_empty()
                    && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                {
                    asked.insert(key.to_owned());
                }
            }
        }
    }
    asked
}

/// Charts have their own messages, in both languages too.
#[test]
fn charts_have_the_same_messages_in_both_languages() {
    let keys = |lang: &str| -> BTreeSet<String> {
        let file = root().join("../chart/messages").join(lang).join("chart.ftl");
        let text = fs::read_to_string(file).unwrap();
        text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
    };
    let (vi, en) = (keys("vi"), keys("en"));
    assert!(vi.len() > 10 && vi == en, "{vi:?} {en:?}");
    for file in files(&root().join("../chart/src"), "rs") {
        let text = fs::read_to_string(file).unwrap();
        for (at, _) in text.match_indices("\"chart-") {
            let key = text[at + 1..].split('"').next().unwrap();
            assert!(vi.contains(key), "charts have no message `{key}`");
        }
    }
}

#[test]
fn every_message_that_is_asked_for_exists() {
    let vi = messages("vi");
    let asked = asked_for();
    assert!(asked.len() > 80, "only {} keys were found in templates and code", asked.len());
    let missing: Vec<&String> = asked.iter().filter(|key| !vi.contains_key(*key)).collect();
    assert!(missing.is_empty(), "no message for {missing:?}");
}

/// The codes of the model that pages put into words.
#[test]
fn every_code_of_the_model_has_its_word() {
    let vi = messages("vi");
    let mut keys: Vec<String> = Vec::new();
    keys.extend(model::Theme::ALL.map(|code| format!("theme-{}", code.code())));
    keys.extend(model::Access::ALL.map(|code| format!("access-{}", code.code())));
    keys.extend(model::DatasetKind::ALL.map(|code| format!("kind-{}", code.code())));
    keys.extend(model::PlaceKind::ALL.map(|code| format!("place-{}", code.code().replace('_', "-"))));
    keys.extend(model::Statistic::ALL.map(|code| format!("statistic-{}", code.code())));
    keys.extend([1, 2, 3, 4, 9].map(|flag| format!("quality-{flag}")));
    keys.extend(["running", "done", "dry-run", "failed"].map(|state| format!("state-{state}")));
    keys.extend(["refused", "warning"].map(|severity| format!("severity-{severity}")));
    keys.extend(["fresh", "brackish", "salt"].map(|band| format!("salinity-{band}")));
    for key in keys {
        assert!(vi.contains_key(&key), "no word for {key}");
    }
}

/// The codes of findings that have a sentence, by the sources of `intake` and of `formats`.
fn codes_of_findings() -> BTreeSet<String> {
    let crates = root().join("..");
    let mut sources = vec![crates.join("intake/src/message.rs"), crates.join("formats/src/text/note.rs")];
    sources.extend(files(&crates.join("intake/src/message"), "rs"));
    let mut codes = BTreeSet::new();
    for source in sources {
        for line in fs::read_to_string(source).unwrap().lines() {
            // `"left_out" => …`, `"outside_outlines" if … => …`, `NoteKind::ReadAs => "text_read_as",`
            let line = line.trim();
            let arm = line.strip_prefix('"').filter(|rest| rest.contains("=>"));
            let note = line.strip_prefix("NoteKind::").and_then(|rest| Some(rest.split_once("=> \"")?.1));
            let Some(rest) = arm.or(note) else { continue };
            let code = &rest[..rest.find('"').unwrap()];
            if !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                codes.insert(code.to_owned());
            }
        }
    }
    codes
}

#[test]
fn every_reason_of_a_finding_has_its_title() {
    let codes = codes_of_findings();
    assert!(codes.len() > 70, "{}", codes.len());
    for lang in ["vi", "en"] {
        let messages = messages(lang);
        let missing: Vec<&String> = codes
            .iter()
            .filter(|code| !messages.contains_key(&format!("finding-{}", code.replace('_', "-"))))
            .collect();
        assert!(missing.is_empty(), "{lang}: no title for {missing:?}");
    }
}
