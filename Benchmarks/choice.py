"""What selectors and hedging do for the slowest requests.

usage: choice.py PROGRAMS [--rounds N] [--seconds S]

Three ways to one file, each an nbdfuse mount of an nbdkit server whose requests take at least half a
millisecond (Benchmarks/stalls.c). Two experiments, each interleaved over the rounds, medians printed:

  slow    one path takes ten times as long; p99 at depth 32 under each selector, compared with round-robin
  stalls  one request in a hundred on one path takes a hundred times as long; p99.9 of reads with hedging and
          without, and what hedging costs in extra reads
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SELECTORS = ["round-robin", "active-active", "queue-length", "service-time", "latency"]


class Bed:
    def __init__(self, programs):
        self.programs = programs
        self.directory = tempfile.mkdtemp(prefix="mpath-selectors.")
        self.image = self.directory + "/backing.img"
        with open(self.image, "wb") as file:
            file.truncate(128 << 20)
        self.servers = []
        self.run_directory = self.directory + "/run"
        self.daemon = subprocess.Popen(
            [programs + "/mpathd", "--run-dir", self.run_directory, "--no-state"],
            stdout=subprocess.PIPE, stderr=open(self.directory + "/log", "w"), text=True)
        self.daemon.stdout.readline()

    def mpctl(self, *words):
        command = [self.programs + "/mpctl", words[0], "--run-dir", self.run_directory, *words[1:]]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def path(self, name, usual, every=0):
        """A file whose requests take `usual` microseconds, one in `every` a hundred times that."""
        socket, file = f"{self.directory}/{name}.nbd", f"{self.directory}/{name}"
        open(file, "w").close()
        server = subprocess.Popen(
            ["nbdkit", "-f", "--threads", "64", "--unix", socket, "cc", HERE + "/stalls.c",
             f"path={self.image}", f"usual={usual}", f"every={every}"], start_new_session=True)
        while not os.path.exists(socket):
            time.sleep(0.05)
        mount = subprocess.Popen(
            ["nbdfuse", "--pidfile", file + ".pid", file, "nbd+unix:///?socket=" + socket],
            stdin=subprocess.DEVNULL, start_new_session=True)
        while not os.path.exists(file + ".pid"):
            time.sleep(0.05)
        self.servers.append((file, server, mount))
        return file

    def paths_down(self):
        for file, server, mount in self.servers:
            subprocess.run(["fusermount3", "-u", "-z", file], check=False)
            mount.terminate()
            mount.wait()
            server.terminate()
            server.wait()
            os.unlink(file)
            os.unlink(file + ".pid")
        self.servers = []

    def fio(self, seconds, depth):
        """Percentiles of random reads in milliseconds, and how many there were."""
        report = self.directory + "/fio.json"
        subprocess.run(
            ["fio", "--name=load", "--ioengine=nbd",
             f"--uri=nbd+unix:///data?socket={self.run_directory}/data.sock", "--rw=randread",
             "--bs=4k", f"--iodepth={depth}", "--size=128m", "--time_based",
             f"--runtime={seconds}s", "--ramp_time=1s", "--output-format=json",
             "--percentile_list=50:99:99.9", f"--output={report}"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.directory)
        text = open(report).read()
        read = json.loads(text[text.index("{"):])["jobs"][0]["read"]
        percentiles = read["clat_ns"]["percentile"]
        return {float(key): value / 1e6 for key, value in percentiles.items()}, read["iops"]

    def down(self):
        self.daemon.terminate()
        self.daemon.wait()
        self.paths_down()
        subprocess.run(["rm", "-rf", self.directory], check=True)


def slow(bed, options):
    files = [bed.path("a", 500), bed.path("b", 500), bed.path("c", 5000)]
    results = {}
    for _ in range(options.rounds):
        for selector in SELECTORS:
            bed.mpctl("create", "-A", "data", *files)
            # Only slow: what is measured is the choice, not how the slow path is taken out.
            bed.mpctl("set", "data", f"selector={selector}", "stall-floor=5000")
            percentiles, iops = bed.fio(options.seconds, 32)
            results.setdefault(selector, []).append((percentiles[99.0], percentiles[50.0], iops))
            bed.mpctl("destroy", "data")
    bed.paths_down()
    print("one of three paths ten times slower, depth 32")
    base = statistics.median(value[0] for value in results["round-robin"])
    for selector, values in results.items():
        p99 = statistics.median(value[0] for value in values)
        p50 = statistics.median(value[1] for value in values)
        iops = statistics.median(value[2] for value in values)
        print(f"  {selector:14} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {iops:7.0f} IOPS"
              f"  p99 against round-robin {p99 / base:.2f}")


def stalls(bed, options):
    files = [bed.path("a", 500), bed.path("b", 500), bed.path("c", 500, every=100)]
    results = {}
    for _ in range(options.rounds):
        for percent in (0, 5):
            bed.mpctl("create", "-A", "data", *files)
            bed.mpctl("set", "data", f"hedge={percent}", "stall-floor=5000")
            percentiles, iops = bed.fio(options.seconds, 4)
            device = json.loads(bed.mpctl("stats", "data", "--json"))["devices"][0]
            extra = 100 * device.get("hedges", 0) / device["reads"]
            results.setdefault(percent, []).append((percentiles[99.9], percentiles[50.0], extra))
            bed.mpctl("destroy", "data")
    bed.paths_down()
    print("one in a hundred requests of one of three paths a hundred times slower, depth 4")
    base = statistics.median(value[0] for value in results[0])
    for percent, values in results.items():
        p999 = statistics.median(value[0] for value in values)
        p50 = statistics.median(value[1] for value in values)
        extra = statistics.median(value[2] for value in values)
        print(f"  hedge={percent}  p50 {p50:6.2f} ms  p99.9 {p999:6.2f} ms"
              f"  {base / p999:5.1f} times better  extra reads {extra:.2f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    bed = Bed(options.programs)
    try:
        slow(bed, options)
        stalls(bed, options)
    finally:
        bed.down()


main()
