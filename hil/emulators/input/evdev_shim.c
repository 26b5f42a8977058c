// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into an unmodified program, this library makes ptys pass for input devices.
//
// TALLYMAN_SHIM_EVDEV="/tmp/rig/gun=Honeywell 1900,/tmp/rig/other=…" names the ptys (or links to
// them) and the devices' names. Their bytes are struct input_event already; what a pty lacks are the
// answers to EVIOCGNAME and EVIOCGRAB. A grab is a file lock: a second one fails with EBUSY, and
// closing ends it, as with the kernel's.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { LONGEST = 4096 };

// Copies the name of the device behind `fd`, or returns 0 when it is none of ours.
static int name_of(int fd, char *name)
{
    const char *listed = getenv("TALLYMAN_SHIM_EVDEV");
    struct stat opened, wanted;
    char all[LONGEST], *rest = all, *entry;
    if (!listed || strlen(listed) >= sizeof all || fstat(fd, &opened) || !S_ISCHR(opened.st_mode))
        return 0;
    strcpy(all, listed);
    while ((entry = strsep(&rest, ","))) {
        char *path = strsep(&entry, "=");
        if (!stat(path, &wanted) && wanted.st_rdev == opened.st_rdev) {
            strcpy(name, entry ? entry : "");
            return 1;
        }
    }
    return 0;
}

static int answer_name(char *name, char *buffer, size_t size)
{
    if (!size) {
        errno = EINVAL;
        return -1;
    }
    size_t length = strnlen(name, size - 1);
    memcpy(buffer, name, length);
    buffer[length] = 0;
    return (int)length + 1;
}

static int grab(int fd, int wanted)
{
    if (!flock(fd, (wanted ? LOCK_EX : LOCK_UN) | LOCK_NB))
        return 0;
    errno = EBUSY;
    return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
    char name[LONGEST];
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (_IOC_TYPE(request) == 'E' && name_of(fd, name)) {
        if (_IOC_NR(request) == _IOC_NR(EVIOCGRAB))
            return grab(fd, argument != NULL);
        if (_IOC_NR(request) == _IOC_NR(EVIOCGNAME(0)))
            return answer_name(name, argument, _IOC_SIZE(request));
    }
    int (*real)(int, unsigned long, ...) =
        (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
