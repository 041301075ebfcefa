//! The cores that apt packages contain, as data. A further core is a further entry here; only `toolchain` knows other
//! packages' names.

/// A core in apt packages.
#[derive(Debug)]
pub(super) struct AptCore {
    /// `vendor:arch`.
    pub name: &'static str,
    /// The name of its installed set.
    pub set: &'static str,
    /// The packages of core, compiler and C library.
    pub packages: &'static [&'static str],
    /// The directory with `boards.txt` and `platform.txt`, relative to the root of the file system.
    pub platform_dir: &'static str,
    /// Its compiler; `None` where another core lends one.
    pub compiler: Option<CoreCompiler>,
    /// The core that the boards refer to (`build.core=vendor:core`).
    pub lender: Option<&'static str>,
    /// Values of properties that certain versions need.
    pub repairs: &'static [Repair],
}

/// The compiler of a core's packages.
#[derive(Debug)]
pub(super) struct CoreCompiler {
    /// The directory of its programs, relative to the root.
    pub bin_dir: &'static str,
    /// Values of `{runtime.tools.NAME.path}`, relative to the root.
    pub tools: &'static [(&'static str, &'static str)],
    /// Properties that name the compiler's directory; each is set to `bin_dir` with a slash at its end.
    pub bin_properties: &'static [&'static str],
    /// Commands that prove that the compiler works: a program in `bin_dir`, then arguments. They run one after the
    /// other in a directory that holds only `smoke.c`.
    pub smoke: &'static [&'static [&'static str]],
    /// Directories whose programs must find their shared libraries, relative to the root.
    pub program_dirs: &'static [&'static str],
}

/// A property's value without which two packages do not work together.
#[derive(Debug)]
pub(super) struct Repair {
    /// The package that needs it.
    pub package: &'static str,
    /// Prefix of that package's upstream version (without epoch).
    pub version: &'static str,
    pub property: &'static str,
    pub value: &'static str,
    /// The reason, for the log.
    pub reason: &'static str,
}

/// Arduino's AVR core, with Atmel's toolchain.
const ARDUINO_AVR: AptCore = AptCore {
    name: "arduino:avr",
    set: "arduino-avr",
    packages: &["arduino-core-avr", "gcc-avr", "binutils-avr", "avr-libc"],
    platform_dir: "usr/share/arduino/hardware/arduino/avr",
    compiler: Some(CoreCompiler {
        bin_dir: "usr/bin",
        tools: &[("avr-gcc", "usr")],
        // The packaged platform.txt has `compiler.path=/usr/bin/`.
        bin_properties: &["compiler.path"],
        smoke: &[
            &["avr-gcc", "-mmcu=atmega328p", "-Os", "-flto", "-c", "-o", "smoke.o", "smoke.c"],
            &["avr-gcc", "-mmcu=atmega328p", "-Os", "-flto", "-o", "smoke.elf", "smoke.o"],
            &["avr-gcc", "-mmcu=atmega328p", "-x", "c++", "-c", "-o", "smoke-cpp.o", "smoke.c"],
            &["avr-objcopy", "-O", "ihex", "-R", ".eeprom", "smoke.elf", "smoke.hex"],
            &["avr-size", "smoke.elf"],
        ],
        program_dirs: &["usr/bin", "usr/lib/avr/bin", "usr/lib/gcc/avr"],
    }),
    lender: None,
    repairs: &[Repair {
        package: "gcc-avr",
        version: "5.4.",
        property: "compiler.cpp.extra_flags",
        value: "-DDECIMAL_DIG=__DECIMAL_DIG__",
        reason: "the core's WString.cpp needs DECIMAL_DIG, which gcc 5.4 does not define for C++",
    }],
};

/// Boards with an `ATmega1284P`; the package has no directory for an architecture.
const MIGHTY_1284P: AptCore = AptCore {
    name: "mighty-1284p:avr",
    set: "mighty-1284p",
    packages: &["arduino-mighty-1284p"],
    platform_dir: "usr/share/arduino/hardware/mighty-1284p",
    compiler: None,
    lender: Some(ARDUINO_AVR.name),
    repairs: &[],
};

/// All cores.
pub(super) const CORES: &[AptCore] = &[ARDUINO_AVR, MIGHTY_1284P];

/// The package of Arduino's built-in examples.
pub(super) const EXAMPLES_PACKAGE: &str = "arduino";
/// The directory of the examples in [`EXAMPLES_PACKAGE`].
pub(super) const EXAMPLES_DIR: &str = "usr/share/arduino/examples";

impl Repair {
    /// Returns whether a set of packages with these versions needs the repair.
    pub(super) fn applies(&self, versions: &[(String, String)]) -> bool {
        versions.iter().any(|(package, version)| {
            let upstream = version.split_once(':').map_or(version.as_str(), |(_, upstream)| upstream);
            package == self.package && upstream.starts_with(self.version)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repair_is_for_gcc_5_4_only() {
        let versions = |version: &str| vec![("gcc-avr".to_owned(), version.to_owned())];
        let applies = |version: &str| ARDUINO_AVR.repairs.iter().any(|it| it.applies(&versions(version)));
        assert!(applies("1:5.4.0+Atmel3.6.2-3"));
        assert!(applies("5.4.0-1"));
        assert!(!applies("1:14.2.0-2"));
        assert!(!applies("5:4.0-1"), "an epoch is not a version");
    }
}
