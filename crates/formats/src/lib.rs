//! File bytes to rows of cells with their positions, and geometry. Pure.
