"""A client with as many requests as it may have waiting for a path, when the daemon is told to end.

usage: queued.py URI COUNT

Expects an error to each, or the end of the connection.
"""

import sys

import nbd

BLOCK = 4096
uri, count = sys.argv[1], int(sys.argv[2])
handle = nbd.NBD()
handle.connect_uri(uri)
buffers = [nbd.Buffer.from_bytearray(bytearray(BLOCK)) for _ in range(count)]
cookies = [handle.aio_pwrite(buffer, number * BLOCK) for number, buffer in enumerate(buffers)]
failed = 0
for cookie in cookies:
    try:
        while not handle.aio_command_completed(cookie):
            if handle.poll(60_000) == 0:
                sys.exit("no answer for a minute")
    except nbd.Error:
        failed += 1
assert failed == count, f"{count - failed} of {count} writes succeeded without a path"
