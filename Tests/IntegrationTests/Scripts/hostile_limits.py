"""Clients that ask for too much, take too little, or are too many: t31 to t35, t41 to t43."""

import os
import time

from wire import FLUSH, READ, WRITE, connect, request

BLOCK = 4096


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def t31_replies_never_taken(server):
    deaf = [connect(server.socket) for _ in range(8)]
    burst = b"".join(request(READ, n, n * 65536, 65536) for n in range(512))
    for client in deaf:
        client.socket.setblocking(False)
        try:
            # 32 MiB wanted by each; whatever of the wish fits the socket.
            client.socket.send(burst)
        except BlockingIOError:
            pass
    with connect(server.socket) as good:
        for n in range(32):
            good.read(n * BLOCK, BLOCK)
            assert good.error_of(FLUSH) == 0
    for client in deaf:
        client.close()


def t32_close_with_unread_replies(server):
    for _ in range(20):
        client = connect(server.socket)
        client.send(b"".join(request(READ, n, 0, 64 << 10) for n in range(64)))
        client.close()


def t33_half_close(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            client.send(b"".join(request(READ, n, n * BLOCK, BLOCK) for n in range(32)))
            client.socket.shutdown(1)
            cookies = {client.reply(BLOCK)[0] for _ in range(32)}
            assert cookies == set(range(32)), "a reply is missing after the half-close"
            assert client.is_ended()


def t34_1000_idle_in_transmission(server):
    idle = [connect(server.socket) for _ in range(1000)]
    with connect(server.socket) as good:
        good.read(0, BLOCK)
    idle[-1].read(0, BLOCK)
    for client in idle:
        client.close()


def t35_500_sessions(server):
    before = descriptors(server.pid)
    for _ in range(500):
        with connect(server.socket) as client:
            client.read(0, BLOCK)
    for _ in range(200):
        if descriptors(server.pid) <= before:
            return
        time.sleep(0.05)
    raise AssertionError(f"{descriptors(server.pid)} descriptors, {before} before")


def t41_1024_in_flight(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            data = b"".join(request(READ, n, n % 256 * BLOCK, BLOCK) for n in range(1024))
            client.send(data)
            cookies = {client.reply(BLOCK)[0] for _ in range(1024)}
            assert cookies == set(range(1024))


def t42_late_write_after_vanish(server):
    offset = 800 * BLOCK
    for _ in range(50):
        client = connect(server.socket)
        client.send(b"".join(request(WRITE, n, offset, BLOCK, 0, b"\x0b" * BLOCK) for n in range(8)))
        client.close()
        with connect(server.socket) as good:
            stamp = os.urandom(BLOCK)
            good.write(offset, stamp)
            for _ in range(5):
                assert good.read(offset, BLOCK) == stamp, "written after its client had gone"


def t43_vanish_in_a_payload(server):
    for _ in range(50):
        client = connect(server.socket)
        client.send(b"".join(request(WRITE, n, (128 + n) * BLOCK, BLOCK, 0, bytes(BLOCK))
                             for n in range(8)))
        client.request(WRITE, 9, 200 * BLOCK, 1 << 20, 0, bytes(100_000))
        client.close()


CASES = {name: case for name, case in list(globals().items()) if name[:1] == "t" and name[1:3].isdigit()}
