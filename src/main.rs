//! The program; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: the first thing that happens; there is no other thread.
    #[allow(unsafe_code)]
    unsafe {
        fbuild_matrix::compile::lift_zccache_limit();
    }
    fbuild_matrix::cli::main()
}
