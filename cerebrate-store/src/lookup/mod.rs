//! Who is responsible for an address, a network, an AS number, a domain or a country?

pub mod index;
