//! Receive, read, map, check, commit: a file becomes a version of a dataset.
