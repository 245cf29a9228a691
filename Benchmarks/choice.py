"""What selectors and hedging do for the slowest requests, and what they cost.

usage: choice.py PROGRAMS [--only slow|stalls|even] [--rounds N] [--seconds S] [--usual US]

Three ways to one file, each an nbdfuse mount of an nbdkit server whose requests take at least half a
millisecond, or what --usual says for stalls (Benchmarks/stalls.c). The experiments, each interleaved over the rounds, medians printed:

  slow    one path takes ten times as long; p99 at depth 32 under each selector, compared with round-robin
  stalls  one request in a hundred on one path takes a hundred times as long; p99.9 of reads with hedging and
          without, and what hedging costs in extra reads
  even    four names of one cached file, all alike: what each selector costs against round-robin, in requests
          per second and in the daemon's CPU time per request, in many short turns under one load
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
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
        if "ready" not in self.daemon.stdout.readline():
            raise Trouble("mpathd did not start: " + open(self.directory + "/log").read())

    def mpctl(self, *words):
        command = [self.programs + "/mpctl", words[0], "--run-dir", self.run_directory, *words[1:]]
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    def path(self, name, usual, every=0):
        """A file whose requests take `usual` microseconds, one in `every` a hundred times that."""
        socket, file = f"{self.directory}/{name}.nbd", f"{self.directory}/{name}"
        open(file, "w").close()
        # In the order in which they are taken down, and known before they are up.
        server = self.server(
            f"{name}.nbdkit",
            ["nbdkit", "-f", "--threads", "64", "--unix", socket, "cc", HERE + "/stalls.c",
             f"path={self.image}", f"usual={usual}", f"every={every}"])
        self.servers.append((file, server, None))
        self.wait_for(socket, server, f"{name}.nbdkit")
        mount = self.server(
            f"{name}.nbdfuse",
            ["nbdfuse", "--pidfile", file + ".pid", file, "nbd+unix:///?socket=" + socket])
        self.servers[-1] = (file, server, mount)
        self.wait_for(file + ".pid", mount, f"{name}.nbdfuse")
        return file

    def server(self, log, command):
        with open(f"{self.directory}/{log}.log", "w") as errors:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True)

    def wait_for(self, file, process, log):
        """Until a server has made its file; it may have to be compiled first."""
        end = time.monotonic() + 30
        while not os.path.exists(file):
            if process.poll() is not None or time.monotonic() > end:
                errors = open(f"{self.directory}/{log}.log").read()
                raise Trouble(f"{log} did not start: {errors or 'it said nothing for 30 s'}")
            time.sleep(0.05)

    def paths_down(self):
        for file, server, mount in self.servers:
            if mount:
                subprocess.run(["fusermount3", "-u", "-z", file], check=False, timeout=10)
                end_process(mount)
            end_process(server)
            for name in (file, file + ".pid", file + ".nbd"):
                if os.path.exists(name):
                    os.unlink(name)
        self.servers = []

    def cpu_seconds(self):
        """What the daemon has used so far."""
        total = 0
        for thread in os.listdir(f"/proc/{self.daemon.pid}/task"):
            # Nanoseconds on a processor.
            with open(f"/proc/{self.daemon.pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def requests(self):
        return json.loads(self.mpctl("stats", "--json"))["requests"]

    def fio(self, seconds, depth):
        """Percentiles of random reads in milliseconds, and how many there were a second."""
        load = self.fio_process(seconds, depth)
        if load.wait(timeout=seconds + 60):
            raise Trouble(f"fio ended with {load.returncode}")
        text = open(self.directory + "/fio.json").read()
        read = json.loads(text[text.index("{"):])["jobs"][0]["read"]
        percentiles = read["clat_ns"]["percentile"]
        return {float(key): value / 1e6 for key, value in percentiles.items()}, read["iops"]

    def fio_process(self, seconds, depth):
        return subprocess.Popen(
            ["fio", "--name=load", "--ioengine=nbd",
             f"--uri=nbd+unix:///data?socket={self.run_directory}/data.sock", "--rw=randread",
             "--bs=4k", f"--iodepth={depth}", "--size=128m", "--time_based",
             f"--runtime={seconds}s", "--ramp_time=1s", "--output-format=json",
             "--percentile_list=50:99:99.9", f"--output={self.directory}/fio.json"],
            stdout=subprocess.DEVNULL, cwd=self.directory)

    def down(self):
        end_process(self.daemon)
        self.paths_down()
        subprocess.run(["rm", "-rf", self.directory], check=True)


class Trouble(Exception):
    """The experiment could not be made."""


def end_process(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)


def compare(bed, options, cases, depth):
    """Medians by case of p50, p99 and p99.9 in ms, requests per second and extra reads in percent.

    A case is a name, the device's paths, and what is set about it.
    """
    results = {}
    for _ in range(options.rounds):
        for name, paths, settings in cases:
            bed.mpctl("create", "-A", "data", *paths)
            # Only slow: what is measured is the choice, not how a slow path is taken out.
            bed.mpctl("set", "data", "stall-floor=5000", *settings)
            percentiles, iops = bed.fio(options.seconds, depth)
            device = json.loads(bed.mpctl("stats", "data", "--json"))["devices"][0]
            extra = 100 * device.get("hedges", 0) / device["reads"]
            results.setdefault(name, []).append(
                (percentiles[50.0], percentiles[99.0], percentiles[99.9], iops, extra))
            bed.mpctl("destroy", "--force", "data")
    return {name: [statistics.median(column) for column in zip(*values)]
            for name, values in results.items()}


def slow(bed, options):
    files = [bed.path("a", 500), bed.path("b", 500), bed.path("c", 5000)]
    figures = compare(
        bed, options, [(name, files, [f"selector={name}"]) for name in SELECTORS], depth=32)
    bed.paths_down()
    print("one of three paths ten times slower, depth 32")
    base = figures["round-robin"][1]
    for selector, (p50, p99, _, iops, _) in figures.items():
        print(f"  {selector:14} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  {iops:7.0f} IOPS"
              f"  p99 against round-robin {p99 / base:.2f}")


def stalls(bed, options):
    # Long enough that a busy machine's own delays are small beside a stall.
    calm = [bed.path(name, options.usual) for name in "abc"]
    files = calm[:2] + [bed.path("d", options.usual, every=100)]
    # Without stalls too: what the machine's other work does to the slowest is not ours to mend.
    figures = compare(
        bed, options,
        [("no stalls", calm, ["hedge=0"]), ("hedge=0", files, ["hedge=0"]),
         ("hedge=5", files, ["hedge=5"])], depth=4)
    bed.paths_down()
    print(f"one in a hundred requests of one of three paths a hundred times slower "
          f"({options.usual / 1000:g} ms and {options.usual / 10:g} ms), depth 4")
    base = figures["hedge=0"][2]
    for name, (p50, _, p999, _, extra) in figures.items():
        print(f"  {name:9}  p50 {p50:6.2f} ms  p99.9 {p999:6.2f} ms"
              f"  {base / p999:5.1f} times better  extra reads {extra:.2f} %")


def even(bed, options):
    """One load, under which the selector changes many times: drift of the machine meets all alike."""
    files = [bed.image] + [f"{bed.image}.{number}" for number in range(3)]
    for file in files[1:]:
        os.link(bed.image, file)
    bed.mpctl("create", "-A", "--buffered", "--allow-duplicate", "data", *files)
    # Round-robin twice: how far it differs from itself is how far the rest is to be believed.
    order = SELECTORS + ["round-robin again"]
    turns = options.rounds * 12
    load = bed.fio_process(len(order) * turns * 2, 32)
    ratios = {}
    costs = {}
    try:
        time.sleep(2)
        for number in range(turns):
            figures = {}
            random.Random(number).shuffle(order)
            for selector in order:
                bed.mpctl("set", "data", "selector=" + selector.removesuffix(" again"))
                figures[selector] = window(bed, 0.4)
            for selector, (iops, cost) in figures.items():
                base = figures["round-robin"]
                ratios.setdefault(selector, []).append((iops / base[0], cost / base[1]))
                costs.setdefault(selector, []).append(cost)
        if load.poll() is not None:
            raise Trouble("fio ended before the measurement")
    finally:
        end_process(load)
    bed.mpctl("destroy", "--force", "data")
    print(f"four paths alike, depth 32, against round-robin in the same round of {turns}; +- is the "
          "standard error of a median")
    for selector, values in sorted(ratios.items()):
        iops = [value[0] for value in values]
        cost = [value[1] for value in values]
        print(f"  {selector:18} IOPS {spread(iops)}  CPU per request {spread(cost)}"
              f" ({statistics.median(costs[selector]):.2f} us)")


def window(bed, seconds):
    """Requests per second, and the daemon's microseconds of CPU for each."""
    began, cpu, requests = time.monotonic(), bed.cpu_seconds(), bed.requests()
    time.sleep(seconds)
    requests = bed.requests() - requests
    return requests / (time.monotonic() - began), (bed.cpu_seconds() - cpu) / requests * 1e6


def spread(values):
    quarters = statistics.quantiles(values, n=4)
    # Of a normal distribution: its deviation is the quartiles' distance / 1.35, a median's error 1.25 of a mean's.
    error = 1.25 * (quarters[2] - quarters[0]) / 1.35 / len(values) ** 0.5
    return f"{statistics.median(values):.3f} +- {error:.3f}"


EXPERIMENTS = {"slow": slow, "stalls": stalls, "even": even}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("--only", choices=EXPERIMENTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--usual", type=int, default=1000)
    options = parser.parse_args()
    bed = Bed(options.programs)
    try:
        for name, experiment in EXPERIMENTS.items():
            if options.only in (None, name):
                experiment(bed, options)
    except (Trouble, subprocess.SubprocessError) as error:
        sys.exit(f"choice.py: {error}")
    finally:
        bed.down()


main()
