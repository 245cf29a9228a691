"""Everything at once (M1): verified load while paths fail, return, come and go, their servers are killed, and the
device itself is stopped and made anew.

  stress.py --programs DIR [--seconds N] [--seed N] [--mpathd FILE]

Every block carries its number and a version. A read must show the last acknowledged version, or one that was written
since without an answer. Every request must be answered once. A report of a sanitizer in the daemon's log is a failure.
"""

import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, "/usr/lib/python3/dist-packages")
import nbd  # noqa: E402

BLOCK = 4096
BLOCKS = 512
DEPTH = 32
HERE = os.path.dirname(os.path.abspath(__file__))
FAULTPATH = os.path.join(HERE, "..", "scripts", "lib", "faultpath")


class Load:
    """One client: many requests at once, none two of one block."""

    def __init__(self, uri, seed):
        self.uri, self.random = uri, random.Random(seed)
        self.acknowledged = [0] * BLOCKS
        self.possible = [{0} for _ in range(BLOCKS)]
        self.newest = [0] * BLOCKS
        self.busy = set()
        self.submitted = self.completed = self.errors = self.connections = 0
        self.mismatches = []
        self.isEnding = False

    def stamp(self, block, version):
        return struct.pack(">QQ", block, version) * (BLOCK // 16)

    def finished(self, block, version, buffer, error):
        """Takes the one answer of a request; `version` is None for a read."""
        self.completed += 1
        self.busy.discard(block)
        if error:
            self.errors += 1
            return
        if version is not None:
            self.acknowledged[block] = version
            self.possible[block] = {version}
            return
        content = bytes(buffer.to_bytearray())
        allowed = [bytes(BLOCK) if v == 0 else self.stamp(block, v) for v in self.possible[block]]
        if content not in allowed:
            self.mismatches.append((block, struct.unpack(">QQ", content[:16]), self.possible[block]))

    def submit(self, client, block=None, reading=None):
        block = self.random.randrange(BLOCKS) if block is None else block
        if block in self.busy:
            return
        self.busy.add(block)
        self.submitted += 1
        reading = self.random.random() < 0.5 if reading is None else reading
        if reading:
            buffer = nbd.Buffer(BLOCK)

            def answered(error):
                self.finished(block, None, buffer, error if isinstance(error, int) else error.value)
                return 1

            start = lambda: client.aio_pread(buffer, block * BLOCK, completion=answered)  # noqa: E731
        else:
            self.newest[block] += 1
            version = self.newest[block]
            self.possible[block].add(version)
            data = nbd.Buffer.from_bytearray(bytearray(self.stamp(block, version)))

            def answered(error):
                self.finished(block, version, None, error if isinstance(error, int) else error.value)
                return 1

            start = lambda: client.aio_pwrite(data, block * BLOCK, completion=answered)  # noqa: E731
        try:
            start()
        except nbd.Error:
            # It was never sent.
            self.busy.discard(block)
            self.submitted -= 1
            raise

    def run(self):
        while not self.isEnding:
            client = nbd.NBD()
            try:
                client.connect_uri(self.uri)
                self.connections += 1
                while not self.isEnding:
                    while len(self.busy) < DEPTH:
                        self.submit(client)
                    client.poll(100)
                while self.busy:
                    client.poll(1000)
            except nbd.Error:
                time.sleep(0.05)
            # Closing answers what has not been answered, with an error.
            del client
            assert not self.busy, f"{len(self.busy)} requests were never answered"

    def check_all(self):
        client = nbd.NBD()
        client.connect_uri(self.uri)
        for block in range(BLOCKS):
            self.submit(client, block, reading=True)
            while self.busy:
                client.poll(10_000)
        del client


class Bed:
    def __init__(self, arguments):
        self.arguments = arguments
        self.directory = tempfile.mkdtemp(prefix="mpath-stress.", dir="/tmp")
        self.backing = os.path.join(self.directory, "backing.img")
        with open(self.backing, "wb") as file:
            file.truncate(BLOCK * BLOCKS)
        self.random = random.Random(arguments.seed)
        self.names = [f"p{number}" for number in range(4)]
        self.counts = {}
        self.log = open(os.path.join(self.directory, "mpathd.log"), "wb")
        self.daemon = None

    def faultpath(self, verb, name, *words):
        subprocess.run(
            [FAULTPATH, verb, self.directory, name, *words], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def mpctl(self, *words):
        result = subprocess.run(
            [os.path.join(self.arguments.programs, "mpctl"), *words, "--run-dir", self.run],
            capture_output=True, text=True, timeout=60)
        if result.returncode not in (0, 1):
            raise SystemExit(f"mpctl {words}: {result.returncode} {result.stderr}")
        return result.returncode == 0

    def file(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        self.run = self.file("run")
        for name in self.names:
            self.faultpath("up", name, self.backing)
        program = self.arguments.mpathd or os.path.join(self.arguments.programs, "mpathd")
        self.daemon = subprocess.Popen(
            [program, "--run-dir", self.run], stdout=subprocess.PIPE, stderr=self.log)
        assert b"ready" in self.daemon.stdout.readline()
        self.create()

    def create(self):
        mode = self.random.choice([[], ["-A"], ["-R"]])
        paths = [self.file(name) for name in self.names]
        while not self.mpctl("create", *mode, "data", *paths):
            for name in self.names:
                self.faultpath("mend", name)
            time.sleep(0.1)

    def disturb(self):
        name = self.random.choice(self.names)
        what = self.random.choices(
            ["fail", "soft", "restore", "remove", "add", "break", "mend", "kill", "mode", "anew"],
            [4, 3, 8, 3, 6, 3, 6, 1, 2, 1])[0]
        self.counts[what] = self.counts.get(what, 0) + 1
        if what == "fail":
            self.mpctl("fail", "data", name)
        elif what == "soft":
            self.mpctl("fail", "--soft", "data", name)
        elif what == "restore":
            self.mpctl("restore", "data", name)
        elif what == "remove":
            self.mpctl("remove", "data", name)
        elif what == "add":
            self.mpctl("add", "data", self.file(name))
        elif what in ("break", "mend"):
            self.faultpath(what, name)
        elif what == "kill":
            self.faultpath("kill", name)
            time.sleep(0.3)
            self.faultpath("down", name)
            self.faultpath("up", name, self.backing)
        elif what == "mode":
            self.mpctl("configure", self.random.choice(["-A", "-P", "-R"]), "data")
        elif what == "anew":
            self.mpctl(self.random.choice(["stop", "destroy"]), "--force", "data")
            self.create()

    def settle(self):
        for name in self.names:
            self.faultpath("mend", name)
        self.mpctl("destroy", "--force", "data")
        self.create()

    def end(self):
        for name in self.names:
            self.faultpath("down", name)
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--mpathd")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bed = Bed(arguments)
    try:
        bed.start()
        load = Load(f"nbd+unix:///data?socket={bed.run}/data.sock", arguments.seed)
        thread = threading.Thread(target=load.run, daemon=True)
        thread.start()
        end = time.monotonic() + arguments.seconds
        while time.monotonic() < end and bed.daemon.poll() is None:
            bed.disturb()
            time.sleep(bed.random.random() * 0.2)
        load.isEnding = True
        bed.settle()
        thread.join(120)
        assert not thread.is_alive(), "the load does not end"
        load.check_all()
        bed.daemon.terminate()
        status = bed.daemon.wait(60)
        bed.log.flush()
        with open(bed.log.name, errors="replace") as file:
            said = file.read()
        reports = [line for line in said.splitlines() if "Sanitizer" in line]
        print(
            f"{load.submitted} requests submitted, {load.completed} completed, {load.errors} errors, "
            f"{len(load.mismatches)} mismatches, {load.connections} connections, "
            f"{len(reports)} sanitizer reports; disturbances: {bed.counts}")
        if reports or status != 0:
            print(said[-20_000:])
        assert status == 0, f"mpathd ended with {status}"
        assert not reports, reports[0]
        assert load.submitted == load.completed
        assert not load.mismatches, load.mismatches[:3]
        assert load.completed > 1000, "too little happened to mean anything"
    finally:
        bed.end()


main()
