//! Tests of downloads against a server on loopback.
