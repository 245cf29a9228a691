/* An nbdkit plugin for Benchmarks/choice.py: reads and writes of a file, each taking at least `usual`
 * microseconds, and one in `every` a hundred times as long. Loaded by nbdkit's cc plugin. */
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static const char *file;
static int fd = -1;
static long usual = 500;
static unsigned every;
static _Atomic unsigned count;

static int config(const char *key, const char *value) {
  if (strcmp(key, "path") == 0) file = value;
  else if (strcmp(key, "usual") == 0) usual = atol(value);
  else if (strcmp(key, "every") == 0) every = (unsigned)atol(value);
  else return -1;
  return 0;
}

static int get_ready(void) {
  fd = open(file, O_RDWR | O_CLOEXEC);
  return fd < 0 ? -1 : 0;
}

static void *open_handle(int readonly) {
  (void)readonly;
  return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t get_size(void *handle) {
  struct stat about;
  (void)handle;
  return fstat(fd, &about) < 0 ? -1 : about.st_size;
}

static void take_time(void) {
  unsigned number = atomic_fetch_add(&count, 1);
  /* Spread over the requests, not every n-th: clients have rhythms too. */
  unsigned mixed = number * 2654435761u;
  long microseconds = every && (mixed >> 8) % every == 0 ? usual * 100 : usual;
  struct timespec wait = {microseconds / 1000000, microseconds % 1000000 * 1000};
  nanosleep(&wait, NULL);
}

static int read_bytes(void *handle, void *buffer, uint32_t length, uint64_t offset, uint32_t flags) {
  (void)handle, (void)flags;
  take_time();
  return pread(fd, buffer, length, (off_t)offset) == (ssize_t)length ? 0 : (nbdkit_set_error(EIO), -1);
}

static int write_bytes(void *handle, const void *buffer, uint32_t length, uint64_t offset,
                       uint32_t flags) {
  (void)handle, (void)flags;
  take_time();
  return pwrite(fd, buffer, length, (off_t)offset) == (ssize_t)length ? 0 : (nbdkit_set_error(EIO), -1);
}

static int flush_file(void *handle, uint32_t flags) {
  (void)handle, (void)flags;
  return fdatasync(fd);
}

static struct nbdkit_plugin plugin = {
    .name = "stalls",
    .config = config,
    .get_ready = get_ready,
    .open = open_handle,
    .get_size = get_size,
    .pread = read_bytes,
    .pwrite = write_bytes,
    .flush = flush_file,
};

NBDKIT_REGISTER_PLUGIN(plugin)
