//! The cross compilers that apt packages contain, as data: the packages of each, and the changes that let it run
//! outside `/usr`. A further compiler is a further entry here.
//!
//! A relocated GCC searches its C library in `lib/TARGET/include` and `lib/TARGET/lib` beside its own files
//! (`-print-search-dirs`, `-E -v`). Debian installs newlib and picolibc elsewhere and names these directories by
//! absolute paths, which lead out of the tree. So the tree gets links in the places that the compiler searches: no
//! command needs a further option, and multilib directories are found as usual.

use super::proof::Proof;

/// A cross compiler of Debian, with its C library.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Toolchain {
    /// The compiler's package.
    pub compiler: &'static str,
    /// Packages that most compiles need, although the compiler's package does not depend on them.
    pub companions: &'static [&'static str],
    /// Links to create: path and target, relative to the root.
    pub links: &'static [(&'static str, &'static str)],
    /// Directories in and below which specification files name absolute paths.
    pub specs: &'static [&'static str],
    /// Proof that the compiler works.
    pub proof: Proof,
}

/// 8-bit AVR, with avr-libc, which is installed where the compiler searches it.
const AVR: Toolchain = Toolchain {
    compiler: "gcc-avr",
    companions: &["binutils-avr", "avr-libc"],
    links: &[],
    specs: &[],
    proof: Proof {
        program_dirs: &["usr/bin", "usr/lib/avr/bin", "usr/lib/gcc/avr"],
        bin_dir: "usr/bin",
        commands: &[
            &["avr-gcc", "-mmcu=atmega328p", "-flto", "-include", "string.h", "-o", "smoke.elf", "smoke.c"],
            &["avr-gcc", "-mmcu=atmega328p", "-x", "c++", "-c", "-o", "smoke-cpp.o", "smoke.c"],
            &["avr-objcopy", "-O", "ihex", "smoke.elf", "smoke.hex"],
        ],
    },
};

/// ARM, with newlib and the headers of libstdc++. Its archives (`libstdc++-arm-none-eabi-newlib`, 1.5 GB)
/// are installed only if a matrix names them.
const ARM: Toolchain = Toolchain {
    compiler: "gcc-arm-none-eabi",
    companions: &["libnewlib-arm-none-eabi", "libstdc++-arm-none-eabi-dev"],
    links: &[
        ("usr/lib/arm-none-eabi/include", "usr/include/newlib"),
        ("usr/lib/arm-none-eabi/lib", "usr/lib/arm-none-eabi/newlib"),
    ],
    specs: &["usr/lib/arm-none-eabi/newlib"],
    proof: Proof {
        program_dirs: &["usr/bin", "usr/lib/arm-none-eabi/bin", "usr/lib/gcc/arm-none-eabi"],
        bin_dir: "usr/bin",
        commands: &[
            &[
                "arm-none-eabi-gcc",
                "-mcpu=cortex-m0plus",
                "-mthumb",
                "--specs=nano.specs",
                "--specs=nosys.specs",
                "-include",
                "string.h",
                "-o",
                "smoke.elf",
                "smoke.c",
            ],
            &[
                "arm-none-eabi-g++",
                "-mcpu=cortex-m0plus",
                "-mthumb",
                "-include",
                "cstring",
                "-c",
                "-o",
                "smoke-cpp.o",
                "-x",
                "c++",
                "smoke.c",
            ],
            &["arm-none-eabi-objcopy", "-O", "binary", "smoke.elf", "smoke.bin"],
        ],
    },
};

/// RISC-V, with picolibc.
const RISCV: Toolchain = Toolchain {
    compiler: "gcc-riscv64-unknown-elf",
    companions: &["picolibc-riscv64-unknown-elf"],
    links: &[
        ("usr/lib/riscv64-unknown-elf/include", "usr/lib/picolibc/riscv64-unknown-elf/include"),
        ("usr/lib/riscv64-unknown-elf/lib", "usr/lib/picolibc/riscv64-unknown-elf/lib"),
        // The compiler searches the file that `-specs=` names there.
        (
            "usr/lib/picolibc/riscv64-unknown-elf/lib/picolibc.specs",
            "usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
        ),
        (
            "usr/lib/picolibc/riscv64-unknown-elf/lib/picolibcpp.specs",
            "usr/lib/picolibc/riscv64-unknown-elf/picolibcpp.specs",
        ),
    ],
    specs: &["usr/lib/picolibc/riscv64-unknown-elf"],
    proof: Proof {
        program_dirs: &["usr/bin", "usr/lib/riscv64-unknown-elf/bin", "usr/lib/gcc/riscv64-unknown-elf"],
        bin_dir: "usr/bin",
        commands: &[
            &[
                "riscv64-unknown-elf-gcc",
                "-march=rv32imac",
                "-mabi=ilp32",
                "--specs=picolibc.specs",
                "-include",
                "string.h",
                "-o",
                "smoke.elf",
                "smoke.c",
            ],
            &["riscv64-unknown-elf-objcopy", "-O", "binary", "smoke.elf", "smoke.bin"],
        ],
    },
};

/// The ESP8266's processor, with picolibc. Debian's libgcc for it lacks arithmetic, which is in the chip's boot ROM; a
/// core's linker script names its addresses.
const LX106: Toolchain = Toolchain {
    compiler: "gcc-xtensa-lx106",
    companions: &["picolibc-xtensa-lx106-elf"],
    links: &[
        ("usr/lib/xtensa-lx106-elf/lib/picolibc.specs", "usr/lib/xtensa-lx106-elf/picolibc.specs"),
        ("usr/lib/xtensa-lx106-elf/lib/picolibcpp.specs", "usr/lib/xtensa-lx106-elf/picolibcpp.specs"),
    ],
    specs: &["usr/lib/xtensa-lx106-elf"],
    proof: Proof {
        program_dirs: &["usr/bin", "usr/lib/xtensa-lx106-elf/bin", "usr/lib/gcc/xtensa-lx106-elf"],
        bin_dir: "usr/bin",
        commands: &[
            &[
                "xtensa-lx106-elf-gcc",
                "-nostartfiles",
                "-Wl,-e,main",
                "-include",
                "string.h",
                "-o",
                "smoke.elf",
                "smoke.c",
            ],
            &["xtensa-lx106-elf-objcopy", "-O", "binary", "smoke.elf", "smoke.bin"],
        ],
    },
};

/// All cross compilers.
const TOOLCHAINS: &[&Toolchain] = &[&AVR, &ARM, &RISCV, &LX106];

/// Returns the cross compilers whose packages are among `packages`.
pub(super) fn among(packages: &[String]) -> Vec<&'static Toolchain> {
    TOOLCHAINS.iter().copied().filter(|it| packages.iter().any(|name| name == it.compiler)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_found_by_its_package() {
        let found = among(&["picolibc-riscv64-unknown-elf".to_owned(), "gcc-riscv64-unknown-elf".to_owned()]);
        assert_eq!(found, [&RISCV]);
        assert!(among(&["avr-libc".to_owned()]).is_empty());
    }
}
