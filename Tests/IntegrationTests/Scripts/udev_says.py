#!/usr/bin/python3
"""Says in udev's name that a block device has changed, as systemd-udevd's monitors do.

  udev_says.py NODE LINK SERIAL
"""

import os
import socket
import struct
import sys

UDEV_GROUP = 2
UEVENTS = 15


def main(node, link, serial):
    device = os.stat(node).st_rdev
    words = [
        "ACTION=change", "SUBSYSTEM=block", "DEVNAME=" + node, f"MAJOR={os.major(device)}", f"MINOR={os.minor(device)}",
        "DEVLINKS=" + link, "ID_SERIAL_SHORT=" + serial]
    texts = b"".join(word.encode() + b"\0" for word in words)
    # Prefix, magic, size of the header, place and length of the texts, and hashes for filters.
    header = struct.pack("=8s", b"libudev") + struct.pack(">I", 0xfeedcafe) + struct.pack("=III", 40, 40, len(texts))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, UEVENTS) as monitor:
        monitor.bind((0, 0))
        monitor.sendto(header.ljust(40, b"\0") + texts, (0, UDEV_GROUP))


main(*sys.argv[1:])
