"""The part `registry` of scripts/lib/kernel-suite: disks that come and go are known at once, and devices whole again.

Two SCSI hosts of one store are added and removed under I/O; a loop device comes, grows and goes.
"""

import json
import os
import signal
import socket
import threading
import time

from kernel_common import RUN, Daemon, Failure, Meter, mpctl, no_new_kernel_errors, read_text, run, say, wait_for, write_text

HOSTS = "/sys/bus/pseudo/drivers/scsi_debug/add_host"
SIZE = 64 << 20
# The registry is to be right within a second of the kernel's event. An emulated CPU on a busy machine may take longer; what
# is found by polling or by a timer takes longer than this.
LATEST = 10.0


class Uevents(threading.Thread):
    """When the kernel has said what of which disk."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
        self.socket.bind((0, 1))
        self.heard = []
        self.start()

    def run(self):
        while True:
            words = self.socket.recv(1 << 16).decode(errors="replace").split("\0")
            action, _, place = words[0].partition("@")
            if "/block/" in place:
                self.heard.append((time.monotonic(), action, os.path.basename(place)))

    def since(self, began, action, name):
        """When the first such event came after `began`."""
        wait_for(lambda: self.find(began, action, name), 60, f"the kernel does not say {action} of {name}")
        return self.find(began, action, name)

    def find(self, began, action, name):
        return next((at for at, what, who in list(self.heard) if at >= began and (what, who) == (action, name)), None)


class Registry:
    """`paths`, asked over one connection: starting mpctl takes an emulated CPU longer than any answer."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(RUN + "/control.sock")
        self.reader = self.socket.makefile("rb")

    def paths(self):
        self.socket.sendall(b'{"id":1,"method":"paths","version":1,"params":{}}\n')
        answer = json.loads(self.reader.readline())
        if "result" not in answer:
            raise Failure(f"paths is refused: {answer}")
        return {path["path"]: path for path in answer["result"]["paths"]}

    def right(self, what, holds):
        """Waits until it holds of the paths; when that was."""
        end = time.monotonic() + 60
        while not holds(self.paths()):
            if time.monotonic() > end:
                raise Failure(f"{what}: paths shows {self.paths()}")
            time.sleep(0.01)
        return time.monotonic()


def disks():
    return {name for name in os.listdir("/sys/block") if name.startswith("sd")}


def is_served(facts):
    return facts.get("state") == "in-service" and facts.get("sizeBytes", SIZE) == SIZE


class Delays:
    """How long the registry was behind the kernel's events."""

    def __init__(self):
        self.worst = {}

    def note(self, what, event, right):
        self.worst[what] = max(self.worst.get(what, 0.0), right - event)

    def judge(self):
        text = ", ".join(f"{what} {seconds * 1000:.0f} ms" for what, seconds in self.worst.items())
        say(f"longest time from the kernel's event to the right answer of paths: {text}")
        late = [what for what, seconds in self.worst.items() if seconds > LATEST]
        if late:
            raise Failure(f"later than {LATEST:.0f} s after the kernel's event: {', '.join(late)}")


def registry(rounds):
    """SCSI hosts added and removed under I/O, and a loop device."""
    run("modprobe", "scsi_debug", f"dev_size_mb={SIZE >> 20}", "add_host=2", "per_host_store=0", "delay=0",
        "vpd_use_hostno=0")
    run("modprobe", "loop")
    run("udevadm", "settle")
    daemon = Daemon("--taste", "/dev/sd*", "--taste", "/dev/loop*")
    daemon.start()
    uevents, known, delays = Uevents(), Registry(), Delays()
    names = sorted(disks())
    if len(names) != 2:
        raise Failure(f"there are not two SCSI disks: {names}")
    known.right("the disks that were there first", lambda paths: all(
        paths.get(f"/dev/{name}", {}).get("state") == "unlabelled" for name in names))
    mpctl("label", "data", *[f"/dev/{name}" for name in names])
    device = mpctl("attach", "data")
    meter = Meter(device)
    meter.start()
    for _ in range(rounds):
        for count in (1, 2):
            come_and_go(count, uevents, known, delays)
    wait_for(lambda: "OPTIMAL" in mpctl("status", "data"), 60, "the device is not whole again")
    meter.finish().must_be_clean()
    say(f"one host, then both, removed and added {rounds} times: {meter.count} writes and reads by the kernel's device, no "
        f"error, longest {meter.longest:.1f} s")
    loop_device(uevents, known, delays)
    delays.judge()
    no_new_kernel_errors_of(device)
    mpctl("detach", "data")
    daemon.end(signal.SIGTERM)


def come_and_go(count, uevents, known, delays):
    """Some hosts go, and others come that have the same medium. With two, requests wait meanwhile."""
    before, began = disks(), time.monotonic()
    write_text(HOSTS, f"-{count}")
    gone = before - disks()
    if len(gone) != count:
        raise Failure(f"{count} hosts were removed, and the disks {gone} with them")
    for name in gone:
        event = uevents.since(began, "remove", name)
        delays.note("a disk that has gone", event, known.right(
            f"{name} has gone", lambda paths, name=name: not is_served(paths.get(f"/dev/{name}", {}))))
    time.sleep(1)
    before, began = disks(), time.monotonic()
    write_text(HOSTS, f"{count}")
    wait_for(lambda: len(disks() - before) == count, 60, "the hosts' disks do not come")
    for name in disks() - before:
        event = uevents.since(began, "add", name)
        delays.note("a disk that has come", event, known.right(
            f"{name} has come", lambda paths, name=name: f"/dev/{name}" in paths))
        delays.note("its device has it", event, known.right(
            f"{name} has come", lambda paths, name=name: is_served(paths.get(f"/dev/{name}", {}))))


def loop_device(uevents, known, delays):
    """A loop device comes, grows (losetup -c) and goes."""
    image = "/dev/shm/loop.img"
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    began = time.monotonic()
    device = run("losetup", "--find", "--show", image)
    name = os.path.basename(device)

    def shows(size):
        return lambda paths: paths.get(device, {}).get("sizeBytes") == size

    for what, command, size in (("a loop device attached", None, 8 << 20), ("grown", ["losetup", "-c", device], 16 << 20),
                                ("detached", ["losetup", "-d", device], None)):
        if command:
            os.truncate(image, 16 << 20)
            began = time.monotonic()
            run(*command)
        event = uevents.since(began, "change", name)
        delays.note(what, event, known.right(what, shows(size)))


def no_new_kernel_errors_of(device):
    """The disks that were taken away have errors of their own."""
    name = os.path.basename(device)
    seen = [line for line in run("dmesg").splitlines() if name in line and "error" in line.lower()]
    if seen:
        raise Failure("the kernel saw errors:\n" + "\n".join(seen[:10]))
