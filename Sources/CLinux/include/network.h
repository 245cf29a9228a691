/* Connections to NBD servers, as helper threads make them: everything here may take as long as its deadline
 * allows, and nothing longer but the resolver.
 *
 * Deadlines are on CLOCK_MONOTONIC, in milliseconds. Every function returns a negative errno when it fails. */
#ifndef MPATH_NETWORK_H
#define MPATH_NETWORK_H

#include <stddef.h>
#include <stdint.h>

int64_t mp_monotonic_milliseconds(void);

/* Longest text that mp_connect_* writes into `peer`, with its NUL. */
enum { MP_PEER_BYTES = 128 };

/* Resolves a host and connects to the first of its addresses that answers; each gets its share of the time
 * left. `peer` becomes its numeric address with the port. A host that cannot be resolved gives
 * -EADDRNOTAVAIL and `resolver_error`, for mp_resolver_text. Resolving itself obeys resolv.conf, not the
 * deadline: the caller must be a thread that can be left behind. */
int mp_connect_tcp(const char *host, uint16_t port, int64_t deadline, char *peer, int *resolver_error);
const char *mp_resolver_text(int resolver_error);
/* `peer` becomes device and inode of the socket: two names of one socket are one server. */
int mp_connect_unix_within(const char *name, int64_t deadline, char *peer);

/* A listening socket at a numeric host, NULL for all addresses. `port` becomes the kernel's choice where it is 0. */
int mp_listen_tcp(const char *host, uint16_t *port, int backlog);

/* Sends all of `bytes`; 0 when they are gone. */
int mp_send_within(int fd, const void *bytes, size_t length, int64_t deadline);
/* Receives at least one byte; 0 at the end of the stream. */
int64_t mp_receive_within(int fd, void *bytes, size_t length, int64_t deadline);

#endif
