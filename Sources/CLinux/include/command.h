/* Running an operator's command to its end, on a helper thread. */
#ifndef MPATH_COMMAND_H
#define MPATH_COMMAND_H

#include <stddef.h>
#include <stdint.h>

/* Runs a program in a process group of its own, with /dev/null as input, and waits until `deadline`
 * (mp_monotonic_milliseconds). What it prints goes to `output`, as far as there is room, and its length to
 * `printed`; what it leaves running in the background is neither waited for nor ended. Returns its exit
 * status, 256 plus the signal that ended it, -ETIMEDOUT after the whole group was killed, or another negative
 * errno when it could not be started. */
int mp_run_command(const char *const *arguments, const char *const *environment, int64_t deadline,
                   char *output, size_t room, size_t *printed);

#endif
