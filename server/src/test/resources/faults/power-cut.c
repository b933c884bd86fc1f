/*
 * power-cut MOUNT_POINT...: ext4 file systems stop at once, all of them, and nothing that is not on
 * their devices gets there any more, not even their journals. What is left is what a machine
 * finds that lost its power now.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

/* From the kernel's fs/ext4/ext4.h: these are not in its headers for programs. */
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, unsigned int)
#define EXT4_GOING_FLAGS_NOLOGFLUSH 2

#define MOUNTS_MAX 16

int main(int count, char **arguments) {
  int folders[MOUNTS_MAX];
  if (count < 2 || count - 1 > MOUNTS_MAX) {
    fprintf(stderr, "power-cut: 1 to %d mount points\n", MOUNTS_MAX);
    return 2;
  }
  for (int i = 1; i < count; i++) {
    folders[i - 1] = open(arguments[i], O_RDONLY | O_DIRECTORY);
    if (folders[i - 1] < 0) {
      perror(arguments[i]);
      return 1;
    }
  }
  for (int i = 1; i < count; i++) {
    unsigned int flags = EXT4_GOING_FLAGS_NOLOGFLUSH;
    if (ioctl(folders[i - 1], EXT4_IOC_SHUTDOWN, &flags) != 0) {
      perror(arguments[i]);
      return 1;
    }
  }
  return 0;
}
