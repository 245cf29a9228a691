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

/* A program that is linked statically asks /proc/self/exe where it lies, to find Swift's printer of backtraces beside
 * it, and aborts before main() where /proc is not mounted. It asks nobody when SWIFT_ROOT is set. The runtime's own
 * initialisers have the usual priority, so this runs before them. */
__attribute__((constructor(101))) static void have_a_root(void) {
  if (access("/proc/self/exe", F_OK) != 0) setenv("SWIFT_ROOT", "/", 0);
}
