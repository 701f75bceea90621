//! The node: command line, configuration, wiring.
