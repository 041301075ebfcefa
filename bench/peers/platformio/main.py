# The build script of a PlatformIO platform for AVR boards that holds what the recipes of Arduino's
# platform.txt say, so that PlatformIO does the same work as everyone else.
from os.path import join

from SCons.Script import AlwaysBuild, Builder, COMMAND_LINE_TARGETS, Default, DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
mcu = "-mmcu=" + board.get("build.mcu")

env.Replace(
    AR="avr-gcc-ar",
    RANLIB="true",
    AS="avr-gcc",
    CC="avr-gcc",
    CXX="avr-g++",
    LINK="avr-gcc",
    OBJCOPY="avr-objcopy",
    SIZETOOL="avr-size",
    ARFLAGS=["rcs"],
    RANLIBCOM="",
    PROGSUFFIX=".elf",
    PROGNAME="firmware",
    SIZEPROGREGEXP=r"^(?:\.text|\.data|\.bootloader)\s+([0-9]+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss|\.noinit)\s+([0-9]+).*",
    SIZECHECKCMD="$SIZETOOL -A $SOURCES",
    SIZEPRINTCMD="$SIZETOOL -A $SOURCES",
)
env.Append(
    ASFLAGS=["-c", "-g", "-x", "assembler-with-cpp", "-flto", mcu],
    CCFLAGS=["-g", "-Os", "-w", "-ffunction-sections", "-fdata-sections", "-MMD", "-flto", mcu],
    CFLAGS=["-std=gnu11", "-fno-fat-lto-objects"],
    CXXFLAGS=[
        "-std=gnu++11",
        "-fpermissive",
        "-fno-exceptions",
        "-fno-threadsafe-statics",
        "-Wno-error=narrowing",
        "-DDECIMAL_DIG=__DECIMAL_DIG__",
    ],
    LINKFLAGS=["-w", "-Os", "-g", "-flto", "-fuse-linker-plugin", "-Wl,--gc-sections", mcu],
    LIBS=["m"],
    BUILDERS=dict(
        ToEep=Builder(
            action="$OBJCOPY -O ihex -j .eeprom --set-section-flags=.eeprom=alloc,load "
            "--no-change-warnings --change-section-lma .eeprom=0 $SOURCES $TARGET",
            suffix=".eep",
        ),
        ToHex=Builder(action="$OBJCOPY -O ihex -R .eeprom $SOURCES $TARGET", suffix=".hex"),
    ),
)

elf = env.BuildProgram()
eep = env.ToEep(join("$BUILD_DIR", "firmware"), elf)
hex_file = env.ToHex(join("$BUILD_DIR", "firmware"), elf)
env.Depends(hex_file, eep)
size = env.AddPlatformTarget("size", elf, env.VerboseAction("$SIZEPRINTCMD", "Size"), "Program Size")
AlwaysBuild(env.Alias("nobuild", hex_file))
AlwaysBuild(env.Alias("buildprog", hex_file, hex_file))
Default([hex_file, "checkprogsize"] if "checkprogsize" in COMMAND_LINE_TARGETS else [hex_file])
