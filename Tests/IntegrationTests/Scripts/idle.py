"""A client that opens an export, says so, and does nothing until the server hangs up.

  idle.py SOCKET
"""

import sys

from wire import connect

client = connect(sys.argv[1], seconds=600)
print("connected", flush=True)
assert client.is_ended(), "the server said something unasked"
