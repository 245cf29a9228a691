"""The 95 clients that break the rules, numbered; the server must hold to the rules and go on.

  hostile.py --list                                  names the cases
  hostile.py PID SOCKET READ-ONLY TLS [CASE...]      runs these cases, or all

SOCKET is an export that may be written and is called `data`, READ-ONLY another way to it that allows
no change, TLS a third that requires TLS. h are cases of the handshake, t of transmission, x of TLS, z of
chance. A line is printed for each: its number, name and verdict.

Each case is bounded in time. After it a good client must be served as if nothing had been, the
server must live, and its memory must not have grown by what a client only claimed to send.
"""

import os
import resource
import sys
import traceback
from types import SimpleNamespace

import hostile_handshake
import hostile_limits
import hostile_tls
import hostile_transmission
from hostile_limits import resident_bytes
from wire import READ, connect, request

BLOCK = 4096
# What a case may add to the server's resident memory: a few sessions, never a claimed length.
GROWTH_BYTES_MAX = 48 << 20
# Clients that take no replies may cost what sessions are granted for requests in flight, once.
GROWTH_OF_REPLIES_MAX = 160 << 20

CASES = {
    name: case
    for module in (hostile_handshake, hostile_transmission, hostile_limits, hostile_tls)
    for name, case in module.CASES.items()
}


def number(name):
    return name.split("_")[0]


def run(name, server):
    # Buffers that are first touched by good work are no growth of the case.
    with connect(server.socket) as client:
        client.send(b"".join(request(READ, n, 0, 64 << 10) for n in range(64)))
        for _ in range(64):
            client.reply(64 << 10)
    before = resident_bytes(server.pid)
    CASES[name](server)
    with connect(server.socket) as client:
        stamp = os.urandom(BLOCK)
        client.write(0, stamp)
        assert client.read(0, BLOCK) == stamp, "a good client is not served well afterwards"
    growth = resident_bytes(server.pid) - before
    most = GROWTH_OF_REPLIES_MAX if number(name) in ("t14", "t31", "t32") else GROWTH_BYTES_MAX
    assert growth < most, f"the server has grown by {growth} bytes"


def main():
    names = sorted(CASES)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(names))
        return
    server = SimpleNamespace(
        pid=int(sys.argv[1]), socket=sys.argv[2], read_only=sys.argv[3], tls=sys.argv[4])
    wanted = sys.argv[5:]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    failed = 0
    for name in names:
        if wanted and name not in wanted and number(name) not in wanted:
            continue
        try:
            run(name, server)
            verdict = "pass"
        except Exception as error:  # whatever went wrong is the verdict
            failed += 1
            verdict = f"FAIL {type(error).__name__} {error}"
            traceback.print_exc()
        print(f"{number(name)} {name.partition('_')[2].replace('_', ' ')}: {verdict}", flush=True)
    sys.exit(1 if failed else 0)


main()
