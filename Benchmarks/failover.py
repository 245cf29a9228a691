"""How long a client waits when a path fails: the longest gap between two answers of a 1 kHz prober.

usage: failover.py PROGRAMS [--rounds N] [--seconds S] [--paths N] [--mode active-active]

Three ways to one backing file (nbdfuse over nbdkit) make a device under a verified fio load; the fault hits the
active path, which in active/passive carries everything.
A prober writes one block every millisecond (writes are what strict cannot give up) and notes the longest time
without an answer, while one path hangs (SIGSTOP of its server) or answers with EIO. Each fault is measured with give-up=quarantine and with strict,
which is what multipath systems do that never give up on an attempt. Figures are medians over the rounds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import nbd

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FAULTPATH = ROOT + "/scripts/lib/faultpath"
LOAD_BYTES = 200 << 20
DATA = bytes(4096)


class Prober(threading.Thread):
    """Writes one block a millisecond, one after the other, and keeps the longest gap."""

    def __init__(self, uri):
        super().__init__(daemon=True)
        self.handle = nbd.NBD()
        self.handle.connect_uri(uri)
        self.longest = 0.0
        self.errors = 0
        self.answers = 0
        self.ends = False

    def run(self):
        # Behind what fio writes and verifies.
        first, count = LOAD_BYTES // 4096, (self.handle.get_size() - LOAD_BYTES) // 4096
        number = 0
        last = time.monotonic()
        while not self.ends:
            number += 1
            offset = (first + number * 97 % count) * 4096
            try:
                self.handle.pwrite(DATA, offset)
            except nbd.Error:
                self.errors += 1
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            last = now
            self.answers += 1
            time.sleep(max(0.0, 0.001 - (time.monotonic() - now)))


class Bed:
    """A daemon, its paths, and a device."""

    def __init__(self, programs, paths):
        self.programs = programs
        self.directory = tempfile.mkdtemp(prefix="mpath-failover.")
        self.image = self.directory + "/backing.img"
        with open(self.image, "wb") as file:
            file.truncate(256 << 20)
        self.names = [f"p{number}" for number in range(paths)]
        for name in self.names:
            self.path(name, "up", self.image)
        self.run_directory = self.directory + "/run"
        self.daemon = subprocess.Popen(
            [programs + "/mpathd", "--run-dir", self.run_directory, "--no-state"],
            stdout=subprocess.PIPE, stderr=open(self.directory + "/log", "w"), text=True)
        self.daemon.stdout.readline()

    def path(self, name, verb, *rest):
        command = [FAULTPATH, verb, self.directory, name, *rest]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def mpctl(self, *words):
        command = [self.programs + "/mpctl", words[0], "--run-dir", self.run_directory, *words[1:]]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def uri(self, name):
        return f"nbd+unix:///{name}?socket={self.run_directory}/{name}.sock"

    def down(self):
        self.daemon.terminate()
        self.daemon.wait()
        for name in self.names:
            self.path(name, "down")
        subprocess.run(["rm", "-rf", self.directory], check=True)


def measure(bed, mode, give_up, fault, seconds):
    """The longest gap in milliseconds with one fault in the middle of the load."""
    files = [f"{bed.directory}/{name}" for name in bed.names]
    bed.mpctl("create", *(["-A"] if mode == "active-active" else []), "data", *files)
    bed.mpctl("set", "data", f"give-up={give_up}")
    fio = subprocess.Popen(
        ["fio", "--name=load", "--ioengine=nbd", f"--uri={bed.uri('data')}", "--rw=randrw",
         "--bs=4k", "--iodepth=16", f"--size={LOAD_BYTES}", "--verify=crc32c", "--time_based",
         f"--runtime={seconds + 6}"],
        # It leaves the state of its verification where it runs.
        cwd=bed.directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(3)
    prober = Prober(bed.uri("data"))
    prober.start()
    time.sleep(1)
    usual = prober.longest
    prober.longest = 0.0
    bed.path(bed.names[0], "stop" if fault == "hang" else "break")
    time.sleep(seconds)
    bed.path(bed.names[0], "cont" if fault == "hang" else "mend")
    time.sleep(1)
    prober.ends = True
    prober.join()
    output = fio.communicate()[0]
    bed.mpctl("destroy", "--force", "data")
    if fio.returncode != 0 or prober.errors:
        sys.exit(f"failover.py: {prober.errors} errors at the prober, fio says:\n{output}")
    return prober.longest * 1000, usual * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--paths", type=int, default=3)
    parser.add_argument(
        "--mode", choices=["active-passive", "active-active"], default="active-passive")
    options = parser.parse_args()
    bed = Bed(options.programs, options.paths)
    try:
        gaps = {}
        usuals = []
        for _ in range(options.rounds):
            for fault in ("hang", "error"):
                for give_up in ("quarantine", "strict"):
                    gap, usual = measure(bed, options.mode, give_up, fault, options.seconds)
                    gaps.setdefault((fault, give_up), []).append(gap)
                    usuals.append(usual)
    finally:
        bed.down()
    print(f"without a fault: longest gap {statistics.median(usuals):.0f} ms (median)")
    for (fault, give_up), values in gaps.items():
        print(
            f"{fault:5} {give_up:10}: longest gap {statistics.median(values):.0f} ms"
            f" (of {min(values):.0f} to {max(values):.0f})")


main()
