"""Has a device use a lying server, one lie after the other, while a client checks what it reads.

  lies.py MPCTL RUN_DIRECTORY DAEMON_PID HONEST_URI LIAR_URI ORDERS [LIE...]

For each lie: the path goes out of service with a reason that can be shown to people, the client
meets no error and no wrong byte, and the path is back once the server is honest again. At the end the
daemon is not larger than it was.
"""

import json
import os
import subprocess
import sys
import threading
import time

import nbd

import liar

BLOCK = 4096
BLOCKS = 256
# What all lies together may add to the daemon's resident memory; one of them claims 4 GiB.
GROWTH_BYTES_MAX = 16 << 20
IN_SERVICE = ("ACTIVE", "PASSIVE", "READ")
# What a path says when its connection merely ended, as it does before the lie can be told.
ENDS = ("server closed the connection", "connection failed")


class Load(threading.Thread):
    """Writes and reads back stamped blocks until it is told to end."""

    def __init__(self, uri):
        super().__init__(daemon=True)
        self.uri = uri
        self.answers = 0
        self.trouble = None
        self.ends = False

    def run(self):
        try:
            handle = nbd.NBD()
            handle.connect_uri(self.uri)
            stamps = {}
            number = 0
            while not self.ends:
                number += 1
                block = number * 37 % BLOCKS
                if number % 3 == 0:
                    stamps[block] = number.to_bytes(8, "big") * (BLOCK // 8)
                    handle.pwrite(stamps[block], block * BLOCK)
                elif block in stamps:
                    data = bytes(handle.pread(BLOCK, block * BLOCK))
                    assert data == stamps[block], f"block {block} is not what was written"
                self.answers += 1
            handle.shutdown()
        except (nbd.Error, AssertionError) as error:
            self.trouble = error


class Bed:
    def __init__(self, mpctl, run_directory, daemon, honest, lying, orders):
        self.words = [mpctl]
        self.run_directory = run_directory
        self.daemon = daemon
        self.paths = [honest, lying]
        self.orders = orders

    def mpctl(self, verb, *words, check=True):
        command = self.words + [verb, "--run-dir", self.run_directory, *words]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"mpctl {verb}: {result.stderr}")
        return result.stdout

    def path(self):
        paths = json.loads(self.mpctl("status", "data", "--json"))["devices"][0]["paths"]
        return next(path for path in paths if path["path"] == self.paths[1])

    def order(self, lie):
        with open(self.orders + ".new", "w", encoding="ascii") as file:
            file.write(lie)
        os.rename(self.orders + ".new", self.orders)

    def resident(self):
        with open(f"/proc/{self.daemon}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def wait(self, what, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            path = self.path()
            if what(path):
                return path
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {path}")


def judge(bed, lie):
    bed.order("")
    bed.mpctl("create", "-A", "--cache", "shared", "--quiesce", "0", "data", *bed.paths)
    load = Load(f"nbd+unix:///data?socket={bed.run_directory}/data.sock")
    load.start()
    try:
        bed.wait(lambda path: path["state"] in IN_SERVICE and load.answers > 20)
        bed.order(lie)
        path = bed.wait(
            lambda path: path["state"] not in IN_SERVICE and path.get("reason")
            and (lie not in liar.HANDSHAKE or not path["reason"].startswith(ENDS)))
        reason = path["reason"]
        assert len(reason) < 1000, f"a server may not write a novel: {reason}"
        assert all(character.isprintable() for character in reason), f"not for people: {reason!r}"
        wanted = "FOREIGN" if lie.startswith("other-") else None
        assert wanted in (None, path["state"]), path
        before = load.answers
        bed.wait(lambda path: load.answers > before + 20 or load.trouble)
        bed.order("")
        if path["state"] == "FOREIGN":
            # The connection that is compared through may be one that the liar is just ending.
            for _ in range(20):
                bed.mpctl("restore", "data", path["name"], check=False)
                if bed.path()["state"] != "FOREIGN":
                    break
                time.sleep(0.25)
        bed.wait(lambda path: path["state"] in IN_SERVICE)
        assert load.trouble is None, load.trouble
        return f"{path['state']}: {reason}"
    finally:
        load.ends = True
        load.join(30)
        bed.order("")
        bed.mpctl("destroy", "data", check=False)


def main():
    bed = Bed(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:7])
    lies = sys.argv[7:] or [*liar.HANDSHAKE, *liar.TRANSMISSION]
    failures = 0
    # Memory that every first device takes is none that a lie takes.
    before = None
    for lie in lies:
        try:
            print(f"{lie}: {judge(bed, lie)}", flush=True)
        except AssertionError as error:
            failures += 1
            print(f"{lie}: FAILED: {error}", flush=True)
        before = before or bed.resident()
    growth = bed.resident() - before
    print(f"resident memory: {before >> 10} KiB, then {growth >> 10} KiB more")
    assert growth <= GROWTH_BYTES_MAX, "lies cost memory"
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
