//! Recipes: knowledge products as datasets pinned to the versions they read.
