//! Real files of the region, from the folder that `CUULONG_REAL_DATA` names.
