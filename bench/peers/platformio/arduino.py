# The framework script of that platform: core, variant and the core's libraries.
from os.path import join

from SCons.Script import DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
framework = env.PioPlatform().get_package_dir("framework-arduino-avr")
core = join(framework, "cores", board.get("build.core"))
variant = join(framework, "variants", board.get("build.variant"))

env.Append(
    CPPDEFINES=[
        ("F_CPU", board.get("build.f_cpu")),
        ("ARDUINO", 10607),
        board.get("build.board"),
        "ARDUINO_ARCH_AVR",
    ],
    CPPPATH=[core, variant],
    LIBSOURCE_DIRS=[join(framework, "libraries")],
)
usb = board.get("build.usb", None)
if usb:
    env.Append(
        CPPDEFINES=[
            ("USB_VID", usb["vid"]),
            ("USB_PID", usb["pid"]),
            ("USB_PRODUCT", env.StringifyMacro(usb["product"])),
            ("USB_MANUFACTURER", env.StringifyMacro(usb["manufacturer"])),
        ]
    )
env.Append(LIBS=[env.BuildLibrary(join("$BUILD_DIR", "FrameworkArduino"), core)])
