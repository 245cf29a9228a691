#!/usr/bin/env bash
# One NBD server that two networks lead to: both carry the load, and either may go away.
# Runs in a directory of its own, checks itself, and is over in half a minute. Needs mpathd, mpctl, nbdkit, nbdcopy,
# and python3, which plays the networks: two addresses of the loopback interface.
source "$(dirname "$0")/common"

truncate -s 64M image
serve server image
network 127.0.0.2 10809 server.sock
network 127.0.0.3 10809 server.sock

# mpath sees two addresses and cannot know that one server stands behind them. We know, so we say so; without
# --cache shared it refuses to use both ways at once.
if mpctl create -A data nbd://127.0.0.2/ nbd://127.0.0.3/; then exit 1; fi
mpctl create -A --cache shared data nbd://127.0.0.2/ nbd://127.0.0.3/
mpctl status

head -c 64M /dev/urandom >wanted
nbdcopy --flush wanted "$data" &
copy=$!
sleep 0.2
no_network 127.0.0.2
wait "$copy"
wait_for 127.0.0.2:10809 LOST
mpctl status

network 127.0.0.2 10809 server.sock
wait_for 127.0.0.2:10809 ACTIVE
nbdcopy "$data" found
cmp wanted found
echo 'WELL: a network went away while 64 MiB were written, and every byte is there'
