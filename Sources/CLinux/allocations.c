/* Counts calls of malloc and its kin by standing in front of glibc's, so that "no allocation per request"
 * is a number in `mpctl stats` and not a hope. The count is one relaxed add; it is reported only when
 * MPATHD_COUNT_ALLOCATIONS is set. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "clinux.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* A sanitizer has functions of its own, and a program that is linked statically has room for one malloc. */
#if !defined(MPATH_ALLOCATION_COUNT) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
uint64_t mp_allocations(void) { return UINT64_MAX; }
#else
static _Atomic uint64_t allocations;

static void count(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

uint64_t mp_allocations(void) {
  return getenv("MPATHD_COUNT_ALLOCATIONS")
             ? atomic_load_explicit(&allocations, memory_order_relaxed)
             : UINT64_MAX;
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t count_, size_t size) {
  count();
  return __libc_calloc(count_, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count();
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return 12;
  *result = memory;
  return 0;
}
#endif
