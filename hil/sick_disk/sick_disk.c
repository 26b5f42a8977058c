// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a program, this library makes the disk under one folder sick, and well again,
// while the program runs.
//
// TALLYMAN_SICK_FOLDER names the folder (absolute, its files only), TALLYMAN_SICK_STATE a file
// elsewhere that holds two numbers: the errno that writes fail with, and milliseconds that each
// flush takes longer. No file, or two zeros, is a well disk. What fails with which errno:
//
//   ENOSPC  what needs new space: writing behind a file's end, making or growing a file
//   EROFS   writing, flushing nothing, changing names, opening for writing
//   else    writing and flushing

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 4096 };

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char sick[MAX_FD];

static int within(const char *path)
{
    const char *folder = getenv("TALLYMAN_SICK_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

static int known(int fd)
{
    return fd >= 0 && fd < MAX_FD && sick[fd];
}

static int state(int *delay_ms)
{
    const char *path = getenv("TALLYMAN_SICK_STATE");
    int fd = path ? REAL(open64)(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[64] = "";
    int number = 0;
    *delay_ms = 0;
    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    REAL(close)(fd);
    if (length > 0)
        sscanf(text, "%d %d", &number, delay_ms);
    return number;
}

static int failing(void)
{
    int delay_ms;
    return state(&delay_ms);
}

static int fail(int number)
{
    errno = number;
    return -1;
}

static int refused(int fd, off64_t end)
{
    struct stat64 found;
    int number = known(fd) ? failing() : 0;
    if (number == ENOSPC && !fstat64(fd, &found) && end <= found.st_size)
        return 0;
    return number;
}

static int refused_name(const char *path, int makes)
{
    int number = within(path) ? failing() : 0;
    return number == EROFS || (number == ENOSPC && makes) ? number : 0;
}

static int opened(int fd, const char *path)
{
    if (fd >= 0 && fd < MAX_FD)
        sick[fd] = (char)within(path);
    return fd;
}

#define OPENS(name)                                                                   \
    int name(const char *path, int flags, ...)                                        \
    {                                                                                 \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;       \
        va_end(rest);                                                                 \
        int writes = (flags & O_ACCMODE) != O_RDONLY;                                 \
        int makes = flags & O_CREAT && REAL(access)(path, F_OK);                      \
        int number = writes ? refused_name(path, makes) : 0;                          \
        return number ? fail(number) : opened(REAL(name)(path, flags, mode), path);   \
    }

OPENS(open)
OPENS(open64)

int close(int fd)
{
    if (fd >= 0 && fd < MAX_FD)
        sick[fd] = 0;
    return REAL(close)(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    int number = refused(fd, offset + (off64_t)length);
    return number ? fail(number) : REAL(pwrite64)(fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    int number = refused(fd, offset + (off_t)length);
    return number ? fail(number) : REAL(pwrite)(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length)
{
    off64_t end = known(fd) ? lseek64(fd, 0, SEEK_CUR) + (off64_t)length : 0;
    int number = refused(fd, end);
    return number ? fail(number) : REAL(write)(fd, data, length);
}

static int flushed(int fd)
{
    int delay_ms = 0;
    int number = known(fd) ? state(&delay_ms) : 0;
    struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000L};
    if (delay_ms)
        nanosleep(&delay, NULL);
    return number == ENOSPC || number == EROFS ? 0 : number;
}

int fsync(int fd)
{
    int number = flushed(fd);
    return number ? fail(number) : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    int number = flushed(fd);
    return number ? fail(number) : REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t length)
{
    int number = refused(fd, length);
    return number ? fail(number) : REAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    int number = refused(fd, length);
    return number ? fail(number) : REAL(ftruncate64)(fd, length);
}

int unlink(const char *path)
{
    int number = refused_name(path, 0);
    return number ? fail(number) : REAL(unlink)(path);
}

int rename(const char *old, const char *new)
{
    int number = refused_name(new, 0);
    return number ? fail(number) : REAL(rename)(old, new);
}
