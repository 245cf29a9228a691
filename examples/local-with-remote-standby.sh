#!/usr/bin/env bash
# A local disk, and a server on the same medium that is used only while the local way is gone.
# Runs in a directory of its own, checks itself, and is over in half a minute. Needs mpathd, mpctl, nbdkit, nbdcopy.
source "$(dirname "$0")/common"

truncate -s 64M image
ln image local # the local way; a SAN disk in real life, with the server on another host that has it too
serve remote image

# Group 0 carries everything while one of its paths is usable; failback returns to it.
mpctl create --priority remote.sock=10 --set failback=immediate data ./local \
  "nbd+unix:///?socket=remote.sock"
mpctl explain data # the caches are private: a disk here and a server there share nothing that we know of
wait_for local ACTIVE

head -c 64M /dev/urandom >wanted
nbdcopy --flush wanted "$data"
mpctl fail data local # the local way is taken away, in order: everything is flushed
wait_for remote.sock ACTIVE
nbdcopy "$data" found
cmp wanted found

mpctl restore data local
wait_for local ACTIVE
wait_for remote.sock PASSIVE
mpctl status --check
echo 'WELL: the standby served the same bytes while the local disk was away, and no longer'
