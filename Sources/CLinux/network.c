#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "network.h"

/* A peer that is silent is asked after five seconds, and given up after three questions two seconds apart;
 * data that it does not take is given up after ten. Much sooner would end connections over a switch that
 * restarts, and failover does not wait for this: it only says when nothing more can happen on a connection. */
enum { IDLE_SECONDS = 5, INTERVAL_SECONDS = 2, PROBES = 3, USER_TIMEOUT_MS = 10000 };

int64_t mp_monotonic_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - mp_monotonic_milliseconds();
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd ready = {.fd = fd, .events = events};
    int count = poll(&ready, 1, left > 1000000 ? 1000000 : (int)left);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return -errno;
  }
}

static void tune(int fd) {
  int on = 1, idle = IDLE_SECONDS, interval = INTERVAL_SECONDS, probes = PROBES;
  unsigned int user_timeout = USER_TIMEOUT_MS;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout);
}

/* The ring waits by itself and wants a socket that would block. */
static int make_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) return -errno;
  return 0;
}

static int connect_one(const struct addrinfo *address, int64_t deadline) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  tune(fd);
  int status = 0;
  if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
    status = errno == EINPROGRESS ? wait_for(fd, POLLOUT, deadline) : -errno;
    int error = 0;
    socklen_t length = sizeof error;
    if (status == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) status = -errno;
    if (status == 0) status = -error;
  }
  if (status == 0) status = make_blocking(fd);
  if (status == 0) return fd;
  close(fd);
  return status;
}

static void describe(const struct addrinfo *address, uint16_t port, char *peer) {
  char host[64] = "?";
  getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST);
  snprintf(peer, MP_PEER_BYTES, address->ai_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, port);
}

int mp_connect_tcp(const char *host, uint16_t port, int64_t deadline, char *peer, int *resolver_error) {
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  *resolver_error = getaddrinfo(host, service, &hints, &found);
  if (*resolver_error) return -EADDRNOTAVAIL;
  int left = 0, status = -ETIMEDOUT;
  for (struct addrinfo *address = found; address; address = address->ai_next) left++;
  for (struct addrinfo *address = found; address && status < 0; address = address->ai_next, left--) {
    int64_t now = mp_monotonic_milliseconds();
    if (now >= deadline) break;
    status = connect_one(address, now + (deadline - now) / left);
    if (status >= 0) describe(address, port, peer);
  }
  freeaddrinfo(found);
  return status;
}

static int listen_one(const struct addrinfo *address, uint16_t *port, int backlog) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int on = 1, off = 0, status = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  /* One socket for both families, where it is for all addresses. */
  if (address->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, backlog) < 0) status = -errno;
  struct sockaddr_storage bound;
  socklen_t length = sizeof bound;
  if (status == 0 && getsockname(fd, (struct sockaddr *)&bound, &length) < 0) status = -errno;
  if (status < 0) {
    close(fd);
    return status;
  }
  *port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                            : ((struct sockaddr_in *)&bound)->sin_port);
  return fd;
}

int mp_listen_tcp(const char *host, uint16_t *port, int backlog) {
  char service[8];
  snprintf(service, sizeof service, "%u", *port);
  struct addrinfo hints = {
      .ai_family = host ? AF_UNSPEC : AF_INET6,
      .ai_socktype = SOCK_STREAM,
      .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST | AI_PASSIVE,
  };
  int status = -EADDRNOTAVAIL;
  /* A machine without IPv6 gets a socket of the other family. */
  for (int tries = host ? 1 : 2; tries > 0 && status < 0; tries--) {
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) == 0) {
      status = listen_one(found, port, backlog);
      freeaddrinfo(found);
    }
    hints.ai_family = AF_INET;
  }
  return status;
}

const char *mp_resolver_text(int resolver_error) { return gai_strerror(resolver_error); }

int mp_connect_unix_within(const char *name, int64_t deadline, char *peer) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(name) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, name);
  struct stat about;
  if (stat(name, &about) < 0) return -errno;
  if (!S_ISSOCK(about.st_mode)) return -ENOTSOCK;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  /* A full backlog makes connect wait for as long as this. */
  int64_t left = deadline - mp_monotonic_milliseconds();
  struct timeval patience = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 + 1};
  struct timeval none = {0};
  int status = left > 0 ? 0 : -ETIMEDOUT;
  if (status == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
    status = -errno;
  if (status == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
    status = errno == EAGAIN ? -ETIMEDOUT : -errno;
  if (status == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none) < 0) status = -errno;
  if (status < 0) {
    close(fd);
    return status;
  }
  snprintf(peer, MP_PEER_BYTES, "unix:%llx:%llx", (unsigned long long)about.st_dev,
           (unsigned long long)about.st_ino);
  return fd;
}

int mp_send_within(int fd, const void *bytes, size_t length, int64_t deadline) {
  const char *rest = bytes;
  while (length > 0) {
    ssize_t sent = send(fd, rest, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      rest += sent;
      length -= (size_t)sent;
    } else if (errno == EAGAIN) {
      int status = wait_for(fd, POLLOUT, deadline);
      if (status < 0) return status;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return 0;
}

int64_t mp_receive_within(int fd, void *bytes, size_t length, int64_t deadline) {
  for (;;) {
    ssize_t got = recv(fd, bytes, length, MSG_DONTWAIT);
    if (got >= 0) return got;
    if (errno == EAGAIN) {
      int status = wait_for(fd, POLLIN, deadline);
      if (status < 0) return status;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}
