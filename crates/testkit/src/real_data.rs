//! The folder of real files.

use std::path::PathBuf;

/// The path of a real file, or `None` (said aloud) where the folder is not at hand.
///
/// Under `CI=true` a missing folder or file is a failure.
pub fn real_data(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CUULONG_REAL_DATA").map(PathBuf::from);
    let path = folder.map(|folder| folder.join(file)).filter(|path| path.exists());
    if path.is_none() {
        assert!(!is_ci(), "`{file}` is not in the folder that CUULONG_REAL_DATA names");
        #[expect(clippy::print_stderr, reason = "a test that stands aside says so")]
        {
            eprintln!("standing aside: CUULONG_REAL_DATA does not lead to `{file}`");
        }
    }
    path
}

/// Whether nothing may stand aside.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
