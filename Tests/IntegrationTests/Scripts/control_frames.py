#!/usr/bin/python3
"""Random and mutated frames on the control socket, sent as whoever runs this.

  control_frames.py SOCKET COUNT SEED [changes] [pid=PID]

Sends COUNT frames over connections of its own, reads every answer, and prints how many there were of each kind as
one line of JSON. Without `changes` it fails when a method that changes anything was obeyed. With the daemon's PID it
fails when the daemon's memory has grown by more than 8 MiB after the first tenth of the frames.
"""

import json
import random
import socket
import sys

READING = ["list", "status", "stats", "events", "explain", "version", "paths"]
CHANGING = [
    "create", "label", "add", "remove", "fail", "restore", "set", "prefer", "rotate", "fail-queued", "resize", "stop",
    "destroy", "clear", "dump", "rescan", "attach", "detach", "export", "unexport",
    "upgrade"]
WORDS = ["data", "", "a" * 70, "../x", "\u0000", "\ud7ff", "/dev/null", "0", "-1", "nbd://x/y"]
PIECES = [b"{", b"}", b"[", b"]", b'"', b"\\", b"null", b"1e999", b"9" * 30, b"\x00", b"\xff\xfe", b'"id":', b"\n"]
BATCH = 64


def value(rng, depth=0):
    kind = rng.randrange(7 if depth < 3 else 5)
    if kind == 0:
        return rng.choice(WORDS)
    if kind == 1:
        return rng.randrange(-(1 << 70), 1 << 70)
    if kind == 2:
        return rng.choice([True, False, None])
    if kind == 3:
        return rng.random() * 1e6
    if kind == 4:
        return rng.randrange(100)
    if kind == 5:
        return [value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {rng.choice(["name", "path", "paths", "mode", "all", "x"]): value(rng, depth + 1) for _ in range(rng.randrange(3))}


def frame(rng):
    kind = rng.randrange(10)
    if kind == 0:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(200))).replace(b"\n", b" ")
    request = {
        "id": rng.randrange(1 << 31), "method": rng.choice(READING + CHANGING + CHANGING + ["x"]), "version": 1,
        "params": {}}
    for key in ("name", "path", "paths", "mode", "settings", "all", "force", "dryRun", "last"):
        if rng.randrange(4) == 0:
            request["params"][key] = value(rng)
    if rng.randrange(2) == 0:
        request["params"]["name"] = "data"
    data = bytearray(json.dumps(request).encode())
    for _ in range(rng.randrange(4) if kind < 6 else 0):
        place = rng.randrange(len(data))
        action = rng.randrange(4)
        if action == 0:
            data[place] = rng.randrange(256)
        elif action == 1:
            del data[place:place + rng.randrange(1, 20)]
        elif action == 2:
            data[place:place] = rng.choice(PIECES)
        else:
            data[place:place] = data[:rng.randrange(40)]
        if not data:
            break
    return bytes(data).replace(b"\n", b" ")


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(path)
    return client


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def main(path, count, seed, *rest):
    rng = random.Random(int(seed))
    may_change = "changes" in rest
    answers = {"frames": 0, "results": 0, "errors": 0, "not_permitted": 0, "obeyed": 0}
    left = int(count)
    pid = next((word[4:] for word in rest if word.startswith("pid=")), None)
    warm = left - left // 10
    early = None
    client = connect(path)
    reader = client.makefile("rb")
    while left > 0:
        if pid and early is None and left <= warm:
            early = resident_kib(pid)
        frames = [frame(rng) for _ in range(min(BATCH, left))]
        left -= len(frames)
        client.sendall(b"\n".join(frames) + b"\n")
        changing = {}
        for data in frames:
            try:
                request = json.loads(data)
                if request.get("method") in CHANGING:
                    changing[request.get("id")] = True
            # What is no request, or has a list for its id.
            except (ValueError, AttributeError, RecursionError, TypeError):
                pass
        for _ in frames:
            line = reader.readline()
            if not line:
                raise SystemExit("the daemon closed the connection")
            answer = json.loads(line)
            answers["frames"] += 1
            if "result" in answer:
                answers["results"] += 1
                if answer["id"] in changing:
                    answers["obeyed"] += 1
            else:
                answers["errors"] += 1
                answers["not_permitted"] += answer["error"]["code"] == "not-permitted"
        if rng.randrange(8) == 0:
            # Some clients leave in the middle of a frame.
            client.sendall(b'{"id":1,"meth')
            client.close()
            client = connect(path)
            reader = client.makefile("rb")
    if early is not None:
        answers["resident_kib"] = [early, resident_kib(pid)]
    print(json.dumps(answers))
    if early is not None and answers["resident_kib"][1] > early + (8 << 10):
        raise SystemExit("the daemon's memory grows")
    if answers["obeyed"] and not may_change:
        raise SystemExit("a change was obeyed")


main(*sys.argv[1:])
