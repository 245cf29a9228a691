#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux.h"

extern char **environ;

static int start(const char *const *arguments, int input, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int status = posix_spawn_file_actions_init(&actions);
  if (status) return -status;
  status = posix_spawnattr_init(&attributes);
  if (status) {
    posix_spawn_file_actions_destroy(&actions);
    return -status;
  }
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  /* What ends the daemon's whole session or process group, such as Ctrl-C, must not end its guardian. */
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  /* Leads to the very program that runs, also when its file has been replaced. */
  status = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, (char *const *)arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return -status;
}

int mp_guardian_start(const char *const *arguments, int32_t *pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t child = 0;
  int status = fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0 ? -errno : start(arguments, ends[0], &child);
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
