#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clinux.h"

/* Group 1 is the kernel itself; udev's processed events are group 2. */
enum { KERNEL_GROUP = 1 };

int mp_uevent_open(void) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return -errno;
  /* A burst of a thousand disks is some hundred KiB; without the privilege the smaller limit holds. */
  int room = 4 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int status = -errno;
    close(fd);
    return status;
  }
  return fd;
}

int64_t mp_uevent_next(int fd, void *buffer, uint32_t length) {
  while (true) {
    struct sockaddr_nl sender;
    memset(&sender, 0, sizeof sender);
    socklen_t room = sizeof sender;
    ssize_t got = recvfrom(fd, buffer, length, MSG_TRUNC, (struct sockaddr *)&sender, &room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? 0 : -errno;
    /* Only the kernel has the number 0; a message longer than any it sends is none of its. */
    if (sender.nl_pid != 0 || (size_t)got > length || got == 0) continue;
    return got;
  }
}
