#!/usr/bin/python3
"""Gives a loop device another size while it is in use, its file staying as it is: NODE BYTES."""

import fcntl
import struct
import sys

SET_STATUS, GET_STATUS = 0x4C04, 0x4C05
INFO_BYTES, LIMIT_OFFSET = 232, 32

node, size = sys.argv[1], int(sys.argv[2])
with open(node, "rb") as loop:
    info = bytearray(INFO_BYTES)
    fcntl.ioctl(loop, GET_STATUS, info)
    struct.pack_into("<Q", info, LIMIT_OFFSET, size)
    fcntl.ioctl(loop, SET_STATUS, info)
