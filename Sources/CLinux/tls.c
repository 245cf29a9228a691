#define _GNU_SOURCE
#ifdef MPATH_TLS
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network.h"
#include "tls.h"

/* TLS 1.2 is the least that the NBD protocol allows. */
#define VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define SHARED_KEYS ":-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"

/* The largest record, so that one is read or written at a time. */
enum { RECORD_BYTES = 16384 };
/* The user of a tunnel has hung up: how long its last bytes may take to leave. */
enum { FAREWELL_MS = 10000 };

struct mp_tls {
  atomic_int users;
  bool is_server;
  bool verifies_client;
  char *host;
  gnutls_certificate_credentials_t certificates;
  gnutls_psk_server_credentials_t server_keys;
  gnutls_psk_client_credentials_t client_keys;
  gnutls_priority_t priority;
};

void mp_tls_retain(mp_tls *tls) { atomic_fetch_add(&tls->users, 1); }

void mp_tls_release(mp_tls *tls) {
  if (atomic_fetch_sub(&tls->users, 1) != 1) return;
  if (tls->certificates) gnutls_certificate_free_credentials(tls->certificates);
  if (tls->server_keys) gnutls_psk_free_server_credentials(tls->server_keys);
  if (tls->client_keys) gnutls_psk_free_client_credentials(tls->client_keys);
  if (tls->priority) gnutls_priority_deinit(tls->priority);
  free(tls->host);
  free(tls);
}

/* --- Loading --- */

static int complain(char *error, const char *what, const char *why) {
  snprintf(error, MP_TLS_ERROR_BYTES, "%s: %s", what, why);
  return -1;
}

static int named(char *name, size_t size, const char *folder, const char *file, char *error) {
  int length = snprintf(name, size, "%s/%s", folder, file);
  if (length < 0 || (size_t)length >= size) return complain(error, folder, "the name is too long");
  return 0;
}

static int load_certificates(mp_tls *tls, const mp_tls_setup *setup, char *error) {
  char authority[4096], certificate[4096], key[4096];
  const char *who = setup->is_server ? "server" : "client";
  char file[32];
  if (named(authority, sizeof authority, setup->certificates, "ca-cert.pem", error)) return -1;
  snprintf(file, sizeof file, "%s-cert.pem", who);
  if (named(certificate, sizeof certificate, setup->certificates, file, error)) return -1;
  snprintf(file, sizeof file, "%s-key.pem", who);
  if (named(key, sizeof key, setup->certificates, file, error)) return -1;
  int status = gnutls_certificate_allocate_credentials(&tls->certificates);
  if (status < 0) return complain(error, "certificates", gnutls_strerror(status));
  bool has_authority = access(authority, F_OK) == 0;
  if (has_authority) {
    status = gnutls_certificate_set_x509_trust_file(tls->certificates, authority, GNUTLS_X509_FMT_PEM);
    if (status < 0) return complain(error, authority, gnutls_strerror(status));
  } else if (setup->verifies_client) {
    return complain(error, authority, "it is needed to verify clients, and is not there");
  } else if (!setup->is_server) {
    status = gnutls_certificate_set_x509_system_trust(tls->certificates);
    if (status < 0) return complain(error, "the system's authorities", gnutls_strerror(status));
  }
  /* A client need not have one. */
  if (!setup->is_server && access(certificate, F_OK) != 0) return 0;
  status = gnutls_certificate_set_x509_key_file(tls->certificates, certificate, key, GNUTLS_X509_FMT_PEM);
  return status < 0 ? complain(error, certificate, gnutls_strerror(status)) : 0;
}

/* The key of `user` in a file of USER:HEX lines, in hexadecimal. */
static int find_key(const char *name, const char *user, char *key, size_t size, char *error) {
  FILE *file = fopen(name, "re");
  if (!file) return complain(error, name, strerror(errno));
  char line[2048];
  int status = -1;
  size_t length = strlen(user);
  while (status && fgets(line, sizeof line, file)) {
    if (strncmp(line, user, length) != 0 || line[length] != ':') continue;
    line[strcspn(line, "\r\n")] = 0;
    if (snprintf(key, size, "%s", line + length + 1) < (int)size) status = 0;
  }
  fclose(file);
  memset(line, 0, sizeof line);
  return status ? complain(error, name, "it has no key of this user") : 0;
}

static int load_keys(mp_tls *tls, const mp_tls_setup *setup, char *error) {
  int status;
  if (setup->is_server) {
    if (access(setup->keys, R_OK) != 0) return complain(error, setup->keys, strerror(errno));
    status = gnutls_psk_allocate_server_credentials(&tls->server_keys);
    if (status == 0) status = gnutls_psk_set_server_credentials_file(tls->server_keys, setup->keys);
    return status < 0 ? complain(error, setup->keys, gnutls_strerror(status)) : 0;
  }
  char key[1024];
  const char *user = setup->user ? setup->user : "";
  if (find_key(setup->keys, user, key, sizeof key, error)) return -1;
  gnutls_datum_t datum = {.data = (unsigned char *)key, .size = (unsigned int)strlen(key)};
  status = gnutls_psk_allocate_client_credentials(&tls->client_keys);
  if (status == 0)
    status = gnutls_psk_set_client_credentials(tls->client_keys, user, &datum, GNUTLS_PSK_KEY_HEX);
  memset(key, 0, sizeof key);
  return status < 0 ? complain(error, setup->keys, gnutls_strerror(status)) : 0;
}

mp_tls *mp_tls_load(const mp_tls_setup *setup, char *error) {
  mp_tls *tls = calloc(1, sizeof *tls);
  if (!tls) {
    complain(error, "TLS", strerror(ENOMEM));
    return NULL;
  }
  atomic_init(&tls->users, 1);
  tls->is_server = setup->is_server;
  tls->verifies_client = setup->verifies_client;
  int status = setup->keys ? load_keys(tls, setup, error) : load_certificates(tls, setup, error);
  if (status == 0 && setup->host && !(tls->host = strdup(setup->host)))
    status = complain(error, "TLS", strerror(ENOMEM));
  if (status == 0) {
    const char *words = setup->keys ? VERSIONS SHARED_KEYS : VERSIONS;
    int failure = gnutls_priority_init(&tls->priority, words, NULL);
    if (failure < 0) status = complain(error, "TLS", gnutls_strerror(failure));
  }
  if (status == 0) return tls;
  mp_tls_release(tls);
  return NULL;
}

/* --- Handshake --- */

static int begin(mp_tls *tls, int secured, gnutls_session_t *session) {
  unsigned int role = tls->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT;
  int status = gnutls_init(session, role | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  if (status < 0) return status;
  status = gnutls_priority_set(*session, tls->priority);
  if (status == 0 && tls->certificates) {
    status = gnutls_credentials_set(*session, GNUTLS_CRD_CERTIFICATE, tls->certificates);
    if (tls->is_server && tls->verifies_client) {
      gnutls_certificate_server_set_request(*session, GNUTLS_CERT_REQUIRE);
      gnutls_session_set_verify_cert(*session, NULL, 0);
    } else if (!tls->is_server) {
      if (tls->host) gnutls_server_name_set(*session, GNUTLS_NAME_DNS, tls->host, strlen(tls->host));
      gnutls_session_set_verify_cert(*session, tls->host, 0);
    }
  }
  if (status == 0 && tls->server_keys)
    status = gnutls_credentials_set(*session, GNUTLS_CRD_PSK, tls->server_keys);
  if (status == 0 && tls->client_keys)
    status = gnutls_credentials_set(*session, GNUTLS_CRD_PSK, tls->client_keys);
  gnutls_transport_set_int(*session, secured);
  gnutls_handshake_set_timeout(*session, GNUTLS_INDEFINITE_TIMEOUT);
  return status;
}

static int shake(gnutls_session_t session, int secured, int64_t deadline) {
  for (;;) {
    int status = gnutls_handshake(session);
    if (status == 0) return 0;
    if (gnutls_error_is_fatal(status)) {
      gnutls_alert_send_appropriate(session, status);
      return status;
    }
    int64_t left = deadline - mp_monotonic_milliseconds();
    if (left <= 0) return GNUTLS_E_TIMEDOUT;
    struct pollfd ready = {
        .fd = secured, .events = gnutls_record_get_direction(session) ? POLLOUT : POLLIN};
    if (poll(&ready, 1, (int)left) < 0 && errno != EINTR) return GNUTLS_E_PULL_ERROR;
  }
}

/* --- Carrying --- */

/* Bytes on their way in one direction; more are taken when none are left. */
typedef struct {
  char bytes[RECORD_BYTES];
  size_t start, end;
  /* Its source has ended. */
  bool is_over;
} flow;

typedef struct {
  gnutls_session_t session;
  int secured, plain;
  flow inward, outward;
  /* Since when the user has been gone; 0 while it is there. */
  int64_t farewell;
} tunnel;

static bool is_empty(const flow *flow) { return flow->start == flow->end; }

/* From TLS to the user. False when the connection has broken. */
static bool carry_inward(tunnel *t) {
  for (;;) {
    if (is_empty(&t->inward)) {
      if (t->inward.is_over) return true;
      ssize_t got = gnutls_record_recv(t->session, t->inward.bytes, RECORD_BYTES);
      if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) return true;
      if (got < 0 && !gnutls_error_is_fatal((int)got)) continue;
      if (got <= 0) {
        /* A stream that was cut off, rather than ended, is not to be told from one that was tampered with. */
        t->inward.is_over = true;
        shutdown(t->plain, SHUT_WR);
        return got == 0;
      }
      t->inward.start = 0;
      t->inward.end = (size_t)got;
    }
    ssize_t put = send(t->plain, t->inward.bytes + t->inward.start, t->inward.end - t->inward.start,
                       MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (put < 0) {
      /* The user is gone; what it said at last still has to leave. */
      t->inward.is_over = true;
      t->inward.start = t->inward.end;
      return true;
    }
    t->inward.start += (size_t)put;
  }
}

/* From the user to TLS. */
static bool carry_outward(tunnel *t) {
  for (;;) {
    if (is_empty(&t->outward)) {
      if (t->outward.is_over) return true;
      ssize_t got = recv(t->plain, t->outward.bytes, RECORD_BYTES, 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      t->outward.is_over = got == 0;
      t->outward.start = 0;
      t->outward.end = (size_t)got;
      if (got == 0) return true;
    }
    ssize_t put = gnutls_record_send(t->session, t->outward.bytes + t->outward.start,
                                     t->outward.end - t->outward.start);
    if (put == GNUTLS_E_AGAIN || put == GNUTLS_E_INTERRUPTED) return true;
    if (put < 0) return false;
    t->outward.start += (size_t)put;
  }
}

/* Waits until something can be carried. False when the user has been gone for too long. */
static bool wait_for_either(tunnel *t) {
  short secured = 0, plain = 0;
  if (is_empty(&t->inward)) secured |= t->inward.is_over ? 0 : POLLIN;
  else plain |= POLLOUT;
  if (is_empty(&t->outward)) plain |= t->outward.is_over ? 0 : POLLIN;
  else secured |= POLLOUT;
  int64_t left = -1;
  if (t->farewell) {
    left = t->farewell + FAREWELL_MS - mp_monotonic_milliseconds();
    if (left <= 0) return false;
  }
  struct pollfd ready[2] = {
      /* What is not looked at would be reported again and again once it has hung up. */
      {.fd = secured ? t->secured : -1, .events = secured},
      {.fd = plain || !t->farewell ? t->plain : -1, .events = plain},
  };
  if (poll(ready, 2, (int)left) < 0 && errno != EINTR) return false;
  if (ready[1].revents & (POLLHUP | POLLERR) && !t->farewell) t->farewell = mp_monotonic_milliseconds();
  return true;
}

static void carry(tunnel *t) {
  for (;;) {
    if (!carry_inward(t) || !carry_outward(t)) return;
    if (t->outward.is_over && is_empty(&t->outward)) {
      /* Best effort: the connection ends either way. */
      gnutls_bye(t->session, GNUTLS_SHUT_WR);
      return;
    }
    if (!wait_for_either(t)) return;
  }
}

static int dont_block(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void mp_tls_run(mp_tls *tls, int secured, int plain, int handshake_ms,
                void (*shaken)(void *context, const char *error), void *context) {
  tunnel *t = calloc(1, sizeof *t);
  gnutls_session_t session = NULL;
  int status = GNUTLS_E_MEMORY_ERROR;
  if (t && dont_block(secured) == 0 && dont_block(plain) == 0) {
    status = begin(tls, secured, &session);
    if (status == 0) status = shake(session, secured, mp_monotonic_milliseconds() + handshake_ms);
  }
  shaken(context, status == 0 ? NULL : gnutls_strerror(status));
  if (status == 0) {
    t->session = session;
    t->secured = secured;
    t->plain = plain;
    carry(t);
  }
  if (session) gnutls_deinit(session);
  /* Another end of the same connection may be open elsewhere. */
  shutdown(secured, SHUT_RDWR);
  shutdown(plain, SHUT_RDWR);
  close(secured);
  close(plain);
  free(t);
  mp_tls_release(tls);
  mp_tls_dismiss();
}
#endif
