/*
 * Preloaded into a member (LD_PRELOAD): what becomes of its syncs. The file that
 * RAFTKV_SYNC_CONTROL names is shared with the fault run and has two bytes:
 *
 *   0  what is wanted: '.' syncs as usual, 'h' syncs hang until that changes, 'f' the next sync
 *      fails with EIO, 'l' syncs do nothing and say that all is well
 *   1  '!' once a sync was treated that way
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile char *control;

__attribute__((constructor)) static void share_control(void) {
  const char *path = getenv("RAFTKV_SYNC_CONTROL");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) {
    /* A member whose syncs cannot be harmed would pass for one that bears it. */
    perror("sync-shim: RAFTKV_SYNC_CONTROL");
    _exit(125);
  }
  close(fd);
  control = page;
}

static int treated_sync(long call, int fd) {
  struct timespec pause = {0, 1000000};
  while (control[0] == 'h') {
    control[1] = '!';
    nanosleep(&pause, NULL);
  }
  if (control[0] == 'l') {
    control[1] = '!';
    return 0;
  }
  if (__sync_bool_compare_and_swap(&control[0], 'f', '.')) {
    control[1] = '!';
    errno = EIO;
    return -1;
  }
  return (int)syscall(call, fd);
}

int fsync(int fd) { return treated_sync(SYS_fsync, fd); }

int fdatasync(int fd) { return treated_sync(SYS_fdatasync, fd); }
