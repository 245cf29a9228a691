"""What a well-behaved client may ask, and what it is told, by way of libnbd.

  requests.py URI CASE
"""

import errno
import os
import sys

import nbd

BLOCK = 4096
uri = sys.argv[1]


def connect():
    handle = nbd.NBD()
    # Without this, libnbd itself refuses what a server should refuse.
    handle.set_strict_mode(0)
    handle.connect_uri(uri)
    return handle


def refused(errors, call, *arguments):
    try:
        call(*arguments)
    except nbd.Error as error:
        assert error.errnum in errors, f"{call} {arguments[1:]}: {error}"
        return
    raise AssertionError(f"{call} was not refused")


def out_of_range(handle):
    size = handle.get_size()
    for offset in (size, size - BLOCK, size + (1 << 40), (1 << 63)):
        length = 2 * BLOCK
        errors = (errno.EINVAL, errno.ENOSPC)
        refused(errors, handle.pread, length, offset)
        refused(errors, handle.pwrite, bytes(length), offset)
        refused(errors, handle.trim, length, offset)
        refused(errors, handle.zero, length, offset)
    assert len(handle.pread(BLOCK, size - BLOCK)) == BLOCK, "the session does not go on"


def unaligned(handle):
    """Below the block size the server may refuse, or serve; the bytes must be right either way."""
    minimum = handle.get_block_size(nbd.SIZE_MINIMUM) or 1
    handle.pwrite(b"\x11" * 4 * BLOCK, 0)
    for offset, length in ((1, 512), (0, 511), (100, 1), (4095, 2), (513, 4096)):
        if minimum > 1:
            refused((errno.EINVAL,), handle.pread, length, offset)
            refused((errno.EINVAL,), handle.pwrite, b"\x22" * length, offset)
        else:
            assert handle.pread(length, offset) == b"\x11" * length
    assert handle.pread(4 * BLOCK, 0) == b"\x11" * 4 * BLOCK


def zero_length(handle):
    """The protocol leaves open what it means; it must be answered, and the session must go on."""
    for call in (lambda: handle.pread(0, 0), lambda: handle.pwrite(b"", 0),
                 lambda: handle.trim(0, 0), lambda: handle.zero(0, 0)):
        try:
            call()
        except nbd.Error as error:
            assert error.errnum == errno.EINVAL, error
    assert len(handle.pread(BLOCK, 0)) == BLOCK


def fua(handle):
    assert handle.can_fua()
    data = os.urandom(BLOCK)
    handle.pwrite(data, BLOCK, nbd.CMD_FLAG_FUA)
    assert handle.pread(BLOCK, BLOCK) == data
    handle.zero(BLOCK, BLOCK, nbd.CMD_FLAG_FUA)
    assert handle.pread(BLOCK, BLOCK) == bytes(BLOCK)
    if handle.can_trim():
        handle.trim(BLOCK, BLOCK, nbd.CMD_FLAG_FUA)
    handle.flush()


def zeroes(handle):
    """Whatever way is asked for, zeroes are read afterwards, and only there."""
    ways = [0, nbd.CMD_FLAG_NO_HOLE]
    if handle.can_fast_zero():
        ways.append(nbd.CMD_FLAG_FAST_ZERO)
    for way in ways:
        handle.pwrite(b"\xa5" * 8 * BLOCK, 0)
        try:
            handle.zero(4 * BLOCK, 2 * BLOCK, way)
        except nbd.Error as error:
            # "Not fast" is an honest answer.
            assert way == nbd.CMD_FLAG_FAST_ZERO and error.errnum == errno.ENOTSUP, error
            continue
        assert handle.pread(2 * BLOCK, 0) == b"\xa5" * 2 * BLOCK
        assert handle.pread(4 * BLOCK, 2 * BLOCK) == bytes(4 * BLOCK)
        assert handle.pread(2 * BLOCK, 6 * BLOCK) == b"\xa5" * 2 * BLOCK
    handle.zero(handle.get_size(), 0)


def largest_payload(handle):
    data = os.urandom(1 << 20) * 32
    handle.pwrite(data, 0)
    assert handle.pread(len(data), 0) == data, "32 MiB came back wrong"


def many_in_flight(handle):
    buffers, errors = [], []

    def done(error, *_):
        if error.value:
            errors.append(error.value)
        return 1

    for number in range(1024):
        buffer = nbd.Buffer.from_bytearray(bytearray(number.to_bytes(4, "big") * (BLOCK // 4)))
        handle.aio_pwrite(buffer, number * BLOCK, done)
    while handle.aio_in_flight():
        handle.poll(-1)
    for number in range(1024):
        buffer = nbd.Buffer(BLOCK)
        buffers.append(buffer)
        handle.aio_pread(buffer, number * BLOCK, done)
    while handle.aio_in_flight():
        handle.poll(-1)
    assert not errors, errors
    for number, buffer in enumerate(buffers):
        expected = number.to_bytes(4, "big") * (BLOCK // 4)
        assert bytes(buffer.to_bytearray()) == expected, f"block {number} is wrong"


def several_connections(handle):
    """Multi-conn: what one connection has flushed, another reads."""
    assert handle.can_multi_conn()
    others = [connect() for _ in range(7)]
    for round_number in range(50):
        writer = others[round_number % 7]
        data = os.urandom(BLOCK)
        writer.pwrite(data, round_number * BLOCK)
        writer.flush()
        for reader in others + [handle]:
            assert reader.pread(BLOCK, round_number * BLOCK) == data
    for other in others:
        other.shutdown()


def cache(handle):
    if handle.can_cache():
        handle.cache(1 << 20, 0)


CASES = {
    function.__name__: function
    for function in (
        out_of_range, unaligned, zero_length, fua, zeroes, largest_payload, many_in_flight,
        several_connections, cache)
}

client = connect()
CASES[sys.argv[2]](client)
assert len(client.pread(BLOCK, 0)) == BLOCK, "the session does not go on"
client.shutdown()
