#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clinux.h"

int mp_event_create(void) {
  int fd = eventfd(0, EFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int mp_event_signal(int fd) {
  uint64_t one = 1;
  return write(fd, &one, sizeof one) == sizeof one ? 0 : -errno;
}

int mp_event_drain(int fd) {
  uint64_t count;
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  if (poll(&ready, 1, 0) <= 0) return 0;
  return read(fd, &count, sizeof count) == sizeof count ? 0 : -errno;
}

int mp_signal_open(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  signal(SIGPIPE, SIG_IGN);
  int status = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (status) return -status;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int mp_signal_next(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

void mp_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

/* On Linux a thread has a niceness of its own (setpriority(2), bugs). */
void mp_thread_nice(int niceness) { setpriority(PRIO_PROCESS, (id_t)gettid(), niceness); }

void mp_bound_arenas(void) { mallopt(M_ARENA_MAX, 4); }

void mp_trim_memory(void) { malloc_trim(0); }

void mp_raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  /* A ring's file table counts too. The hard limit of a system without a service manager is 4096; only root
   * may raise it. */
  struct rlimit wanted = {.rlim_cur = 65536, .rlim_max = 65536};
  if (limit.rlim_max < wanted.rlim_max && setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int mp_peer_credentials(int fd, mp_peer *peer) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -errno;
  peer->pid = (uint32_t)credentials.pid;
  peer->uid = credentials.uid;
  peer->gid = credentials.gid;
  return 0;
}

static int unix_address(const char *name, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(name) >= sizeof address->sun_path) return -ENAMETOOLONG;
  strcpy(address->sun_path, name);
  return 0;
}

int mp_connect_unix(const char *name) {
  struct sockaddr_un address;
  int status = unix_address(name, &address);
  if (status < 0) return status;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    status = -errno;
    close(fd);
    return status;
  }
  return fd;
}

int mp_accept(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return -errno;
  /* A long answer leaves at once, or in fewer pieces where the privilege for that is missing. */
  int bytes = 1 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  return fd;
}

int mp_listen_unix(const char *name, uint32_t mode, int backlog) {
  struct sockaddr_un address;
  int status = unix_address(name, &address);
  if (status < 0) return status;
  int answering = mp_connect_unix(name);
  if (answering >= 0) {
    close(answering);
    return -EADDRINUSE;
  }
  struct stat about;
  if (lstat(name, &about) == 0) {
    if (!S_ISSOCK(about.st_mode)) return -EEXIST;
    if (unlink(name) < 0) return -errno;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  /* Narrow from the first moment; the umask is this process's alone while it starts a listener. */
  mode_t old = umask(0777 & ~mode);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) status = -errno;
  umask(old);
  if (status == 0 && chmod(name, mode) < 0) status = -errno;
  if (status == 0 && listen(fd, backlog) < 0) status = -errno;
  if (status < 0) {
    close(fd);
    return status;
  }
  return fd;
}

void mp_tune_data_socket(int fd) {
  int bytes = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

int mp_tune_server_socket(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) return -errno;
  int domain = 0;
  socklen_t length = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0) return -errno;
  int one = 1;
  /* A fixed send buffer would keep TCP from growing its own. */
  if (domain == AF_UNIX) mp_tune_data_socket(fd);
  else setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return 0;
}

bool mp_is_socket(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

void mp_tune_client_socket(int fd) {
  int one = 1;
  /* On a Unix socket nothing but the buffers can be set. */
  (void)mp_tune_server_socket(fd);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

int mp_send_now(int fd, const void *bytes, size_t length) {
  ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return -errno;
  return (size_t)sent == length ? 0 : -EAGAIN;
}

void *mp_map(size_t bytes, bool huge_pages) {
  const size_t alignment = 2 << 20;
  char *mapped = mmap(NULL, bytes + alignment, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  char *aligned = (char *)(((uintptr_t)mapped + alignment - 1) & ~(alignment - 1));
  madvise(aligned, bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return aligned;
}

/* Linux 5.18; glibc 2.36 does not know it. Memory that is locked is given back by no other advice. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

void mp_forget(void *address, size_t bytes) {
  if (madvise(address, bytes, MADV_DONTNEED_LOCKED) < 0) madvise(address, bytes, MADV_DONTNEED);
}

int mp_write_file(const char *name, const void *bytes, size_t length) {
  char temporary[4096];
  if (snprintf(temporary, sizeof temporary, "%s.new", name) >= (int)sizeof temporary)
    return -ENAMETOOLONG;
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -errno;
  int status = 0;
  const char *rest = bytes;
  while (length > 0 && status == 0) {
    ssize_t written = write(fd, rest, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) status = -errno;
    else rest += written, length -= (size_t)written;
  }
  if (status == 0 && fsync(fd) < 0) status = -errno;
  if (close(fd) < 0 && status == 0) status = -errno;
  if (status == 0 && rename(temporary, name) < 0) status = -errno;
  if (status < 0) {
    unlink(temporary);
    return status;
  }
  char *slash = strrchr(temporary, '/');
  if (slash) slash[slash == temporary] = 0;
  int folder = open(slash ? temporary : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -errno;
  /* Some file systems cannot sync a directory; the rename is then as durable as they make it. */
  if (fsync(folder) < 0 && errno != EINVAL) status = -errno;
  close(folder);
  return status;
}

int mp_lock_file(const char *name) {
  int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    int status = -errno;
    close(fd);
    return status;
  }
  /* Who has it, for whoever finds it taken. */
  if (ftruncate(fd, 0) == 0) dprintf(fd, "%d\n", getpid());
  return fd;
}

int mp_hold_lock(const char *name) {
  int fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  int status = -errno;
  close(fd);
  return status;
}
