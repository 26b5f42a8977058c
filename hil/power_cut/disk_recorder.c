// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a program, this library logs what it does to the files of one folder, in order:
// every write with its bytes, every flush, every change of names. hil/power_cut/disk_log.py reads it.
//
// TALLYMAN_RECORD_FOLDER names the folder (absolute, its files only, no folders in it) and
// TALLYMAN_RECORD_LOG the log, which lies elsewhere. One entry is
//
//   u8 operation, 3 bytes zero, i32 descriptor, u64 offset or flags, u64 length, then the data
//
// Numbers are in the machine's order. A call is logged after it succeeded. Memory-mapped writes are
// not seen: SQLite maps only the -shm file, which it never trusts after a crash.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 3, TRUNCATE = 4, UNLINK = 5, RENAME = 6, MAX_FD = 4096 };

struct entry {
    uint8_t operation;
    uint8_t zero[3];
    int32_t fd;
    uint64_t offset;
    uint64_t length;
};

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char recorded[MAX_FD];
static int log_fd = -1;

static const char *folder(void)
{
    const char *path = getenv("TALLYMAN_RECORD_FOLDER");
    return path ? path : "";
}

static int within(const char *path)
{
    size_t length = strlen(folder());
    return length && !strncmp(path, folder(), length) && (path[length] == '/' || !path[length]);
}

static int known(int fd)
{
    return fd >= 0 && fd < MAX_FD && recorded[fd];
}

// A log that cannot be written must not pass for a program that wrote nothing.
static void put(int operation, int fd, uint64_t offset, const void *data, uint64_t length)
{
    struct entry head = {(uint8_t)operation, {0}, fd, offset, length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)data, length}};
    pthread_mutex_lock(&lock);
    if (log_fd < 0) {
        const char *path = getenv("TALLYMAN_RECORD_LOG");
        log_fd = REAL(open64)(path ? path : "", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (writev(log_fd, parts, 2) != (ssize_t)(sizeof head + length)) {
        fputs("disk_recorder: cannot write the log\n", stderr);
        abort();
    }
    pthread_mutex_unlock(&lock);
}

static int opened(int fd, const char *path, int flags)
{
    if (fd >= 0 && fd < MAX_FD) {
        recorded[fd] = (char)within(path);
        if (recorded[fd])
            put(OPEN, fd, (uint64_t)(uint32_t)flags, path, strlen(path));
    }
    return fd;
}

#define OPENS(name)                                      \
    int name(const char *path, int flags, ...)           \
    {                                                    \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                    \
        return opened(REAL(name)(path, flags, mode), path, flags); \
    }

OPENS(open)
OPENS(open64)

int close(int fd)
{
    if (fd >= 0 && fd < MAX_FD)
        recorded[fd] = 0;
    return REAL(close)(fd);
}

static ssize_t written(ssize_t done, int fd, const void *data, off64_t offset)
{
    if (done > 0 && known(fd))
        put(WRITE, fd, (uint64_t)offset, data, (uint64_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    return written(REAL(pwrite64)(fd, data, length, offset), fd, data, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    return written(REAL(pwrite)(fd, data, length, offset), fd, data, offset);
}

ssize_t write(int fd, const void *data, size_t length)
{
    off64_t offset = known(fd) ? lseek64(fd, 0, SEEK_CUR) : 0;
    return written(REAL(write)(fd, data, length), fd, data, offset);
}

static int done(int result, int operation, int fd, uint64_t offset)
{
    if (!result && known(fd))
        put(operation, fd, offset, "", 0);
    return result;
}

int fsync(int fd)
{
    return done(REAL(fsync)(fd), SYNC, fd, 0);
}

int fdatasync(int fd)
{
    return done(REAL(fdatasync)(fd), SYNC, fd, 0);
}

int ftruncate(int fd, off_t length)
{
    return done(REAL(ftruncate)(fd, length), TRUNCATE, fd, (uint64_t)length);
}

int ftruncate64(int fd, off64_t length)
{
    return done(REAL(ftruncate64)(fd, length), TRUNCATE, fd, (uint64_t)length);
}

int unlink(const char *path)
{
    int result = REAL(unlink)(path);
    if (!result && within(path))
        put(UNLINK, -1, 0, path, strlen(path));
    return result;
}

int rename(const char *old, const char *new)
{
    int result = REAL(rename)(old, new);
    if (!result && within(new)) {
        char both[8192];
        int length = snprintf(both, sizeof both, "%s\n%s", old, new);
        put(RENAME, -1, 0, both, (uint64_t)length);
    }
    return result;
}
