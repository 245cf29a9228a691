"""libnbd starts a server by itself: over a socket pair, and by socket activation.

  single.py MPATHD FILE
"""

import os
import sys

import nbd

program, file = sys.argv[1:]
stamp = os.urandom(65536)

client = nbd.NBD()
client.connect_command([program, "--stdio", file])
assert client.get_size() == os.stat(file).st_size
client.pwrite(stamp, 1 << 20, nbd.CMD_FLAG_FUA)
assert client.pread(65536, 1 << 20) == stamp
client.shutdown()

reader = nbd.NBD()
reader.connect_systemd_socket_activation([program, "--read-only", file])
assert reader.is_read_only()
assert reader.pread(65536, 1 << 20) == stamp, "another server shows something else"
reader.set_strict_mode(0)
try:
    reader.pwrite(bytes(65536), 1 << 20)
    raise SystemExit("a read-only export was changed")
except nbd.Error as error:
    assert error.errno == "EPERM", error
reader.shutdown()

# A client that goes without a word is no reason to stay.
abrupt = nbd.NBD()
abrupt.connect_command([program, "--stdio", file])
abrupt.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(stamp)), 2 << 20)
del abrupt
