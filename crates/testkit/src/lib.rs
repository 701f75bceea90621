//! A real node in-process; clients by role; servers the tests need.
