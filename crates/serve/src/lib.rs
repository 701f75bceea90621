//! The services: one folder a protocol over the same reads.
