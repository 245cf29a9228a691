#ifndef CARGUMENTS_H
#define CARGUMENTS_H

/* A word of what the program was started with, the program's own name being 0; null past the last. */
const char *mp_argument(int index);

#endif
