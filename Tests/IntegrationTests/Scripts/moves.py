"""Moves the active path of a device whose paths have caches of their own.

usage: moves.py MPCTL RUN-DIR URI ONE TWO

ONE is the active path. Writes without a flush keep it; after a flush it may be left.
"""

import subprocess
import sys

import nbd

mpctl, run_directory, uri, one, two = sys.argv[1:]


def ask(verb, *words):
    return subprocess.run(
        [mpctl, verb, "--run-dir", run_directory, "data", *words], capture_output=True, text=True,
        check=False)


def active():
    return ask("getactive").stdout.strip()


def refused(verb, *words):
    answer = ask(verb, *words)
    assert answer.returncode == 1, answer
    assert "no flush has covered" in answer.stderr and "fix: " in answer.stderr, answer.stderr


client = nbd.NBD()
client.connect_uri(uri)
assert active() == one, active()
client.pwrite(b"1" * 4096, 0)
refused("prefer", two)
refused("rotate")
assert active() == one, active()
client.flush()
assert ask("prefer", two).returncode == 0
assert active() == two, active()
# What it is already, it may be told again.
client.pwrite(b"2" * 4096, 0)
assert ask("prefer", two).returncode == 0
# A better group waits for a flush too, however often it is looked at.
assert ask("set", f"priority.{two}=1").returncode == 0
for _ in range(5):
    client.pread(4096, 0)
    assert active() == two, active()
client.flush()
while active() != one:
    client.pread(4096, 0)
client.pwrite(b"3" * 4096, 0)
assert ask("fail", one).returncode == 0
assert active() == two, active()
print("moved")
