"""A verified load over two NBD servers while one or the other is killed, stopped, broken or cut off.

usage: network-faults.py PROGRAMS [--seconds 120] [--server nbdkit|qemu|classic] [--seed N] [--mode ...]
       [--set KEY=VALUE ...]

Two servers on one file are the paths of a device: one over a Unix socket, one over TCP through a forwarder that
can reset its connections. fio writes and verifies; a prober writes one block every millisecond and notes the
longest time without an answer. Faults come in an order drawn from the seed, which is printed; each is undone,
and the next waits until all paths are back in service. Exits 0 only when no client has seen an error or a wrong
byte and each kind of fault has happened. Servers are others' programs: nbdkit, qemu-nbd, nbd-server.

Beside each gap stands the longest time that a write of one block to a file of the same file system took meanwhile,
with no program of ours in between: what the host itself takes, the servers wait for too. What happened in a gap of
more than half a second is printed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import nbd

LOAD_BYTES = 48 << 20
IMAGE_BYTES = 64 << 20
IN_SERVICE = ("ACTIVE", "PASSIVE", "READ")


# A gap longer than this is told with the events in it.
LONG = 0.5


def watch_host(name):
    """Writes one block a millisecond to a file of its own; prints start and end of what takes longer than 20 ms."""
    place = 0
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(descriptor, bytes(16 << 20), 0)
    last = time.monotonic()
    while True:
        os.pwrite(descriptor, bytes(4096), place % 4096 * 4096)
        place += 97
        now = time.monotonic()
        if now - last > 0.02:
            print(last, now, flush=True)
        last = now
        time.sleep(0.001)


class Host(threading.Thread):
    """What `watch_host` says, from a process of its own."""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "--host", directory + "/host"],
            stdout=subprocess.PIPE, text=True)
        self.gaps = []
        self.start()

    def run(self):
        for line in self.process.stdout:
            start, end = map(float, line.split())
            self.gaps.append((start, end))

    def longest(self, since, until):
        return max((end - start for start, end in list(self.gaps) if end > since and start < until),
                   default=0.0)

    def end(self):
        self.process.kill()
        self.process.wait()


class Prober(threading.Thread):
    """Writes one block a millisecond behind what fio uses, one after the other."""

    def __init__(self, uri):
        super().__init__(daemon=True)
        self.handle = nbd.NBD()
        self.handle.connect_uri(uri)
        self.longest = 0.0
        self.longest_end = 0.0
        self.last = time.monotonic()
        self.answers = 0
        self.errors = []
        self.ends = False

    def run(self):
        blocks = (IMAGE_BYTES - LOAD_BYTES) // 4096
        while not self.ends:
            try:
                self.handle.pwrite(bytes(4096), LOAD_BYTES + self.answers * 97 % blocks * 4096)
            except nbd.Error as error:
                self.errors.append(str(error))
            now = time.monotonic()
            if now - self.last > self.longest:
                self.longest = now - self.last
                self.longest_end = now
            self.last = now
            self.answers += 1
            time.sleep(0.001)

    def gap(self):
        """The longest gap since it was asked last, one that has not ended included, and when it ended."""
        now = time.monotonic()
        found = max((self.longest, self.longest_end), (now - self.last, now))
        self.longest = 0.0
        return found


def forward(port, target):
    """Passes TCP connections on; SIGUSR1 resets them all."""
    pairs = []

    def reset(*_):
        while pairs:
            for end in pairs.pop():
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                try:
                    # Wakes the thread that receives; the linger time of zero makes it a reset.
                    end.shutdown(socket.SHUT_RD)
                except OSError:
                    pass
                end.close()

    def pump(source, other):
        try:
            while data := source.recv(1 << 18):
                other.sendall(data)
        except OSError:
            pass
        for end in (source, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    signal.signal(signal.SIGUSR1, reset)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(16)
    print(listener.getsockname()[1], flush=True)
    while True:
        client = listener.accept()[0]
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(target)
        except OSError:
            client.close()
            continue
        pairs.append((client, server))
        for ends in ((client, server), (server, client)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


class Server:
    """One of somebody else's servers for the image, in a process group of its own."""

    def __init__(self, kind, directory, name, image):
        self.socket = f"{directory}/{name}.sock"
        self.switch = f"{directory}/{name}.error"
        self.control = f"{directory}/{name}.control"
        self.export = "data" if kind == "classic" else ""
        self.pid_file = None
        self.log = open(f"{directory}/{name}.log", "ab")
        if kind == "nbdkit":
            self.command = [
                "nbdkit", "-f", "-U", self.socket, "--filter=pause", "--filter=error", "file",
                image, "error=EIO", "error-rate=100%", f"error-file={self.switch}",
                f"pause-control={self.control}"]
        elif kind == "qemu":
            self.command = [
                "qemu-nbd", "-k", self.socket, "-f", "raw", "-t", "-e", "0", "--cache=writeback",
                image]
        else:
            configuration = f"{directory}/{name}.conf"
            with open(configuration, "w", encoding="utf-8") as file:
                file.write(
                    f"[generic]\nunixsock = {self.socket}\n[data]\nexportname = {image}\n"
                    "flush = true\nfua = true\ntrim = true\n")
            # With -d it would serve one client and end, so it goes into the background and is known by a file.
            self.pid_file = f"{directory}/{name}.pid"
            self.command = ["nbd-server", "-C", configuration, "-p", self.pid_file]
        self.start()

    def start(self):
        for leftover in (self.socket, self.control):
            if os.path.exists(leftover):
                os.unlink(leftover)
        process = subprocess.Popen(
            self.command, stdout=self.log, stderr=self.log, start_new_session=True)
        self.group = process.pid
        self.process = None if self.pid_file else process
        deadline = time.monotonic() + 10
        while not os.path.exists(self.socket):
            if time.monotonic() > deadline or process.poll():
                sys.exit(f"network-faults.py: {self.command[0]} does not start")
            time.sleep(0.02)
        if self.pid_file:
            process.wait()
            with open(self.pid_file, encoding="ascii") as file:
                self.group = os.getpgid(int(file.read()))
            assert self.group != os.getpgrp()

    def has_ended(self):
        """By itself: nbdkit 1.32 does when a client goes that has not taken all its replies."""
        return self.process is not None and self.process.poll() is not None

    def signal(self, number):
        os.killpg(self.group, number)

    def kill(self):
        if self.has_ended():
            return
        # A stopped group is killed as well.
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
            return
        try:
            while True:
                os.killpg(self.group, 0)
                time.sleep(0.01)
        except ProcessLookupError:
            pass

    def pause(self, letter):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(self.control)
            control.sendall(letter)
            control.recv(1)


class Bed:
    def __init__(self, options):
        self.directory = tempfile.mkdtemp(prefix="mpath-faults.")
        self.programs = options.programs
        image = self.directory + "/image"
        with open(image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        self.servers = [Server(options.server, self.directory, name, image) for name in ("a", "b")]
        self.forwarder = subprocess.Popen(
            [sys.executable, "-B", __file__, "--forward", self.servers[1].socket],
            stdout=subprocess.PIPE, text=True)
        port = int(self.forwarder.stdout.readline())
        export = self.servers[0].export
        self.run_directory = self.directory + "/run"
        self.daemon = subprocess.Popen(
            [self.programs + "/mpathd", "--run-dir", self.run_directory, "--no-state"],
            stdout=subprocess.PIPE, stderr=open(self.directory + "/mpathd.log", "w"), text=True)
        self.daemon.stdout.readline()
        # Both servers stand before one kernel's page cache, and what a dead one has sent to the kernel is done.
        flags = {"active-active": ["-A"], "active-read": ["-R"]}.get(options.mode, [])
        self.mpctl(
            "create", *flags, *[word for each in options.set for word in ("--set", each)], "--cache", "shared", "--quiesce", "1", "data",
            f"nbd+unix:///{export}?socket={self.servers[0].socket}", f"nbd://127.0.0.1:{port}/{export}")
        self.host = Host(self.directory)
        self.restores = 0
        self.own_deaths = 0
        self.uri = f"nbd+unix:///data?socket={self.run_directory}/data.sock"

    def mpctl(self, verb, *words):
        command = [self.programs + "/mpctl", verb, "--run-dir", self.run_directory, *words]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def states(self):
        device = json.loads(self.mpctl("status", "data", "--json"))["devices"][0]
        return [path["state"] for path in device["paths"]]

    def tell(self, fault, gap, ended, host):
        """What the daemon did from a second before the gap until its end."""
        clock = time.time() - time.monotonic()
        print(f"{fault}: {gap * 1000:.0f} ms, ended at {ended + clock:.3f}; the host took {host * 1000:.0f} ms")
        for line in self.mpctl("events", "data", "--json", "--last", "200").splitlines():
            event = json.loads(line)
            if ended - gap - 1 <= event["time"] / 1000 - clock <= ended:
                print("   ", line)
        print(self.mpctl("explain", "data"), flush=True)

    def bring_back(self):
        """Waits until both paths serve. One that failed often is kept out for minutes, as it should be; here an
        operator says that it has been repaired."""
        deadline = time.monotonic() + 60
        patience = time.monotonic() + 3
        for server in self.servers:
            if server.has_ended():
                self.own_deaths += 1
                server.start()
        while any(state not in IN_SERVICE for state in self.states()):
            if time.monotonic() > deadline:
                raise SystemExit(f"network-faults.py: not within 60 s:\n{self.mpctl('status')}")
            if time.monotonic() > patience:
                for path in json.loads(self.mpctl("status", "data", "--json"))["devices"][0]["paths"]:
                    if path["state"] not in IN_SERVICE:
                        self.mpctl("restore", "data", path["path"])
                        self.restores += 1
                patience = time.monotonic() + 1
            time.sleep(0.02)

    def down(self, keep):
        self.daemon.terminate()
        self.daemon.wait()
        self.forwarder.kill()
        self.forwarder.wait()
        self.host.end()
        for server in self.servers:
            server.kill()
        if keep:
            print(f"network-faults.py: everything is left in {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory)


# What happens to a server, and how it ends.


def killed(bed, number):
    bed.servers[number].kill()
    yield
    bed.servers[number].start()


def stopped(bed, number):
    bed.servers[number].signal(signal.SIGSTOP)
    yield
    bed.servers[number].signal(signal.SIGCONT)


def error(bed, number):
    switch = bed.servers[number].switch
    with open(switch, "w", encoding="ascii"):
        pass
    yield
    os.unlink(switch)


def paused(bed, number):
    bed.servers[number].pause(b"p")
    yield
    bed.servers[number].pause(b"r")


def no_listener(bed, number):
    """The name of the socket goes, and with it the way back; the connection goes first where it can be cut."""
    name = bed.servers[number].socket
    os.rename(name, name + ".away")
    if number == 1:
        bed.forwarder.send_signal(signal.SIGUSR1)
    yield
    os.rename(name + ".away", name)


def reset(bed, _):
    bed.forwarder.send_signal(signal.SIGUSR1)
    yield


FAULTS = {
    "SIGKILL and restart": killed, "SIGSTOP and SIGCONT": stopped, "EIO": error, "pause": paused,
    "listening socket removed": no_listener, "TCP reset": reset,
}
NBDKIT_ONLY = ("EIO", "pause")


def rounds(kinds, draw):
    """Each kind on each server in a new order, for ever."""
    while True:
        both = [(kind, number) for kind in kinds for number in (0, 1)]
        draw.shuffle(both)
        yield from both


def soak(bed, options, draw):
    fio = subprocess.Popen(
        ["fio", "--name=load", "--ioengine=nbd", f"--uri={bed.uri}", "--rw=randrw",
         "--bsrange=4k-64k", "--iodepth=16", f"--size={LOAD_BYTES}", "--verify=crc32c",
         "--verify_fatal=1", "--verify_backlog=256", "--verify_state_save=0", "--randrepeat=0",
         "--time_based", f"--runtime={options.seconds}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    prober = Prober(bed.uri)
    prober.start()
    time.sleep(1)
    usual = prober.gap()[0]
    gaps = {}
    kinds = [kind for kind in FAULTS if options.server == "nbdkit" or kind not in NBDKIT_ONLY]
    order = rounds(kinds, draw)
    end = time.monotonic() + options.seconds - 1
    while time.monotonic() < end and fio.poll() is None:
        kind, number = next(order)
        if kind == "TCP reset" and number == 0:
            continue
        prober.gap()
        began = time.monotonic()
        fault = FAULTS[kind](bed, number)
        next(fault)
        time.sleep(draw.uniform(0.5, 1.5))
        next(fault, None)
        bed.bring_back()
        gap, ended = prober.gap()
        host = bed.host.longest(began, time.monotonic())
        gaps.setdefault(kind, []).append((gap, host))
        if gap > LONG:
            bed.tell(f"{kind} of {'ab'[number]}", gap, ended, host)
    output = fio.communicate()[0]
    prober.ends = True
    prober.join(30)
    print(f"restored by hand: {bed.restores} times, else by its probes; servers that ended by themselves and "
          f"were started again: {bed.own_deaths}")
    print(f"without a fault: longest gap {usual * 1000:.0f} ms; {prober.answers} probes")
    for kind in kinds:
        found = gaps.get(kind, [])
        text = "did not happen"
        if found:
            gap, host = max(found)
            text = f"longest gap {gap * 1000:.0f} ms of {len(found)}; the host took {host * 1000:.0f} ms then"
        print(f"{kind:25} {text}")
    errors = json.loads(bed.mpctl("stats", "data", "--json"))["devices"][0]["errors"]
    print(f"errors: fio {'none' if fio.returncode == 0 else output}, prober {len(prober.errors)}, "
          f"device {errors}")
    is_well = fio.returncode == 0 and "verify:" not in output and not prober.errors and not errors
    return is_well and (options.partial or len(gaps) == len(kinds))


def main():
    if sys.argv[1:2] == ["--forward"]:
        forward(0, sys.argv[2])
    if sys.argv[1:2] == ["--host"]:
        watch_host(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--server", choices=["nbdkit", "qemu", "classic"], default="nbdkit")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument(
        "--mode", choices=["active-passive", "active-active", "active-read"],
        default="active-passive")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the device")
    parser.add_argument("--partial", action="store_true", help="not every kind has to happen")
    options = parser.parse_args()
    print(f"{options.server}, {options.mode}, seed {options.seed}", *options.set, flush=True)
    bed = Bed(options)
    is_well = False
    try:
        is_well = soak(bed, options, random.Random(options.seed))
    finally:
        bed.down(keep=not is_well)
    sys.exit(0 if is_well else 1)


main()
