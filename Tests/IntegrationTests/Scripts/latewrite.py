"""Whether a write that was under way when its connection ended can undo a newer one.

  latewrite.py URI ORDERS (lost | kept) (cut | stall)

Writes an old pattern while holdup.py keeps what is sent on the first path, has the connection cut, and
writes a newer one to the same place; with `stall` the connection is only silent. Once the newer write is
acknowledged, or cannot be for a while, the old one is delivered. With `lost`, the acknowledged write must be
gone: that is what happens without protection. With `kept`, it must be there.
"""

import sys
import time

import nbd

BLOCK = 65536


def order(file, text):
    with open(file, "w", encoding="ascii") as handle:
        handle.write(text)


def wait(what, seconds, *words):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, " ".join(map(str, words))
        time.sleep(0.01)


def reported(file, text):
    try:
        with open(file + ".log", encoding="ascii") as handle:
            return text in handle.read()
    except OSError:
        return False


def is_done(handle, cookie, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if handle.aio_command_completed(cookie):
            return True
        handle.poll(20)
    return False


def release(handle, orders):
    order(orders, "release")
    wait(lambda: reported(orders, "released") or handle.poll(10) < 0, 20, "nothing was released")


def main():
    uri, orders, expected, trouble = sys.argv[1:]
    handle = nbd.NBD()
    handle.connect_uri(uri)
    handle.pwrite(b"0" * BLOCK, 0)
    handle.pwrite(b"0" * BLOCK, BLOCK)
    order(orders, "hold")
    older = handle.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b"1" * BLOCK)), 0)
    wait(lambda: reported(orders, "kept") or handle.poll(10) < 0, 20, "the write was not kept")
    if trouble == "cut":
        order(orders, "cut")
        wait(lambda: reported(orders, "cut") or handle.poll(10) < 0, 20, "nothing was cut")
    # With private caches it is not even sent elsewhere before it can do no harm.
    was_repeated = is_done(handle, older, 1.5)
    if not was_repeated:
        release(handle, orders)
    assert was_repeated or is_done(handle, older, 60), "the older write was never acknowledged"
    newer = handle.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b"2" * BLOCK)), 0)
    # Protected, it is held up until the older one can do no harm; what is elsewhere is not.
    handle.pwrite(b"3" * BLOCK, BLOCK)
    was_done = is_done(handle, newer, 1.0)
    if not reported(orders, "released"):
        release(handle, orders)
    assert was_done or is_done(handle, newer, 60), "the newer write was never acknowledged"
    found = bytes(handle.pread(BLOCK, 0))
    what = "newer" if found == b"2" * BLOCK else "older" if found[:1] == b"1" else "neither"
    print(f"the older write was {'' if was_repeated else 'not '}repeated at once, the newer one "
          f"{'' if was_done else 'not '}done at once; the medium has the {what} one")
    if expected == "lost":
        assert what == "older", "the write was protected after all"
    else:
        assert what == "newer", "an acknowledged write was undone"
    handle.shutdown()


main()
