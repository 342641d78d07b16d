//! The contact database and sharing backbone of CSIRT communities.
