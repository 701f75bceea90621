//! Protocol documents and query languages, both directions. Pure.
