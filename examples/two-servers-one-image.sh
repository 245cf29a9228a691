#!/usr/bin/env bash
# Two NBD servers on one host in front of one image: the disk outlives either of them.
# Runs in a directory of its own, checks itself, and is over in half a minute. Needs mpathd, mpctl, nbdkit, nbdcopy.
source "$(dirname "$0")/common"

truncate -s 64M image
serve a image
serve b image

# Both servers write through this host's page cache, so what one acknowledged the other shows: a shared cache.
mpctl create --cache shared data "nbd+unix:///?socket=a.sock" "nbd+unix:///?socket=b.sock"
mpctl status

head -c 64M /dev/urandom >wanted
nbdcopy --flush wanted "$data" &
copy=$!
sleep 0.2
unserve a # dies as in a crash, with requests on their way
wait "$copy"
wait_for b.sock ACTIVE
mpctl status

serve a image # and is back without being asked
wait_for a.sock PASSIVE
nbdcopy "$data" found
cmp wanted found
echo 'WELL: a server died while 64 MiB were written, and every byte is there'
