//! The whole system, judged from outside.
