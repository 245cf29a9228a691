#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "tls.h"

/* In place of tls.c in the statically linked program, since some of what GnuTLS needs has no static library: nothing can
 * be loaded, so that there never is a tunnel. */

mp_tls *mp_tls_load(const mp_tls_setup *setup, char *error) {
  (void)setup;
  snprintf(error, MP_TLS_ERROR_BYTES, "this program was built without TLS");
  return NULL;
}

void mp_tls_retain(mp_tls *tls) { (void)tls; }

void mp_tls_release(mp_tls *tls) { (void)tls; }

int mp_tls_tunnels(void) { return 0; }

bool mp_tls_admit(int most) {
  (void)most;
  return false;
}

void mp_tls_dismiss(void) {}

void mp_tls_run(mp_tls *tls, int secured, int plain, int handshake_ms,
                void (*shaken)(void *context, const char *error), void *context) {
  (void)tls;
  (void)handshake_ms;
  close(secured);
  close(plain);
  shaken(context, "this program was built without TLS");
}
