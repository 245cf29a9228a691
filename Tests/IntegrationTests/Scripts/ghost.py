"""A late write of a hung path, and newer data for the same place.

usage: ghost.py URI PAUSE RESUME MPCTL RUN_DIR

PAUSE and RESUME are shell commands that stop and continue the server behind the device's active path. The
server is stopped with a write on its way; the device must acknowledge that write through another path, hold
newer writes to the same bytes until the first one's fate is known, let everything else pass, and say all that.
"""

import json
import subprocess
import sys
import time

import nbd

BLOCK = 4096


def write(handle, byte, offset):
    data = nbd.Buffer.from_bytearray(bytearray(byte * BLOCK))
    return handle.aio_pwrite(data, offset)


def is_done_within(handle, cookie, seconds):
    end = time.monotonic() + seconds
    while not handle.aio_command_completed(cookie):
        if time.monotonic() > end:
            return False
        handle.poll(20)
    return True


def main():
    uri, pause, resume, mpctl, run_directory = sys.argv[1:]

    def ask(*words):
        return subprocess.check_output([mpctl, *words, "--json", "--run-dir", run_directory])

    def device_in(method):
        return json.loads(ask(method, "data"))["devices"][0]

    def events():
        return [json.loads(line) for line in ask("events").splitlines()]

    handle = nbd.NBD()
    handle.connect_uri(uri)
    for block in range(64):
        handle.pwrite(b"0" * BLOCK, block * BLOCK)
    subprocess.run(pause, shell=True, check=True)
    try:
        older = write(handle, b"1", 0)
        assert is_done_within(handle, older, 20), "the write did not go elsewhere"
        newer = write(handle, b"2", 0)
        shifted = handle.aio_zero(2 * BLOCK, 0)
        apart = write(handle, b"3", 16 * BLOCK)
        assert is_done_within(handle, apart, 20), "a write elsewhere had to wait"
        assert not is_done_within(handle, newer, 1), "a newer write overtook the ghost"
        assert not handle.aio_command_completed(shifted), "a newer zeroing overtook the ghost"
        assert handle.pread(BLOCK, 0) == b"1" * BLOCK, "the acknowledged write cannot be read"
        handle.flush()
        device = device_in("status")
        assert device["ghosts"] == 1, device
        assert device["heldRequests"] == 2, device
        assert device["heldMilliseconds"] >= 1000, device
        device = device_in("stats")
        assert device["ghosts"] == 1 and device["heldRequests"] == 2, device
        kinds = [event["kind"] for event in events()]
        assert "path-stalled" in kinds and kinds.count("hold-began") == 1, kinds
        assert "hold-ended" not in kinds, kinds
    finally:
        subprocess.run(resume, shell=True, check=True)
    assert is_done_within(handle, newer, 20), "the newer write was never let go"
    assert is_done_within(handle, shifted, 20), "the zeroing was never let go"
    # Both changes were under way at once: either may be last, the ghost may not.
    for _ in range(20):
        first = bytes(handle.pread(BLOCK, 0)[:1])
        assert first in (b"2", b"\0"), "the ghost's data came back: %r" % first
        time.sleep(0.05)
    assert handle.pread(BLOCK, 16 * BLOCK) == b"3" * BLOCK
    assert device_in("status")["ghosts"] == 0
    device = device_in("stats")
    assert device["held"] == 2 and device["heldMilliseconds"] >= 2000, device
    [ended] = [event for event in events() if event["kind"] == "hold-ended"]
    assert ended["durationMicroseconds"] >= 1_000_000, ended
    handle.shutdown()


main()
