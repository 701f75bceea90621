//! Parameters of OGC APIs that the service does not read for every protocol alike.

use crate::Error;

/// Reads a list of names with commas between them, e.g. `parameter-name`; at most 100.
pub fn parse_list(parameter: &str, text: &str) -> Result<Vec<String>, Error> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).take(101).collect();
    if names.len() > 100 {
        return Err(Error::new(parameter, "it has more than 100 names"));
    }
    if names.iter().any(String::is_empty) {
        return Err(Error::new(parameter, "a name in the list is empty"));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse_list;

    #[test]
    fn a_list_has_no_empty_names() {
        assert_eq!(parse_list("parameter-name", "a, b").unwrap(), ["a", "b"]);
        assert!(parse_list("parameter-name", "a,,b").is_err());
        assert!(parse_list("parameter-name", &"a,".repeat(200)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = parse_list("x", &text);
        }
    }
}
