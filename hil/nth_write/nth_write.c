// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a program, this library lets one call that changes a folder's files go wrong, once.
//
// TALLYMAN_NTH_FOLDER names the folder (absolute), TALLYMAN_NTH_CALL which call, from 1, counted over
// all writes, flushes, truncations, renames and removals there; TALLYMAN_NTH_FAULT how:
//
//   fail     nothing is done, and the call says EIO
//   persist  all of it is done, and the call says EIO
//   torn     of a write, the first sectors of half its bytes are done, and the call says EIO
//
// The file called "acks" is the test's own and is left alone. tallyman_nth_calls() tells how many
// calls there were.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FD = 4096, SECTOR = 512 };
enum fault { NONE, FAIL, PERSIST, TORN };

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char ours[MAX_FD];
static int calls;

int tallyman_nth_calls(void)
{
    return calls;
}

static int within(const char *path)
{
    const char *folder = getenv("TALLYMAN_NTH_FOLDER");
    const char *name = strrchr(path, '/');
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length) || (path[length] != '/' && path[length]))
        return 0;
    return !name || strcmp(name, "/acks");
}

static enum fault next(int counts)
{
    const char *call = getenv("TALLYMAN_NTH_CALL");
    const char *fault = getenv("TALLYMAN_NTH_FAULT");
    if (!counts || !call || !fault || ++calls != atoi(call))
        return NONE;
    return !strcmp(fault, "persist") ? PERSIST : !strcmp(fault, "torn") ? TORN : FAIL;
}

static enum fault next_of(int fd)
{
    return next(fd >= 0 && fd < MAX_FD && ours[fd]);
}

static int failed(void)
{
    errno = EIO;
    return -1;
}

#define OPENS(name)                                                                   \
    int name(const char *path, int flags, ...)                                        \
    {                                                                                 \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;       \
        va_end(rest);                                                                 \
        int fd = REAL(name)(path, flags, mode);                                       \
        if (fd >= 0 && fd < MAX_FD)                                                   \
            ours[fd] = (char)within(path);                                            \
        return fd;                                                                    \
    }

OPENS(open)
OPENS(open64)

int close(int fd)
{
    if (fd >= 0 && fd < MAX_FD)
        ours[fd] = 0;
    return REAL(close)(fd);
}

// How many of a write's bytes are done before it says that it failed.
static size_t done(enum fault fault, size_t length)
{
    return fault == PERSIST ? length : fault == TORN ? length / 2 / SECTOR * SECTOR : 0;
}

#define WRITES_AT(name, offset_t)                                                     \
    ssize_t name(int fd, const void *data, size_t length, offset_t offset)            \
    {                                                                                 \
        enum fault fault = next_of(fd);                                               \
        if (fault == NONE)                                                            \
            return REAL(name)(fd, data, length, offset);                              \
        if (REAL(name)(fd, data, done(fault, length), offset) < 0)                    \
            return -1;                                                                \
        return failed();                                                              \
    }

WRITES_AT(pwrite, off_t)
WRITES_AT(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length)
{
    enum fault fault = next_of(fd);
    if (fault == NONE)
        return REAL(write)(fd, data, length);
    if (REAL(write)(fd, data, done(fault, length)) < 0)
        return -1;
    return failed();
}

#define ONCE(found, call)                                                             \
    do {                                                                              \
        enum fault which = found;                                                     \
        if (which == NONE)                                                            \
            return call;                                                              \
        if (which == PERSIST && call < 0)                                             \
            return -1;                                                                \
        return failed();                                                              \
    } while (0)

int fsync(int fd)
{
    ONCE(next_of(fd), REAL(fsync)(fd));
}

int fdatasync(int fd)
{
    ONCE(next_of(fd), REAL(fdatasync)(fd));
}

int ftruncate(int fd, off_t length)
{
    ONCE(next_of(fd), REAL(ftruncate)(fd, length));
}

int ftruncate64(int fd, off64_t length)
{
    ONCE(next_of(fd), REAL(ftruncate64)(fd, length));
}

int unlink(const char *path)
{
    ONCE(next(within(path)), REAL(unlink)(path));
}

int rename(const char *old, const char *new)
{
    ONCE(next(within(new)), REAL(rename)(old, new));
}
