#include "carguments.h"

#include <stddef.h>

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
