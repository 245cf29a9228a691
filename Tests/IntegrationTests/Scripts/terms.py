"""libnbd by hand: what was agreed on, and each command once.

  terms.py URI structured|simple
"""

import os
import sys

import nbd

uri, replies = sys.argv[1:]
BLOCK = 65536


def opened(structured):
    client = nbd.NBD()
    client.set_uri_allow_local_file(True)
    client.set_request_structured_replies(structured)
    if structured:
        client.add_meta_context(nbd.CONTEXT_BASE_ALLOCATION)
    client.connect_uri(uri)
    return client


# With and without the wish: a server that can do more does what it is asked.
for wished in (True, False):
    client = opened(wished)
    agreed = wished and replies == "structured"
    assert client.get_structured_replies_negotiated() == agreed
    assert client.can_df() == agreed
    assert client.can_meta_context(nbd.CONTEXT_BASE_ALLOCATION) == agreed
    stamp = os.urandom(BLOCK)
    client.pwrite(stamp, BLOCK, nbd.CMD_FLAG_FUA)
    assert client.pread(BLOCK, BLOCK) == stamp
    client.zero(BLOCK, BLOCK, 0)
    assert client.pread(BLOCK, BLOCK) == bytes(BLOCK)
    client.pwrite(stamp, 2 * BLOCK)
    client.trim(BLOCK, 3 * BLOCK)
    client.flush()
    if agreed:
        chunks = []
        whole = client.pread_structured(
            BLOCK, 2 * BLOCK, lambda data, offset, kind, error: chunks.append(kind),
            nbd.CMD_FLAG_DF)
        assert whole == stamp and chunks == [nbd.READ_DATA], chunks
        extents = []
        client.block_status(
            BLOCK, 2 * BLOCK, lambda context, offset, entries, error: extents.append(entries))
        assert len(extents) == 1 and extents[0][0] >= BLOCK and extents[0][1] == 0, extents
    client.set_strict_mode(0)
    try:
        client.pread(512, client.get_size())
        raise SystemExit("a read beyond the end succeeded")
    except nbd.Error as error:
        assert error.errno == "EINVAL", error
    assert client.pread(BLOCK, 2 * BLOCK) == stamp
    client.shutdown()
