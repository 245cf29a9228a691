#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clinux.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

int mp_socket_pair(int ends[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

int mp_set_io_flusher(void) { return prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0 ? -errno : 0; }

int mp_lock_memory(bool locked) {
  if (!locked) return munlockall() < 0 ? -errno : 0;
  /* Not touched yet, not paid for: most of what is mapped is room that is rarely needed. */
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? -errno : 0;
}

int mp_write_text(const char *name, const char *text) {
  int fd = open(name, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t length = strlen(text);
  ssize_t written = write(fd, text, length);
  int status = written == (ssize_t)length ? 0 : written < 0 ? -errno : -EIO;
  close(fd);
  return status;
}

int mp_wait_input(int fd, int milliseconds) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  int count;
  do
    count = poll(&ready, 1, milliseconds);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

bool mp_has_hung_up(int fd) {
  struct pollfd state = {.fd = fd, .events = 0};
  return poll(&state, 1, 0) == 1 && state.revents & (POLLHUP | POLLERR);
}

int mp_block_size(const char *name, uint64_t *size_bytes) {
  int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -errno;
  int status = ioctl(fd, BLKGETSIZE64, size_bytes) < 0 ? -errno : 0;
  close(fd);
  return status;
}
