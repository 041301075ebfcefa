"""Makes what every compile for the ESP8266 reads: esp8266_flags.py BUILD_PATH BUILD_OPT_H VERSION."""

import os
import sys

build, options, version = sys.argv[1:]
core = os.path.join(build, "core")
os.makedirs(core, exist_ok=True)
flags = ""
if os.path.exists(options):
    with open(options) as file:
        flags = file.read()
with open(os.path.join(core, "build.opt"), "w") as file:
    file.write(flags)
with open(os.path.join(core, "core_version.h"), "w") as file:
    file.write(f'#define CORE_VERSION "{version}"\n')
