#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "clinux.h"

#define NUMBERS "/sys/dev/block"

/* What the drivers of SCSI (drivers/scsi/scsi_sysfs.c, sdev_states) and NVMe (drivers/nvme/host/sysfs.c) say of a
 * disk that is being taken away. A SCSI disk is in `cancel` a while before it is without a size. One that is only
 * offline stays what it is: its descriptor is good when it is back. */
static const char *const dead_states[] = {
    "cancel", "deleted", "deleting", "deleting (no IO)", "dead",
};

/* The word in a file of sysfs, or a negative errno. */
static int read_state(const char *name, char *word, size_t room) {
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, word, room - 1);
  int status = length < 0 ? -errno : 0;
  close(fd);
  if (status < 0) return status;
  word[length] = 0;
  word[strcspn(word, "\n")] = 0;
  return 0;
}

bool mp_disk_is_gone(int fd) {
  struct stat about;
  if (fstat(fd, &about) < 0 || !S_ISBLK(about.st_mode)) return false;
  uint64_t bytes = 0;
  if (ioctl(fd, BLKGETSIZE64, &bytes) == 0 && bytes == 0) return true;
  char name[80], word[32];
  int end = snprintf(name, sizeof name, NUMBERS "/%u:%u", major(about.st_rdev), minor(about.st_rdev));
  if (access(name, F_OK) < 0) return errno == ENOENT && access(NUMBERS, F_OK) == 0;
  /* A partition's disk is the folder around it. */
  snprintf(name + end, sizeof name - (size_t)end, "/device/state");
  int status = read_state(name, word, sizeof word);
  if (status == -ENOENT) {
    snprintf(name + end, sizeof name - (size_t)end, "/../device/state");
    status = read_state(name, word, sizeof word);
  }
  /* The file is there, and its owner is not any more. */
  if (status == -ENODEV) return true;
  if (status < 0) return false;
  for (size_t i = 0; i < sizeof dead_states / sizeof *dead_states; i++)
    if (strcmp(word, dead_states[i]) == 0) return true;
  return false;
}
