//! The store through its public API.

#[cfg(test)]
mod feed;
#[cfg(test)]
mod lookup;
#[cfg(test)]
mod records;
#[cfg(test)]
mod search;
#[cfg(test)]
mod world;
