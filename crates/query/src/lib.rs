//! SQL and direct reads for a Permit: session, functions, limits; on its own threads.
