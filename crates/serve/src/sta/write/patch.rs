//! JSON Patch (RFC 6902) over an entity's document: `add`, `replace`, `remove` and `test`.

use serde::Deserialize;
use serde_json::Value;
use wording::told;

use crate::http::{Answer, Problem, ProblemKind};

/// The most operations of a patch.
const MOST: usize = 1_000;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
enum Operation {
    Add { path: String, value: Value },
    Replace { path: String, value: Value },
    Remove { path: String },
    Test { path: String, value: Value },
}

/// Changes a document.
pub(super) fn apply(document: &mut Value, patch: &str) -> Answer<()> {
    let operations: Vec<Operation> = serde_json::from_str(patch).map_err(|error| {
        Problem::text(
            ProblemKind::InvalidBody,
            told!(
                "serve-no-patch-add-replace-remove-test",
                "it is no patch of add, replace, remove and test: {error}",
                error = error
            ),
        )
    })?;
    if operations.len() > MOST {
        return Err(Problem::text(
            ProblemKind::TooLarge,
            told!("serve-patch-most-operations", "a patch has at most {most} operations", most = MOST),
        ));
    }
    for operation in operations {
        match operation {
            Operation::Add { path, value } => put(document, &path, value, false)?,
            Operation::Replace { path, value } => put(document, &path, value, true)?,
            Operation::Remove { path } => {
                let (parent, name) = parent_of(document, &path)?;
                parent.remove(&name).ok_or_else(|| missing(&path))?;
            }
            Operation::Test { path, value } => {
                if document.pointer(&path) != Some(&value) {
                    let why = told!(
                        "serve-not-what-patch-expects",
                        "`{path}` is not what the patch expects",
                        path = path
                    );
                    return Err(Problem::text(ProblemKind::Conflict, why).at(&path));
                }
            }
        }
    }
    Ok(())
}

fn put(document: &mut Value, path: &str, value: Value, must_be_there: bool) -> Answer<()> {
    let (parent, name) = parent_of(document, path)?;
    if must_be_there && !parent.contains_key(&name) {
        return Err(missing(path));
    }
    parent.insert(name, value);
    Ok(())
}

/// The object in which the member at the end of a path stands, and the member's name.
fn parent_of<'d>(
    document: &'d mut Value,
    path: &str,
) -> Answer<(&'d mut serde_json::Map<String, Value>, String)> {
    let (parent, name) = path.rsplit_once('/').ok_or_else(|| missing(path))?;
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => Ok((members, name)),
        _ => Err(missing(path)),
    }
}

fn missing(path: &str) -> Problem {
    Problem::text(
        ProblemKind::InvalidBody,
        told!("serve-there-no-member-change", "there is no member `{path}` to change", path = path),
    )
    .at(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::apply;

    #[test]
    fn a_patch_changes_members_and_nothing_else() {
        let mut document = json!({"name": "a", "properties": {"x/y": 1}});
        let patch = r#"[{"op": "test", "path": "/name", "value": "a"}, {"op": "replace", "path": "/name", "value": "b"},
            {"op": "add", "path": "/properties/z", "value": 2}, {"op": "remove", "path": "/properties/x~1y"}]"#;
        apply(&mut document, patch).unwrap();
        assert_eq!(document, json!({"name": "b", "properties": {"z": 2}}));
        for patch in [
            r#"[{"op": "move", "path": "/name", "from": "/x"}]"#,
            r#"[{"op": "replace", "path": "/nothing", "value": 1}]"#,
            r#"[{"op": "remove", "path": "/properties/none"}]"#,
            r#"[{"op": "add", "path": "/name/below", "value": 1}]"#,
            r#"[{"op": "add", "path": "", "value": 1}]"#,
            r#"[{"op": "test", "path": "/name", "value": "c"}]"#,
            r#"{"op": "remove"}"#,
        ] {
            assert!(apply(&mut document, patch).is_err(), "{patch}");
        }
    }
}
