//! Downloads against a server on loopback that misbehaves.

mod archives;
mod bench;
mod concurrent;
mod credentials;
mod documents;
mod faults;
mod laws;
mod processes;
mod resumption;
mod servers;
