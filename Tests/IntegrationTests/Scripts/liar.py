"""An NBD server that is honest until it is told to lie.

  liar.py SOCKET IMAGE ORDERS     serves IMAGE; lies as the file ORDERS says, while it says something
  liar.py --list                  names the lies

A lie of the handshake ends the connections that are up, so that the client comes back and hears it.
"""

import os
import socket
import struct
import sys
import threading
import time

from wire import Ended, receive

GREETING = b"NBDMAGIC" + b"IHAVEOPT"
OPTION_REPLY = 0x0003E889045565A9
EXPORT_NAME, ABORT, LIST, INFO, GO, STRUCTURED = 1, 2, 3, 6, 7, 8
ACK, REPLY_INFO = 1, 3
UNSUPPORTED, UNKNOWN = 0x8000_0001, 0x8000_0006
REQUEST, SIMPLE, CHUNK = 0x25609513, 0x67446698, 0x668E33EF
READ, WRITE, DISCONNECT, FLUSH, TRIM, ZEROES = 0, 1, 2, 3, 4, 6
FLAGS = 0x1 | 0x4 | 0x8 | 0x20 | 0x40 | 0x100
ESCAPES = b"\x1b[2J\x1b]0;owned\x07 no \xff\xfe more\r\n" * 20


class Session:
    def __init__(self, server, connection):
        self.server = server
        self.connection = connection
        self.structured = False
        # For its whole life: data that is wrong on a connection once found right is beyond detection.
        self.reads = 0
        self.flips = server.order() == "other-content"

    def send(self, *pieces):
        self.connection.sendall(b"".join(pieces))

    def receive(self, length):
        return receive(self.connection, length)

    def hold(self):
        """Says nothing more until the client hangs up or the order is taken back."""
        self.connection.settimeout(0.2)
        order = self.server.order()
        while self.server.order() == order:
            try:
                if not self.connection.recv(65536):
                    break
            except TimeoutError:
                pass
        raise Ended

    def option_reply(self, option, kind, data=b"", length=None, magic=OPTION_REPLY):
        length = len(data) if length is None else length
        self.send(struct.pack(">QIII", magic, option, kind, length), data)

    def handshake(self):
        lie = HANDSHAKE.get(self.server.order())
        if lie:
            lie(self, "greeting")
        self.send(GREETING, struct.pack(">H", 3))
        self.receive(4)
        while True:
            _, option, length = struct.unpack(">QII", self.receive(16))
            data = self.receive(length)
            if option == STRUCTURED:
                self.structured = True
                self.option_reply(option, ACK)
            elif option == GO:
                if lie:
                    lie(self, "go")
                self.infos()
                self.option_reply(GO, ACK)
                if lie:
                    lie(self, "opened")
                return
            elif option == ABORT:
                self.option_reply(option, ACK)
                raise Ended
            else:
                self.option_reply(option, UNSUPPORTED)

    def infos(self, size=None, flags=FLAGS, blocks=(1, 4096, 1 << 25)):
        size = self.server.size if size is None else size
        self.option_reply(GO, REPLY_INFO, struct.pack(">HQH", 0, size, flags))
        self.option_reply(GO, REPLY_INFO, struct.pack(">HIII", 3, *blocks))

    def chunk(self, cookie, kind, data=b"", done=True, length=None):
        length = len(data) if length is None else length
        self.send(struct.pack(">IHHQI", CHUNK, int(done), kind, cookie, length), data)

    def simple(self, cookie, error=0):
        self.send(struct.pack(">IIQ", SIMPLE, error, cookie))

    def data(self, cookie, offset, data, structured):
        if structured:
            self.chunk(cookie, 1, struct.pack(">Q", offset) + data)
        else:
            self.simple(cookie)
            self.send(data)

    def answer(self, kind, cookie, offset, length, payload):
        image = self.server.image
        if kind == READ:
            data = os.pread(image, length, offset)
            if self.flips:
                data = bytes(byte ^ 0x55 for byte in data)
            self.data(cookie, offset, data, self.structured)
            return
        if kind == WRITE:
            os.pwrite(image, payload, offset)
        elif kind == ZEROES:
            os.pwrite(image, bytes(length), offset)
        self.simple(cookie)

    def serve(self):
        while True:
            magic, _, kind, cookie, offset, length = struct.unpack(">IHHQQI", self.receive(28))
            assert magic == REQUEST, "the client lost step"
            payload = self.receive(length) if kind == WRITE else b""
            if kind == DISCONNECT:
                raise Ended
            lie = TRANSMISSION.get(self.server.order())
            if lie is None or not lie(self, kind, cookie, offset, length):
                self.answer(kind, cookie, offset, length, payload)


# What the server does instead of the truth: in the handshake, at the moment named.


def at(moment, action):
    def lie(session, now):
        if now == moment:
            action(session)

    return lie


def drip(session):
    session.option_reply(GO, UNKNOWN, length=4096)
    for _ in range(4096):
        session.send(b"A")
        time.sleep(0.1)
    raise Ended


def last_words(*pieces):
    def action(session):
        session.send(*pieces)
        session.hold()

    return action


def endless_infos(session):
    while True:
        session.option_reply(GO, REPLY_INFO, struct.pack(">H", 77) + bytes(1000))


def endless_string(session):
    session.option_reply(GO, UNKNOWN, length=0x7FFFFFFF)
    while True:
        session.send(b"A" * 65536)


def contradiction(session):
    session.infos()
    session.infos(size=session.server.size // 2)
    session.option_reply(GO, ACK)
    session.hold()


def described(**what):
    def action(session):
        session.infos(**what)
        session.option_reply(GO, ACK)
        session.serve()

    return action


def half_the_size(session):
    described(size=session.server.size // 2)(session)


HANDSHAKE = {
    "not-nbd": at("greeting", last_words(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "oldstyle": at("greeting", last_words(b"NBDMAGIC", struct.pack(">Q", 0x00420281861253), bytes(136))),
    "not-fixed-newstyle": at("greeting", last_words(GREETING, bytes(2))),
    "silent-at-once": at("greeting", lambda session: session.hold()),
    "half-a-greeting": at("greeting", last_words(b"NBDM")),
    "one-byte-at-a-time": at("go", drip),
    "wrong-option-reply": at("go", lambda s: (s.option_reply(GO, ACK, magic=7), s.hold())),
    "answers-another-option": at("go", lambda s: (s.option_reply(LIST, ACK), s.hold())),
    "huge-reply": at("go", lambda s: (s.option_reply(GO, REPLY_INFO, length=0xFFFFFFFF), s.hold())),
    "endless-infos": at("go", endless_infos),
    "endless-string": at("go", endless_string),
    "no-such-export": at("go", lambda s: (s.option_reply(GO, UNKNOWN, ESCAPES), s.hold())),
    "contradiction": at("go", contradiction),
    "no-size": at("go", lambda s: (s.option_reply(GO, ACK), s.hold())),
    "impossible-size": at("go", described(size=1 << 63)),
    "impossible-blocks": at("go", described(blocks=(3, 4096, 1 << 25))),
    "huge-blocks": at("go", described(blocks=(65536, 65536, 1 << 25))),
    "other-size": at("go", half_the_size),
    "read-only": at("go", described(flags=FLAGS | 2)),
    "unasked-data": at("opened", last_words(bytes(64))),
    "other-content": lambda session, now: None,
}


# In transmission, to a request; True when the request is answered with it.


def to_reads(action):
    def lie(session, kind, cookie, offset, length):
        if kind != READ:
            return False
        action(session, cookie, offset, length)
        return True

    return lie


def at_offset(offset, data):
    return struct.pack(">Q", offset) + data


def twice(session, kind, cookie, offset, length):
    if kind == WRITE:
        return False
    for _ in range(2):
        session.answer(kind, cookie, offset, length, b"")
    return True


def unasked(session, kind, cookie, offset, length):
    session.simple(0xDEAD_BEEF_0000_0000)
    return False


def half(session, cookie, offset, length):
    if session.structured:
        session.chunk(cookie, 1, at_offset(offset, bytes(length // 2)), length=length + 8)
    else:
        session.simple(cookie)
        session.send(bytes(length // 2))


def half_and_gone(session, cookie, offset, length):
    half(session, cookie, offset, length)
    raise Ended


def half_and_silent(session, cookie, offset, length):
    half(session, cookie, offset, length)
    session.hold()


def hole_in_a_write(session, kind, cookie, offset, length):
    if kind == READ:
        return False
    session.chunk(cookie, 2, struct.pack(">QI", offset, length))
    return True


def goes_after_forty_reads(session, kind, cookie, offset, length):
    session.reads += 1
    if session.reads > 40:
        raise Ended
    return False


TRANSMISSION = {
    "goes-after-forty-reads": goes_after_forty_reads,
    "wrong-reply-magic": lambda s, k, c, o, n: s.send(b"\0" * 16) or True,
    "reply-to-nothing": unasked,
    "answers-twice": twice,
    "wrong-kind-of-reply": to_reads(lambda s, c, o, n: s.data(c, o, bytes(n), not s.structured)),
    "huge-chunk": to_reads(lambda s, c, o, n: s.chunk(c, 1, at_offset(o, b"x"), length=0xFFFFFFFF)),
    "wrong-offset": to_reads(lambda s, c, o, n: s.chunk(c, 1, at_offset(o + (1 << 20), bytes(n)))),
    "before-the-start": to_reads(lambda s, c, o, n: s.chunk(c, 1, at_offset(o - 512 & (1 << 64) - 1, bytes(n)))),
    "same-data-twice": to_reads(
        lambda s, c, o, n: [s.chunk(c, 1, at_offset(o, bytes(n)), done=False) for _ in range(2)]),
    "too-little-data": to_reads(lambda s, c, o, n: s.chunk(c, 1, at_offset(o, bytes(n // 2)))),
    "nothing-at-all": to_reads(lambda s, c, o, n: s.chunk(c, 0)),
    "unknown-chunk": to_reads(lambda s, c, o, n: s.chunk(c, 99, bytes(64))),
    "empty-chunk-not-last": to_reads(lambda s, c, o, n: s.chunk(c, 0, done=False)),
    "error-without-number": to_reads(lambda s, c, o, n: s.chunk(c, 0x8001, struct.pack(">IH", 0, 0))),
    "long-error-message": to_reads(
        lambda s, c, o, n: s.chunk(c, 0x8001, struct.pack(">IH", 5, 60000) + b"A" * 60000)),
    "hole-in-a-write": hole_in_a_write,
    "half-an-answer-and-gone": to_reads(half_and_gone),
    "half-an-answer-and-silent": to_reads(half_and_silent),
    "goes-at-once": lambda s, k, c, o, n: s.connection.shutdown(socket.SHUT_RDWR) or True,
}


class Server:
    def __init__(self, path, image, orders):
        self.orders = orders
        self.image = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.image).st_size
        self.connections = set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)

    def order(self):
        try:
            with open(self.orders, encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            return ""

    def watch(self):
        """The connections end when a lie of the handshake is ordered, or taken back."""
        before = ""
        while True:
            time.sleep(0.02)
            now = self.order()
            if now != before and (now in HANDSHAKE or before in HANDSHAKE):
                for connection in list(self.connections):
                    try:
                        connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            before = now

    def session(self, connection):
        self.connections.add(connection)
        try:
            session = Session(self, connection)
            session.handshake()
            session.serve()
        except (Ended, OSError):
            pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def run(self):
        threading.Thread(target=self.watch, daemon=True).start()
        print("there", flush=True)
        while True:
            connection = self.listener.accept()[0]
            threading.Thread(target=self.session, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join([*HANDSHAKE, *TRANSMISSION]))
    else:
        Server(*sys.argv[1:]).run()
