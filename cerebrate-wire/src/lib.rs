//! JSON as Cerebrate and MISP spell it: tolerant readers, exact writers.
