#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

int mp_start_program(const char *path, const char *const *arguments, const char *const *environment,
                     const int standard[3], short apart, pid_t *pid) {
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
  for (int number = 0; number < 3; number++) {
    if (standard[number] == MP_CALLERS) continue;
    if (standard[number] == MP_NOTHING) {
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number ? O_WRONLY : O_RDONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions, standard[number], number);
    }
  }
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | apart);
  status = posix_spawn(pid, path, &actions, &attributes, (char *const *)arguments, (char *const *)environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return -status;
}
