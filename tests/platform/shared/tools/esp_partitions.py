"""Writes a partition table as the ESP32's bootloader reads it (ESP-IDF's documentation, "Partition Tables"):
esp_partitions.py SOURCE.csv TARGET."""

import hashlib
import struct
import sys

TYPES = {"app": 0, "data": 1}
SUBTYPES = {
    0: {"factory": 0, "test": 0x20} | {f"ota_{number}": 0x10 + number for number in range(16)},
    1: {"ota": 0, "phy": 1, "nvs": 2, "coredump": 3, "nvs_keys": 4, "efuse": 5, "undefined": 6,
        "esphttpd": 0x80, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}
FLAGS = {"encrypted": 1, "readonly": 2}
FIRST = 0x9000  # what is behind the table itself
TABLE = 0xC00


def number(text):
    for unit, factor in (("k", 0x400), ("m", 0x100000)):
        if text.lower().endswith(unit):
            return int(text[:-1], 0) * factor
    return int(text, 0)


def named(text, names):
    return names[text] if text in names else number(text or "0")


def entry(words, end):
    name, kind, subtype, offset, size, flags = words
    kind = named(kind, TYPES)
    alignment = 0x10000 if kind == TYPES["app"] else 0x1000
    begin = number(offset) if offset else -(-end // alignment) * alignment
    # A negative size is where the partition ends.
    length = number(size) if number(size) >= 0 else -number(size) - begin
    if begin < end or begin % alignment != 0:
        sys.exit(f"{sys.argv[1]}: {name} can't be at {begin:#x}")
    bits = sum(FLAGS[flag] for flag in flags.split(":") if flag)
    packed = struct.pack("<HBBII", 0x50AA, kind, named(subtype, SUBTYPES.get(kind, {})), begin, length)
    return packed + name.encode()[:16].ljust(16, b"\0") + struct.pack("<I", bits), begin + length


table, end = b"", FIRST
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        words = [word.strip() for word in line.split("#")[0].split(",")]
        if any(words):
            packed, end = entry((words + [""] * 6)[:6], end)
            table += packed
table += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(table).digest()
if len(table) > TABLE:
    sys.exit(f"{sys.argv[1]}: too many partitions")
with open(sys.argv[2], "wb") as file:
    file.write(table.ljust(TABLE, b"\xff"))
