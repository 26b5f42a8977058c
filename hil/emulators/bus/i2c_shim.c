// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into an unmodified program, this library opens emulated buses behind /dev/i2c-N and
// /dev/spidevB.D (whose own half is spi_shim.c).
//
// TALLYMAN_SHIM_SOCKETS="/dev/i2c-1=/run/bus1.sock,/dev/i2c-2=/run/bus2.sock" names the buses and
// the Unix sockets of their emulators. Every transfer becomes I2C messages, as in the kernel's own
// SMBus emulation, and one exchange:
//
//   request   'T', u8 count, count * { u16 address, u16 flags, u16 length },
//             then the data of the messages written, in order
//             'S', u8 1, { u16 address, 0, 0 }: may this address be claimed (I2C_SLAVE)?
//   reply     u32 errno (0: done), then, if 0, the data of the messages read, in order
//
// Numbers are little-endian. The functions promised are those of the Raspberry Pi's own controller
// (i2c-bcm2835). A process that forks and goes on using the bus without exec is not supported.

#define _GNU_SOURCE
#include "bus_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// Fortified programs call these; their prototypes exist only with _FORTIFY_SOURCE.
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "SMBus words are taken as they lie");

enum {
    NOT_OURS = -2,
    MAX_FD = 4096,           // descriptors above are refused with EMFILE
    MAX_MESSAGES = I2C_RDWR_IOCTL_MAX_MSGS,
    MAX_LENGTH = 8192,       // of a message: drivers/i2c/i2c-dev.c
    MESSAGE_HEADER = 6,
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

static void release(struct file *file)
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

// Puts file (or NULL) behind fd and lets go of what was there before.
static void attach(int fd, struct file *file)
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

typedef ssize_t mover(int fd, struct msghdr *message, int flags);

static ssize_t put(int fd, struct msghdr *message, int flags)
{
    return sendmsg(fd, message, flags | MSG_NOSIGNAL);
}

static bool move_all(mover *move, int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        if (parts->iov_len == 0) {
            parts++, count--;
            continue;
        }
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        ssize_t moved = move(fd, &message, 0);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return false;
        for (; count > 0 && (size_t)moved >= parts->iov_len; parts++, count--)
            moved -= parts->iov_len;
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + moved;
            parts->iov_len -= moved;
        }
    }
    return true;
}

bool send_all(int fd, struct iovec *parts, size_t count) { return move_all(put, fd, parts, count); }

bool receive_all(int fd, struct iovec *parts, size_t count)
{
    return move_all(recvmsg, fd, parts, count);
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
    at[0] = value & 0xFF;
    at[1] = value >> 8;
    return at + 2;
}

static int exchange_now(int fd, char kind, struct i2c_msg *messages, size_t count)
{
    uint8_t header[2 + MAX_MESSAGES * MESSAGE_HEADER] = {kind, count};
    uint8_t status[4];
    struct iovec out[1 + MAX_MESSAGES] = {{header, 2 + count * MESSAGE_HEADER}};
    struct iovec in[1 + MAX_MESSAGES] = {{status, sizeof status}};
    size_t outs = 1, ins = 1;
    uint8_t *at = header + 2;
    for (struct i2c_msg *m = messages; m < messages + count; m++) {
        at = put16(put16(put16(at, m->addr), m->flags), m->len);
        if (m->flags & I2C_M_RD)
            in[ins++] = (struct iovec){m->buf, m->len};
        else
            out[outs++] = (struct iovec){m->buf, m->len};
    }
    if (!send_all(fd, out, outs) || !receive_all(fd, in, 1))
        return ENODEV;    // the bus went away while open
    int error = status[0] | status[1] << 8 | status[2] << 16 | status[3] << 24;
    if (error == 0 && !receive_all(fd, in + 1, ins - 1))
        return ENODEV;
    return error;
}

// Returns 0, or -1 with errno set.
static int exchange(struct file *file, char kind, struct i2c_msg *messages, size_t count)
{
    pthread_mutex_lock(&file->turn);
    int error = exchange_now(file->socket, kind, messages, count);
    pthread_mutex_unlock(&file->turn);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

int failed(int error)
{
    errno = error;
    return -1;
}

static int transfer(struct file *file, struct i2c_rdwr_ioctl_data *request)
{
    if (!request || !request->msgs)
        return failed(EFAULT);
    if (request->nmsgs == 0 || request->nmsgs > MAX_MESSAGES)
        return failed(EINVAL);
    for (uint32_t i = 0; i < request->nmsgs; i++) {
        if (request->msgs[i].len > MAX_LENGTH || request->msgs[i].flags & ~I2C_M_RD)
            return failed(EINVAL);
    }
    return exchange(file, 'T', request->msgs, request->nmsgs) ? -1 : (int)request->nmsgs;
}

// Returns how many bytes follow the command, and where they are; -1 with errno if not possible.
static int payload_of(const struct i2c_smbus_ioctl_data *request, uint8_t **payload)
{
    union i2c_smbus_data *data = request->data;
    bool reads = request->read_write == I2C_SMBUS_READ;
    *payload = (uint8_t *)data;
    if (request->size == I2C_SMBUS_QUICK || (request->size == I2C_SMBUS_BYTE && !reads))
        return 0;
    if (!data)
        return failed(EINVAL);
    switch (request->size) {
    case I2C_SMBUS_BYTE:
    case I2C_SMBUS_BYTE_DATA:
        return 1;
    case I2C_SMBUS_WORD_DATA:
    case I2C_SMBUS_PROC_CALL:
        return 2;    // low byte first on the bus and in memory alike
    case I2C_SMBUS_BLOCK_DATA:
    case I2C_SMBUS_I2C_BLOCK_DATA:
        if (reads && request->size == I2C_SMBUS_BLOCK_DATA)
            return failed(EOPNOTSUPP);    // it needs I2C_M_RECV_LEN
        if (data->block[0] == 0 || data->block[0] > I2C_SMBUS_BLOCK_MAX)
            return failed(EINVAL);
        if (request->size == I2C_SMBUS_BLOCK_DATA)
            return 1 + data->block[0];
        *payload = data->block + 1;
        return data->block[0];
    default:
        return failed(EOPNOTSUPP);
    }
}

// As i2c_smbus_xfer_emulated() does it: drivers/i2c/i2c-core-smbus.c.
static int smbus(struct file *file, struct i2c_smbus_ioctl_data *request)
{
    if (!request)
        return failed(EFAULT);
    uint8_t *payload;
    int length = payload_of(request, &payload);
    if (length < 0)
        return -1;
    bool reads = request->read_write == I2C_SMBUS_READ;
    bool calls = request->size == I2C_SMBUS_PROC_CALL;
    uint8_t sent[2 + I2C_SMBUS_BLOCK_MAX] = {request->command};
    struct i2c_msg messages[] = {
        {file->slave, 0, 1, sent},
        {file->slave, I2C_M_RD, length, payload},
    };
    if ((!reads || calls) && length > 0) {
        memcpy(sent + 1, payload, length);
        messages[0].len += length;
    }
    if (request->size == I2C_SMBUS_QUICK) {
        messages[0].flags = reads ? I2C_M_RD : 0;
        messages[0].len = 0;
        return exchange(file, 'T', messages, 1);
    }
    if (request->size == I2C_SMBUS_BYTE)
        return exchange(file, 'T', messages + reads, 1);
    return exchange(file, 'T', messages, reads || calls ? 2 : 1);
}

static int claim(struct file *file, unsigned long address, bool force)
{
    if (address > 0x7F)
        return failed(EINVAL);
    struct i2c_msg asked = {.addr = address};
    if (!force && exchange(file, 'S', &asked, 1))
        return -1;
    file->slave = address;
    return 0;
}

static int control(struct file *file, unsigned long request, void *argument)
{
    switch (request) {
    case I2C_SLAVE:
    case I2C_SLAVE_FORCE:
        return claim(file, (unsigned long)argument, request == I2C_SLAVE_FORCE);
    case I2C_FUNCS:
        *(unsigned long *)argument = I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
        return 0;
    case I2C_RDWR:
        return transfer(file, argument);
    case I2C_SMBUS:
        return smbus(file, argument);
    case I2C_TENBIT:
    case I2C_PEC:
        return argument ? failed(EINVAL) : 0;
    case I2C_RETRIES:
    case I2C_TIMEOUT:
        return 0;
    default:
        return failed(ENOTTY);
    }
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

static int connect_bus(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    int error = errno == ECONNREFUSED ? ENOENT : errno;    // nobody listens: the bus is not there
    REAL(close)(fd);
    return failed(error);
}

static int open_emulated(const char *path, int flags)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strncmp(path, "/dev/", 5) || !socket_of(path, &address))
        return NOT_OURS;
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return failed(ENOMEM);
    file->references = 1;
    pthread_mutex_init(&file->turn, NULL);
    file->spi = !strncmp(path, "/dev/spidev", 11);
    file->socket = connect_bus(&address);
    int fd = file->socket < 0 ? -1 : REAL(open)("/dev/null", O_RDWR | (flags & O_CLOEXEC));
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
    struct file *file = acquire(fd);
    if (!file)
        return REAL(ioctl)(fd, request, argument);
    int result = file->spi ? spi_control(file, request, argument)
                           : control(file, request, argument);
    int error = errno;
    release(file);
    errno = error;
    return result;
}

static ssize_t i2c_plain(struct file *file, uint16_t flags, void *buffer, size_t count)
{
    count = count > MAX_LENGTH ? MAX_LENGTH : count;
    struct i2c_msg message = {file->slave, flags, count, buffer};
    return exchange(file, 'T', &message, 1) ? -1 : (ssize_t)count;
}

static ssize_t plain(struct file *file, uint16_t flags, void *buffer, size_t count)
{
    bool reads = flags & I2C_M_RD;
    ssize_t result = file->spi
        ? spi_plain(file, reads ? buffer : NULL, reads ? NULL : buffer, count)
        : i2c_plain(file, flags, buffer, count);
    int error = errno;
    release(file);
    errno = error;
    return result;
}

ssize_t read(int fd, void *buffer, size_t count)
{
    struct file *file = acquire(fd);
    return file ? plain(file, I2C_M_RD, buffer, count) : REAL(read)(fd, buffer, count);
}

ssize_t write(int fd, const void *buffer, size_t count)
{
    struct file *file = acquire(fd);
    return file ? plain(file, 0, (void *)buffer, count) : REAL(write)(fd, buffer, count);
}

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
