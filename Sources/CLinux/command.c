#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "network.h"
#include "process.h"

/* How often the end of the command is looked for while it prints nothing: one that leaves somebody behind
 * with its output open has ended all the same. */
enum { LOOK_MS = 20 };

/* Takes what is there; 0 at the end. */
static int drain(int fd, char *output, size_t room, size_t *printed) {
  char chunk[4096];
  for (;;) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return 1;
    if (got == 0) return 0;
    for (ssize_t place = 0; place < got && *printed < room; place++) output[(*printed)++] = chunk[place];
  }
}

int mp_run_command(const char *const *arguments, const char *const *environment, int64_t deadline,
                   char *output, size_t room, size_t *printed) {
  int ends[2];
  pid_t pid;
  *printed = 0;
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  int status = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
  const int standard[3] = {MP_NOTHING, ends[1], ends[1]};
  if (status == 0)
    status = mp_start_program(arguments[0], arguments, environment, standard, POSIX_SPAWN_SETPGROUP, &pid);
  close(ends[1]);
  if (status < 0) {
    close(ends[0]);
    return status;
  }
  int ended = 0, is_open = 1, is_late = 0;
  while (!is_late) {
    struct pollfd ready = {.fd = is_open ? ends[0] : -1, .events = POLLIN};
    poll(&ready, 1, LOOK_MS);
    pid_t found = waitpid(pid, &ended, WNOHANG);
    if (is_open) is_open = drain(ends[0], output, room, printed);
    if (found == pid) break;
    is_late = mp_monotonic_milliseconds() >= deadline;
  }
  if (is_late) {
    kill(-pid, SIGKILL);
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR) continue;
  }
  close(ends[0]);
  if (is_late) return -ETIMEDOUT;
  return WIFEXITED(ended) ? WEXITSTATUS(ended) : 256 + WTERMSIG(ended);
}
