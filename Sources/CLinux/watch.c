#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "clinux.h"

/* A file that comes, goes, or is closed by somebody who wrote to it and may have changed its size. Our own writes close
 * nothing, so that load on a path tells nothing here. */
enum { WATCHED = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR };

int mp_watch_open(void) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int mp_watch_add(int fd, const char *folder) {
  int watch = inotify_add_watch(fd, folder, WATCHED);
  return watch < 0 ? -errno : watch;
}

int mp_watch_next(int fd, void *buffer, uint32_t room, mp_watch_event *events, uint32_t events_max) {
  ssize_t got;
  do
    got = read(fd, buffer, room);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN ? 0 : -errno;
  uint32_t count = 0;
  const char *at = buffer, *end = at + got;
  while (at + sizeof(struct inotify_event) <= end && count < events_max) {
    struct inotify_event event;
    memcpy(&event, at, sizeof event);
    const char *name = event.len ? at + sizeof event : "";
    at += sizeof event + event.len;
    if (event.mask & IN_Q_OVERFLOW) return -ENOBUFS;
    events[count].watch = event.wd;
    events[count].name = name;
    events[count].has_ended = event.mask & IN_IGNORED;
    events[count].has_come = event.mask & (IN_CREATE | IN_MOVED_TO);
    events[count].has_gone = event.mask & (IN_DELETE | IN_MOVED_FROM);
    count++;
  }
  return (int)count;
}
