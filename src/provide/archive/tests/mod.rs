//! Archives made here: good ones are extracted equal, malicious and broken ones end with a message and change nothing
//! outside of the destination.

mod broken;
mod fuzz;
mod good;
mod make;
mod malicious;
mod random;
mod sandbox;
