#!/usr/bin/python3
"""An encoder and decoder of gmultipath's labels that shares nothing with ours.

  label.py write FILE SECTOR NAME UUID MODE [garbage]   labels a file or block device
  label.py forge FILE SECTOR NAME UUID MODE SIZE        the same with another size in the label
  label.py read FILE SECTOR                             prints NAME UUID MODE SECTOR SIZE
"""

import os
import struct
import sys

LAYOUT = struct.Struct("<16s40s16sIIQB")
MAGIC = b"GEOM::MULTIPATH"


def size_of(path):
    with open(path, "rb") as file:
        return file.seek(0, os.SEEK_END)


def put(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def field(text, length, filler):
    """A text and its NUL; behind them zeroes, or what a stack may hold."""
    data = text.encode() + b"\0"
    return data + filler * (length - len(data))


def write(path, sector, name, uuid, mode, size, filler=b"\0"):
    record = LAYOUT.pack(
        MAGIC, field(uuid, 40, filler), field(name, 16, filler), 1, sector, size, mode
    )
    put(path, size_of(path) - sector, record.ljust(sector, b"\0"))


def read(path, sector):
    with open(path, "rb") as file:
        file.seek(-sector, os.SEEK_END)
        data = file.read(sector)
    magic, uuid, name, version, recorded, size, mode = LAYOUT.unpack_from(data)
    assert magic == MAGIC + b"\0", magic
    assert version == 1, version
    # Ours are zero behind the texts, and behind the record.
    assert data[LAYOUT.size:] == bytes(sector - LAYOUT.size)
    for text in uuid, name:
        assert text.split(b"\0", 1)[1].strip(b"\0") == b"", text
    print(name.rstrip(b"\0").decode(), uuid.rstrip(b"\0").decode(), mode, recorded, size)


def main(verb, path, *rest):
    if verb == "write":
        sector, name, uuid, mode = int(rest[0]), rest[1], rest[2], int(rest[3])
        filler = b"\xa5" if rest[4:] == ("garbage",) else b"\0"
        write(path, sector, name, uuid, mode, size_of(path), filler)
    elif verb == "forge":
        write(path, int(rest[0]), rest[1], rest[2], int(rest[3]), int(rest[4]))
    elif verb == "read":
        read(path, int(rest[0]))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
