/* What TLS needs whether there is TLS or not: how many tunnels there are, and the words of a program without it. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "tls.h"

static atomic_int tunnels;

int mp_tls_tunnels(void) { return atomic_load(&tunnels); }

bool mp_tls_admit(int most) {
  if (atomic_fetch_add(&tunnels, 1) < most) return true;
  atomic_fetch_sub(&tunnels, 1);
  return false;
}

void mp_tls_dismiss(void) { atomic_fetch_sub(&tunnels, 1); }

#ifdef MPATH_TLS
bool mp_tls_is_built_in(void) { return true; }
#else
bool mp_tls_is_built_in(void) { return false; }

/* Nothing can be loaded, so that there is never one to be used. */
mp_tls *mp_tls_load(const mp_tls_setup *setup, char *error) {
  snprintf(error, MP_TLS_ERROR_BYTES, "%s: this mpathd was built without TLS",
           setup->keys ? setup->keys : setup->certificates);
  return NULL;
}

void mp_tls_retain(mp_tls *tls) { (void)tls; }
void mp_tls_release(mp_tls *tls) { (void)tls; }

void mp_tls_run(mp_tls *tls, int secured, int plain, int handshake_ms,
                void (*shaken)(void *context, const char *error), void *context) {
  (void)tls;
  (void)handshake_ms;
  shaken(context, "this mpathd was built without TLS");
  close(secured);
  close(plain);
  mp_tls_dismiss();
}
#endif
