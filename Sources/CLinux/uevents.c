#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clinux.h"

/* Group 1 is the kernel itself. In group 2 udev, where there is one, says each event again once it has made its links. */
enum { KERNEL_GROUP = 1, UDEV_GROUP = 2 };

static const uint32_t UDEV_MAGIC = 0xfeedcafe;

int mp_uevent_open(void) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return -errno;
  /* A burst of a thousand disks is some hundred KiB; without the privilege the smaller limit holds. */
  int room = 4 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  /* Who it was that said something in udev's name. */
  int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
    int status = -errno;
    close(fd);
    return status;
  }
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP | UDEV_GROUP};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int status = -errno;
    close(fd);
    return status;
  }
  return fd;
}

/* What udev puts before the texts, as libudev's monitors take it. */
struct udev_header {
  char prefix[8];
  uint32_t magic;
  uint32_t header_size;
  uint32_t texts_offset;
  uint32_t texts_length;
};

/* Moves udev's texts to where the kernel's would be, with a word in place of the kernel's first; 0 when it is none of
 * udev's messages. */
static size_t unwrap(char *message, size_t length) {
  static const char word[] = "udev";
  struct udev_header header;
  if (length < sizeof header) return 0;
  memcpy(&header, message, sizeof header);
  if (memcmp(header.prefix, "libudev", sizeof header.prefix) != 0 || ntohl(header.magic) != UDEV_MAGIC)
    return 0;
  size_t texts = header.texts_length;
  if (header.texts_offset < sizeof header || header.texts_offset > length ||
      texts > length - header.texts_offset)
    return 0;
  memmove(message + sizeof word, message + header.texts_offset, texts);
  memcpy(message, word, sizeof word);
  return sizeof word + texts;
}

static bool is_from_root(struct msghdr *message) {
  for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one; one = CMSG_NXTHDR(message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_CREDENTIALS) continue;
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(one), sizeof sender);
    return sender.uid == 0;
  }
  return false;
}

int64_t mp_uevent_next(int fd, void *buffer, uint32_t length, bool *from_udev) {
  while (true) {
    struct sockaddr_nl sender = {0};
    union {
      struct cmsghdr header;
      char room[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec area = {.iov_base = buffer, .iov_len = length};
    struct msghdr message = {
        .msg_name = &sender,
        .msg_namelen = sizeof sender,
        .msg_iov = &area,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t got = recvmsg(fd, &message, MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? 0 : -errno;
    if ((size_t)got > length || got == 0) continue;
    /* Only the kernel has the number 0. */
    *from_udev = sender.nl_pid != 0;
    if (!*from_udev) return got;
    if (sender.nl_groups != UDEV_GROUP || !is_from_root(&message)) continue;
    size_t unwrapped = unwrap(buffer, (size_t)got);
    if (unwrapped > 0) return (int64_t)unwrapped;
  }
}
