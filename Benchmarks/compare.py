#!/usr/bin/env python3
"""Compares mpathd with nbdkit's file plugin and qemu-storage-daemon on one file, in one run.

All servers stand ready from the beginning; each round measures each of them once, one after the
other, so that what else the machine does falls on all alike. The figures are medians over the
rounds. The client is fio with ioengine=nbd over a Unix socket: random reads of 4 KiB. It needs
more CPU for a request than a good server does, so at depth 32 it hides part of any difference in
requests per second; server CPU time for each request does not suffer from that, and is the figure
to trust on a machine that has other work.

  compare.py [--rounds N] [--seconds N] [--size MEBIBYTES] [--depths 1,32]

Started by scripts/bench, which builds mpathd and mpctl and puts them into PATH.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A process that serves an export, and what was measured of it."""

    def __init__(self, name, pid, uri):
        self.name, self.pid, self.uri = name, pid, uri
        self.rounds = {}

    def cpu_seconds(self):
        """Of all its threads, living or gone, the kernel's workers for its ring included."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def measure(self, depth, seconds, size, directory):
        before = self.cpu_seconds()
        answer = subprocess.run(
            # fio 3.33 takes a runtime with a fraction for one without an end: whole seconds only.
            ["fio", "--name=bench", "--ioengine=nbd", f"--uri={self.uri}", "--rw=randread",
             "--bs=4k", f"--iodepth={depth}", f"--size={size}m", "--norandommap",
             "--time_based", f"--runtime={seconds}", "--output-format=json"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=directory,
            timeout=seconds + 60).stdout
        cpu = self.cpu_seconds() - before
        job = json.loads(answer[answer.index("{"):])["jobs"][0]
        if job["error"]:
            sys.exit(f"{self.name}: fio ended with error {job['error']}")
        read = job["read"]
        latency = read["clat_ns"]["percentile"]
        self.rounds.setdefault(depth, []).append({
            "iops": read["iops"],
            "p50": latency["50.000000"] / 1000,
            "p99": latency["99.000000"] / 1000,
            "cpu": cpu * 1e6 / read["total_ios"],
        })

    def median(self, depth, figure):
        return statistics.median(result[figure] for result in self.rounds[depth])

    def spread(self, depth, figure):
        values = [result[figure] for result in self.rounds[depth]]
        return (max(values) - min(values)) / statistics.median(values)


class Bench:
    """The directory, the processes and the devices of one comparison."""

    def __init__(self):
        # Not /tmp, which may be a tmpfs: reads of one cannot be done without a worker thread.
        self.directory = tempfile.mkdtemp(prefix="mpath-bench.", dir="/var/tmp")
        self.children, self.loops = [], []

    def file(self, name):
        return os.path.join(self.directory, name)

    def start(self, words, ready):
        with open(self.file("log"), "a", encoding="utf-8") as log:
            child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if ready is None else log,
                stderr=log)
        self.children.append(child)
        if ready is None:
            line = child.stdout.readline().decode()
            if "ready" not in line:
                sys.exit(f"mpathd did not get ready; its log is\n{self.log()}")
            return child.pid
        for _ in range(200):
            if os.path.exists(ready):
                return child.pid
            if child.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit(f"{words[0]} did not start:\n{self.log()}")

    def log(self):
        with open(self.file("log"), encoding="utf-8") as file:
            return file.read()

    def mpathd(self, name):
        run = self.file(name)
        return run, self.start(["mpathd", "--run-dir", run], None)

    def create(self, run, *words):
        return subprocess.run(
            ["mpctl", "create", "--run-dir", run, *words], check=True, stdout=subprocess.PIPE,
            text=True).stdout.strip()

    def nbdkit(self, label, path, *options):
        socket = self.file(f"nbdkit-{label}.sock")
        words = ["nbdkit", "--foreground", "--unix", socket, "--readonly", "file", path, *options]
        return self.start(words, socket), f"nbd+unix:///?socket={socket}"

    def qemu(self, label, path, driver, *options):
        socket = self.file(f"qemu-{label}.sock")
        node = ",".join([f"driver={driver}", "node-name=medium", f"filename={path}",
                         "aio=io_uring", "read-only=on", *options])
        pid = self.start(
            ["qemu-storage-daemon", "--blockdev", node, "--nbd-server",
             f"addr.type=unix,addr.path={socket}", "--export",
             "type=nbd,id=export,node-name=medium,name=data"], socket)
        return pid, f"nbd+unix:///data?socket={socket}"

    def loop(self, path):
        node = subprocess.run(
            ["losetup", "--find", "--show", "--direct-io=on", path], check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        self.loops.append(node)
        return node

    def close(self):
        for child in reversed(self.children):
            child.terminate()
        for child in reversed(self.children):
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        for node in self.loops:
            subprocess.run(["losetup", "--detach", node], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


def file_servers(bench, medium):
    """A cached file: nothing but the servers' own work."""
    run, pid = bench.mpathd("run-file")
    os.link(medium, bench.file("twin"))
    one = bench.create(run, "--buffered", "one", medium)
    servers = [Server("mpathd, 1 path", pid, one)]
    # One daemon takes a file for one device only, so the other device has a daemon of its own.
    run, pid = bench.mpathd("run-two")
    two = bench.create(
        run, "-A", "--buffered", "--allow-duplicate", "two", medium, bench.file("twin"))
    servers.append(Server("mpathd, 2 paths", pid, two))
    servers.append(Server("nbdkit file", *bench.nbdkit("file", medium)))
    servers.append(Server("qemu-storage-daemon", *bench.qemu("file", medium, "file")))
    return servers


def loop_servers(bench, medium):
    """A block device past the page cache, each server on one of its own over the same file."""
    nodes = [bench.loop(medium) for _ in range(4)]
    run, pid = bench.mpathd("run-loop")
    uri = bench.create(run, "-A", "loops", nodes[0], nodes[1])
    return [
        Server("mpathd, 2 paths", pid, uri),
        Server("nbdkit file", *bench.nbdkit("loop", nodes[2], "cache=none")),
        Server("qemu-storage-daemon",
               *bench.qemu("loop", nodes[3], "host_device", "cache.direct=on")),
    ]


def show(title, servers, depths, rounds):
    print(f"\n{title}: random reads of 4 KiB, medians of {rounds} rounds")
    peer = next(server for server in servers if server.name.startswith("nbdkit"))
    for depth in depths:
        print(f"\n  depth {depth:<18} {'IOPS':>8} {'spread':>7} {'p50 us':>7} {'p99 us':>7} "
              f"{'CPU us':>7}   compared with nbdkit: IOPS, p50, p99, CPU")
        for server in servers:
            ratios = " ".join(
                f"{server.median(depth, figure) / max(peer.median(depth, figure), 1e-9):6.2f}"
                for figure in ("iops", "p50", "p99", "cpu"))
            print(f"  {server.name:<24} {server.median(depth, 'iops'):8.0f} "
                  f"{server.spread(depth, 'iops'):6.0%} {server.median(depth, 'p50'):7.1f} "
                  f"{server.median(depth, 'p99'):7.1f} {server.median(depth, 'cpu'):7.2f}   {ratios}")
    print("\n  CPU us: the server's CPU time for each request, user and kernel, all threads.",
          flush=True)


def compare(servers, arguments, bench):
    for server in servers:
        # Fills the page cache and whatever a server makes at its first request.
        server.measure(32, 1, arguments.size, bench.directory)
    for server in servers:
        server.rounds.clear()
    for number in range(arguments.rounds):
        print(f"\r  round {number + 1} of {arguments.rounds} ", end="", file=sys.stderr)
        for depth in arguments.depths:
            # Another order each time: what follows a busy server may find a busy machine.
            for server in servers[number % len(servers):] + servers[:number % len(servers)]:
                server.measure(depth, arguments.seconds, arguments.size, bench.directory)
    print("\r" + " " * 30 + "\r", end="", file=sys.stderr)


def wake_ups(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M)[1])
    return total


def idle(bench, medium):
    """What a daemon with one device and no client costs."""
    run, pid = bench.mpathd("run-idle")
    bench.create(run, "idle", medium)
    time.sleep(2)
    before = wake_ups(pid)
    time.sleep(10)
    woken = wake_ups(pid) - before
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        status = file.read()
    memory = {name: int(re.search(rf"^{name}:\s+(\d+) kB", status, re.M)[1]) / 1024
              for name in ("VmRSS", "RssAnon")}
    print(f"\nAn idle mpathd with one device: {memory['VmRSS']:.1f} MiB resident, of which "
          f"{memory['RssAnon']:.1f} MiB its own; {woken} wake-ups in 10 s")


def main():
    parser = argparse.ArgumentParser(description="Compare mpathd with other NBD servers.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--size", type=int, default=512, help="of the file, in MiB")
    parser.add_argument("--depths", default="1,32",
                        type=lambda text: [int(word) for word in text.split(",")])
    arguments = parser.parse_args()
    bench = Bench()
    try:
        medium = bench.file("medium")
        print(f"Writing a file of {arguments.size} MiB", file=sys.stderr)
        subprocess.run(
            ["dd", "if=/dev/urandom", f"of={medium}", "bs=1M", f"count={arguments.size}",
             "conv=fsync", "status=none"], check=True)
        idle_medium = bench.file("idle-medium")
        with open(idle_medium, "wb") as file:
            file.truncate(64 << 20)
        idle(bench, idle_medium)
        servers = file_servers(bench, medium)
        compare(servers, arguments, bench)
        show("A file in the page cache", servers, arguments.depths, arguments.rounds)
        if os.geteuid() == 0 and os.path.exists("/dev/loop-control"):
            servers = loop_servers(bench, medium)
            compare(servers, arguments, bench)
            show("Loop devices, O_DIRECT", servers, arguments.depths, arguments.rounds)
        else:
            print("\nLoop devices were left out: they need root.")
    finally:
        bench.close()


main()
