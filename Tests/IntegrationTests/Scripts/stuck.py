"""Clients that begin to write and do not go on, until there is no memory for others.

  stuck.py SOCKET

Each announces 32 MiB and sends half of it. Who holds memory that others wait for, and does not go on, is hung
up on.
"""

import sys
import time

from wire import WRITE, Ended, connect, request

path = sys.argv[1]
length = 32 << 20
stuck = []
for number in range(12):
    client = connect(path, seconds=60)
    # Not more than fits the socket: one that waits for memory is not read from.
    client.socket.setblocking(False)
    try:
        client.socket.send(request(WRITE, number, 0, length, 0, bytes(100_000)))
    except BlockingIOError:
        pass
    stuck.append(client)
time.sleep(0.5)
good = connect(path, seconds=90)
stamp = b"\x5a" * length
good.write(0, stamp)
assert good.read(0, length) == stamp
ended = 0
for client in stuck:
    client.socket.settimeout(0.2)
    try:
        ended += client.is_ended()
    except TimeoutError:
        pass
assert ended, "nobody was hung up on, and the good client got its memory from nowhere"
print(f"{ended} of {len(stuck)} were hung up on")
