/*
 * An allocator with guard pages, which LD_PRELOAD puts in front of libc's.
 *
 * Each block of the thread that called guard_on() has its own slot: pages between two guard pages,
 * which cannot be accessed. Blocks alternately begin and end at a guard page. The rest of their pages
 * is marked, and the marks are checked when the block is freed. At a guard page the kernel returns
 * EFAULT or stops; elsewhere an overrun changes a mark. A freed slot is inaccessible until it is
 * reused, the oldest first. Without a free slot, a block is libc's, and counted.
 *
 * V8 allocates its array buffers with it, and ffi/memory.ts its memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

#define MARK 0x9d
/* As in tags.ts: memory that was never written. */
static const unsigned char NEVER_WRITTEN[4] = {0xd7, 0xc6, 0xb5, 0xa4};

/* Slots of one size. Each needs two mappings at most; vm.max_map_count allows 65,530. */
struct class {
  size_t pages, slots;
  unsigned char *base;
  struct block { unsigned char *at; size_t size; } *blocks;
  uint32_t *free;
  size_t first, count;
};

static struct class classes[] = {
  {.pages = 1, .slots = 16000}, {.pages = 4, .slots = 2000},
  {.pages = 16, .slots = 1000}, {.pages = 128, .slots = 200},
};
#define CLASSES (sizeof classes / sizeof *classes)

static size_t page;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int on __attribute__((tls_model("initial-exec")));
static int64_t made, missed;
static size_t (*usable_size)(void *block);
static void *(*look_up)(void *library, const char *name);

static void die(const char *why, const struct block *block) {
  char line[200];
  int length = snprintf(line, sizeof line, "guard: %s, block of %zu bytes at %p\n",
                        why, block->size, (void *)block->at);
  if (write(2, line, length) < 0) _exit(99);
  abort();
}

static void *map(size_t size, int protection) {
  void *pages = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) abort();
  return pages;
}

static size_t stride(const struct class *class) { return (class->pages + 1) * page; }

/* The pages of a slot; a guard page lies before and behind. */
static unsigned char *pages_of(const struct class *class, size_t slot) {
  return class->base + page + slot * stride(class);
}

__attribute__((constructor)) static void prepare(void) {
  /* glibc 2.34; older ones on x86-64 and aarch64. */
  static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
  for (size_t i = 0; look_up == NULL; i++) {
    if (i == sizeof versions / sizeof *versions) abort();
    look_up = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
  }
  page = sysconf(_SC_PAGESIZE);
  usable_size = look_up(RTLD_NEXT, "malloc_usable_size");
  for (size_t i = 0; i < CLASSES; i++) {
    struct class *class = &classes[i];
    class->blocks = map(class->slots * sizeof *class->blocks, PROT_READ | PROT_WRITE);
    class->free = map(class->slots * sizeof *class->free, PROT_READ | PROT_WRITE);
    for (size_t slot = 0; slot < class->slots; slot++) class->free[slot] = slot;
    class->count = class->slots;
    class->base = map(page + class->slots * stride(class), PROT_NONE);
  }
}

/* The class and the slot of a pointer; NULL for a block of libc. */
static struct class *find(const void *pointer, size_t *slot) {
  const unsigned char *at = pointer;
  for (size_t i = 0; i < CLASSES; i++) {
    struct class *class = &classes[i];
    if (at < class->base || at >= class->base + page + class->slots * stride(class)) continue;
    *slot = (at - class->base - page) / stride(class);
    return class;
  }
  return NULL;
}

/* The marked bytes before and behind a block, a page of each at most. */
static void margins(const struct class *class, size_t slot, unsigned char *from[2], size_t size[2]) {
  const struct block *block = &class->blocks[slot];
  unsigned char *start = pages_of(class, slot), *end = start + class->pages * page;
  size_t before = block->at - start, behind = end - (block->at + block->size);
  size[0] = before < page ? before : page;
  size[1] = behind < page ? behind : page;
  from[0] = block->at - size[0];
  from[1] = block->at + block->size;
}

static void look(const struct class *class, size_t slot) {
  unsigned char *from[2];
  size_t size[2];
  margins(class, slot, from, size);
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < size[side]; i++) {
      if (from[side][i] != MARK) {
        die(side ? "written behind" : "written before", &class->blocks[slot]);
      }
    }
  }
}

static void *take(size_t size, int zeroed) {
  if (!on || size == 0) return NULL;
  size_t needed = (size + page - 1) / page;
  struct class *class = classes;
  while (class < classes + CLASSES && class->pages < needed) class++;
  pthread_mutex_lock(&lock);
  if (class == classes + CLASSES || class->count == 0) {
    missed++;
    pthread_mutex_unlock(&lock);
    return NULL;
  }
  size_t slot = class->free[class->first];
  class->first = (class->first + 1) % class->slots;
  class->count--;
  unsigned char *start = pages_of(class, slot), *end = start + class->pages * page;
  if (mprotect(start, class->pages * page, PROT_READ | PROT_WRITE) != 0) abort();
  struct block *block = &class->blocks[slot];
  /* malloc() promises 16: up to 15 marked bytes are between the block and the guard page. */
  block->at = made % 2 == 0 ? start : end - (size + 15) / 16 * 16;
  block->size = size;
  made++;
  unsigned char *from[2];
  size_t length[2];
  margins(class, slot, from, length);
  for (int side = 0; side < 2; side++) memset(from[side], MARK, length[side]);
  pthread_mutex_unlock(&lock);
  if (!zeroed) {
    for (size_t i = 0; i < size; i++) block->at[i] = NEVER_WRITTEN[i % 4];
  }
  return block->at;
}

/* Smaller uninitialized blocks are objects of the runtime, not buffers of calls. */
#define LEAST 64

void *malloc(size_t size) {
  void *block = size < LEAST ? NULL : take(size, 0);
  return block != NULL ? block : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  size_t all;
  void *block = __builtin_mul_overflow(count, size, &all) ? NULL : take(all, 1);
  return block != NULL ? block : __libc_calloc(count, size);
}

void free(void *pointer) {
  size_t slot;
  struct class *class = find(pointer, &slot);
  if (class == NULL) {
    __libc_free(pointer);
    return;
  }
  pthread_mutex_lock(&lock);
  struct block *block = &class->blocks[slot];
  if (block->at != pointer) die("freed twice, or from its middle", block);
  look(class, slot);
  block->at = NULL;
  unsigned char *start = pages_of(class, slot);
  /* Inaccessible until it is reused, and zeros then. */
  madvise(start, class->pages * page, MADV_DONTNEED);
  if (mprotect(start, class->pages * page, PROT_NONE) != 0) abort();
  class->free[(class->first + class->count++) % class->slots] = slot;
  pthread_mutex_unlock(&lock);
}

size_t malloc_usable_size(void *pointer) {
  size_t slot;
  struct class *class = find(pointer, &slot);
  return class == NULL ? usable_size(pointer) : class->blocks[slot].size;
}

void *realloc(void *pointer, size_t size) {
  size_t slot;
  if (pointer == NULL) return malloc(size);
  struct class *class = find(pointer, &slot);
  if (class == NULL) return __libc_realloc(pointer, size);
  size_t old = class->blocks[slot].size;
  void *block = malloc(size);
  if (block == NULL) return NULL;
  memcpy(block, pointer, old < size ? old : size);
  free(pointer);
  return block;
}

/* Deno.dlopen("libc.so.6") looks names up in libc alone: return the functions of this file. */
void *dlsym(void *library, const char *name) {
  if (strcmp(name, "calloc") == 0) return calloc;
  if (strcmp(name, "free") == 0) return free;
  return look_up(library, name);
}

/* From now on, blocks of this thread lie beside guard pages. */
void guard_on(void) { on = 1; }

/* Checks the marks of all blocks that are in use. */
void guard_look(void) {
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < CLASSES; i++) {
    for (size_t slot = 0; slot < classes[i].slots; slot++) {
      if (classes[i].blocks[slot].at != NULL) look(&classes[i], slot);
    }
  }
  pthread_mutex_unlock(&lock);
}

/* The number of blocks with guard pages, and of those without a free slot. */
void guard_counts(int64_t counts[2]) {
  pthread_mutex_lock(&lock);
  counts[0] = made, counts[1] = missed;
  pthread_mutex_unlock(&lock);
}
