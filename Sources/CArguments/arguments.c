#include "carguments.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static int arguments_count;
static char **arguments;

/* Swift reads the command line from /proc/self/cmdline, and finds none where /proc is not mounted: in early boot, and in
 * a chroot. The C library hands it to whatever runs before main(). */
__attribute__((constructor)) static void keep(int count, char **all) {
  arguments_count = count;
  arguments = all;
}

const char *mp_argument(int index) {
  return index >= 0 && index < arguments_count ? arguments[index] : NULL;
}

/* A statically linked program of Swift's looks in /proc for itself, to find the program beside it that explains crashes,
 * and ends when there is no /proc. It does not look when it is told where that program is. The number has this run
 * before the constructors of Swift's library, which have none. */
__attribute__((constructor(101))) static void live_without_proc(void) {
  char name[1];
  if (readlink("/proc/self/exe", name, sizeof name) > 0) return;
  (void)setenv("SWIFT_BACKTRACE", "swift-backtrace=/usr/libexec/swift/linux/swift-backtrace", 0);
}
