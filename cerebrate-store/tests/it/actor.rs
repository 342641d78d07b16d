//! The store as one user sees it.

mod cells;
mod handles;
mod identities;
mod imports;
mod laws;
mod leaks;
mod people;
mod small_world;
mod trail;
mod undone;
mod users;
mod why;
mod writes;
