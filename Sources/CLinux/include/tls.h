/* TLS over a connected socket, by GnuTLS: for clients of ours and for servers that we are clients of.
 *
 * A tunnel is run by a thread of its own. It speaks TLS on one descriptor and plain bytes on another, whose other
 * end is used like any connection. */
#ifndef MPATH_TLS_H
#define MPATH_TLS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mp_tls mp_tls;

typedef struct {
  bool is_server;
  /* A folder with ca-cert.pem and, for a server, server-cert.pem and server-key.pem, for a client those of
   * client-; NULL where keys are shared. */
  const char *certificates;
  /* A server's file of USER:HEX lines, or a client's; NULL for certificates. */
  const char *keys;
  /* Of a client with shared keys: whose line of the file it uses. */
  const char *user;
  /* Whose certificate a client accepts; NULL for that of any host that the authority vouches for. */
  const char *host;
  /* A server takes only clients with a certificate that its authority has signed. */
  bool verifies_client;
} mp_tls_setup;

enum { MP_TLS_ERROR_BYTES = 512 };

/* Whether this program has TLS: one that is linked statically has none. */
bool mp_tls_is_built_in(void);

/* Reads what the setup names. On failure returns NULL and writes a sentence of at most MP_TLS_ERROR_BYTES. */
mp_tls *mp_tls_load(const mp_tls_setup *setup, char *error);
void mp_tls_retain(mp_tls *tls);
void mp_tls_release(mp_tls *tls);

/* How many tunnels there are now. */
int mp_tls_tunnels(void);
/* Counts one more, unless there are `most` already. */
bool mp_tls_admit(int most);

/* Takes an admission back that led to no tunnel. */
void mp_tls_dismiss(void);

/* Shakes hands on `secured`, for at most so long, then carries bytes between it and `plain` until either has
 * ended. Closes both, releases `tls`, and ends the count of mp_tls_admit. `shaken` is called once, when the
 * handshake is over: with NULL when it went well, or with a sentence. */
void mp_tls_run(mp_tls *tls, int secured, int plain, int handshake_ms,
                void (*shaken)(void *context, const char *error), void *context);

#endif
