// System calls that the C library's module for Swift does not show. Header only.

#ifndef TAPEDECK_PLATFORM_H
#define TAPEDECK_PLATFORM_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <linux/stat.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The inode of the file at `path` and when it was born, in nanoseconds since 1970 (0 where the
/// file system does not keep it). Returns 0, or -1 with `errno` set.
static inline int tapedeck_file_identity(const char *path, uint64_t *inode, uint64_t *birth) {
  struct statx status;
  if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &status) != 0) {
    return -1;
  }
  *inode = status.stx_ino;
  *birth = (status.stx_mask & STATX_BTIME)
               ? (uint64_t)status.stx_btime.tv_sec * 1000000000u + status.stx_btime.tv_nsec
               : 0;
  return 0;
}

#ifndef __O_DIRECT
#define __O_DIRECT 0
#endif

/// Opens the file at `path` for reading, so that reads come from the device and leave the kernel's
/// page cache as it is; where that cannot be, so that they displace as little as can be. Returns
/// the descriptor, or -1 with `errno` set.
static inline int tapedeck_open_direct(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | __O_DIRECT);
  if (descriptor >= 0 || errno != EINVAL) {
    return descriptor;
  }
  descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_NOREUSE);
  }
  return descriptor;
}

/// Has reads of a descriptor go through the page cache from now on. Returns 1 if they did not
/// before, else 0.
static inline int tapedeck_end_direct(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || (flags & __O_DIRECT) == 0 ||
      fcntl(descriptor, F_SETFL, flags & ~__O_DIRECT) != 0) {
    return 0;
  }
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_NOREUSE);
  return 1;
}

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif

static inline struct flock tapedeck_whole_file(void) {
  struct flock lock;
  memset(&lock, 0, sizeof(lock));
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Locks a file that is open for writing, until the descriptor is closed. Returns 0, or -1 with
/// `errno` set: EAGAIN or EACCES when it is locked already.
static inline int tapedeck_lock(int descriptor) {
  struct flock lock = tapedeck_whole_file();
  return fcntl(descriptor, F_OFD_SETLK, &lock);
}

/// Whether a file is locked, without locking it: 1, 0, or -1 with `errno` set.
static inline int tapedeck_is_locked(int descriptor) {
  struct flock lock = tapedeck_whole_file();
  if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0) {
    return -1;
  }
  return lock.l_type != F_UNLCK;
}

#endif
