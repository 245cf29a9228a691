"""Reads around a range that no path can read.

usage: medium.py URI OFFSET LENGTH ROUNDS

Every read that touches the range must end with EIO, and every other one must succeed, again and again.
"""

import errno
import sys

import nbd

BLOCK = 4096


def read(handle, offset, length):
    """0, or the errno."""
    try:
        handle.pread(length, offset)
    except nbd.Error as error:
        return error.errnum
    return 0


def main():
    uri = sys.argv[1]
    first, length, rounds = map(int, sys.argv[2:])
    end = first + length
    handle = nbd.NBD()
    handle.connect_uri(uri)
    wanted = [
        (first - BLOCK, BLOCK, 0),
        (first, BLOCK, errno.EIO),
        (end - BLOCK, BLOCK, errno.EIO),
        (end, BLOCK, 0),
        (first - BLOCK, 2 * BLOCK, errno.EIO),
        (0, BLOCK, 0),
    ]
    for number in range(rounds):
        for offset, size, answer in wanted:
            found = read(handle, offset, size)
            assert found == answer, f"round {number}: read {size} at {offset}: {found}"
    handle.shutdown()


main()
