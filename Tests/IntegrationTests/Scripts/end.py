"""A client that has requests in flight when its device is told to end.

  end.py SOCKET COUNT ERROR COMMAND...

It sends a burst of COUNT writes and reads, runs the command, and expects exactly one whole reply to each request
and then the end of the connection. ERROR is the protocol's error that each reply has to carry, 0 for none.
"""

import subprocess
import sys
import time

from wire import READ, WRITE, Ended, connect, request

BLOCK = 4096
path, count, expected, command = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
client = connect(path, seconds=60)

burst = b""
for number in range(count):
    if number % 2:
        burst += request(READ, number, number * BLOCK, BLOCK)
    else:
        burst += request(WRITE, number, number * BLOCK, BLOCK, 0, bytes([number]) * BLOCK)
client.send(burst)
# The paths are slow or not there: when the command is run, much has not been answered.
time.sleep(0.1)
ending = subprocess.Popen(command)

answered = set()

try:
    while True:
        header = client.receive(16)
        error = int.from_bytes(header[4:8], "big")
        cookie = int.from_bytes(header[8:], "big")
        assert error == expected, f"request {cookie} was answered with error {error}"
        if cookie % 2 and not error:
            client.receive(BLOCK)
        assert cookie not in answered, f"request {cookie} was answered twice"
        answered.add(cookie)
except Ended:
    pass

missing = sorted(set(range(count)) - answered)
assert not missing, f"{len(missing)} of {count} requests unanswered, such as {missing[:5]}"
status = ending.wait(60)
assert status == 0, f"the command ended with {status}"
