//! The programs themselves: a scheduler, executors and a node as processes.
