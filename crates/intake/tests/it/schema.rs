//! The published JSON Schema of mappings: it takes every mapping of the repository and of the judge, and no wrong one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::judge::cases;

/// Validates what stands in the input: `{schema, documents}`; prints the numbers of those that do not fit.
const VALIDATE: &str = "import json, sys\nimport jsonschema\nread = json.load(sys.stdin)\ncheck = jsonschema.Draft202012Validator(read['schema'])\njsonschema.Draft202012Validator.check_schema(read['schema'])\nfor at, document in enumerate(read['documents']):\n    for error in check.iter_errors(document):\n        print(at, error.json_path, error.message)\n";

/// What the schema says against some mappings; `None` where there is no Python.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn said(mappings: &[String]) -> Option<String> {
    let Some(python) = std::env::var_os("CUULONG_TEST_PYTHON") else {
        eprintln!("SKIPPED: CUULONG_TEST_PYTHON does not name a Python with the clients of the tests");
        return None;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let schema = std::fs::read_to_string(root.join("schemas/mapping.json")).unwrap();
    let documents: Vec<serde_json::Value> = mappings
        .iter()
        .map(|text| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap())
        .collect();
    let input = serde_json::json!({
        "schema": serde_json::from_str::<serde_json::Value>(&schema).unwrap(),
        "documents": documents,
    });
    let mut child = Command::new(python)
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_schema_takes_every_mapping_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut mappings: Vec<String> = std::fs::read_dir(root.join("crates/cuulong/src/sample"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(mappings.len() >= 5);
    let head = "version = 1\nkind = \"observations\"\n";
    let judged = cases::cases().into_iter().filter(|case| !case.mapping.is_empty());
    mappings.extend(judged.map(|case| format!("{head}{}", case.mapping)));
    let decided = crate::judge::decided();
    mappings.extend(decided.mappings().map(|mapping| format!("{head}{mapping}")));
    for text in &mappings {
        intake::mapping::Mapping::parse(text).unwrap();
    }
    let Some(said) = said(&mappings) else { return };
    assert_eq!(said, "");
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let head = "version = 1\nkind = \"observations\"\n";
    let value = "[[value]]\ncolumn = \"a\"\nproperty = \"salinity\"\n";
    let wrong = [
        format!("version = 2\nkind = \"observations\"\n{value}"),
        format!("{head}[place]\nclumn = \"a\"\n[time]\nvalue = \"2020\"\n{value}"),
        format!(
            "{head}[place]\nsheet = true\n[time]\nvalue = \"2020\"\n[[value]]\ncolumn = \"a\"\ncolumns = \"{{year}}\"\nproperty = \"salinity\"\n"
        ),
        format!("{head}[place]\nsheet = true\n[time]\nyear = {{ sheet = true, cell = \"A1\" }}\n{value}"),
        format!(
            "{head}[place]\nsheet = true\n[time]\nvalue = \"2020\"\n{value}[[block]]\ncolumns = \"1:2\"\n"
        ),
        format!("{head}[rows]\nfirst = \"2\"\n[place]\nsheet = true\n[time]\nvalue = \"2020\"\n{value}"),
    ];
    for text in &wrong {
        assert!(intake::mapping::Mapping::parse(text).is_err(), "{text}");
    }
    let Some(said) = said(&wrong) else { return };
    for (at, text) in wrong.iter().enumerate() {
        assert!(said.lines().any(|line| line.starts_with(&format!("{at} "))), "{text}\n{said}");
    }
}
