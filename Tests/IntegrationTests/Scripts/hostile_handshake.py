"""Clients that break the rules of the handshake: h01 to h45, and z01."""

import random
import struct

import wire
from wire import (
    ABORT, BLOCK_STATUS, EINVAL, EXPORT_NAME, EXTENDED_HEADERS, GO, INFO, LIST, LIST_META, READ,
    SET_META, STARTTLS, STRUCTURED_REPLY, WRITE, Client, Ended, connect, go_data, meta_data, option,
    request)

BLOCK = 4096


def greeted(server, structured=False):
    client = Client(server.socket)
    client.greet()
    if structured:
        client.use_structured()
    return client


def is_served(client):
    """The client goes on where it was and opens the export."""
    client.go()
    client.read(0, BLOCK)


def h01_greeting(server):
    with Client(server.socket) as client:
        # The magics, FIXED_NEWSTYLE, and no unknown bit: all of it is asserted there.
        client.greet()
        is_served(client)


def h02_200_connects_closed_at_once(server):
    for _ in range(200):
        Client(server.socket).close()


def h03_unknown_client_flag(server):
    for flags in (0x8000_0003, 4 | 3):
        with Client(server.socket) as client:
            client.greet(flags=flags)
            try:
                client.option(GO, go_data(b""))
            except Ended:
                continue
            assert client.is_ended(), "a client with unknown flags was answered"


def h04_client_flags_cut(server):
    for length in range(4):
        with Client(server.socket) as client:
            client.receive(18)
            client.send(b"\0\0\0\3"[:length])


def h05_wrong_option_magic(server):
    with greeted(server) as client:
        client.send(struct.pack(">QII", 0x1234, GO, 0))
        assert client.is_ended()


def h06_unknown_options(server):
    with greeted(server) as client:
        for number in (0, 4, 0x7654321, 0xFFFFFFFF):
            client.option(number)
            client.expect_option_reply(number, wire.ERR_UNSUP)
        is_served(client)


def h07_unknown_option_with_64_kib(server):
    with greeted(server) as client:
        client.option(0x7654321, option(GO, go_data(b"")) * 2048)
        client.expect_option_reply(0x7654321, wire.ERR_UNSUP)
        is_served(client)


def h08_option_length_ffffffff(server):
    with greeted(server) as client:
        client.option(GO, b"", length=0xFFFFFFFF)
        try:
            for _ in range(64):
                client.send(bytes(64 << 10))
        except Ended:
            pass


def h09_16_mib_of_go_data(server):
    with greeted(server) as client:
        try:
            client.option(GO, bytes(16 << 20))
            client.expect_option_reply(GO, wire.ERR_TOO_BIG, wire.ERR_INVALID)
        except Ended:
            pass


def h10_option_data_cut(server):
    whole = option(GO, go_data(b"some-name", [3]))
    for length in range(16, len(whole)):
        with greeted(server) as client:
            client.send(whole[:length])


def h11_option_header_cut(server):
    for length in range(16):
        with greeted(server) as client:
            client.send(option(GO, go_data(b""))[:length])


def h12_export_name_cut(server):
    whole = option(EXPORT_NAME, b"data")
    for length in range(len(whole)):
        with greeted(server) as client:
            client.send(whole[:length])


def h13_export_name_too_long(server):
    for length in (4097, 65536, 1 << 20):
        with greeted(server) as client:
            try:
                client.option(EXPORT_NAME, b"n" * length)
            except Ended:
                continue
            assert client.is_ended(), "a name that is too long opened something"


def h14_export_name_unknown(server):
    with greeted(server) as client:
        client.option(EXPORT_NAME, b"no-such-device")
        assert client.is_ended(), "bytes for an export that does not exist"


def h15_export_name_reply(server):
    for flags, zeroes in ((3, 0), (1, 124), (2, 0), (0, 124)):
        with Client(server.socket) as client:
            client.greet(flags)
            client.option(EXPORT_NAME, b"data")
            size, described = struct.unpack(">QH", client.receive(10))
            assert size and described & wire.HAS_FLAGS
            assert client.receive(zeroes) == bytes(zeroes)
            # Nothing more than that: the next bytes are a reply.
            client.read(0, BLOCK)


def h16_unknown_export(server):
    with greeted(server) as client:
        for number in (GO, INFO):
            client.option(number, go_data(b"no-such-device"))
            client.expect_option_reply(number, wire.ERR_UNKNOWN)
        is_served(client)


def h17_malformed_go(server):
    variants = [
        b"", b"\0", b"\0\0\0", struct.pack(">I", 0), struct.pack(">I", 5) + b"da",
        struct.pack(">I", 0xFFFFFFFF) + b"data\0\0", go_data(b"data") + b"x",
        struct.pack(">I4sH", 4, b"data", 3) + b"\0\1", struct.pack(">I4sH", 4, b"data", 0xFFFF),
        struct.pack(">I4s", 4, b"data"), struct.pack(">I4sB", 4, b"data", 0),
        struct.pack(">I", 0x7FFFFFFF) + b"data\0\0",
    ]
    with greeted(server) as client:
        for number in (GO, INFO):
            for data in variants:
                client.option(number, data)
                client.expect_option_reply(number, wire.ERR_INVALID, wire.ERR_TOO_BIG)
        is_served(client)


def h18_unknown_info_ids(server):
    with greeted(server) as client:
        client.option(GO, go_data(b"data", [4, 99, 0xFFFF, 3]))
        kinds = []
        while True:
            _, kind, data = client.option_reply()
            if kind == wire.REP_ACK:
                break
            kinds.append(struct.unpack(">H", data[:2])[0])
        assert sorted(kinds) == [0, 3], kinds
        client.read(0, BLOCK)


def h19_go_name_too_long(server):
    with greeted(server) as client:
        client.option(GO, go_data(b"n" * 4097))
        client.expect_option_reply(GO, wire.ERR_INVALID, wire.ERR_TOO_BIG, wire.ERR_UNKNOWN)
        is_served(client)


def h20_go_with_30000_infos(server):
    with greeted(server) as client:
        replies = client.ask(GO, go_data(b"data", [1] * 30_000))
        assert len(replies) < 10, "an answer for each repetition"
    with greeted(server) as client:
        assert len(client.ask(GO, go_data(b"data", [1, 3] * 1000))) < 10
        client.read(0, BLOCK)


def h21_name_with_nul(server):
    with greeted(server) as client:
        client.option(GO, go_data(b"data\0junk"))
        client.expect_option_reply(GO, wire.ERR_UNKNOWN, wire.ERR_INVALID)
        client.go(b"data")
    with greeted(server) as client:
        client.option(EXPORT_NAME, b"data\0junk")
        assert client.is_ended()


def h22_name_not_utf8(server):
    with greeted(server) as client:
        for name in (b"\xff\xfe", b"data\xc3", b"\xed\xa0\x80"):
            client.option(GO, go_data(name))
            client.expect_option_reply(GO, wire.ERR_UNKNOWN, wire.ERR_INVALID)
        is_served(client)


def h23_info_then_go_equal(server):
    for structured in (False, True):
        with greeted(server, structured) as client:
            described = client.go(b"data", INFO, [1, 2, 3])
            assert client.size
            assert client.go(b"data", GO, [1, 2, 3]) == described
            client.read(0, BLOCK)


def h24_list_with_data(server):
    with greeted(server) as client:
        client.option(LIST, b"what for")
        client.expect_option_reply(LIST, wire.ERR_INVALID)
        is_served(client)


def h25_list(server):
    with greeted(server) as client:
        replies = client.ask(LIST)
        assert replies.pop() == (wire.REP_ACK, b"")
        for kind, data in replies:
            length = struct.unpack(">I", data[:4])[0]
            assert kind == wire.REP_SERVER and length <= len(data) - 4
            assert data[4:4 + length] == b"data"
        is_served(client)


def h26_abort(server):
    with greeted(server) as client:
        client.option(ABORT)
        client.expect_option_reply(ABORT, wire.REP_ACK)
        assert client.is_ended()


def h27_abort_with_data(server):
    with greeted(server) as client:
        client.option(ABORT, b"farewell")
        client.expect_option_reply(ABORT, wire.REP_ACK)
        assert client.is_ended()


def h28_abort_and_gone(server):
    for _ in range(50):
        with greeted(server) as client:
            client.option(ABORT)


def h29_starttls_without_tls(server):
    with greeted(server) as client:
        client.option(STARTTLS)
        client.expect_option_reply(STARTTLS, wire.ERR_UNSUP, wire.ERR_POLICY)
        is_served(client)


def h30_structured_reply_with_data_and_twice(server):
    with greeted(server) as client:
        client.option(STRUCTURED_REPLY, b"x")
        client.expect_option_reply(STRUCTURED_REPLY, wire.ERR_INVALID)
        client.use_structured()
        client.option(STRUCTURED_REPLY)
        client.expect_option_reply(STRUCTURED_REPLY, wire.REP_ACK, wire.ERR_INVALID)
        is_served(client)


def h31_context_before_structured(server):
    with greeted(server) as client:
        client.option(SET_META, meta_data(b"", [b"base:allocation"]))
        client.expect_option_reply(SET_META, wire.ERR_INVALID)
        is_served(client)


def h32_malformed_contexts(server):
    variants = [
        b"", b"\0\0\0", struct.pack(">I", 0), struct.pack(">I", 5) + b"da",
        struct.pack(">I", 0xFFFFFFFF) + bytes(8), struct.pack(">II", 0, 1),
        struct.pack(">II", 0, 0xFFFFFFFF), struct.pack(">III", 0, 1, 0xFFFFFFFF),
        struct.pack(">III", 0, 2, 1) + b"x", struct.pack(">I4sH", 4, b"data", 0),
    ]
    with greeted(server, structured=True) as client:
        for number in (LIST_META, SET_META):
            for data in variants:
                client.option(number, data)
                client.expect_option_reply(number, wire.ERR_INVALID, wire.ERR_TOO_BIG)
        is_served(client)


def h33_unknown_contexts(server):
    with greeted(server, structured=True) as client:
        for query in (b"no-such:thing", b"base:no-such", b"qemu:dirty-bitmap:x", b""):
            assert client.ask(LIST_META, meta_data(b"", [query])) == [(wire.REP_ACK, b"")], query
        for query in (b"no-such:thing", b"base:no-such", b"base:", b"base:allocationx"):
            assert client.ask(SET_META, meta_data(b"", [query])) == [(wire.REP_ACK, b"")], query
        listed = client.ask(LIST_META, meta_data(b"", [b"base:"]))
        assert listed[0] == (wire.REP_META, bytes(4) + b"base:allocation"), listed
        is_served(client)


def h34_many_and_long_queries(server):
    with greeted(server, structured=True) as client:
        for queries in ([b"base:allocation"] * 5000, [b"q" * 5005], [b"base:allocation"] * 300):
            for number in (LIST_META, SET_META):
                replies = client.ask(number, meta_data(b"", queries))
                assert len(replies) <= 2, "an answer for each repetition"
        is_served(client)


def h35_context_of_another_export(server):
    with greeted(server, structured=True) as client:
        client.choose_allocation()
        client.option(SET_META, meta_data(b"no-such-device", [b"base:allocation"]))
        client.expect_option_reply(SET_META, wire.ERR_UNKNOWN)
        client.go()
        # The failed choice has taken the place of the earlier one.
        assert client.error_of(BLOCK_STATUS, length=BLOCK) == EINVAL
        client.read(0, BLOCK)


def h36_extended_headers(server):
    with greeted(server) as client:
        client.option(EXTENDED_HEADERS, b"x")
        client.expect_option_reply(EXTENDED_HEADERS, wire.ERR_INVALID, wire.ERR_UNSUP)
        client.use_extended()
        client.go()
        assert len(client.read(0, BLOCK)) == BLOCK
        client.write(BLOCK, bytes(BLOCK))
        # Without the flag that announces a payload there is none, and so nothing to write.
        assert client.error_of(WRITE, offset=0, length=BLOCK) == EINVAL
        assert client.error_of(READ, length=8, flags=wire.PAYLOAD_LEN, payload=bytes(8)) == EINVAL
        assert client.error_of(READ, length=1 << 40) == EINVAL
        client.read(0, BLOCK)
    with connect(server.socket, extended=True) as client:
        client.request(WRITE, 1, 0, 1 << 62, wire.PAYLOAD_LEN)
        assert client.is_ended(), "a payload of 2^62 bytes is waited for"
    with connect(server.socket, extended=True) as client:
        client.request(READ, 1, 0, BLOCK, magic=wire.REQUEST_MAGIC)
        assert client.is_ended(), "a compact request was taken"


def h37_2000_options(server):
    with greeted(server) as client:
        try:
            for _ in range(2000):
                client.option(0x1111)
                client.expect_option_reply(0x1111, wire.ERR_UNSUP)
            client.go()
        except Ended:
            pass


def h38_100_options_in_one_packet(server):
    with greeted(server) as client:
        client.send(option(LIST) * 50 + option(INFO, go_data(b"data")) * 50)
        try:
            for _ in range(50):
                client.option_reply()
        except Ended:
            pass


def h39_other_protocols(server):
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0" + bytes(100),
                 b"SSH-2.0-x\r\n" * 4, bytes(4096), b"\xff" * 4096):
        with Client(server.socket) as client:
            client.receive(18)
            try:
                client.send(text)
                assert client.is_ended(), f"{text[:8]!r} was answered"
            except Ended:
                pass


def h40_request_during_haggling(server):
    with connect(server.socket) as other:
        before = other.read(0, BLOCK)
        with greeted(server) as client:
            client.send(request(WRITE, 1, 0, BLOCK, 0, b"\x5a" * BLOCK))
            try:
                client.option_reply()
            except (Ended, AssertionError):
                pass
        assert other.read(0, BLOCK) == before, "carried out before the export was open"


def h41_slow_handshakes(server):
    slow = [Client(server.socket) for _ in range(20)]
    whole = struct.pack(">I", 3) + option(GO, go_data(b"data"))
    for position in range(len(whole)):
        for client in slow:
            client.send(whole[position:position + 1])
        with connect(server.socket) as good:
            good.read(0, BLOCK)
    for client in slow:
        client.close()


def h42_1000_idle_handshakes(server):
    idle = [Client(server.socket) for _ in range(1000)]
    with connect(server.socket) as good:
        good.read(0, BLOCK)
    for client in idle:
        client.close()


def h43_vanish_in_negotiation(server):
    for last in (option(GO, go_data(b"")), option(LIST), option(EXPORT_NAME, b"data")):
        for _ in range(25):
            with greeted(server) as client:
                client.send(last)


def h44_empty_export_name_and_vanish(server):
    for _ in range(25):
        with greeted(server) as client:
            client.send(option(EXPORT_NAME, b""))


def h45_contexts_with_trailing_bytes(server):
    with greeted(server, structured=True) as client:
        for number in (LIST_META, SET_META):
            for trailing in (b"\0", option(LIST), option(GO, go_data(b"")) * 3):
                client.option(number, meta_data(b"", [b"base:allocation"]) + trailing)
                client.expect_option_reply(number, wire.ERR_INVALID)
        is_served(client)


def z01_400_mutated_handshakes(server):
    chance = random.Random(4711)
    whole = struct.pack(">I", 3) + option(LIST) + option(INFO, go_data(b"data", [1, 3]))
    whole += option(STRUCTURED_REPLY) + option(SET_META, meta_data(b"", [b"base:allocation"]))
    whole += option(GO, go_data(b"data", [3])) + request(READ, 1, 0, BLOCK)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with Client(server.socket) as client:
            try:
                client.receive(18)
                client.send(bytes(data[:chance.randrange(len(data) + 1)]))
            except Ended:
                pass


CASES = {name: case for name, case in list(globals().items()) if name[:1] in "hz" and name[1:3].isdigit()}
