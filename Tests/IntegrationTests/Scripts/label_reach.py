#!/usr/bin/python3
"""Tries to reach the sector behind the end of a labelled device: URI SIZE."""

import sys

import nbd

uri, size = sys.argv[1], int(sys.argv[2])
handle = nbd.NBD()
handle.set_strict_mode(0)
handle.connect_uri(uri)
assert handle.get_size() == size, handle.get_size()

sector = bytes(512)
ATTEMPTS = [
    ("write at the end", lambda: handle.pwrite(sector, size)),
    ("write across the end", lambda: handle.pwrite(sector * 2, size - 512)),
    ("zero across the end", lambda: handle.zero(1024, size - 512)),
    ("trim across the end", lambda: handle.trim(1024, size - 512)),
    ("read at the end", lambda: handle.pread(512, size)),
]
for name, attempt in ATTEMPTS:
    try:
        attempt()
    except nbd.Error as error:
        assert error.errno in ("EINVAL", "ENOSPC"), (name, error.errno)
    else:
        sys.exit(f"{name} was let through")
# The last sector that is the users' is theirs.
handle.pwrite(b"\x5a" * 512, size - 512)
assert handle.pread(512, size - 512) == b"\x5a" * 512
handle.shutdown()
