#!/usr/bin/python3
"""Whether a scan without a daemon and a daemon make the same of random sets of labels.

  agreement.py PROGRAMS FOLDER COUNT SEED

Each set is a few media with labels that are good, damaged, of another size, doubled, or that collide by name or uuid.
The daemon's name, uuid, mode and size of each device must be those of the scan.
"""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import uuid

LAYOUT = struct.Struct("<16s40s16sIIQB")
NAMES = ["data", "fast", "x", "a" * 15, "data", "data-1", "control", "bad/name", "", "-x"]


def medium(rng, path, uuids):
    size = rng.choice([1 << 20, 1 << 20, 2 << 20, (1 << 20) + 4096, 1000, 512, 0])
    sector = rng.choice([512, 512, 4096, 0])
    recorded = rng.choice([size, size, size, size, 0, size + 4096])
    record = bytearray(LAYOUT.pack(
        b"GEOM::MULTIPATH", rng.choice(uuids).encode(), rng.choice(NAMES).encode(), rng.choice([1, 1, 1, 1, 2, 0]),
        sector, recorded, rng.choice([0, 1, 2, 0, 7])))
    if rng.randrange(5) == 0:
        record[rng.randrange(len(record))] ^= 1 << rng.randrange(8)
    with open(path, "wb") as file:
        file.truncate(size)
        place = size - (sector or 512)
        if rng.randrange(8) and place >= 0:
            file.seek(place)
            file.write(bytes(record).ljust(sector or 512, b"\0"))


def by_scan(programs, folder):
    names = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    text = subprocess.run(
        [programs + "/mpctl", "scan", "--json", *names], capture_output=True, text=True, check=True, timeout=60).stdout
    return {(one["name"], one["uuid"], one["mode"], one["sizeBytes"]) for one in json.loads(text)["devices"]}


def by_daemon(programs, folder, run):
    daemon = subprocess.Popen(
        [programs + "/mpathd", "--run-dir", run, "--no-state", "--no-uevents", "--reactors", "1", "--log-level", "error",
         "--taste", folder + "/*"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert b"ready" in daemon.stdout.readline()
        text = subprocess.run(
            [programs + "/mpctl", "status", "--json", "--run-dir", run], capture_output=True, text=True, check=True,
            timeout=60).stdout
        return {(one["name"], one["uuid"], one["mode"], one["sizeBytes"]) for one in json.loads(text)["devices"]}
    finally:
        daemon.terminate()
        daemon.wait(60)
        daemon.stdout.close()


def main(programs, folder, count, seed):
    devices = 0
    for number in range(int(seed), int(seed) + int(count)):
        rng = random.Random(number)
        uuids = [str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(3)]
        media = os.path.join(folder, "media")
        shutil.rmtree(media, ignore_errors=True)
        os.mkdir(media)
        for index in range(rng.randrange(1, 9)):
            medium(rng, os.path.join(media, f"m{index}"), uuids)
        scanned = by_scan(programs, media)
        served = by_daemon(programs, media, os.path.join(folder, "run"))
        if scanned != served:
            raise SystemExit(f"set {number}: the scan says {sorted(scanned)}, the daemon {sorted(served)}")
        devices += len(served)
    print(f"{count} sets, {devices} devices, all alike")


main(*sys.argv[1:])
