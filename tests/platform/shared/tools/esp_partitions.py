"""Writes a partition table as the ESP32's bootloader reads it: esp_partitions.py SOURCE.csv TARGET."""

import struct
import sys

TYPES = {"app": 0, "data": 1}
SUBTYPES = {"ota_0": 0x10, "ota_1": 0x11, "ota": 0, "nvs": 2, "spiffs": 0x82}

table = b""
with open(sys.argv[1]) as file:
    for line in file:
        words = [word.strip() for word in line.split("#")[0].split(",")]
        if len(words) < 5:
            continue
        name, kind, subtype, offset, size = words[:5]
        entry = struct.pack("<HBBII", 0x50AA, TYPES[kind], SUBTYPES[subtype], int(offset, 0), int(size, 0))
        table += entry + name.encode().ljust(16, b"\0") + bytes(4)
with open(sys.argv[2], "wb") as file:
    file.write(table.ljust(0xC00, b"\xff"))
