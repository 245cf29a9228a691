"""Clients that break the rules, one case each; the server must hold to them and go on.

  hostile.py SOCKET PID CASE     runs one case against an export
  hostile.py --list              names the cases

Each case is bounded in time. After it a good client must be served as if nothing had been, and
the server's memory must not have grown by what a client only claimed to send.
"""

import os
import random
import struct
import sys

import wire
from wire import (
    DISC, EINVAL, ENOSPC, EXPORT_NAME, FLUSH, GO, INFO, LIST, READ, STRUCTURED_REPLY, TRIM, WRITE,
    WRITE_ZEROES, Client, Ended, connect, go_data, option, request)

BLOCK = 4096
# What a case may add to the server's resident memory: a few sessions, never a claimed length.
GROWTH_BYTES_MAX = 48 << 20


def greeted(path):
    client = Client(path)
    client.greet()
    return client


# Negotiation


def unknown_client_flags(path):
    with Client(path) as client:
        client.greet(flags=0x8000_0003)
        try:
            client.option(GO, go_data(b""))
        except Ended:
            return
        assert client.is_ended(), "a client with unknown flags was answered"


def wrong_option_magic(path):
    with greeted(path) as client:
        client.send(struct.pack(">QII", 0x1234, GO, 0))
        assert client.is_ended()


def unknown_options(path):
    with greeted(path) as client:
        for number in (0, 4, 0x7654321, 0xFFFFFFFF):
            client.option(number)
            client.expect_option_reply(number, wire.ERR_UNSUP)
        client.option(0x7654321, bytes(64 << 10))
        client.expect_option_reply(0x7654321, wire.ERR_UNSUP, wire.ERR_TOO_BIG)
        client.go()
        client.read(0, BLOCK)


def claimed_option_length(path):
    with greeted(path) as client:
        client.option(GO, b"", length=0xFFFFFFFF)
        try:
            for _ in range(64):
                client.send(bytes(64 << 10))
        except Ended:
            pass


def options_cut_anywhere(path):
    whole = option(GO, go_data(b"some-name", [3]))
    for length in range(len(whole)):
        with greeted(path) as client:
            client.send(whole[:length])


def long_export_names(path):
    for length in (4097, 65536):
        with greeted(path) as client:
            try:
                client.option(EXPORT_NAME, b"n" * length)
            except Ended:
                continue
            assert client.is_ended(), "a name that is too long opened something"


def unknown_export_by_name(path):
    with greeted(path) as client:
        client.option(EXPORT_NAME, b"no-such-device")
        assert client.is_ended(), "bytes for an export that does not exist"


def unknown_export_by_go(path):
    with greeted(path) as client:
        for number in (GO, INFO):
            client.option(number, go_data(b"no-such-device"))
            client.expect_option_reply(number, wire.ERR_UNKNOWN)
        client.go()
        client.read(0, BLOCK)


def name_with_zero_byte(path):
    with greeted(path) as client:
        client.option(GO, go_data(b"data\0junk"))
        client.expect_option_reply(GO, wire.ERR_UNKNOWN, wire.ERR_INVALID)
        client.go(b"data")


def malformed_go(path):
    variants = [
        b"", b"\0", b"\0\0\0", struct.pack(">I", 0), struct.pack(">I", 5) + b"da",
        struct.pack(">I", 0xFFFFFFFF) + b"data\0\0", go_data(b"data") + b"x",
        struct.pack(">I4sH", 4, b"data", 3) + b"\0\1", struct.pack(">I4sH", 4, b"data", 0xFFFF),
    ]
    with greeted(path) as client:
        for number in (GO, INFO):
            for data in variants:
                client.option(number, data)
                client.expect_option_reply(number, wire.ERR_INVALID, wire.ERR_TOO_BIG)
        client.go()
        client.read(0, BLOCK)


def list_with_data(path):
    with greeted(path) as client:
        client.option(LIST, b"what for")
        client.expect_option_reply(LIST, wire.ERR_INVALID)
        client.go()


def unoffered_options(path):
    with greeted(path) as client:
        client.option(wire.STARTTLS)
        client.expect_option_reply(wire.STARTTLS, wire.ERR_UNSUP, wire.ERR_POLICY)
        client.option(STRUCTURED_REPLY)
        client.expect_option_reply(STRUCTURED_REPLY, wire.ERR_UNSUP, wire.REP_ACK)
        client.go()


def abort(path):
    with greeted(path) as client:
        client.option(wire.ABORT)
        client.expect_option_reply(wire.ABORT, wire.REP_ACK)
        assert client.is_ended()
    for _ in range(50):
        with greeted(path) as client:
            client.option(wire.ABORT)


def endless_options(path):
    with greeted(path) as client:
        try:
            for _ in range(20_000):
                client.option(0x1111)
                client.expect_option_reply(0x1111, wire.ERR_UNSUP)
            client.go()
        except Ended:
            pass


def other_protocols(path):
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0", b"SSH-2.0-x\r\n",
                 bytes(4096), b"\xff" * 4096):
        with Client(path) as client:
            client.receive(18)
            try:
                client.send(text)
                client.socket.settimeout(0.2)
                client.receive(1)
            except (Ended, TimeoutError):
                pass


def slow_handshakes(path):
    slow = [Client(path) for _ in range(20)]
    whole = struct.pack(">I", 3) + option(GO, go_data(b"data"))
    for position in range(len(whole)):
        for client in slow:
            client.send(whole[position:position + 1])
        with connect(path) as good:
            good.read(0, BLOCK)
    for client in slow:
        client.close()


def vanish_in_negotiation(path):
    for last in (option(GO, go_data(b"")), option(EXPORT_NAME, b""), option(LIST),
                 option(EXPORT_NAME, b"data")):
        for _ in range(25):
            with greeted(path) as client:
                client.send(last)


def request_in_negotiation(path):
    with greeted(path) as client:
        before = look(path, 0)
        client.send(request(WRITE, 1, 0, BLOCK, 0, b"\x5a" * BLOCK))
        try:
            client.option_reply()
        except (Ended, AssertionError):
            pass
        assert look(path, 0) == before, "a request was carried out before the export was open"


def mutated_handshakes(path):
    chance = random.Random(4711)
    whole = struct.pack(">I", 3) + option(LIST) + option(INFO, go_data(b"data", [1, 3]))
    whole += option(GO, go_data(b"data", [3])) + request(READ, 1, 0, BLOCK)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with Client(path) as client:
            try:
                client.receive(18)
                client.send(bytes(data[:chance.randrange(len(data) + 1)]))
            except Ended:
                pass


# Transmission


def look(path, offset, length=BLOCK):
    with connect(path) as client:
        return client.read(offset, length)


def wrong_request_magic(path):
    for magic in (0, 0x25609514, 0x67446698, 0xFFFFFFFF):
        with connect(path) as client:
            client.request(READ, 1, 0, BLOCK, magic=magic)
            assert client.is_ended(), "a wrong magic was taken"


def unknown_commands(path):
    with connect(path) as client:
        for command in (8, 9, 0x7FFF, 0xFFFF):
            client.request(command, 70, 0, 0)
            client.expect(70, EINVAL)
        client.read(0, BLOCK)


def unknown_flags(path):
    before = look(path, 8 * BLOCK)
    with connect(path) as client:
        client.request(READ, 1, 0, BLOCK, flags=0x8000)
        client.expect(1, EINVAL)
        client.request(WRITE, 2, 8 * BLOCK, BLOCK, 0x4000, b"\xee" * BLOCK)
        client.expect(2, EINVAL)
        client.read(0, BLOCK)
    assert look(path, 8 * BLOCK) == before, "a refused write was carried out"


def beyond_the_end(path):
    with connect(path) as client:
        size = client.size
        last = (1 << 64) - BLOCK
        for offset, length in ((size, BLOCK), (size - BLOCK, 2 * BLOCK), (last, BLOCK),
                               (last, 2 * BLOCK), (1 << 63, BLOCK)):
            for command in (READ, WRITE, TRIM, WRITE_ZEROES):
                payload = bytes(length) if command == WRITE else b""
                client.request(command, 5, offset, length, 0, payload)
                cookie, error, _ = client.reply()
                assert cookie == 5 and error in (EINVAL, ENOSPC), (command, offset, error)
        client.read(size - BLOCK, BLOCK)


def reads_of_four_gibibytes(path):
    with connect(path) as client:
        for length in (0xFFFFFFFF, 0x80000000, 0xFFFFF000):
            client.request(READ, 3, 0, length)
            try:
                cookie, error, _ = client.reply()
            except Ended:
                return
            assert (cookie, error) == (3, EINVAL), error


def write_of_four_gibibytes(path):
    with connect(path) as client:
        client.request(WRITE, 3, 0, 0xFFFFF000)
        try:
            # It is refused at once, or after what was announced: neither needs a buffer.
            for _ in range(256):
                client.send(bytes(64 << 10))
        except Ended:
            pass


def payload_cut_by_close(path):
    offset = 16 * BLOCK
    before = look(path, offset)
    for sent in (0, 1, 512, BLOCK - 1):
        with connect(path) as client:
            client.request(WRITE, 1, offset, BLOCK, 0, b"\xaa" * sent)
    assert look(path, offset) == before, "half a write was carried out"


def header_cut(path):
    whole = request(WRITE, 1, 0, BLOCK, 0, bytes(BLOCK))
    for length in range(0, 29):
        with connect(path) as client:
            client.send(whole[:length])


def one_byte_at_a_time(path):
    with connect(path) as client:
        for byte in request(READ, 9, 0, BLOCK) + request(FLUSH, 10):
            client.send(bytes([byte]))
        client.expect(9, 0, BLOCK)
        client.expect(10)


def equal_cookies(path):
    with connect(path) as client:
        client.send(b"".join(request(READ, 77, n * BLOCK, BLOCK) for n in range(64)))
        for _ in range(64):
            client.expect(77, 0, BLOCK)


def requests_after_disconnect(path):
    offset = 24 * BLOCK
    before = look(path, offset)
    with connect(path) as client:
        client.send(request(DISC, 1) + request(WRITE, 2, offset, BLOCK, 0, b"\xdd" * BLOCK))
        assert client.is_ended(), "a reply after the disconnect"
    assert look(path, offset) == before, "a request after the disconnect was carried out"


def writes_before_disconnect(path):
    stamp = random.Random(64).randbytes(64 * BLOCK)
    with connect(path) as client:
        writes = [request(WRITE, n, (64 + n) * BLOCK, BLOCK, 0, stamp[n * BLOCK:][:BLOCK])
                  for n in range(64)]
        client.send(b"".join(writes) + request(DISC, 64))
        # The replies come, or the end does; the writes count in either case.
        try:
            while True:
                client.reply()
        except Ended:
            pass
    assert look(path, 64 * BLOCK, 64 * BLOCK) == stamp, "a write before the disconnect is lost"


def replies_never_taken(path):
    for _ in range(20):
        client = connect(path)
        client.send(b"".join(request(READ, n, 0, 64 << 10) for n in range(64)))
        client.close()


def half_close(path):
    with connect(path) as client:
        client.send(b"".join(request(READ, n, n * BLOCK, BLOCK) for n in range(32)))
        client.socket.shutdown(1)
        cookies = {client.reply(BLOCK)[0] for _ in range(32)}
        assert cookies == set(range(32)), "a reply is missing after the half-close"
        assert client.is_ended()


def vanish_in_a_payload(path):
    for _ in range(50):
        client = connect(path)
        client.send(b"".join(request(WRITE, n, (128 + n) * BLOCK, BLOCK, 0, bytes(BLOCK))
                             for n in range(8)))
        client.request(WRITE, 9, 200 * BLOCK, 1 << 20, 0, bytes(100_000))
        client.close()


def good_and_bad_in_one_burst(path):
    chance = random.Random(37)
    with connect(path) as client:
        burst, expected, lengths = b"", {}, {}
        for cookie in range(200):
            kind = chance.randrange(5)
            lengths[cookie] = 0
            if kind == 0:
                burst += request(READ, cookie, cookie * BLOCK, BLOCK)
                expected[cookie], lengths[cookie] = (0,), BLOCK
            elif kind == 1:
                burst += request(READ, cookie, client.size, BLOCK)
                expected[cookie] = (EINVAL,)
            elif kind == 2:
                burst += request(WRITE, cookie, client.size, BLOCK, 0, bytes(BLOCK))
                expected[cookie] = (EINVAL, ENOSPC)
            elif kind == 3:
                burst += request(99, cookie)
                expected[cookie] = (EINVAL,)
            else:
                burst += request(FLUSH, cookie)
                expected[cookie] = (0,)
        client.send(burst)
        for _ in range(200):
            magic, error, cookie = struct.unpack(">IIQ", client.receive(16))
            assert magic == wire.REPLY_MAGIC
            assert error in expected.pop(cookie), f"cookie {cookie}: error {error}"
            if not error:
                client.receive(lengths[cookie])
        assert not expected


def thousand_in_flight(path):
    with connect(path) as client:
        data = b"".join(request(READ, n, n % 256 * BLOCK, BLOCK) for n in range(1024))
        client.send(data)
        cookies = {client.reply(BLOCK)[0] for _ in range(1024)}
        assert cookies == set(range(1024))


def mutated_requests(path):
    chance = random.Random(4712)
    for _ in range(200):
        data = bytearray(
            request(READ, 1, 0, BLOCK) + request(WRITE, 2, 300 * BLOCK, BLOCK, 0, bytes(BLOCK))
            + request(FLUSH, 3) + request(TRIM, 4, 300 * BLOCK, BLOCK))
        for _ in range(chance.randrange(1, 6)):
            # Not the payload, which may be anything.
            position = chance.choice([chance.randrange(0, 56), chance.randrange(56 + BLOCK, len(data))])
            data[position] = chance.randrange(256)
        client = connect(path)
        try:
            client.send(bytes(data))
        except Ended:
            pass
        client.close()


CASES = {
    function.__name__: function
    for function in (
        unknown_client_flags, wrong_option_magic, unknown_options, claimed_option_length,
        options_cut_anywhere, long_export_names, unknown_export_by_name, unknown_export_by_go,
        name_with_zero_byte, malformed_go, list_with_data, unoffered_options, abort,
        endless_options, other_protocols, slow_handshakes, vanish_in_negotiation,
        request_in_negotiation, mutated_handshakes, wrong_request_magic, unknown_commands,
        unknown_flags, beyond_the_end, reads_of_four_gibibytes, write_of_four_gibibytes,
        payload_cut_by_close, header_cut, one_byte_at_a_time, equal_cookies,
        requests_after_disconnect, writes_before_disconnect, replies_never_taken, half_close,
        vanish_in_a_payload, good_and_bad_in_one_burst, thousand_in_flight, mutated_requests)
}


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return
    path, pid, case = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Buffers that are first touched by good work are no growth of the case.
    with connect(path) as client:
        client.send(b"".join(request(READ, n, 0, 64 << 10) for n in range(64)))
        for _ in range(64):
            client.reply(64 << 10)
    before = resident_bytes(pid)
    CASES[case](path)
    with connect(path) as client:
        stamp = os.urandom(BLOCK)
        client.write(0, stamp)
        assert client.read(0, BLOCK) == stamp, "a good client is not served well afterwards"
    growth = resident_bytes(pid) - before
    assert growth < GROWTH_BYTES_MAX, f"the server has grown by {growth} bytes"


main()
