/* A small process that outlives the daemon: how it is started, and what it does to itself. */
#ifndef MPATH_GUARDIAN_H
#define MPATH_GUARDIAN_H

#include <stdint.h>

/* Runs this program again with `arguments`, in a session of its own, with the reading end of a pipe as its
 * standard input, nothing as its standard output and the caller's standard error. Returns the writing end,
 * which does not block and which no other process gets, or a negative errno. Where /proc is not mounted it is `program`
 * that is run. */
int mp_guardian_start(const char *program, const char *const *arguments, int32_t *pid);

/* The first thing that the process does: gives itself `name`, lets go of every descriptor but the standard
 * ones and of its working directory, and tells the OOM killer to leave it alone. */
void mp_guardian_settle(const char *name);

/* Collects the process: 1 when it has ended, 0 while it runs. */
int mp_guardian_collect(int32_t pid);

#endif
