// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into an unmodified program, this library opens emulated buses behind /dev/i2c-N,
// /dev/spidevB.D and /dev/gpiochipN.
//
// TALLYMAN_SHIM_SOCKETS="/dev/i2c-1=/run/bus1.sock,/dev/spidev0.0=/run/desk.sock" names the device
// files and the Unix sockets of their emulators; what goes over these stands in i2c_shim.c,
// spi_shim.c and gpio_shim.c. A process that forks and goes on using a bus without exec is not
// supported.

#define _GNU_SOURCE
#include "bus_shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Fortified programs call these; their prototypes exist only with _FORTIFY_SOURCE.
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

enum {
    NOT_OURS = -2,
    MAX_FD = 4096,           // descriptors above are refused with EMFILE
};

// The C library's own function of that name.
#define REAL(name)                                                           \
    ({                                                                       \
        static __typeof__(&name) found;                                      \
        __typeof__(&name) real = __atomic_load_n(&found, __ATOMIC_RELAXED);  \
        if (!real) {                                                         \
            real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);               \
            __atomic_store_n(&found, real, __ATOMIC_RELAXED);                \
        }                                                                    \
        real;                                                                \
    })

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *table[MAX_FD];
static int open_files;       // lets the calls of everybody else pass without the lock
static pid_t owner;          // a vfork child has this memory too, but must not empty the table

static void lock_table(void) { pthread_mutex_lock(&table_lock); }
static void unlock_table(void) { pthread_mutex_unlock(&table_lock); }
static void start_child(void) { owner = getpid(); unlock_table(); }

__attribute__((constructor)) static void start(void)
{
    owner = getpid();
    pthread_atfork(lock_table, unlock_table, start_child);
}

static struct file *acquire(int fd)
{
    if (fd < 0 || fd >= MAX_FD || !__atomic_load_n(&open_files, __ATOMIC_RELAXED))
        return NULL;
    lock_table();
    struct file *file = table[fd];
    if (file)
        file->references++;
    unlock_table();
    return file;
}

void release(struct file *file)
{
    lock_table();
    bool last = --file->references == 0;
    unlock_table();
    if (!last)
        return;
    REAL(close)(file->socket);
    pthread_mutex_destroy(&file->turn);
    free(file);
}

void attach(int fd, struct file *file)
{
    if (fd < 0 || fd >= MAX_FD || getpid() != owner)
        return;
    lock_table();
    struct file *before = table[fd];
    table[fd] = file;
    if (file)
        file->references++;
    __atomic_store_n(&open_files, open_files + !!file - !!before, __ATOMIC_RELAXED);
    unlock_table();
    if (before)
        release(before);
}

// Finds the socket of path in TALLYMAN_SHIM_SOCKETS; false when path is not ours.
static bool socket_of(const char *path, struct sockaddr_un *address)
{
    const char *entry = getenv("TALLYMAN_SHIM_SOCKETS");
    size_t length = strlen(path);
    for (; entry && *entry; entry = *entry ? entry + 1 : entry) {
        size_t whole = strcspn(entry, ",");
        if (whole > length && !strncmp(entry, path, length) && entry[length] == '=') {
            size_t rest = whole - length - 1;
            if (rest >= sizeof address->sun_path)
                return false;
            memcpy(address->sun_path, entry + length + 1, rest);
            return true;
        }
        entry += whole;
    }
    return false;
}

int connect_bus(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    int error = errno == ECONNREFUSED ? ENOENT : errno;    // nobody listens: the bus is not there
    REAL(close)(fd);
    return failed(error);
}

struct file *connected_file(const struct sockaddr_un *at, const struct bus *bus)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->references = 1;
    file->bus = bus;
    file->at = *at;
    pthread_mutex_init(&file->turn, NULL);
    file->socket = connect_bus(at);
    if (file->socket >= 0)
        return file;
    int error = errno;
    pthread_mutex_destroy(&file->turn);
    free(file);
    errno = error;
    return NULL;
}

static const struct bus *bus_of(const char *path)
{
    if (!strncmp(path, "/dev/spidev", 11))
        return &spi_bus;
    return strncmp(path, "/dev/gpiochip", 13) ? &i2c_bus : &gpio_bus;
}

static int open_emulated(const char *path, int flags)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strncmp(path, "/dev/", 5) || !socket_of(path, &address))
        return NOT_OURS;
    struct file *file = connected_file(&address, bus_of(path));
    if (!file)
        return -1;
    int fd = REAL(open)("/dev/null", O_RDWR | (flags & O_CLOEXEC));
    if (fd >= MAX_FD) {
        REAL(close)(fd);
        fd = failed(EMFILE);
    }
    if (fd >= 0)
        attach(fd, file);
    int error = errno;
    release(file);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list *rest)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(*rest, mode_t) : 0;
}

#define EXPORT_OPEN(name)                                                    \
    int name(const char *path, int flags, ...)                               \
    {                                                                        \
        va_list rest;                                                        \
        va_start(rest, flags);                                               \
        mode_t mode = mode_of(flags, &rest);                                 \
        va_end(rest);                                                        \
        int fd = open_emulated(path, flags);                                 \
        return fd == NOT_OURS ? REAL(name)(path, flags, mode) : fd;          \
    }

#define EXPORT_OPENAT(name)                                                  \
    int name(int folder, const char *path, int flags, ...)                   \
    {                                                                        \
        va_list rest;                                                        \
        va_start(rest, flags);                                               \
        mode_t mode = mode_of(flags, &rest);                                 \
        va_end(rest);                                                        \
        int fd = open_emulated(path, flags);                                 \
        return fd == NOT_OURS ? REAL(name)(folder, path, flags, mode) : fd;  \
    }

EXPORT_OPEN(open)
EXPORT_OPEN(open64)
EXPORT_OPENAT(openat)
EXPORT_OPENAT(openat64)

#define EXPORT_FORTIFIED(name, parameters, arguments)                        \
    int name parameters                                                      \
    {                                                                        \
        int fd = open_emulated(path, flags);                                 \
        return fd == NOT_OURS ? REAL(name) arguments : fd;                   \
    }

EXPORT_FORTIFIED(__open_2, (const char *path, int flags), (path, flags))
EXPORT_FORTIFIED(__open64_2, (const char *path, int flags), (path, flags))
EXPORT_FORTIFIED(__openat_2, (int folder, const char *path, int flags), (folder, path, flags))
EXPORT_FORTIFIED(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags))

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    // FIONBIO is answered by the kernel itself, whatever the file (fs/ioctl.c).
    struct file *file = request == FIONBIO ? NULL : acquire(fd);
    if (!file)
        return REAL(ioctl)(fd, request, argument);
    int result = file->bus->control(file, request, argument);
    int error = errno;
    release(file);
    errno = error;
    return result;
}

#define EXPORT_PLAIN(name, buffer_type)                                      \
    ssize_t name(int fd, buffer_type buffer, size_t count)                   \
    {                                                                        \
        struct file *file = acquire(fd);                                     \
        if (!file)                                                           \
            return REAL(name)(fd, buffer, count);                            \
        ssize_t result = file->bus->name(file, buffer, count);               \
        int error = errno;                                                   \
        release(file);                                                       \
        errno = error;                                                       \
        return result;                                                       \
    }

EXPORT_PLAIN(read, void *)
EXPORT_PLAIN(write, const void *)

int close(int fd)
{
    if (__atomic_load_n(&open_files, __ATOMIC_RELAXED))
        attach(fd, NULL);
    return REAL(close)(fd);
}

// The copy shares the open file; what the target number held before is closed by the real call.
static int copied(int from, int to)
{
    if (to < 0 || to == from)
        return to;
    struct file *file = acquire(from);
    attach(to, file);
    if (file)
        release(file);
    return to;
}

int dup(int fd) { return copied(fd, REAL(dup)(fd)); }
int dup2(int fd, int to) { return copied(fd, REAL(dup2)(fd, to)); }
int dup3(int fd, int to, int flags) { return copied(fd, REAL(dup3)(fd, to, flags)); }

#define EXPORT_FCNTL(name)                                                   \
    int name(int fd, int command, ...)                                       \
    {                                                                        \
        va_list rest;                                                        \
        va_start(rest, command);                                             \
        void *argument = va_arg(rest, void *);                               \
        va_end(rest);                                                        \
        int result = REAL(name)(fd, command, argument);                      \
        bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC;      \
        return copies ? copied(fd, result) : result;                         \
    }

EXPORT_FCNTL(fcntl)
EXPORT_FCNTL(fcntl64)
