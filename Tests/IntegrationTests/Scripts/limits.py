"""More clients than there is room for, who never finish the handshake.

  limits.py SOCKET SESSIONS

SESSIONS is how many the server takes at the same time. Those beyond are hung up on; those in time are served
for as long as they want; those who do not finish the handshake are hung up on when its time is over, and
then there is room again.
"""

import resource
import select
import sys
import time

from wire import Client, connect

path, most = sys.argv[1], int(sys.argv[2])
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
good = connect(path)


def ended(clients, seconds, enough):
    """Waits until so many of the silent clients have been hung up on."""
    ends = set()
    poll = select.poll()
    by_number = {client.socket.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.POLLRDHUP)
    deadline = time.monotonic() + seconds
    while len(ends) < enough and time.monotonic() < deadline:
        for number, _ in poll.poll(1000):
            poll.unregister(number)
            ends.add(number)
        good.read(0, 4096)
    return [by_number[number] for number in ends]


idle = [Client(path) for _ in range(most + 100)]
early = ended(idle, 60, 101)
assert len(early) >= 101, f"{len(early)} of {len(idle)} were hung up on, {most} is the most"
rest = [client for client in idle if client not in early]
late = ended(rest, 60, len(rest))
assert len(late) == len(rest), f"{len(rest) - len(late)} may stay in the handshake for ever"
good.read(0, 4096)
with connect(path) as another:
    another.read(0, 4096)
print(f"{len(early)} had no room, {len(late)} took too long")
