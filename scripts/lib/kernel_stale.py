"""The part `stale` of scripts/lib/kernel-suite: an old copy of a write must never land after newer data.

A first copy of a write is held on its way, the kernel or the daemon sends another, newer data follows, then the
first copy is let go. What was acknowledged last has to be there, read past every cache through the kernel's device
and through each path.
"""

import ctypes
import mmap
import os
import signal
import socket
import struct
import subprocess
import threading
import time

from kernel_common import (
    Daemon, Failure, Meter, mpctl, no_new_kernel_errors, read_text, run, say, wait_for, write_text)

BLOCK = 4096
# Where the held write goes, and where a meter keeps the paths busy.
PLACE, ELSEWHERE = 8 << 20, 16 << 20
SLOW = "/dev/mapper/slow"
os.environ["DM_DISABLE_UDEV"] = "1"


class Write(threading.Thread):
    """One block of one letter, past the page cache."""

    def __init__(self, device, letter):
        super().__init__(daemon=True)
        self.device, self.letter, self.error, self.ended = device, letter, None, None
        self.start()

    def run(self):
        block = mmap.mmap(-1, BLOCK)
        block[:] = self.letter * BLOCK
        file = os.open(self.device, os.O_RDWR | os.O_DIRECT)
        try:
            os.pwritev(file, [block], PLACE)
        except OSError as error:
            self.error = error
        finally:
            os.close(file)
        self.ended = time.monotonic()

    def is_acknowledged(self, seconds):
        """Whether it is, within so many seconds."""
        self.join(seconds)
        return not self.is_alive()

    def finish(self):
        self.join(100)
        if self.is_alive():
            raise Failure(f"the write of {self.letter} hangs")
        if self.error:
            raise Failure(f"the write of {self.letter} failed: {self.error}")


def read_block(name):
    block = mmap.mmap(-1, BLOCK)
    file = os.open(name, os.O_RDONLY | os.O_DIRECT)
    os.preadv(file, [block], PLACE)
    os.close(file)
    letters = set(block[:])
    return bytes(letters)


def must_show(letter, names, what):
    for name in names:
        seen = read_block(name)
        if seen != letter:
            raise Failure(f"{what}: {name} shows {seen} where {letter} was acknowledged last")


# --- a path that holds writes -------------------------------------------------------------------


def slow_table(delays):
    """/dev/vda, of which one block may keep its writes until it is suspended."""
    sectors = int(read_text("/sys/block/vda/size"))
    first, end = PLACE // 512, (PLACE + BLOCK) // 512
    kind = f"delay /dev/vda {first} 0 /dev/vda {first} 1000000" if delays else f"linear /dev/vda {first}"
    return (f"0 {first} linear /dev/vda 0\n{first} {end - first} {kind}\n"
            f"{end} {sectors - end} linear /dev/vda {end}\n")


def set_table(delays):
    run_with_input(["dmsetup", "reload", "slow"], slow_table(delays))
    # Suspending it lets go what it holds.
    run("dmsetup", "suspend", "slow")
    run("dmsetup", "resume", "slow")


def run_with_input(command, text):
    done = subprocess.run(
        command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stdout}")


def held_writes():
    """Writes that wait in the delaying block."""
    for line in run("dmsetup", "status", "slow").splitlines():
        fields = line.split()
        if fields[2] == "delay":
            return int(fields[4])
    return 0


# --- ways in which a first copy and a repeat come about -----------------------------------------


def kernel_sockets(pid):
    """Copies of the daemon's ends of its connections to the kernel: they have no name on either side."""
    library = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if not link.startswith("socket:") or link in found:
            continue
        copied = library.syscall(438, process, int(number), 0)
        if copied < 0:
            continue
        end = socket.socket(fileno=copied)
        try:
            nameless = end.family == socket.AF_UNIX and not end.getsockname() and not end.getpeername()
        except OSError:
            nameless = False
        if nameless:
            found[link] = end
        else:
            end.close()
    os.close(process)
    return list(found.values())


def cut_connections(daemon):
    """Ends every connection between daemon and kernel, whose requests the kernel will repeat."""
    ends = kernel_sockets(daemon.process.pid)
    for end in ends:
        end.shutdown(socket.SHUT_RDWR)
        end.close()
    return len(ends)


def new_data_after(device, first, seconds):
    """Writes newer data once the first write is acknowledged, if that is soon enough; both, and what happened."""
    if not first.is_acknowledged(seconds):
        return None, "the repeat waited for the old copy"
    second = Write(device, b"N")
    if second.is_acknowledged(3):
        return second, "repeat and newer data were acknowledged before the old copy was let go"
    return second, "the repeat was acknowledged, newer data waited for the old copy"


def settle(device, first, second):
    first.finish()
    second = second or Write(device, b"N")
    second.finish()


def on_a_living_path(daemon, device, connections):
    """The path of the old copy is alive, and left for the other one. The kernel repeats because its connection has
    ended, or because its own timer has fired."""
    # Nobody is to notice the silence on an emulated machine's account.
    mpctl("set", "data", "stall-ceiling=10000", "stall-floor=10000")
    set_table(True)
    lead(SLOW)
    meter = Meter(device, ELSEWHERE)
    meter.start()
    first = Write(device, b"W")
    wait_for(lambda: held_writes() == 1, 60, "the write does not reach the path that holds it")
    mpctl("fail", "data", SLOW)
    lost = len(ended_connections())
    if connections == 1:
        cut_connections(daemon)
    wait_for(lambda: len(ended_connections()) > lost, 30, "the kernel does not leave its connection")
    second, story = new_data_after(device, first, 6)
    set_table(False)
    settle(device, first, second)
    time.sleep(1)
    must_show(b"N", [device, "/dev/vda", "/dev/vdb"], "after a repeat by the kernel")
    mpctl("restore", "data", SLOW)
    meter.finish().must_be_clean()
    mpctl("set", "data", "stall-floor=50", "stall-ceiling=1000")
    return story + f"; {len(ended_connections()) - lost} connections ended"


def lead(path):
    """Has everything go through a path."""
    wait_for(lambda: "OPTIMAL" in mpctl("status", "data"), 120, "the device is not whole")
    mpctl("prefer", "data", path)


def on_a_silent_path(_daemon, device, _connections):
    """The whole path is silent, so that the daemon itself repeats the write."""
    first = None
    run("dmsetup", "suspend", "--noflush", "slow")
    try:
        first = Write(device, b"W")
        second, story = new_data_after(device, first, 8)
    finally:
        run("dmsetup", "resume", "slow")
    settle(device, first, second)
    time.sleep(1)
    must_show(b"N", [device, "/dev/vda", "/dev/vdb"], "after a repeat by the daemon")
    return story


def under_a_stopped_daemon(daemon, device, connections):
    """The old copy has not been read from its connection when that ends."""
    daemon.process.send_signal(signal.SIGSTOP)
    first = Write(device, b"W")
    time.sleep(0.5)
    lost = len(ended_connections())
    if connections == 1:
        cut_connections(daemon)
    wait_for(lambda: len(ended_connections()) > lost, 30, "the kernel does not leave its connection")
    time.sleep(0.5)
    daemon.process.send_signal(signal.SIGCONT)
    settle(device, first, None)
    time.sleep(1)
    must_show(b"N", [device, "/dev/vda", "/dev/vdb"], "after a pause of the daemon")
    return f"{len(ended_connections()) - lost} connections ended"


def by_a_killed_daemon(daemon, device, _connections):
    """The daemon is killed with the old copy under way on a disk."""
    mpctl("set", "data", "stall-ceiling=10000", "stall-floor=10000")
    set_table(True)
    lead(SLOW)
    first = Write(device, b"W")
    wait_for(lambda: held_writes() == 1, 60, "the write does not reach the path that holds it")
    # It cannot be waited for: its end waits for the disk.
    killed = daemon.process
    killed.send_signal(signal.SIGKILL)
    ready = threading.Thread(target=daemon.start)
    ready.start()
    second, story = new_data_after(device, first, 5)
    set_table(False)
    ready.join(60)
    killed.wait(60)
    settle(device, first, second)
    time.sleep(1)
    must_show(b"N", [device, "/dev/vda", "/dev/vdb"], "after a killed daemon")
    mpctl("set", "data", "stall-floor=50", "stall-ceiling=1000")
    return story


def ended_connections():
    """What the kernel says when it takes a connection for ended."""
    words = ("Receive control failed", "Connection timed out", "Send ", "Dead connection")
    return [line for line in run("dmesg").splitlines() if "nbd" in line and any(word in line for word in words)]


def is_whole(line):
    status = mpctl("status", "data") + "\n"
    return "OPTIMAL" in status and line in status


def attach(name, connections):
    return mpctl("attach", *(["--connections", str(connections)] if connections > 1 else []), name)


WAYS = (on_a_living_path, on_a_silent_path, under_a_stopped_daemon, by_a_killed_daemon)


def stale(_rounds):
    """Old copies of writes never land after newer data, with one kernel connection and with four."""
    run("modprobe", "dm_delay")
    run_with_input(["dmsetup", "create", "slow"], slow_table(False))
    daemon = Daemon()
    daemon.start()
    mpctl("create", "data", SLOW, "/dev/vdb")
    for connections in (1, 4):
        count = f"{connections} connection{'s' * (connections > 1)}"
        device = attach("data", connections)
        line = f"data: {device}, {count}\n" if connections > 1 else f"data: {device}\n"
        if line not in mpctl("status", "data") + "\n":
            raise Failure("status does not show the connections: " + mpctl("status", "data"))
        if connections > 1:
            patience = int(read_text(f"/sys/block/{os.path.basename(device)}/queue/io_timeout"))
            if patience < 30_000:
                raise Failure(f"the kernel would repeat requests that still wait for a path: {patience} ms")
        for way in WAYS:
            if connections > 1:
                # What the daemon avoids, and what somebody else may have set.
                write_text(f"/sys/block/{os.path.basename(device)}/queue/io_timeout", "3000")
            lead(SLOW)
            began = time.monotonic()
            Write(device, b"O").finish()
            story = way(daemon, device, connections)
            wait_for(lambda line=line: is_whole(line), 120, "the device or its connections are not whole again")
            say(f"{count}, {way.__name__.replace('_', ' ')}: {story}; "
                f"the newest data is there ({time.monotonic() - began:.0f} s)")
        mpctl("detach", "data")
    in_a_server(daemon)
    no_new_kernel_errors(0)
    daemon.end(signal.SIGTERM)


# --- a server that holds a write of a daemon that was killed -------------------------------------


class HoldingServer(threading.Thread):
    """An NBD server that keeps the first write to one place until it is let go; everything else goes on, also what
    comes over later connections, and what came over ended ones."""

    def __init__(self, place, image):
        super().__init__(daemon=True)
        self.file = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.file).st_size
        self.armed, self.held, self.released = False, threading.Event(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(place)
        self.listener.listen()
        self.start()

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, client):
        try:
            self.shake_hands(client)
            answer = threading.Lock()
            while True:
                _, flags, kind, cookie, offset, length = struct.unpack(">IHHQQI", take(client, 28))
                data = take(client, length) if kind == 1 else b""
                if kind == 2:
                    return
                threading.Thread(
                    target=self.carry_out, args=(client, answer, kind, cookie, offset, length, data), daemon=True).start()
        except OSError:
            # A client that was killed; what it has asked for is carried out all the same.
            return

    def shake_hands(self, client):
        client.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
        take(client, 4)
        while True:
            _, option, length = struct.unpack(">QII", take(client, 16))
            take(client, length)
            reply = struct.pack(">QI", 0x3E889045565A9, option)
            if option in (6, 7):
                # Flags: HAS_FLAGS, FLUSH, FUA.
                client.sendall(reply + struct.pack(">IIHQH", 3, 12, 0, self.size, 0xD) + reply + struct.pack(">II", 1, 0))
                if option == 7:
                    return
            else:
                client.sendall(reply + struct.pack(">II", 0x80000001, 0))

    def carry_out(self, client, answer, kind, cookie, offset, length, data):
        reply = struct.pack(">IIQ", 0x67446698, 0, cookie)
        if kind == 0:
            reply += os.pread(self.file, length, offset)
        elif kind == 1:
            if offset == PLACE and self.armed:
                self.armed = False
                self.held.set()
                self.released.wait(120)
            os.pwrite(self.file, data, offset)
        with answer:
            try:
                client.sendall(reply)
            except OSError:
                client.close()


def take(client, count):
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise ConnectionResetError
        data += more
    return data


def in_a_server(daemon):
    """The old copy lies in a server, whose other requests go on, when the daemon is killed."""
    image = "/dev/shm/served.img"
    with open(image, "wb") as file:
        file.truncate(32 << 20)
    server = HoldingServer("/run/holding.sock", image)
    mpctl("create", "served", "nbd+unix:///?socket=/run/holding.sock")
    for connections in (1, 4):
        device = attach("served", connections)
        if connections > 1:
            write_text(f"/sys/block/{os.path.basename(device)}/queue/io_timeout", "2000")
        Write(device, b"O").finish()
        server.held.clear()
        server.released.clear()
        server.armed = True
        first = Write(device, b"W")
        if not server.held.wait(20):
            raise Failure("the write does not reach the server that holds it")
        daemon.end(signal.SIGKILL)
        began = time.monotonic()
        ready = threading.Thread(target=daemon.start)
        ready.start()
        # Within the quiet time, which is 5 s unless told otherwise.
        time.sleep(1.5)
        server.released.set()
        first.finish()
        ready.join(60)
        Write(device, b"N").finish()
        time.sleep(1)
        must_show(b"N", [device], "after a write that a killed daemon had left in a server")
        mpctl("detach", "served")
        say(f"{connections} connection{'s' * (connections > 1)}, left in a server by a killed daemon: the repeat was "
            f"acknowledged {first.ended - began:.1f} s after the end, the old copy was let go after 1.5 s; the "
            "newest data is there")
        if first.ended - began < 5:
            raise Failure("the daemon did not wait for the quiet time")
    mpctl("destroy", "served")
