/* The part of Linux that Swift cannot reach by itself: io_uring through liburing, ioctls, and names the
 * Glibc module does not show.
 *
 * Everything here is our own vocabulary: liburing's and the kernel's headers stay inside the .c files,
 * since their io_uring_sqe clashes with the copy in swift-system. Every function that can fail returns a
 * negative errno, read in the same call; none leaves it in `errno`. */
#ifndef MPATH_CLINUX_H
#define MPATH_CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "guardian.h"
#include "network.h"
#include "tls.h"

/* --- ring.c: one io_uring --- */

typedef struct mp_ring mp_ring;

typedef struct {
  uint64_t user_data;
  int32_t result;
} mp_completion;

typedef struct {
  uint64_t address;
  uint64_t length;
} mp_vector; /* laid out as struct iovec on 64-bit machines; checked in ring.c */

/* A ring with `entries` submission places, four times as many completion places and `files` registered
 * file places. Tries single issuer with deferred task run (6.1), then cooperative task run (5.19), then
 * plain. Must be called by the thread that will submit. */
int mp_ring_create(uint32_t entries, uint32_t files, mp_ring **ring);
void mp_ring_destroy(mp_ring *ring);
/* Puts `fd` into registered place `place`; -1 empties it. */
int mp_ring_set_file(mp_ring *ring, uint32_t place, int fd);
/* Submits what is prepared and waits for one completion, at most `timeout_ns` (negative: for ever,
 * 0: does not wait). A timeout or a signal is not an error. */
int mp_ring_enter(mp_ring *ring, int64_t timeout_ns);
/* Takes up to `most` completions. */
uint32_t mp_ring_reap(mp_ring *ring, mp_completion *completions, uint32_t most);
/* io_uring_enter calls so far. */
uint64_t mp_ring_enters(const mp_ring *ring);

/* Each prepare function returns 0, or -EBUSY when the submission queue is full even after a submit: the
 * caller then keeps the work and tries again after reaping. `place` is a registered file. */
int mp_prepare_read(mp_ring *ring, uint32_t place, void *buffer, uint32_t length, uint64_t offset,
                    bool worker, uint64_t user_data);
int mp_prepare_write(mp_ring *ring, uint32_t place, const void *buffer, uint32_t length,
                     uint64_t offset, bool durable, bool worker, uint64_t user_data);
int mp_prepare_flush(mp_ring *ring, uint32_t place, bool worker, uint64_t user_data);
/* Zeroes a range: `keep` leaves it allocated, else it may become a hole. */
int mp_prepare_zero(mp_ring *ring, uint32_t place, uint64_t offset, uint64_t length, bool keep,
                    uint64_t user_data);
int mp_prepare_accept(mp_ring *ring, int fd, uint64_t user_data);
int mp_prepare_receive(mp_ring *ring, uint32_t place, void *buffer, uint32_t length,
                       uint64_t user_data);
/* Fills `vectors` in order; they may be reused after the next enter. */
int mp_prepare_receive_vectors(mp_ring *ring, uint32_t place, const mp_vector *vectors,
                               uint32_t count, uint64_t user_data);
/* Sends all of `vectors` in one message, waiting for room as long as it takes. `header` is scratch of
 * mp_message_header_bytes() that lives until the completion, as do the vectors. */
int mp_prepare_send(mp_ring *ring, uint32_t place, void *header, const mp_vector *vectors,
                    uint32_t count, uint64_t user_data);
size_t mp_message_header_bytes(void);
/* Ends an operation that is with the kernel, if it has not done anything yet; it completes as always. */
int mp_prepare_cancel(mp_ring *ring, uint64_t target, uint64_t user_data);
/* Reads an eventfd's counter into `value`. */
int mp_prepare_event(mp_ring *ring, int fd, uint64_t *value, uint64_t user_data);

/* --- paths.c: opening and describing paths --- */

typedef enum { MP_KIND_FILE = 1, MP_KIND_BLOCK = 2 } mp_path_kind;

typedef struct {
  int fd;
  mp_path_kind kind;
  bool direct;
  /* Submission of I/O may block on this file system: hand it to a worker. */
  bool needs_worker;
  uint64_t size_bytes;
  uint32_t block_bytes;
  /* Identity of what was opened: (st_dev, st_ino) of a file, st_rdev of a block device. */
  uint64_t device;
  uint64_t inode;
} mp_path;

/* Errors that are not an errno of a system call. */
enum {
  MP_ERROR_KIND = -10001,    /* neither a block device nor a regular file */
};

/* Opens read-write; O_EXCL on block devices; O_DIRECT unless `buffered` or refused by the file system.
 * `path` tells kind and identity even when the name exists but could not be opened. May block for as long
 * as the medium does. */
int mp_path_open(const char *name, bool buffered, mp_path *path);
/* As mp_path_open, but to look at the medium only: read-only, and exclusive of nobody. */
int mp_path_look(const char *name, mp_path *path);
/* The number of a block device, as in mp_path.device. */
uint64_t mp_device_number(uint32_t major, uint32_t minor);
/* What a block device of this number (as in mp_path.device) is in use for, besides being open. */
bool mp_block_is_partition(uint64_t device);
/* Something stands on it, such as device-mapper or md, or it is mounted. */
bool mp_block_is_held(uint64_t device);
/* Somebody has a block device for himself (O_EXCL): a file system mounted from it in whatever namespace, swap, dm, md, a
 * virtual machine, or any of these on a partition of it. Tried by having it for microseconds; needs no /proc and no
 * /sys. */
bool mp_block_is_claimed(const char *name);
/* The size as it is now. */
int mp_path_size(int fd, uint64_t *size_bytes);
/* Where data begins, or a hole, from `offset` on; a negative errno, -ENXIO beyond the last data. */
int64_t mp_seek(int fd, uint64_t offset, bool hole);
/* Reads through a descriptor into an aligned buffer of the library's own and copies it out. */
int64_t mp_path_read(int fd, void *buffer, uint32_t length, uint64_t offset);

/* Writes from an aligned copy and makes it durable. Returns 0 when all of it is on the medium. */
int mp_path_write(int fd, const void *buffer, uint32_t length, uint64_t offset);

/* --- uevents.c: what the kernel and udev say about devices --- */

/* A non-blocking socket on which the kernel's own uevents arrive, and udev's where there is a udev. */
int mp_uevent_open(void);
/* The next message without its sender's header: "add@/devices/..." and KEY=VALUE texts, each ended by NUL.
 * Returns its length, 0 when there is none, -ENOBUFS when some were lost. One of udev's has a word of ours as its
 * first text. Messages of other processes are passed over. */
int64_t mp_uevent_next(int fd, void *buffer, uint32_t length, bool *from_udev);

/* --- watch.c: what file systems say about the files in a folder --- */

typedef struct {
  int32_t watch;
  /* In the buffer that was read into. */
  const char *name;
  /* It was not there before. */
  bool has_come;
  bool has_gone;
  /* The folder itself is watched no more. */
  bool has_ended;
} mp_watch_event;

int mp_watch_open(void);
/* The number by which events of this folder name it. May block as long as its file system does. */
int mp_watch_add(int fd, const char *folder);
/* Reads events; how many, 0 when there are none, -ENOBUFS when some were lost. */
int mp_watch_next(int fd, void *buffer, uint32_t room, mp_watch_event *events, uint32_t events_max);

/* --- system.c --- */

int mp_event_create(void);
int mp_event_signal(int fd);
int mp_event_drain(int fd);
/* Blocks SIGTERM, SIGINT and SIGHUP for all threads to come, ignores SIGPIPE, and returns a descriptor
 * that reads them. */
int mp_signal_open(void);
/* The next signal's number, 0 when there is none. */
int mp_signal_next(int fd);
void mp_thread_name(const char *name);
/* Has the calling thread give way to those of the usual priority, 0 to 19. */
void mp_thread_nice(int niceness);
/* Keeps each of many helper threads from having a heap of its own, which would keep what they leave. To be called
   before there are threads. */
void mp_bound_arenas(void);
/* Gives unused memory back to the system. */
void mp_trim_memory(void);
/* Raises the soft limit on descriptors to the hard one. */
void mp_raise_file_limit(void);
typedef struct {
  uint32_t pid;
  uint32_t uid;
  uint32_t gid;
} mp_peer;
int mp_peer_credentials(int fd, mp_peer *peer);
/* A listening Unix stream socket at `name`, created with `mode`. An old socket there is removed only
 * when nobody answers on it; -EADDRINUSE otherwise. */
int mp_listen_unix(const char *name, uint32_t mode, int backlog);
int mp_connect_unix(const char *name);
/* The next client of a listening socket, non-blocking. */
int mp_accept(int listener);
/* Large send and receive buffers for a data connection; errors do not matter. */
void mp_tune_data_socket(int fd);
/* The same for a connection of a client, over TCP too: no Nagle delay, and one that has vanished is noticed. */
void mp_tune_client_socket(int fd);
/* Makes a connection to a server fit for the ring: blocking, since the ring answers EAGAIN on a
 * non-blocking one instead of waiting; a large send buffer on a Unix socket; no Nagle delay on TCP. */
int mp_tune_server_socket(int fd);
/* Sends a few bytes now or not at all. */
int mp_send_now(int fd, const void *bytes, size_t length);
/* Memory that costs nothing until it is touched; aligned to 2 MiB. NULL when there is none. */
void *mp_map(size_t bytes, bool huge_pages);
void mp_forget(void *address, size_t bytes);
/* How often malloc and its kin were called in this process; counted only when MPATHD_COUNT_ALLOCATIONS
 * is set in the environment, else UINT64_MAX. */
uint64_t mp_allocations(void);
/* Writes a file beside `name`, syncs it and renames it into place, then syncs the directory. */
int mp_write_file(const char *name, const void *bytes, size_t length);
/* Takes an exclusive lock on a file and writes the process's number into it; -EWOULDBLOCK when another has
 * it. It ends when nothing holds the descriptor any more, a ring that has it registered included. */
int mp_lock_file(const char *name);
/* Takes the same lock without a word about who has it, when there is such a file: -EWOULDBLOCK when another
 * has it, -ENOENT when there is none. */
int mp_hold_lock(const char *name);

/* --- nbd.c: the kernel's NBD client, over generic netlink --- */

typedef struct mp_nbd mp_nbd;

typedef struct {
  /* Negotiated connections; the kernel takes references of its own. */
  const int *sockets;
  size_t socket_count;
  uint64_t size_bytes;
  uint32_t block_bytes;
  uint64_t server_flags;
  /* How long requests wait for a new connection when there is none. */
  uint64_t dead_seconds;
  const char *identifier;
} mp_nbd_setup;

/* The kernel chooses the device. */
#define MP_NBD_ANY UINT32_MAX

/* -ENOENT when the module is not loaded. */
int mp_nbd_open(mp_nbd **nbd);
void mp_nbd_close(mp_nbd *nbd);
/* Makes a kernel device of connections; `index` says which, or MP_NBD_ANY, and then which it became.
 * There is no request timeout: with one connection the kernel only complains of slow requests. With several it ends
 * a connection on which a request is out for longer than the queue's io_timeout, and repeats that elsewhere. */
int mp_nbd_connect(mp_nbd *nbd, const mp_nbd_setup *setup, uint32_t *index);
/* Replaces as many dead connections as there are sockets, in an order of its own. With none dead it succeeds and drops the new one. Size, block size and flags
 * stay as they are. */
int mp_nbd_reconfigure(mp_nbd *nbd, uint32_t index, const mp_nbd_setup *setup);
/* Tells the kernel another size of a connected device. */
int mp_nbd_resize(mp_nbd *nbd, uint32_t index, uint64_t size_bytes, const char *identifier);
/* Ends the device; everything in flight fails. */
int mp_nbd_disconnect(mp_nbd *nbd, uint32_t index);

/* --- living.c: a process that writes the kernel's dirty pages --- */

/* Two ends of a connection. */
int mp_socket_pair(int ends[2]);
/* Marks the calling thread, and the threads it will start, as ones that memory reclaim depends on. */
int mp_set_io_flusher(void);
/* Keeps every page in memory once it has been touched, or no longer. */
int mp_lock_memory(bool locked);
int mp_write_text(const char *name, const char *text);
/* Waits until `fd` has input, for at most `milliseconds`: 1, 0, or a negative errno. */
int mp_wait_input(int fd, int milliseconds);
bool mp_is_socket(int fd);
/* Whether the other end of a connection has gone. */
bool mp_has_hung_up(int fd);
/* Whether the kernel has taken away the disk behind a block device's descriptor, or is about to. It fails requests
 * with EIO or ENOSPC then, as it does for a bad sector or a full disk. Looks only at what the kernel has in memory. */
bool mp_disk_is_gone(int fd);
/* Size of a block device that is opened for nothing but to look. */
int mp_block_size(const char *name, uint64_t *size_bytes);

#endif
