// Loaded before the C library, this makes calls on files come out as a kernel may let them: every
// third read, write or cut is interrupted, every fifth read or write is short, and the sync that
// FAULTY_SYNC counts fails. How many calls it spoiled stands in the file that FAULTS names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_ulong calls, syncs;
static atomic_ulong *spoiled;

__attribute__((constructor)) static void begin(void) {
    static atomic_ulong unseen;
    spoiled = &unseen;
    const char *path = getenv("FAULTS");
    int file = path ? open(path, O_RDWR | O_CREAT, 0666) : -1;
    if (file < 0 || posix_fallocate(file, 0, sizeof(*spoiled)) != 0) return;
    void *page = mmap(NULL, sizeof(*spoiled), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) spoiled = page;
    close(file);
}

static int is_file(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

static int is_interrupted(int descriptor, unsigned long *call) {
    *call = is_file(descriptor) ? atomic_fetch_add(&calls, 1) : 1;
    if (*call % 3 != 0) return 0;
    atomic_fetch_add(spoiled, 1);
    errno = EINTR;
    return 1;
}

static size_t shortened(unsigned long call, size_t count) {
    if (call % 5 != 0 || count < 2) return count;
    atomic_fetch_add(spoiled, 1);
    return count / 2;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t position) {
    unsigned long call;
    if (is_interrupted(descriptor, &call)) return -1;
    return REAL(pwrite)(descriptor, bytes, shortened(call, count), position);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t position) {
    unsigned long call;
    if (is_interrupted(descriptor, &call)) return -1;
    return REAL(pread)(descriptor, bytes, shortened(call, count), position);
}

int ftruncate(int descriptor, off_t length) {
    unsigned long call;
    if (is_interrupted(descriptor, &call)) return -1;
    return REAL(ftruncate)(descriptor, length);
}

int fdatasync(int descriptor) {
    const char *faulty = getenv("FAULTY_SYNC");
    if (faulty && atomic_fetch_add(&syncs, 1) + 1 == strtoul(faulty, NULL, 10)) {
        atomic_fetch_add(spoiled, 1);
        errno = EIO;
        return -1;
    }
    return REAL(fdatasync)(descriptor);
}
