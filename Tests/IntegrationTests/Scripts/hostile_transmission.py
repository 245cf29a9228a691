"""Clients that break the rules of transmission: t01 to t30, t36 to t40, and z02."""

import os
import random
import struct

import wire
from wire import (
    BLOCK_STATUS, CACHE, DF, DISC, EINVAL, ENOSPC, ENOTSUP, EPERM, FAST_ZERO, FLUSH, FUA, NO_HOLE, READ,
    REQ_ONE, RESIZE, TRIM, WRITE, WRITE_ZEROES, Ended, connect, request)

BLOCK = 4096


def look(server, offset, length=BLOCK):
    with connect(server.socket) as client:
        return client.read(offset, length)


def refusals(client, command, expected, offset, length, flags=0):
    """A request that must be refused with one of these errors, whose payload is sent nevertheless."""
    payload = b"\xee" * length if command == WRITE else b""
    client.request(command, 5, offset, length, flags, payload)
    cookie, error, _ = client.reply()
    assert cookie == 5 and error in expected, f"command {command} at {offset}: error {error}"


def t01_wrong_request_magic(server):
    for magic in (0, 0x25609514, 0x12560953, 0x67446698, 0x21E41C71, 0xFFFFFFFF):
        with connect(server.socket) as client:
            client.request(READ, 1, 0, BLOCK, magic=magic)
            assert client.is_ended(), "a wrong magic was taken"


def t02_unknown_commands(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            for command in (8, 9, 0x7FFF, 0xFFFF):
                assert client.error_of(command) == EINVAL
            client.read(0, BLOCK)


def t03_unknown_flags_on_read(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            for flags in (0x8000, 0x40, 0x20):
                assert client.error_of(READ, length=BLOCK, flags=flags) == EINVAL
            client.read(0, BLOCK)


def t04_unknown_flags_on_write(server):
    before = look(server, 8 * BLOCK)
    with connect(server.socket) as client:
        for flags in (0x4000, 0x40, 0x20):
            refusals(client, WRITE, [EINVAL], 8 * BLOCK, BLOCK, flags)
        client.read(0, BLOCK)
    assert look(server, 8 * BLOCK) == before, "a refused write was carried out"


def t05_misplaced_flags(server):
    misplaced = {
        READ: (NO_HOLE, REQ_ONE, FAST_ZERO), WRITE: (NO_HOLE, DF, REQ_ONE, FAST_ZERO),
        FLUSH: (NO_HOLE, DF, REQ_ONE, FAST_ZERO), TRIM: (NO_HOLE, DF, REQ_ONE, FAST_ZERO),
        WRITE_ZEROES: (DF, REQ_ONE),
    }
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            for command, flags in misplaced.items():
                for flag in flags:
                    length = 0 if command == FLUSH else BLOCK
                    refusals(client, command, [EINVAL], 8 * BLOCK if length else 0, length, flag)
            if not structured:
                refusals(client, READ, [EINVAL], 0, BLOCK, DF)
            client.read(0, BLOCK)


def t06_read_past_end(server):
    with connect(server.socket) as client:
        for offset, length in ((client.size, BLOCK), (client.size - BLOCK, 2 * BLOCK), (1 << 62, BLOCK)):
            refusals(client, READ, [EINVAL], offset, length)
        client.read(client.size - BLOCK, BLOCK)


def t07_overflowing_ranges(server):
    last = (1 << 64) - BLOCK
    with connect(server.socket) as client:
        for offset, length in ((last, BLOCK), (last, 2 * BLOCK), (1 << 63, BLOCK)):
            for command in (READ, WRITE, TRIM, WRITE_ZEROES, CACHE):
                refusals(client, command, [EINVAL, ENOSPC], offset, length)
        client.read(0, BLOCK)


def t08_write_past_end(server):
    with connect(server.socket) as client:
        before = client.read(client.size - BLOCK, BLOCK)
        for offset in (client.size, client.size - BLOCK):
            refusals(client, WRITE, [ENOSPC, EINVAL], offset, 2 * BLOCK)
        assert client.read(client.size - BLOCK, BLOCK) == before, "half of it was written"


def t09_others_past_end(server):
    with connect(server.socket) as client:
        for command in (WRITE_ZEROES, TRIM, CACHE):
            for offset in (client.size, client.size - BLOCK):
                refusals(client, command, [ENOSPC, EINVAL], offset, 2 * BLOCK)
        client.read(0, BLOCK)


def t10_zero_length(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured, allocation=structured) as client:
            for command in (READ, WRITE, TRIM, WRITE_ZEROES, CACHE, BLOCK_STATUS):
                assert client.error_of(command, offset=BLOCK) in (0, EINVAL, ENOSPC)
            client.read(0, BLOCK)


def t11_read_of_4_gib(server):
    with connect(server.socket) as client:
        for length in (0xFFFFFFFF, 0x80000000, 0xFFFFF000):
            try:
                assert client.error_of(READ, length=length) in (EINVAL, wire.EOVERFLOW)
            except Ended:
                return


def t12_write_of_4_gib(server):
    with connect(server.socket) as client:
        client.request(WRITE, 3, 0, 0xFFFFFFFF)
        try:
            # It is refused at once, or after what was announced: neither needs a buffer.
            for _ in range(256):
                client.send(bytes(64 << 10))
        except Ended:
            pass


def t13_write_of_40_mib(server):
    before = look(server, 0)
    with connect(server.socket) as client:
        try:
            client.request(WRITE, 1, 0, 40 << 20, 0, bytes(40 << 20))
            _, error, _ = client.reply()
            client.read(0, BLOCK)
        except Ended:
            error = EINVAL
    assert not error or look(server, 0) == before, "a refused write was carried out"


def t14_32_mib_at_once(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            stamp = os.urandom(1 << 20) * 32
            client.write(BLOCK, stamp)
            assert client.read(BLOCK, len(stamp)) == stamp


def t15_payload_cut_by_close(server):
    offset = 16 * BLOCK
    before = look(server, offset)
    for sent in (0, 1, 512, BLOCK - 1):
        with connect(server.socket) as client:
            client.request(WRITE, 1, offset, BLOCK, 0, b"\xaa" * sent)
    assert look(server, offset) == before, "half a write was carried out"


def t16_header_cut(server):
    whole = request(WRITE, 1, 0, BLOCK, 0, bytes(BLOCK))
    for length in range(0, 29):
        with connect(server.socket) as client:
            client.send(whole[:length])


def t17_one_byte_at_a_time(server):
    with connect(server.socket) as client:
        for byte in request(READ, 9, 0, BLOCK) + request(FLUSH, 10):
            client.send(bytes([byte]))
        answers = {client.reply(BLOCK)[:2]}
        cookie, error, _ = client.reply()
        assert answers | {(cookie, error)} == {(9, 0), (10, 0)}


def t18_equal_cookies(server):
    with connect(server.socket) as client:
        client.send(b"".join(request(READ, 77, n * BLOCK, BLOCK) for n in range(64)))
        for _ in range(64):
            client.expect(77, 0, BLOCK)


def t19_cookie_echo(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            for cookie in (0, 1, 0xFFFFFFFFFFFFFFFF, 0x8000000000000000, 0x0102030405060708):
                client.request(READ, cookie, 0, BLOCK)
                client.expect(cookie, 0, BLOCK)
                assert client.error_of(99, cookie=cookie) == EINVAL


def t20_flush_with_arguments(server):
    with connect(server.socket) as client:
        assert client.error_of(FLUSH, offset=BLOCK, length=BLOCK) in (0, EINVAL)
        assert client.error_of(FLUSH, offset=1 << 63, length=0xFFFFFFFF) in (0, EINVAL)
        client.read(0, BLOCK)


def t21_disconnect(server):
    for words in ((), (BLOCK, BLOCK)):
        with connect(server.socket) as client:
            client.request(DISC, 1, *words)
            assert client.is_ended(), "a reply to a disconnect"


def t22_64_writes_then_disconnect(server):
    stamp = random.Random(64).randbytes(64 * BLOCK)
    with connect(server.socket) as client:
        writes = [request(WRITE, n, (64 + n) * BLOCK, BLOCK, 0, stamp[n * BLOCK:][:BLOCK])
                  for n in range(64)]
        client.send(b"".join(writes) + request(DISC, 64))
        # The replies come, or the end does; the writes count in either case.
        try:
            while True:
                client.reply()
        except Ended:
            pass
    assert look(server, 64 * BLOCK, 64 * BLOCK) == stamp, "a write before the disconnect is lost"


def t23_data_after_disconnect(server):
    offset = 24 * BLOCK
    before = look(server, offset)
    with connect(server.socket) as client:
        client.send(request(DISC, 1) + request(WRITE, 2, offset, BLOCK, 0, b"\xdd" * BLOCK))
        assert client.is_ended(), "a reply after the disconnect"
    assert look(server, offset) == before, "a request after the disconnect was carried out"


def t24_block_status_unnegotiated(server):
    for structured in (False, True):
        with connect(server.socket, structured=structured) as client:
            for flags in (0, REQ_ONE):
                assert client.error_of(BLOCK_STATUS, length=BLOCK, flags=flags) == EINVAL
            client.read(0, BLOCK)


def t25_block_status_limits(server):
    for extended in (False, True):
        with connect(server.socket, structured=True, extended=extended, allocation=True) as client:
            size = client.size
            for offset, length in ((size, BLOCK), (size - BLOCK, 2 * BLOCK), (0, 0), (1 << 63, BLOCK)):
                assert client.error_of(BLOCK_STATUS, offset=offset, length=length) == EINVAL
            one = client.status(0, size, REQ_ONE)
            assert len(one) == 1 and one[0][0] <= size
            extents = client.status(0, size)
            assert sum(extent[0] for extent in extents) <= size
            # What is told to be a hole reads as zeroes.
            position = 0
            for length, flags in extents[:32]:
                if flags & 2:
                    count = min(length, 1 << 20)
                    assert client.read(position, count) == bytes(count)
                position += length


def t26_structured_errors(server):
    with connect(server.socket, structured=True) as client:
        client.request(READ, 0xC00C1E, client.size, BLOCK)
        flags, kind, cookie, payload = client.chunk()
        assert flags & 1 and kind in (wire.ERROR, wire.ERROR_OFFSET) and cookie == 0xC00C1E
        assert struct.unpack(">I", payload[:4])[0] == EINVAL
        client.read(0, BLOCK)


def t27_dont_fragment(server):
    with connect(server.socket, structured=True) as client:
        for length in (512, 65536, 1 << 20):
            client.request(READ, 4, BLOCK, length, DF)
            flags, kind, cookie, payload = client.chunk()
            assert (flags & 1, cookie) == (1, 4)
            if kind == wire.OFFSET_DATA:
                assert struct.unpack(">Q", payload[:8])[0] == BLOCK and len(payload) == 8 + length
            else:
                assert kind == wire.OFFSET_HOLE, f"chunk of type {kind}"


def t28_fast_zero(server):
    with connect(server.socket) as client:
        offset = 400 * BLOCK
        client.write(offset, b"\x5a" * BLOCK)
        error = client.error_of(WRITE_ZEROES, offset=offset, length=BLOCK, flags=FAST_ZERO)
        if not client.flags & wire.SEND_FAST_ZERO:
            assert error == EINVAL, error
        after = b"\x5a" * BLOCK if error else bytes(BLOCK)
        assert error in (0, EINVAL, ENOTSUP) and client.read(offset, BLOCK) == after
        # Where it means nothing it was never offered.
        for command in (READ, TRIM, FLUSH):
            length = 0 if command == FLUSH else BLOCK
            assert client.error_of(command, offset=0, length=length, flags=FAST_ZERO) == EINVAL


def t29_fua_everywhere(server):
    with connect(server.socket) as client:
        assert client.flags & wire.SEND_FUA
        client.request(READ, 1, 0, BLOCK, FUA)
        client.expect(1, 0, BLOCK)
        client.write(0, bytes(BLOCK), FUA)
        for command in (TRIM, WRITE_ZEROES, FLUSH):
            length = 0 if command == FLUSH else BLOCK
            assert client.error_of(command, offset=0, length=length, flags=FUA) == 0, command


def t30_unoffered_commands(server):
    with connect(server.socket) as client:
        offered = {CACHE: wire.SEND_CACHE, RESIZE: 0x200, BLOCK_STATUS: 0}
        for command, flag in offered.items():
            error = client.error_of(command, offset=0, length=BLOCK)
            assert client.flags & flag or error == EINVAL, (command, error)
        client.read(0, BLOCK)


def t36_unaligned(server):
    with connect(server.socket) as client:
        offset = 500 * BLOCK
        stamp = os.urandom(2 * BLOCK)
        client.write(offset, stamp)
        for start, length in ((1, 1), (511, 2), (100, BLOCK), (BLOCK - 1, 3), (512, 512)):
            client.request(READ, 1, offset + start, length)
            cookie, error, data = client.reply(length)
            assert cookie == 1 and error in (0, EINVAL)
            assert error or data == stamp[start:start + length], "wrong bytes"
            client.request(WRITE, 2, offset + start, length, 0, b"\xaa" * length)
            cookie, error, _ = client.reply()
            assert cookie == 2 and error in (0, EINVAL)
            if not error:
                stamp = stamp[:start] + b"\xaa" * length + stamp[start + length:]
        assert client.read(offset, len(stamp)) == stamp, "something else was written"


def t37_good_and_bad_in_one_burst(server):
    for structured in (False, True):
        good_and_bad(server, structured)


def good_and_bad(server, structured):
    chance = random.Random(37)
    with connect(server.socket, structured=structured) as client:
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
            if structured:
                cookie, error, data = client.reply()
                assert len(data) == (0 if error else lengths[cookie])
            else:
                magic, error, cookie = struct.unpack(">IIQ", client.receive(16))
                assert magic == wire.REPLY_MAGIC
                client.receive(0 if error else lengths[cookie])
            assert error in expected.pop(cookie), f"cookie {cookie}: error {error}"
        assert not expected


def t38_multi_conn(server):
    with connect(server.socket) as one, connect(server.socket) as other:
        assert one.flags & wire.MULTI_CONN
        for round in range(20):
            stamp = os.urandom(BLOCK)
            one.write((600 + round) * BLOCK, stamp)
            assert other.error_of(FLUSH) == 0
            assert other.read((600 + round) * BLOCK, BLOCK) == stamp


def t39_write_zeroes(server):
    with connect(server.socket) as client:
        for flags in (0, NO_HOLE, FUA, NO_HOLE | FUA):
            client.write(700 * BLOCK, b"\x99" * 3 * BLOCK)
            assert client.error_of(
                WRITE_ZEROES, offset=701 * BLOCK, length=BLOCK, flags=flags) == 0
            assert client.read(700 * BLOCK, 3 * BLOCK) == (
                b"\x99" * BLOCK + bytes(BLOCK) + b"\x99" * BLOCK)


def t40_read_only(server):
    before = look(server, 8 * BLOCK)
    for structured in (False, True):
        with connect(server.read_only, structured=structured) as client:
            assert client.flags & wire.READ_ONLY
            for command in (WRITE, TRIM, WRITE_ZEROES):
                refusals(client, command, [EPERM], 8 * BLOCK, BLOCK)
            assert client.read(8 * BLOCK, BLOCK) == before
    assert look(server, 8 * BLOCK) == before, "a read-only export was changed"


def z02_400_mutated_requests(server):
    chance = random.Random(4712)
    for round in range(400):
        data = bytearray(
            request(READ, 1, 0, BLOCK) + request(WRITE, 2, 300 * BLOCK, BLOCK, 0, bytes(BLOCK))
            + request(FLUSH, 3) + request(TRIM, 4, 300 * BLOCK, BLOCK)
            + request(BLOCK_STATUS, 5, 0, BLOCK))
        for _ in range(chance.randrange(1, 6)):
            # Not the payload, which may be anything.
            position = chance.choice([chance.randrange(0, 56), chance.randrange(56 + BLOCK, len(data))])
            data[position] = chance.randrange(256)
        client = connect(server.socket, structured=round % 2 == 1, allocation=round % 2 == 1)
        try:
            client.send(bytes(data))
        except Ended:
            pass
        client.close()


CASES = {name: case for name, case in list(globals().items()) if name[:1] in "tz" and name[1:3].isdigit()}
