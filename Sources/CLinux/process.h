/* How this library starts other programs. */
#ifndef MPATH_PROCESS_H
#define MPATH_PROCESS_H

#include <sys/types.h>

/* Instead of a descriptor: nothing to read or write, and what the caller has. */
enum { MP_NOTHING = -1, MP_CALLERS = -2 };

/* Starts the program at `path`. It gets the three standard descriptors of `standard`, no blocked or ignored
 * signal (the daemon blocks signals and ignores SIGPIPE, which is nothing to inherit), and what `apart` asks for:
 * POSIX_SPAWN_SETPGROUP or POSIX_SPAWN_SETSID. Returns 0 or a negative errno. */
int mp_start_program(const char *path, const char *const *arguments, const char *const *environment,
                     const int standard[3], short apart, pid_t *pid);

#endif
