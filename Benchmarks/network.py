#!/usr/bin/env python3
"""Measures NBD servers as paths.

usage: network.py PROGRAMS [--rounds N] [--seconds S] [--part overhead|spread] [--connections N]

overhead: fio reads 4 KiB at random, 32 at a time, from nbdkit over a Unix socket, once directly and once through a
device of mpathd with that server as its only path. Interleaved; medians over the rounds of requests per second,
latency and the CPU time per request of each process.

spread: two servers that are limited to a rate each (nbdkit's rate filter) in an active/active device, against
one of them directly: sequential reads of 64 KiB, 16 at a time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
SIZE_MEBIBYTES = 256
RATE_MEGABITS = 200


class Bed:
    """A directory, and the processes that are ended with it."""

    def __init__(self, programs):
        self.programs = programs
        # Not /tmp, which may be a tmpfs.
        self.scratch = tempfile.TemporaryDirectory(prefix="mpath-network.", dir="/var/tmp")
        self.directory = self.scratch.name
        self.children = []
        self.log = open(self.file("log"), "w+", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
        for child in reversed(self.children):
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        self.log.close()
        self.scratch.cleanup()

    def file(self, name):
        return os.path.join(self.directory, name)

    def start(self, words, ready):
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.children.append(child)
        for _ in range(400):
            if os.path.exists(ready):
                return child.pid
            if child.poll() is not None:
                break
            time.sleep(0.05)
        self.log.seek(0)
        sys.exit(f"{words[0]} did not start:\n{self.log.read()}")

    def nbdkit(self, name, plugin, *filters):
        socket = self.file(f"{name}.sock")
        pid = self.start(["nbdkit", "--foreground", "--unix", socket, *filters, *plugin], socket)
        return pid, f"nbd+unix:///?socket={socket}"

    def mpathd(self):
        run = self.file("run")
        return self.start(
            [f"{self.programs}/mpathd", "--run-dir", run], os.path.join(run, "control.sock"))

    def create(self, *words):
        return subprocess.run(
            [f"{self.programs}/mpctl", "create", "--run-dir", self.file("run"), *words],
            check=True, stdout=subprocess.PIPE, text=True, timeout=30).stdout.strip()

    def fio(self, uri, seconds, *options):
        """What fio says of its reads."""
        answer = subprocess.run(
            # fio 3.33 takes a runtime with a fraction for one without an end: whole seconds only.
            ["fio", "--name=bench", "--ioengine=nbd", f"--uri={uri}",
             f"--size={SIZE_MEBIBYTES}m", "--time_based", f"--runtime={seconds}",
             "--output-format=json", *options],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.directory, timeout=seconds + 60).stdout
        job = json.loads(answer[answer.index("{"):])["jobs"][0]
        if job["error"]:
            sys.exit(f"fio ended with error {job['error']}")
        return job["read"]


def cpu_seconds(pid):
    """Of all its threads, living or gone."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def overhead(bed, rounds, seconds, connections):
    image = bed.file("image")
    subprocess.run(
        ["dd", "if=/dev/urandom", f"of={image}", "bs=1M", f"count={SIZE_MEBIBYTES}",
         "status=none"], check=True, timeout=120)
    server, direct = bed.nbdkit("server", ["file", image])
    daemon = bed.mpathd()
    words = ["--set", f"server.sock:connections={connections}"] if connections > 1 else []
    device = bed.create(*words, "data", direct)
    options = ["--rw=randread", "--bs=4k", "--iodepth=32", "--norandommap"]
    figures = {"direct": [], "mpathd": []}
    for _ in range(rounds):
        for name, uri in [("direct", direct), ("mpathd", device)]:
            before = cpu_seconds(server), cpu_seconds(daemon)
            read = bed.fio(uri, seconds, *options)
            after = cpu_seconds(server), cpu_seconds(daemon)
            latency = read["clat_ns"]["percentile"]
            figures[name].append({
                "iops": read["iops"],
                "p50": latency["50.000000"] / 1000,
                "p99": latency["99.000000"] / 1000,
                "server": (after[0] - before[0]) * 1e6 / read["total_ios"],
                "daemon": (after[1] - before[1]) * 1e6 / read["total_ios"],
            })
    print("4 KiB random reads, depth 32; CPU in microseconds per request")
    print(f"{'':8}{'IOPS':>10}{'p50 µs':>9}{'p99 µs':>9}{'nbdkit':>9}{'mpathd':>9}")
    for name, rows in figures.items():
        middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        print(f"{name:8}{middle['iops']:10.0f}{middle['p50']:9.0f}{middle['p99']:9.0f}"
              f"{middle['server']:9.1f}{middle['daemon']:9.1f}")
    ratios = [through["iops"] / straight["iops"]
              for straight, through in zip(figures["direct"], figures["mpathd"])]
    print(f"ratio of IOPS, median of {rounds} pairs: {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f})")


def spread(bed, rounds, seconds):
    plugin = ["memory", f"{SIZE_MEBIBYTES}M", f"rate={RATE_MEGABITS}M", "burstiness=1"]
    uris = [bed.nbdkit(name, plugin, "--filter=rate")[1] for name in ["left", "right"]]
    bed.mpathd()
    # Two servers' memories have nothing in common but that both are zeroes, which is enough to be read.
    device = bed.create("-A", "--cache", "shared", "data", *uris)
    options = ["--rw=read", "--bs=64k", "--iodepth=16"]
    figures = {"one server": [], "two behind mpathd": []}
    for _ in range(rounds):
        for name, uri in [("one server", uris[0]), ("two behind mpathd", device)]:
            # What was saved up while nothing was read is used up first.
            bed.fio(uri, 2, *options)
            figures[name].append(bed.fio(uri, seconds, *options)["bw"] / 1024)
    for name, rows in figures.items():
        print(f"{name:18}{statistics.median(rows):8.1f} MiB/s")
    ratios = [both / one for one, both in zip(*figures.values())]
    print(f"ratio, median of {rounds} pairs: {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--part", choices=["overhead", "spread"])
    options = parser.parse_args()
    if options.part != "spread":
        with Bed(options.programs) as bed:
            overhead(bed, options.rounds, options.seconds, options.connections)
    if options.part != "overhead":
        with Bed(options.programs) as bed:
            spread(bed, options.rounds, options.seconds)


main()
