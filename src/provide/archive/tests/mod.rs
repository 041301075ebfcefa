//! Archives made here: good ones are extracted equal, malicious and broken ones end with a message and change nothing
//! outside of the destination.

mod broken;
mod fuzz;
mod good;
mod malicious;
mod make;
mod random;
mod sandbox;
