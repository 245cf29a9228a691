#!/usr/bin/env python3
"""An NBD server that negotiates properly, serves properly, and then lies.

  false_answers.py SOCKET IMAGE LIE [TRIGGER]

It lies in its answer to the first READ, or WRITE, as the lie demands; with TRIGGER, not before a file of
that name exists. `honest` never lies. One thread for each connection; ends when it is killed.
"""

import os
import socket
import struct
import sys
import threading
import time

from wire import (
    ERR_UNSUP, EXPORT_NAME, GO, MAGIC, OPTION_MAGIC, OPTION_REPLY_MAGIC, READ, REP_ACK, REP_INFO,
    REPLY_MAGIC, REQUEST_MAGIC, STRUCTURED_REPLY, WRITE, Ended, receive)

CHUNK_MAGIC = 0x668E33EF
DONE = 1
NONE, DATA, HOLE, ERROR, ERROR_OFFSET = 0, 1, 2, 0x8001, 0x8002
# HAS_FLAGS, FLUSH, FUA, TRIM, WRITE_ZEROES, MULTI_CONN
FLAGS = 0x001 | 0x004 | 0x008 | 0x020 | 0x040 | 0x100

# Lies that need simple replies to have been agreed on.
SIMPLE = {"bad-magic-simple", "unknown-cookie", "twice", "structured-uninvited", "hang-up-in-data"}
# Lies about a WRITE.
ABOUT_WRITE = {"data-for-write"}


def chunk(cookie, kind, payload, flags=DONE):
    return struct.pack(">IHHQI", CHUNK_MAGIC, flags, kind, cookie, len(payload)) + payload


def data(cookie, offset, content, flags=DONE):
    return chunk(cookie, DATA, struct.pack(">Q", offset) + content, flags)


def simple(cookie, error=0, content=b""):
    return struct.pack(">IIQ", REPLY_MAGIC, error, cookie) + content


def error(cookie, number, message=b"", flags=DONE):
    return chunk(cookie, ERROR, struct.pack(">IH", number, len(message)) + message, flags)


class Liar:
    """What is said instead of the truth about a READ of `content` at `offset`."""

    def __init__(self, cookie, offset, content):
        self.cookie, self.offset, self.content = cookie, offset, content
        self.half = len(content) // 2

    def tell(self, lie):
        return getattr(self, lie.replace("-", "_"))()

    def bad_magic(self):
        return b"\x11\x22\x33\x44" + data(self.cookie, self.offset, self.content)[4:]

    bad_magic_simple = bad_magic

    def unknown_cookie(self):
        return simple(self.cookie ^ 0x5A5A << 32, 0, self.content)

    def twice(self):
        return simple(self.cookie, 0, self.content) * 2

    def structured_uninvited(self):
        return data(self.cookie, self.offset, self.content)

    def hang_up_in_data(self):
        return simple(self.cookie, 0, self.content[:self.half])

    def simple_to_read(self):
        return simple(self.cookie, 0, self.content)

    def huge_chunk(self):
        return struct.pack(">IHHQI", CHUNK_MAGIC, DONE, DATA, self.cookie, 0xFFFFFFFF)

    def data_behind(self):
        return data(self.cookie, self.offset + len(self.content), self.content)

    def data_before(self):
        return data(self.cookie, self.offset - 1 & 0xFFFFFFFFFFFFFFFF, self.content)

    def data_far_away(self):
        return data(self.cookie, 0xFFFFFFFFFFFFFFFF, self.content)

    def data_too_long(self):
        return data(self.cookie, self.offset, self.content + b"more")

    def data_twice(self):
        return (data(self.cookie, self.offset, self.content, 0)
                + data(self.cookie, self.offset, self.content))

    def data_missing(self):
        return data(self.cookie, self.offset, self.content[:self.half])

    def nothing(self):
        return chunk(self.cookie, NONE, b"")

    def hole_behind(self):
        return chunk(
            self.cookie, HOLE, struct.pack(">QI", self.offset + self.half, len(self.content)))

    def hole_huge(self):
        return chunk(self.cookie, HOLE, struct.pack(">QI", self.offset, 0xFFFFFFFF))

    def hole_empty(self):
        return chunk(self.cookie, HOLE, struct.pack(">QI", self.offset, 0))

    def unknown_chunk(self):
        return chunk(self.cookie, 77, b"what is this")

    def block_status(self):
        return chunk(self.cookie, 5, struct.pack(">III", 1, len(self.content), 0))

    def error_zero(self):
        return error(self.cookie, 0)

    def errors_without_end(self):
        return error(self.cookie, 5, b"again", 0) * 100

    def long_message(self):
        return struct.pack(
            ">IHHQI", CHUNK_MAGIC, DONE, ERROR, self.cookie, 6 + 60000) + struct.pack(
                ">IH", 5, 60000)

    def empty_not_last(self):
        return chunk(self.cookie, NONE, b"", 0)

    def error_elsewhere(self):
        return chunk(
            self.cookie, ERROR_OFFSET, struct.pack(">IHQ", 5, 0, self.offset + len(self.content)))

    def runs_without_end(self):
        return b"".join(
            data(self.cookie, self.offset + place, self.content[place:place + 1], 0)
            for place in range(0, len(self.content), 2))

    def mixed(self):
        return (data(self.cookie, self.offset, self.content[:self.half], 0)
                + simple(self.cookie, 5))

    def data_for_write(self):
        return data(self.cookie, self.offset, b"x" * 512)

    def noise(self):
        return os.urandom(1 << 20)

    def shutting_down(self):
        return error(self.cookie, 108, b"going away")


class Connection:
    def __init__(self, client, image, lie, trigger):
        self.client, self.image, self.lie, self.trigger = client, image, lie, trigger
        self.structured = False

    def receive(self, count):
        return receive(self.client, count)

    def serve(self):
        try:
            self.negotiate()
            while True:
                self.answer()
        except (Ended, OSError):
            self.client.close()

    def negotiate(self):
        self.client.sendall(struct.pack(">QQH", MAGIC, OPTION_MAGIC, 3))
        self.receive(4)
        size = os.fstat(self.image.fileno()).st_size
        while True:
            _, option, length = struct.unpack(">QII", self.receive(16))
            self.receive(length)
            if option == STRUCTURED_REPLY and self.lie not in SIMPLE:
                self.structured = True
                self.reply(option, REP_ACK)
            elif option == GO:
                self.reply(option, REP_INFO, struct.pack(">HQH", 0, size, FLAGS))
                self.reply(option, REP_ACK)
                return
            elif option == EXPORT_NAME:
                self.client.sendall(struct.pack(">QH", size, FLAGS))
                return
            else:
                self.reply(option, ERR_UNSUP)

    def reply(self, option, kind, payload=b""):
        self.client.sendall(
            struct.pack(">QIII", OPTION_REPLY_MAGIC, option, kind, len(payload)) + payload)

    def is_lying(self, command):
        if self.lie == "honest" or (self.trigger and not os.path.exists(self.trigger)):
            return False
        return command == (WRITE if self.lie in ABOUT_WRITE else READ)

    def answer(self):
        magic, _, command, cookie, offset, length = struct.unpack(">IHHQQI", self.receive(28))
        if magic != REQUEST_MAGIC or command == 2:
            raise Ended
        payload = self.receive(length) if command == WRITE else b""
        content = os.pread(self.image.fileno(), length, offset) if command == READ else b""
        if self.is_lying(command):
            self.client.sendall(Liar(cookie, offset, content or payload).tell(self.lie))
            if self.lie == "hang-up-in-data":
                raise Ended
            # What comes next is the client's business.
            time.sleep(0.2)
            return
        if command == WRITE:
            os.pwrite(self.image.fileno(), payload, offset)
        if command == READ and self.structured:
            self.client.sendall(data(cookie, offset, content))
        else:
            self.client.sendall(simple(cookie, 0, content))


def main():
    path, image, lie = sys.argv[1:4]
    trigger = sys.argv[4] if len(sys.argv) > 4 else None
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    with open(image, "r+b") as file:
        while True:
            client, _ = listener.accept()
            connection = Connection(client, file, lie, trigger)
            threading.Thread(target=connection.serve, daemon=True).start()


main()
