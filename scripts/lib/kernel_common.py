"""What the parts of scripts/lib/kernel-suite have in common."""

import hashlib
import mmap
import os
import random
import signal
import subprocess
import threading
import time

PROGRAMS = os.environ["MPATH_PROGRAMS"]
RUN = "/run/mp"
MOUNT = "/mnt"
os.environ["MPATHD_SOCKET"] = RUN + "/control.sock"


class Failure(Exception):
    """What did not hold, in a sentence."""


def say(text):
    print(f"   {text}", flush=True)


def run(*command, may_fail=False, seconds=120):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds)
    if done.returncode and not may_fail:
        raise Failure(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout.strip()


def mpctl(*words, may_fail=False):
    return run(PROGRAMS + "/mpctl", *words, may_fail=may_fail)


def write_text(file, text):
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)


def read_text(file):
    with open(file, encoding="utf-8", errors="replace") as source:
        return source.read().strip()


class Daemon:
    """One mpathd after the other in one run directory."""

    def __init__(self, *options):
        self.options = options
        self.process = None
        self.log = open("/run/mpathd.log", "ab")

    def start(self):
        """Starts one; the seconds until it was ready."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAMS + "/mpathd", "--run-dir", RUN, *self.options], stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline()
        if b"ready" not in line:
            raise Failure("mpathd did not get ready: " + read_text("/run/mpathd.log")[-2000:])
        return time.monotonic() - began

    def end(self, number):
        self.process.send_signal(number)
        status = self.process.wait(60)
        if number == signal.SIGTERM and status != 0:
            raise Failure(f"mpathd ended with {status}: " + read_text("/run/mpathd.log")[-2000:])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kib(self):
        for line in read_text(f"/proc/{self.process.pid}/status").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0


class Meter(threading.Thread):
    """Writes and reads one block of a file or device again and again, past the page cache."""

    def __init__(self, name, offset=0):
        super().__init__(daemon=True)
        self.file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_DIRECT | os.O_DSYNC)
        self.offset = offset
        self.longest, self.count, self.errors, self.wrong = 0.0, 0, [], 0
        self.over = threading.Event()

    def run(self):
        block = mmap.mmap(-1, 4096)
        while not self.over.is_set():
            block[:8] = self.count.to_bytes(8, "little")
            began = time.monotonic()
            try:
                os.pwritev(self.file, [block], self.offset)
                os.preadv(self.file, [block], self.offset)
                self.wrong += int.from_bytes(block[:8], "little") != self.count
            except OSError as error:
                self.errors.append(error.errno)
                time.sleep(0.05)
            self.longest = max(self.longest, time.monotonic() - began)
            self.count += 1
            time.sleep(0.002)

    def finish(self):
        """Ends it; no error and no wrong byte is the least that is expected."""
        self.over.set()
        self.join(60)
        if self.is_alive():
            raise Failure("the meter hangs")
        os.close(self.file)
        return self

    def must_be_clean(self):
        if self.errors or self.wrong:
            raise Failure(f"the meter saw the errors {self.errors} and {self.wrong} wrong blocks")


def kernel_errors():
    return [line for line in run("dmesg").splitlines() if "I/O error" in line or "EXT4-fs error" in line]


def no_new_kernel_errors(before):
    new = kernel_errors()[before:]
    if new:
        raise Failure("the kernel saw errors:\n" + "\n".join(new[:10]))


def connected():
    return [name for name in os.listdir("/sys/block") if os.path.exists(f"/sys/block/{name}/pid")]


def write_tree(folder, seed, files=60):
    """Files of many sizes; their checksums by name."""
    generator = random.Random(seed)
    sums = {}
    for number in range(files):
        name = f"{folder}/d{number % 7}/f{number}"
        os.makedirs(os.path.dirname(name), exist_ok=True)
        data = generator.randbytes(generator.choice([17, 4096, 70_000, 600_000]))
        with open(name, "wb") as out:
            out.write(data)
            if number % 5 == 0:
                out.flush()
                os.fsync(out.fileno())
        sums[name] = hashlib.sha256(data).hexdigest()
    return sums


def verify_tree(sums):
    run("sync")
    write_text("/proc/sys/vm/drop_caches", "3")
    for name, expected in sums.items():
        with open(name, "rb") as source:
            if hashlib.sha256(source.read()).hexdigest() != expected:
                raise Failure(f"{name} has other content than was written")


def make_file_system(kind, device):
    if kind == "ext4":
        run("mkfs.ext4", "-q", "-F", device)
    else:
        run("mkfs.xfs", "-q", "-f", device)
    run("mount", "-t", kind, device, MOUNT)


def check_file_system(kind, device):
    run("umount", MOUNT)
    if kind == "ext4":
        run("e2fsck", "-fn", device)
    else:
        run("xfs_repair", "-n", device)


def wait_for(condition, seconds, otherwise):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(otherwise)
        time.sleep(0.1)
