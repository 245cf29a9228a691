#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux.h"
#include "process.h"

extern char **environ;

int mp_guardian_start(const char *program, const char *const *arguments, int32_t *pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t child = 0;
  int status = fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
  const int standard[3] = {ends[0], MP_NOTHING, MP_CALLERS};
  /* The name leads to the very program that runs, also when its file has been replaced. */
  const char *self = access("/proc/self/exe", F_OK) == 0 ? "/proc/self/exe" : program;
  /* A session of its own: what ends the daemon's whole session or process group, such as Ctrl-C, must not end its
   * guardian. */
  if (status == 0)
    status = mp_start_program(self, arguments, (const char *const *)environ, standard,
                              POSIX_SPAWN_SETSID, &child);
  close(ends[0]);
  if (status < 0) {
    close(ends[1]);
    return status;
  }
  *pid = child;
  return ends[1];
}

void mp_guardian_settle(const char *name) {
  prctl(PR_SET_NAME, name, 0, 0, 0);
  close_range(3, ~0U, 0);
  if (chdir("/") < 0) (void)0; /* it may keep a file system busy, and nothing else */
  (void)mp_write_text("/proc/self/oom_score_adj", "-1000");
}

int mp_guardian_collect(int32_t pid) {
  int status;
  pid_t found = waitpid(pid, &status, WNOHANG);
  return found == 0 ? 0 : 1;
}
