#!/usr/bin/env python3
"""Measures the path registry at scale.

usage: registry.py PROGRAMS [--devices N] [--paths N] [--candidates N] [--queries N] [--part PART]...

PROGRAMS is where mpathd and mpctl are (scripts/build prints it). The media are sparse files; a quarter of the paths lie
on a FUSE file system (bindfs) whose server is stopped for the part "hanging", so that every use of them hangs.

cold       from the start of the daemon until every labelled device is served
memory     private memory of the daemon for each idle device
idle       wake-ups of all threads of the idle daemon in 30 s
queries    status of everything and of one device, while a device is under load and a rescan goes on
hanging    the same with a quarter of the paths hanging
arrival    processor time of the daemon for a loop device that comes and goes, among 100, 1,000 and all candidates

Each part prints its figures as one line of JSON. Everything is bounded in time and cleaned up at the end.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid

PARTS = ["cold", "memory", "idle", "queries", "hanging", "arrival"]
LABEL = struct.Struct("<16s40s16sIIQB")
MEDIUM_BYTES = 1 << 20
IDLE_SECONDS = 30


class Daemon:
    """mpathd in a run directory of its own."""

    def __init__(self, bed, patterns, extra=()):
        self.run = os.path.join(bed.directory, "run")
        shutil.rmtree(self.run, ignore_errors=True)
        words = [bed.programs + "/mpathd", "--run-dir", self.run, "--no-state", "--log-level", "error"]
        for pattern in patterns:
            words += ["--taste", pattern]
        self.began = time.monotonic()
        self.child = subprocess.Popen(
            words + list(extra), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=bed.log)
        bed.daemons.append(self)
        line = self.child.stdout.readline().decode()
        self.ready_seconds = time.monotonic() - self.began
        if "ready" not in line:
            raise SystemExit("mpathd did not start; see " + bed.log.name)

    def ask(self, method, params=None, timeout=60):
        """One exchange over the control socket: its result and how long it took, in seconds."""
        request = {"id": 1, "method": method, "version": 1, "params": params or {}}
        begin = time.perf_counter()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(timeout)
            client.connect(self.run + "/control.sock")
            client.sendall(json.dumps(request).encode() + b"\n")
            pieces = []
            while not (pieces and pieces[-1].endswith(b"\n")):
                piece = client.recv(1 << 20)
                if not piece:
                    raise SystemExit("mpathd closed the connection")
                pieces.append(piece)
        took = time.perf_counter() - begin
        answer = json.loads(b"".join(pieces))
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"], took

    def wait_for_devices(self, count, seconds):
        """Until so many devices are served; seconds since the start."""
        end = time.monotonic() + seconds
        while True:
            found = len(self.ask("status")[0]["devices"])
            if found >= count or time.monotonic() > end:
                return found, time.monotonic() - self.began
            time.sleep(0.1)

    def tasks(self):
        return [f"/proc/{self.child.pid}/task/{task}" for task in os.listdir(f"/proc/{self.child.pid}/task")]

    def wakeups(self):
        """Voluntary context switches by thread."""
        result = {}
        for task in self.tasks():
            try:
                name = open(task + "/comm", encoding="ascii").read().strip()
                for line in open(task + "/status", encoding="ascii"):
                    if line.startswith("voluntary_ctxt"):
                        result[name] = result.get(name, 0) + int(line.split()[1])
            except FileNotFoundError:
                pass
        return result

    def cpu_nanoseconds(self):
        """Of the threads that stay; helper threads are in the process's own sum."""
        fields = open(f"/proc/{self.child.pid}/stat", encoding="ascii").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def control_cpu_nanoseconds(self):
        """Of the control thread alone, exactly."""
        return int(open(f"/proc/{self.child.pid}/schedstat", encoding="ascii").read().split()[0])

    def private_kibibytes(self):
        total = 0
        for line in open(f"/proc/{self.child.pid}/smaps_rollup", encoding="ascii"):
            if line.startswith(("Private_Clean", "Private_Dirty")):
                total += int(line.split()[1])
        return total

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()


class Bed:
    """Media in a scratch directory, and the file system that can hang."""

    def __init__(self, programs):
        self.programs = programs
        # Not /tmp, which may be a tmpfs.
        self.directory = tempfile.mkdtemp(prefix="mpath-registry.", dir="/var/tmp")
        self.log = open(os.path.join(self.directory, "log"), "w", encoding="utf-8")
        self.daemons = []
        self.fuse = None
        for folder in ("plain", "behind", "slow"):
            os.mkdir(self.file(folder))

    def file(self, *names):
        return os.path.join(self.directory, *names)

    @property
    def patterns(self):
        return [self.file("plain", "*.img"), self.file("slow", "*.img")]

    def medium(self, folder, name, label=None):
        with open(self.file(folder, name), "wb") as medium:
            medium.truncate(MEDIUM_BYTES)
            if label:
                medium.seek(MEDIUM_BYTES - 512)
                medium.write(label.ljust(512, b"\0"))

    def fill(self, devices, paths, candidates):
        """A quarter of each device's paths, and of what has no label, lies where it can hang."""
        for device in range(devices):
            label = LABEL.pack(
                b"GEOM::MULTIPATH", str(uuid.uuid5(uuid.NAMESPACE_OID, str(device))).encode(),
                f"dev{device:05}".encode(), 1, 512, MEDIUM_BYTES, device % 3)
            for path in range(paths):
                folder = "behind" if path % 4 == 3 else "plain"
                self.medium(folder, f"d{device:05}p{path}.img", label)
        for other in range(candidates - devices * paths):
            self.medium("behind" if other % 4 == 3 else "plain", f"x{other:05}.img")

    def mount(self):
        self.fuse = subprocess.Popen(
            ["bindfs", "-f", "--forward-odirect=512", self.file("behind"), self.file("slow")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        for _ in range(200):
            if os.path.ismount(self.file("slow")):
                return
            time.sleep(0.05)
        raise SystemExit("bindfs did not mount")

    def hang(self):
        self.fuse.send_signal(signal.SIGSTOP)

    def wake(self):
        self.fuse.send_signal(signal.SIGCONT)

    def close(self):
        if self.fuse:
            self.wake()
        for daemon in self.daemons:
            if daemon.child.poll() is None:
                daemon.stop()
        if self.fuse:
            subprocess.run(["fusermount3", "-uz", self.file("slow")], check=False)
            self.fuse.terminate()
            self.fuse.wait(20)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def milliseconds(values):
    return {
        "p50_ms": round(quantile(values, 0.5) * 1000, 2), "p99_ms": round(quantile(values, 0.99) * 1000, 2),
        "max_ms": round(max(values) * 1000, 2)}


def show(part, **figures):
    print(json.dumps({"part": part, **figures}), flush=True)


def cold(bed, options):
    daemon = Daemon(bed, bed.patterns)
    found, seconds = daemon.wait_for_devices(options.devices, 120)
    show("cold", devices=found, candidates=options.candidates, ready_s=round(daemon.ready_seconds, 2),
         served_s=round(seconds, 2))
    return daemon


def memory(bed, options):
    """What one more device costs: a daemon with all of them against one with none."""
    empty = Daemon(bed, [])
    base = empty.private_kibibytes()
    empty.stop()
    # What can hang is looked at where it lies, past the file system that makes it hang.
    daemon = Daemon(bed, [bed.file("plain", "d*.img"), bed.file("behind", "d*.img")])
    found, _ = daemon.wait_for_devices(options.devices, 120)
    time.sleep(2)
    total = daemon.private_kibibytes()
    paths = sum(len(device["paths"]) for device in daemon.ask("status")[0]["devices"])
    show("memory", devices=found, paths=paths, empty_KiB=base, all_KiB=total,
         per_device_KiB=round((total - base) / max(1, found), 1))
    daemon.stop()


def idle(bed, options):
    for share in (None, 100, 10, 1):
        count = max(1, options.devices // share) if share else 0
        digits = len(str(share)) - 1 if share else 5
        pattern = "d" + "[0-9]" * (5 - digits) + "0" * digits + "p*.img" if share else "none"
        daemon = Daemon(bed, [bed.file("plain", pattern), bed.file("behind", pattern)])
        found, _ = daemon.wait_for_devices(count, 120)
        time.sleep(12)
        before = daemon.wakeups()
        cpu = daemon.cpu_nanoseconds()
        time.sleep(IDLE_SECONDS)
        after = daemon.wakeups()
        spent = {name: after[name] - before.get(name, 0) for name in after if after[name] > before.get(name, 0)}
        show("idle", devices=found, paths=found * options.paths, seconds=IDLE_SECONDS, wakeups=sum(spent.values()),
             cpu_ms=(daemon.cpu_nanoseconds() - cpu) // 1_000_000, by_thread=spent)
        daemon.stop()


def measure(part, bed, daemon, options):
    """Queries at the socket and by mpctl, under load and beside a rescan."""
    uri = f"nbd+unix:///dev00000?socket={daemon.run}/dev00000.sock"
    load = subprocess.Popen(
        ["fio", "--name=load", "--ioengine=nbd", f"--uri={uri}", "--rw=randread", "--bs=4k", "--iodepth=4",
         "--size=512k", "--time_based", "--runtime=300", "--rate_iops=2000", "--output=/dev/null"],
        stdin=subprocess.DEVNULL, stdout=bed.log, stderr=bed.log)
    rescan = subprocess.Popen(
        [bed.programs + "/mpctl", "rescan", "--run-dir", daemon.run],
        stdin=subprocess.DEVNULL, stdout=bed.log, stderr=bed.log)
    try:
        time.sleep(1)
        everything, one, sizes = [], [], 0
        rescans = 0
        for number in range(options.queries):
            if rescan.poll() is not None:
                rescans += 1
                rescan = subprocess.Popen(
                    [bed.programs + "/mpctl", "rescan", "--run-dir", daemon.run],
                    stdin=subprocess.DEVNULL, stdout=bed.log, stderr=bed.log)
            result, took = daemon.ask("status")
            everything.append(took)
            sizes = len(result["devices"])
            one.append(daemon.ask("status", {"name": f"dev{number % options.devices:05}"})[1])
            time.sleep(0.02)
        paths = [daemon.ask("paths")[1] for _ in range(5)] if options.lists_paths else []
        command = []
        for _ in range(20):
            begin = time.perf_counter()
            subprocess.run(
                [bed.programs + "/mpctl", "status", "--json", "--run-dir", daemon.run],
                stdout=subprocess.DEVNULL, check=True)
            command.append(time.perf_counter() - begin)
        states = {}
        for device in result["devices"]:
            for path in device["paths"]:
                states[path["state"]] = states.get(path["state"], 0) + 1
        show(part, devices=sizes, queries=options.queries, everything=milliseconds(everything),
             one=milliseconds(one), mpctl_everything=milliseconds(command), rescans_ended=rescans,
             path_states=states, load_runs=load.poll() is None,
             **({"paths": milliseconds(paths)} if paths else {}))
    finally:
        for child in (load, rescan):
            child.terminate()
            child.wait()


def attach(node, disk):
    """The kernel lets go of the file before only once nobody has the node open."""
    for _ in range(100):
        if subprocess.run(["losetup", node, disk], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise SystemExit(f"{node} stays busy")


def arrival(bed, options):
    disk = bed.file("loop.disk")
    with open(disk, "wb") as medium:
        medium.truncate(MEDIUM_BYTES)
    # Not the first free one, which others would take as soon as it is given back.
    node = next(
        name for name in (f"/dev/loop{number}" for number in range(500, 600))
        if not os.path.exists(f"/sys/block/{name[5:]}/loop"))
    attach(node, disk)
    try:
        for pattern in ("x000[0-9]*.img", "x00*.img", "*.img"):
            daemon = Daemon(bed, [bed.file("plain", pattern), bed.file("behind", pattern), node])
            time.sleep(2)
            known = len(daemon.ask("paths")[0]["paths"]) if options.lists_paths else None
            before = daemon.control_cpu_nanoseconds(), daemon.cpu_nanoseconds()
            rounds = 20
            for _ in range(rounds):
                subprocess.run(["losetup", "--detach", node], check=True)
                time.sleep(0.25)
                attach(node, disk)
                time.sleep(0.25)
            after = daemon.control_cpu_nanoseconds(), daemon.cpu_nanoseconds()
            show("arrival", pattern=pattern, known=known, rounds=rounds,
                 control_us_per_round=(after[0] - before[0]) // rounds // 1000,
                 all_threads_us_per_round=(after[1] - before[1]) // rounds // 1000)
            daemon.stop()
    finally:
        subprocess.run(["losetup", "--detach", node], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--paths", type=int, default=4)
    parser.add_argument("--candidates", type=int, default=10000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--part", action="append", choices=PARTS)
    options = parser.parse_args()
    parts = options.part or PARTS
    options.programs = os.path.abspath(options.programs)
    help_text = subprocess.run(
        [options.programs + "/mpctl", "--help"], capture_output=True, text=True, check=True).stdout
    options.lists_paths = "\n  paths " in help_text
    bed = Bed(options.programs)
    try:
        bed.fill(options.devices, options.paths, options.candidates)
        if "memory" in parts:
            memory(bed, options)
        if "idle" in parts:
            idle(bed, options)
        if "arrival" in parts:
            arrival(bed, options)
        if {"cold", "queries", "hanging"} & set(parts):
            bed.mount()
            daemon = cold(bed, options)
            if "queries" in parts:
                measure("queries", bed, daemon, options)
            if "hanging" in parts:
                bed.hang()
                time.sleep(2)
                measure("hanging", bed, daemon, options)
                bed.wake()
            daemon.stop()
    finally:
        bed.close()


if __name__ == "__main__":
    main()
