"""A client that has requests in flight when the server is told to end.

  drain.py SOCKET PID

It keeps many writes and reads outstanding, has SIGTERM sent to the server in the middle, sends
no more, and expects a whole reply without an error for every request that was sent before, and
then the end of the connection.
"""

import os
import signal
import socket
import sys
import time

from wire import READ, WRITE, Ended, connect, request

BLOCK = 4096
path, pid = sys.argv[1], int(sys.argv[2])
client = connect(path, seconds=60)

# A first wave and its answers: the session works before its end begins.
client.write(0, bytes(BLOCK))

count = 256
burst = b""
for number in range(count):
    if number % 2:
        burst += request(READ, number, number * BLOCK, BLOCK)
    else:
        burst += request(WRITE, number, number * BLOCK, BLOCK, 0, bytes([number]) * BLOCK)
client.send(burst)
# The first answer is looked at, not taken: the server is at work on the burst.
client.socket.recv(1, socket.MSG_PEEK)
os.kill(pid, signal.SIGTERM)
time.sleep(0.2)

answered = set()

try:
    while True:
        header = client.receive(16)
        error = int.from_bytes(header[4:8], "big")
        cookie = int.from_bytes(header[8:], "big")
        assert error == 0, f"request {cookie} was answered with error {error}"
        if cookie % 2:
            client.receive(BLOCK)
        assert cookie not in answered, f"request {cookie} was answered twice"
        answered.add(cookie)
except Ended:
    pass

missing = sorted(set(range(count)) - answered)
assert not missing, f"{len(missing)} of {count} requests unanswered, such as {missing[:5]}"
