"""The NBD protocol as raw bytes, for what no well-behaved client library would send.

Constants and layouts are those of the NBD protocol document (doc/proto.md of the nbd project).
"""

import socket
import struct

MAGIC = 0x4E42444D41474943  # NBDMAGIC
OPTION_MAGIC = 0x49484156454F5054  # IHAVEOPT
OPTION_REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC = 0x25609513
REPLY_MAGIC = 0x67446698

FIXED_NEWSTYLE, NO_ZEROES = 1, 2

EXPORT_NAME, ABORT, LIST, STARTTLS, INFO, GO, STRUCTURED_REPLY = 1, 2, 3, 5, 6, 7, 8
REP_ACK, REP_SERVER, REP_INFO = 1, 2, 3
ERR_UNSUP, ERR_POLICY, ERR_INVALID, ERR_UNKNOWN, ERR_TOO_BIG = (
    0x80000001, 0x80000002, 0x80000003, 0x80000006, 0x80000009)

READ, WRITE, DISC, FLUSH, TRIM, CACHE, WRITE_ZEROES = 0, 1, 2, 3, 4, 5, 6
FUA = 1

EIO, EINVAL, ENOSPC = 5, 22, 28


class Ended(Exception):
    """The server has ended the connection."""


class Client:
    """One connection; nothing is sent that the caller does not ask for."""

    def __init__(self, path, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.size = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Ended() from error

    def receive(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except ConnectionResetError as error:
                raise Ended() from error
            if not piece:
                raise Ended()
            data += piece
        return data

    def is_ended(self):
        """True when the server closes without a further byte."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    # Negotiation

    def greet(self, flags=FIXED_NEWSTYLE | NO_ZEROES):
        magic, option_magic, server_flags = struct.unpack(">QQH", self.receive(18))
        assert (magic, option_magic) == (MAGIC, OPTION_MAGIC), "not an NBD greeting"
        assert server_flags & FIXED_NEWSTYLE, "not fixed newstyle"
        self.send(struct.pack(">I", flags))

    def option(self, number, data=b"", length=None):
        self.send(option(number, data, length))

    def option_reply(self):
        magic, number, kind, length = struct.unpack(">QIII", self.receive(20))
        assert magic == OPTION_REPLY_MAGIC, f"option reply magic {magic:#x}"
        return number, kind, self.receive(length)

    def expect_option_reply(self, number, *kinds):
        got = self.option_reply()
        assert got[0] == number and got[1] in kinds, f"option {number} answered {got}"
        return got[2]

    def go(self, name=b"", number=GO):
        """Negotiates until the export is open (or, by INFO, described)."""
        self.option(number, go_data(name))
        while True:
            answered, kind, data = self.option_reply()
            assert answered == number, f"option {number} answered as {answered}"
            if kind == REP_ACK:
                return
            assert kind == REP_INFO, f"GO answered {kind:#x} {data!r}"
            if struct.unpack(">H", data[:2])[0] == 0:
                self.size, self.flags = struct.unpack(">QH", data[2:])

    # Transmission

    def request(self, *words, **more):
        self.send(request(*words, **more))

    def reply(self, data_bytes=0):
        """The next simple reply: cookie, error and, without an error, its data."""
        magic, error, cookie = struct.unpack(">IIQ", self.receive(16))
        assert magic == REPLY_MAGIC, f"reply magic {magic:#x}"
        return cookie, error, self.receive(data_bytes) if data_bytes and not error else b""

    def expect(self, cookie, error=0, data_bytes=0):
        got = self.reply(data_bytes)
        assert got[:2] == (cookie, error), f"expected {(cookie, error)}, got {got[:2]}"
        return got[2]

    def read(self, offset, length):
        self.request(READ, 0x7EAD, offset, length)
        return self.expect(0x7EAD, data_bytes=length)

    def write(self, offset, data, flags=0):
        self.request(WRITE, 0x371E, offset, len(data), flags, data)
        self.expect(0x371E)


def option(number, data=b"", length=None):
    length = len(data) if length is None else length
    return struct.pack(">QII", OPTION_MAGIC, number, length) + data


def go_data(name, infos=()):
    return struct.pack(f">I{len(name)}sH{len(infos)}H", len(name), name, len(infos), *infos)


def request(command, cookie, offset=0, length=0, flags=0, payload=b"", magic=REQUEST_MAGIC):
    return struct.pack(">IHHQQI", magic, flags, command, cookie, offset, length) + payload


def connect(path, name=b"", seconds=10):
    """A client that has the export open."""
    client = Client(path, seconds)
    client.greet()
    client.go(name)
    return client
