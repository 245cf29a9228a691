"""The NBD protocol as raw bytes, for what no well-behaved client library would send.

Constants and layouts are those of the NBD protocol document (doc/proto.md of the nbd project).
"""

import socket
import struct

MAGIC = 0x4E42444D41474943  # NBDMAGIC
OPTION_MAGIC = 0x49484156454F5054  # IHAVEOPT
OPTION_REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC, EXTENDED_REQUEST_MAGIC = 0x25609513, 0x21E41C71
REPLY_MAGIC, STRUCTURED_MAGIC, EXTENDED_REPLY_MAGIC = 0x67446698, 0x668E33EF, 0x6E8A278C

FIXED_NEWSTYLE, NO_ZEROES = 1, 2

EXPORT_NAME, ABORT, LIST, PEEK_EXPORT, STARTTLS, INFO, GO = 1, 2, 3, 4, 5, 6, 7
STRUCTURED_REPLY, LIST_META, SET_META, EXTENDED_HEADERS = 8, 9, 10, 11
REP_ACK, REP_SERVER, REP_INFO, REP_META = 1, 2, 3, 4
ERR_UNSUP, ERR_POLICY, ERR_INVALID, ERR_TLS_REQD, ERR_UNKNOWN, ERR_TOO_BIG = (
    0x80000001, 0x80000002, 0x80000003, 0x80000005, 0x80000006, 0x80000009)

READ, WRITE, DISC, FLUSH, TRIM, CACHE, WRITE_ZEROES, BLOCK_STATUS, RESIZE = range(9)
FUA, NO_HOLE, DF, REQ_ONE, FAST_ZERO, PAYLOAD_LEN = 1, 2, 4, 8, 16, 32

# What an export says of itself.
HAS_FLAGS, READ_ONLY, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_ZEROES, SEND_DF, MULTI_CONN = (
    0x1, 0x2, 0x4, 0x8, 0x20, 0x40, 0x80, 0x100)
SEND_CACHE, SEND_FAST_ZERO = 0x400, 0x800

# Chunks of structured replies.
NONE, OFFSET_DATA, OFFSET_HOLE, STATUS, STATUS_EXTENDED = 0, 1, 2, 5, 6
ERROR, ERROR_OFFSET = 0x8001, 0x8002

EPERM, EIO, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP = 1, 5, 22, 28, 75, 95


class Ended(Exception):
    """The other side has ended the connection."""


def receive(connection, count):
    """Exactly so many bytes."""
    data = bytearray()
    while len(data) < count:
        try:
            piece = connection.recv(min(count - len(data), 1 << 20))
        except ConnectionResetError as error:
            raise Ended() from error
        if not piece:
            raise Ended()
        data += piece
    return bytes(data)


class Client:
    """One connection; nothing is sent that the caller does not ask for."""

    def __init__(self, path, seconds=20):
        if isinstance(path, str):
            self.socket = socket.socket(socket.AF_UNIX)
        else:
            self.socket = socket.socket(socket.AF_INET)
        # A connection that is not accepted yet is waited for; with a time limit it would be refused.
        self.socket.connect(path)
        self.socket.settimeout(seconds)
        self.size = None
        self.flags = 0
        self.structured = False
        self.extended = False

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
        return receive(self.socket, count)

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
        assert server_flags & ~(FIXED_NEWSTYLE | NO_ZEROES) == 0, "unknown handshake flags"
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

    def ask(self, number, data=b""):
        """Sends an option and takes all of its replies: their kinds and data, the final one last."""
        self.option(number, data)
        replies = []
        while True:
            answered, kind, payload = self.option_reply()
            assert answered == number, f"option {number} answered as {answered}"
            replies.append((kind, payload))
            if kind == REP_ACK or kind >> 31:
                return replies

    def use_structured(self):
        assert self.ask(STRUCTURED_REPLY)[-1][0] == REP_ACK, "structured replies are refused"
        self.structured = True

    def use_extended(self):
        assert self.ask(EXTENDED_HEADERS)[-1][0] == REP_ACK, "extended headers are refused"
        self.structured = self.extended = True

    def choose_allocation(self, name=b""):
        """Sets base:allocation; its number on this connection."""
        replies = self.ask(SET_META, meta_data(name, [b"base:allocation"]))
        assert [kind for kind, _ in replies] == [REP_META, REP_ACK], replies
        assert replies[0][1][4:] == b"base:allocation"
        return struct.unpack(">I", replies[0][1][:4])[0]

    def go(self, name=b"", number=GO, infos=()):
        """Negotiates until the export is open (or, by INFO, described); the infos."""
        replies = self.ask(number, go_data(name, infos))
        assert replies[-1][0] == REP_ACK, f"GO answered {replies[-1]}"
        for kind, data in replies[:-1]:
            assert kind == REP_INFO, f"GO answered {kind:#x} {data!r}"
            if struct.unpack(">H", data[:2])[0] == 0:
                self.size, self.flags = struct.unpack(">QH", data[2:])
        return replies[:-1]

    # Transmission

    def request(self, *words, **more):
        self.send((extended_request if self.extended else request)(*words, **more))

    def chunk(self):
        """The next chunk: flags, type, cookie and payload."""
        if self.extended:
            magic, flags, kind, cookie, _, length = struct.unpack(">IHHQQQ", self.receive(32))
            assert magic == EXTENDED_REPLY_MAGIC, f"reply magic {magic:#x}"
        else:
            magic, flags, kind, cookie, length = struct.unpack(">IHHQI", self.receive(20))
            assert magic == STRUCTURED_MAGIC, f"reply magic {magic:#x}"
        return flags, kind, cookie, self.receive(length)

    def reply(self, data_bytes=0):
        """The next reply: cookie, error and, without an error, its data or extents."""
        if not self.structured:
            magic, error, cookie = struct.unpack(">IIQ", self.receive(16))
            assert magic == REPLY_MAGIC, f"reply magic {magic:#x}"
            return cookie, error, self.receive(data_bytes) if data_bytes and not error else b""
        flags, kind, cookie, payload = self.chunk()
        assert flags & 1, "more than one chunk"
        if kind & 0x8000:
            error, length = struct.unpack(">IH", payload[:6])
            assert error and len(payload) == 6 + length + (8 if kind == ERROR_OFFSET else 0)
            payload[6:6 + length].decode()
            return cookie, error, b""
        if kind == OFFSET_DATA:
            return cookie, 0, payload[8:]
        if kind in (STATUS, STATUS_EXTENDED):
            return cookie, 0, payload
        assert (kind, payload) == (NONE, b""), f"chunk of type {kind}"
        return cookie, 0, b""

    def expect(self, cookie, error=0, data_bytes=0):
        got = self.reply(data_bytes)
        assert got[:2] == (cookie, error), f"expected {(cookie, error)}, got {got[:2]}"
        assert error or len(got[2]) == data_bytes, f"{len(got[2])} bytes for {data_bytes}"
        return got[2]

    def error_of(self, command, cookie=0xE, **more):
        """Sends a request; the error in its reply, which has no data."""
        self.request(command, cookie, **more)
        got = self.reply()
        assert got[0] == cookie, f"cookie {got[0]:#x} for {cookie:#x}"
        return got[1]

    def read(self, offset, length):
        self.request(READ, 0x7EAD, offset, length)
        return self.expect(0x7EAD, data_bytes=length)

    def write(self, offset, data, flags=0):
        if self.extended:
            flags |= PAYLOAD_LEN
        self.request(WRITE, 0x371E, offset, len(data), flags, data)
        self.expect(0x371E)

    def status(self, offset, length, flags=0):
        """The extents of base:allocation: (length, flags) each."""
        self.request(BLOCK_STATUS, 0x57A7, offset, length, flags)
        cookie, error, payload = self.reply()
        assert (cookie, error) == (0x57A7, 0), (cookie, error)
        form, start = (">QQ", 8) if self.extended else (">II", 4)
        extents = list(struct.iter_unpack(form, payload[start:]))
        assert extents and all(extent[0] for extent in extents), "an empty extent"
        if self.extended:
            assert struct.unpack(">I", payload[4:8])[0] == len(extents)
        return extents


def option(number, data=b"", length=None):
    length = len(data) if length is None else length
    return struct.pack(">QII", OPTION_MAGIC, number, length) + data


def go_data(name, infos=()):
    return struct.pack(f">I{len(name)}sH{len(infos)}H", len(name), name, len(infos), *infos)


def meta_data(name, queries=()):
    data = struct.pack(f">I{len(name)}sI", len(name), name, len(queries))
    return data + b"".join(struct.pack(">I", len(query)) + query for query in queries)


def request(command, cookie, offset=0, length=0, flags=0, payload=b"", magic=REQUEST_MAGIC):
    return struct.pack(">IHHQQI", magic, flags, command, cookie, offset, length) + payload


def extended_request(command, cookie, offset=0, length=0, flags=0, payload=b"",
                     magic=EXTENDED_REQUEST_MAGIC):
    return struct.pack(">IHHQQQ", magic, flags, command, cookie, offset, length) + payload


def connect(path, name=b"", seconds=20, structured=False, allocation=False, extended=False):
    """A client that has the export open."""
    client = Client(path, seconds)
    client.greet()
    if extended:
        client.use_extended()
    elif structured:
        client.use_structured()
    if allocation:
        client.choose_allocation(name)
    client.go(name)
    return client
