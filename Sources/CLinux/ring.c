#define _GNU_SOURCE
#include <sys/types.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clinux.h"

/* Newer than Debian 12's headers. */
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
#ifndef RWF_DSYNC
#define RWF_DSYNC 0x2
#endif

_Static_assert(sizeof(mp_vector) == sizeof(struct iovec), "mp_vector is not an iovec here");
_Static_assert(offsetof(struct iovec, iov_len) == 8, "mp_vector is not an iovec here");

enum { WORKERS_MAX = 2048 };

struct mp_ring {
  struct io_uring ring;
  uint64_t enters;
};

int mp_ring_create(uint32_t entries, uint32_t files, mp_ring **result) {
  static const unsigned flags[] = {
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
      IORING_SETUP_COOP_TASKRUN,
      0,
  };
  mp_ring *ring = calloc(1, sizeof *ring);
  if (!ring) return -ENOMEM;
  int status = -EINVAL;
  for (size_t i = 0; i < sizeof flags / sizeof *flags && status == -EINVAL; i++) {
    struct io_uring_params parameters = {
        .flags = flags[i] | IORING_SETUP_CQSIZE,
        .cq_entries = entries * 4,
    };
    status = io_uring_queue_init_params(entries, &ring->ring, &parameters);
  }
  if (status < 0) {
    free(ring);
    return status;
  }
  status = io_uring_register_files_sparse(&ring->ring, files);
  if (status < 0) {
    mp_ring_destroy(ring);
    return status;
  }
  /* What may block is carried by kernel workers, by default no more than four for each processor (io-wq.c): so few
   * attempts that hang on one file system would keep the flushes of every other path waiting. Workers are made when
   * they are needed and end when they idle; an older kernel keeps its own limit. */
  unsigned workers[2] = {WORKERS_MAX, 0};
  (void)io_uring_register_iowq_max_workers(&ring->ring, workers);
  *result = ring;
  return 0;
}

void mp_ring_destroy(mp_ring *ring) {
  io_uring_queue_exit(&ring->ring);
  free(ring);
}

int mp_ring_set_file(mp_ring *ring, uint32_t place, int fd) {
  int status = io_uring_register_files_update(&ring->ring, place, &fd, 1);
  return status < 0 ? status : 0;
}

int mp_ring_enter(mp_ring *ring, int64_t timeout_ns) {
  int status;
  ring->enters++;
  if (timeout_ns == 0) {
    /* Deferred task work runs only when completions are asked for. */
    status = io_uring_submit_and_get_events(&ring->ring);
  } else if (timeout_ns < 0) {
    status = io_uring_submit_and_wait(&ring->ring, 1);
  } else {
    struct io_uring_cqe *cqe;
    struct __kernel_timespec timeout = {
        .tv_sec = timeout_ns / 1000000000,
        .tv_nsec = timeout_ns % 1000000000,
    };
    status = io_uring_submit_and_wait_timeout(&ring->ring, &cqe, 1, &timeout, NULL);
  }
  if (status >= 0 || status == -ETIME || status == -EINTR || status == -EBUSY || status == -EAGAIN)
    return 0;
  return status;
}

uint32_t mp_ring_reap(mp_ring *ring, mp_completion *completions, uint32_t most) {
  uint32_t count = 0;
  unsigned head;
  struct io_uring_cqe *cqe;
  io_uring_for_each_cqe(&ring->ring, head, cqe) {
    if (count == most) break;
    completions[count].user_data = cqe->user_data;
    completions[count].result = cqe->res;
    count++;
  }
  io_uring_cq_advance(&ring->ring, count);
  return count;
}

uint64_t mp_ring_enters(const mp_ring *ring) { return ring->enters; }

static struct io_uring_sqe *next_entry(mp_ring *ring) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (sqe) return sqe;
  ring->enters++;
  io_uring_submit(&ring->ring);
  return io_uring_get_sqe(&ring->ring);
}

static int done(struct io_uring_sqe *sqe, bool registered, bool worker, uint64_t user_data) {
  sqe->flags |= (registered ? IOSQE_FIXED_FILE : 0) | (worker ? IOSQE_ASYNC : 0);
  sqe->user_data = user_data;
  return 0;
}

int mp_prepare_read(mp_ring *ring, uint32_t place, void *buffer, uint32_t length, uint64_t offset,
                    bool worker, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_read(sqe, (int)place, buffer, length, offset);
  return done(sqe, true, worker, user_data);
}

int mp_prepare_write(mp_ring *ring, uint32_t place, const void *buffer, uint32_t length,
                     uint64_t offset, bool durable, bool worker, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_write(sqe, (int)place, buffer, length, offset);
  if (durable) sqe->rw_flags = RWF_DSYNC;
  return done(sqe, true, worker, user_data);
}

int mp_prepare_flush(mp_ring *ring, uint32_t place, bool worker, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_fsync(sqe, (int)place, IORING_FSYNC_DATASYNC);
  return done(sqe, true, worker, user_data);
}

int mp_prepare_zero(mp_ring *ring, uint32_t place, uint64_t offset, uint64_t length, bool keep,
                    uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  int mode = FALLOC_FL_KEEP_SIZE | (keep ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE);
  io_uring_prep_fallocate(sqe, (int)place, mode, (off_t)offset, (off_t)length);
  return done(sqe, true, false, user_data);
}

int mp_prepare_accept(mp_ring *ring, int fd, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_accept(sqe, fd, NULL, NULL, SOCK_CLOEXEC);
  return done(sqe, false, false, user_data);
}

int mp_prepare_receive(mp_ring *ring, uint32_t place, void *buffer, uint32_t length,
                       uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_recv(sqe, (int)place, buffer, length, 0);
  return done(sqe, true, false, user_data);
}

int mp_prepare_receive_vectors(mp_ring *ring, uint32_t place, const mp_vector *vectors,
                               uint32_t count, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_readv(sqe, (int)place, (const struct iovec *)vectors, count, 0);
  return done(sqe, true, false, user_data);
}

int mp_prepare_send(mp_ring *ring, uint32_t place, void *header, const mp_vector *vectors,
                    uint32_t count, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  struct msghdr *message = header;
  memset(message, 0, sizeof *message);
  message->msg_iov = (struct iovec *)vectors;
  message->msg_iovlen = count;
  io_uring_prep_sendmsg(sqe, (int)place, message, MSG_WAITALL | MSG_NOSIGNAL);
  return done(sqe, true, false, user_data);
}

size_t mp_message_header_bytes(void) { return sizeof(struct msghdr); }

int mp_prepare_event(mp_ring *ring, int fd, uint64_t *value, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_read(sqe, fd, value, sizeof *value, 0);
  return done(sqe, false, false, user_data);
}

int mp_prepare_cancel(mp_ring *ring, uint64_t target, uint64_t user_data) {
  struct io_uring_sqe *sqe = next_entry(ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_cancel64(sqe, target, 0);
  return done(sqe, false, false, user_data);
}
