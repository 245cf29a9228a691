"""Clients of an export that requires TLS: x01 to x05."""

import wire
from wire import (
    ABORT, EXPORT_NAME, EXTENDED_HEADERS, GO, INFO, LIST, LIST_META, SET_META, STARTTLS,
    STRUCTURED_REPLY, Client, Ended, go_data, meta_data, option)


def greeted(server):
    client = Client(server.tls)
    client.greet()
    return client


def x01_options_before_tls(server):
    with greeted(server) as client:
        for number, data in (
                (LIST, b""), (INFO, go_data(b"data")), (GO, go_data(b"data")), (GO, b"junk"),
                (STRUCTURED_REPLY, b""), (LIST_META, meta_data(b"data")), (EXTENDED_HEADERS, b""),
                (SET_META, meta_data(b"data", [b"base:allocation"])), (GO, go_data(b"no-such-device"))):
            client.option(number, data)
            client.expect_option_reply(number, wire.ERR_TLS_REQD)
        # Leaving needs no TLS.
        client.option(ABORT)
        client.expect_option_reply(ABORT, wire.REP_ACK)
        assert client.is_ended()


def x02_export_name_before_tls(server):
    for name in (b"data", b""):
        with greeted(server) as client:
            client.option(EXPORT_NAME, name)
            assert client.is_ended(), "an export was opened without TLS"


def x03_starttls_with_data(server):
    with greeted(server) as client:
        client.option(STARTTLS, option(LIST))
        client.expect_option_reply(STARTTLS, wire.ERR_INVALID)
        client.option(LIST)
        client.expect_option_reply(LIST, wire.ERR_TLS_REQD)


def x04_garbage_instead_of_tls(server):
    for garbage in (bytes(512), b"\xff" * 512, b"GET / HTTP/1.1\r\n\r\n", option(GO, go_data(b"data")),
                    b"\x16\x03\x01\x00\x05hello" + bytes(64)):
        with greeted(server) as client:
            client.option(STARTTLS)
            client.expect_option_reply(STARTTLS, wire.REP_ACK)
            answer = b""
            try:
                client.send(garbage)
                client.socket.shutdown(1)
                while piece := client.socket.recv(4096):
                    answer += piece
            except (Ended, ConnectionResetError, OSError):
                pass
            # A TLS alert at most: nothing of what is served.
            assert len(answer) < 64 and answer[:1] in (b"", b"\x15"), answer


def x05_option_smuggled_behind_starttls(server):
    with greeted(server) as client:
        client.send(option(STARTTLS) + option(LIST) + option(GO, go_data(b"data")))
        try:
            client.expect_option_reply(STARTTLS, wire.REP_ACK)
            rest = client.socket.recv(4096)
            assert rest == b"" or rest[:1] == b"\x15", "what was smuggled in was answered"
        except (Ended, ConnectionResetError):
            pass


CASES = {name: case for name, case in list(globals().items()) if name[:1] == "x" and name[1:3].isdigit()}
