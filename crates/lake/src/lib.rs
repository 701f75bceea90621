//! Originals and tables on object storage: commit, correct, as known at, direct read.
