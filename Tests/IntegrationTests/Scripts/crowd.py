"""Clients that are merely there: they must cost the others nothing.

  crowd.py idle SOCKET COUNT      connects so often, says nothing, and waits to be ended
  crowd.py deaf SOCKET COUNT      so many sessions that ask for much and never read a reply

Prints `there` when all are in place.
"""

import signal
import sys

from wire import READ, Client, connect, request

kind, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

clients = []
for _ in range(count):
    if kind == "idle":
        clients.append(Client(path))
    else:
        client = connect(path)
        client.socket.setblocking(False)
        burst = b"".join(request(READ, n, n % 64 << 20, 1 << 20) for n in range(256))
        try:
            # As much as the server takes before it, too, stops reading.
            client.socket.send(burst)
        except BlockingIOError:
            pass
        clients.append(client)

print("there", flush=True)
signal.pause()
