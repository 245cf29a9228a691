#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "clinux.h"

#ifndef BTRFS_SUPER_MAGIC
#define BTRFS_SUPER_MAGIC 0x9123683E
#endif
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
/* statx(2) since 6.1; glibc 2.36 does not know it. */
#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN 0x2000U
#endif

/* File systems whose reads and writes give EAGAIN rather than block when asked not to wait, so that a
 * submission returns at once. On any other (FUSE, network file systems) a hung server would block the
 * submitting thread itself. */
static bool submission_never_blocks(int fd) {
  struct statfs about;
  if (fstatfs(fd, &about) < 0) return false;
  switch ((unsigned long)about.f_type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
      return true;
    default:
      return false;
  }
}

/* The alignment that O_DIRECT asks for, which we show as the block size of a file. stx_dio_mem_align and
 * stx_dio_offset_align follow stx_mnt_id; the kernel's struct is larger than glibc 2.36's, so they are read
 * from its spare space, which is zero on older kernels. */
static uint32_t direct_alignment(int fd) {
  struct statx about;
  memset(&about, 0, sizeof about);
  if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &about) < 0) return 512;
  if (!(about.stx_mask & STATX_DIOALIGN)) return 512;
  uint32_t memory, offset;
  memcpy(&memory, (const char *)&about + 0x98, sizeof memory);
  memcpy(&offset, (const char *)&about + 0x9c, sizeof offset);
  uint32_t alignment = memory > offset ? memory : offset;
  return alignment < 512 ? 512 : alignment;
}

static void identify(const struct stat *about, mp_path *path) {
  bool block = S_ISBLK(about->st_mode);
  path->kind = block ? MP_KIND_BLOCK : MP_KIND_FILE;
  path->device = block ? about->st_rdev : about->st_dev;
  path->inode = block ? 0 : about->st_ino;
}

static int describe(int fd, const struct stat *about, bool direct, mp_path *path) {
  path->fd = fd;
  path->direct = direct;
  if (S_ISBLK(about->st_mode)) {
    int block = 0;
    path->needs_worker = false;
    if (ioctl(fd, BLKGETSIZE64, &path->size_bytes) < 0) return -errno;
    if (ioctl(fd, BLKSSZGET, &block) < 0) return -errno;
    path->block_bytes = (uint32_t)block;
    return 0;
  }
  path->needs_worker = !submission_never_blocks(fd);
  path->size_bytes = (uint64_t)about->st_size;
  path->block_bytes = direct ? direct_alignment(fd) : 512;
  return 0;
}

/* Opens what is a block device or a file, read-only and exclusive of nobody when `looks`. */
static int open_path(const char *name, bool buffered, bool looks, mp_path *path) {
  struct stat about;
  memset(path, 0, sizeof *path);
  path->fd = -1;
  if (stat(name, &about) < 0) return -errno;
  identify(&about, path);
  if (S_ISDIR(about.st_mode)) return -EISDIR;
  if (!S_ISBLK(about.st_mode) && !S_ISREG(about.st_mode)) return MP_ERROR_KIND;
  bool block = S_ISBLK(about.st_mode);
  bool direct = block || !buffered;
  int flags = O_CLOEXEC | (looks ? O_RDONLY | O_NONBLOCK : O_RDWR | (block ? O_EXCL : 0));
  int fd = open(name, flags | (direct ? O_DIRECT : 0));
  if (fd < 0 && errno == EINVAL && direct && (looks || !block)) {
    direct = false;
    fd = open(name, flags);
  }
  if (fd < 0) return -errno;
  /* What was opened counts, not what the name pointed at a moment ago. */
  int status = fstat(fd, &about) < 0 ? -errno : describe(fd, &about, direct, path);
  identify(&about, path);
  if (status < 0) {
    close(fd);
    path->fd = -1;
  }
  return status;
}

int mp_path_open(const char *name, bool buffered, mp_path *path) {
  return open_path(name, buffered, false, path);
}

int mp_path_look(const char *name, mp_path *path) { return open_path(name, false, true, path); }

bool mp_block_is_claimed(const char *name) {
  /* Somebody who only looks, as we do, has it for microseconds. */
  enum { TRIES = 3, WAIT_NS = 10 * 1000 * 1000 };
  for (int left = TRIES; left > 0; left--) {
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);
    if (fd >= 0) {
      close(fd);
      return false;
    }
    if (errno != EBUSY) return false;
    if (left > 1) nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
  }
  return true;
}

/* Opens an entry of the device's folder in sysfs; -1 when it has none. */
static int sysfs_entry(uint64_t device, const char *entry, int flags) {
  char name[96];
  snprintf(name, sizeof name, "/sys/dev/block/%u:%u/%s", major((dev_t)device), minor((dev_t)device),
           entry);
  return open(name, flags | O_CLOEXEC);
}

uint64_t mp_device_number(uint32_t major, uint32_t minor) { return makedev(major, minor); }

bool mp_block_is_partition(uint64_t device) {
  int fd = sysfs_entry(device, "partition", O_RDONLY);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static bool has_holders(uint64_t device) {
  int fd = sysfs_entry(device, "holders", O_RDONLY | O_DIRECTORY);
  if (fd < 0) return false;
  DIR *folder = fdopendir(fd);
  if (!folder) {
    close(fd);
    return false;
  }
  bool found = false;
  const struct dirent *entry;
  while (!found && (entry = readdir(folder))) found = entry->d_name[0] != '.';
  closedir(folder);
  return found;
}

static bool is_mounted(uint64_t device) {
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (!mounts) return false;
  char *line = NULL;
  size_t room = 0;
  bool found = false;
  unsigned number[2];
  while (!found && getline(&line, &room, mounts) > 0)
    found = sscanf(line, "%*d %*d %u:%u", &number[0], &number[1]) == 2 &&
            makedev(number[0], number[1]) == (dev_t)device;
  free(line);
  fclose(mounts);
  return found;
}

bool mp_block_is_held(uint64_t device) { return has_holders(device) || is_mounted(device); }

int mp_path_size(int fd, uint64_t *size_bytes) {
  struct stat about;
  if (fstat(fd, &about) < 0) return -errno;
  if (S_ISBLK(about.st_mode)) return ioctl(fd, BLKGETSIZE64, size_bytes) < 0 ? -errno : 0;
  *size_bytes = (uint64_t)about.st_size;
  return 0;
}

int64_t mp_seek(int fd, uint64_t offset, bool hole) {
  off_t found = lseek(fd, (off_t)offset, hole ? SEEK_HOLE : SEEK_DATA);
  return found < 0 ? -errno : found;
}

int64_t mp_path_read(int fd, void *buffer, uint32_t length, uint64_t offset) {
  void *aligned = NULL;
  if (posix_memalign(&aligned, 4096, (length + 4095U) & ~4095U) != 0) return -ENOMEM;
  ssize_t got;
  do
    got = pread(fd, aligned, length, (off_t)offset);
  while (got < 0 && errno == EINTR);
  int64_t result = got < 0 ? -errno : got;
  if (got > 0) memcpy(buffer, aligned, (size_t)got);
  free(aligned);
  return result;
}

int mp_path_write(int fd, const void *buffer, uint32_t length, uint64_t offset) {
  void *aligned = NULL;
  if (posix_memalign(&aligned, 4096, (length + 4095U) & ~4095U) != 0) return -ENOMEM;
  memcpy(aligned, buffer, length);
  ssize_t put;
  do
    put = pwrite(fd, aligned, length, (off_t)offset);
  while (put < 0 && errno == EINTR);
  int status = put < 0 ? -errno : (size_t)put == length ? 0 : -EIO;
  free(aligned);
  if (status == 0 && fsync(fd) < 0) status = -errno;
  return status;
}
