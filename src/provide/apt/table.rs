//! The cores that apt packages hold, as data. A core more is an entry more here; nothing else in this
//! module knows a package's name.

/// A core that comes from apt packages.
#[derive(Debug)]
pub(super) struct AptCore {
    /// `vendor:arch`.
    pub name: &'static str,
    /// The folder below our cache is named after it.
    pub set: &'static str,
    /// The packages that hold core, compiler and C library.
    pub packages: &'static [&'static str],
    /// The folder with `boards.txt` and `platform.txt`, relative to the root of the file system.
    pub platform_dir: &'static str,
    /// What is compiled with.
    pub compiler: Option<CoreCompiler>,
    /// The core that boards refer to (`build.core=vendor:core`) where they have no compiler of their own.
    pub lender: Option<&'static str>,
    /// Properties that certain versions need.
    pub repairs: &'static [Repair],
}

/// The compiler of a core's packages.
#[derive(Debug)]
pub(super) struct CoreCompiler {
    /// The folder with its programs, relative to the root.
    pub bin_dir: &'static str,
    /// What `{runtime.tools.NAME.path}` means, relative to the root.
    pub tools: &'static [(&'static str, &'static str)],
    /// Properties that name the compiler's folder; each is set to `bin_dir` with a slash at its end.
    pub bin_properties: &'static [&'static str],
    /// Commands that show that the compiler works: program of `bin_dir`, then arguments. They run one
    /// after the other in an empty folder that holds `smoke.c`.
    pub smoke: &'static [&'static [&'static str]],
    /// Folders whose programs must find their shared libraries, relative to the root.
    pub program_dirs: &'static [&'static str],
}

/// A property without which two packages do not work together.
#[derive(Debug)]
pub(super) struct Repair {
    /// A package, and how its upstream version (without epoch) begins.
    pub package: &'static str,
    /// See `package`.
    pub version: &'static str,
    /// The property.
    pub property: &'static str,
    /// Its value.
    pub value: &'static str,
    /// Why, for the log.
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

/// Boards with an `ATmega1284P`; the package has no folder for an architecture.
const MIGHTY_1284P: AptCore = AptCore {
    name: "mighty-1284p:avr",
    set: "mighty-1284p",
    packages: &["arduino-mighty-1284p"],
    platform_dir: "usr/share/arduino/hardware/mighty-1284p",
    compiler: None,
    lender: Some(ARDUINO_AVR.name),
    repairs: &[],
};

/// All of them.
pub(super) const CORES: &[AptCore] = &[ARDUINO_AVR, MIGHTY_1284P];

/// The package of Arduino's built-in examples, and where it holds them.
pub(super) const EXAMPLES_PACKAGE: &str = "arduino";
/// See [`EXAMPLES_PACKAGE`].
pub(super) const EXAMPLES_DIR: &str = "usr/share/arduino/examples";

impl Repair {
    /// Whether it is for a set of packages with these versions.
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
