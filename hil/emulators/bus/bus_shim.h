// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the shim share: bus_shim.c (open files and the C library's calls), i2c_shim.c,
// spi_shim.c and gpio_shim.c (what the kernel's i2c-dev, spidev and gpiolib-cdev do), bus_wire.c
// (the emulator's socket).

#ifndef BUS_SHIM_H
#define BUS_SHIM_H

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

// Preloaded into every program: a library that has a function of such a name must keep its own.
#pragma GCC visibility push(hidden)

struct file;

// The system calls of one kind of device file; gone is the errno of a bus that went away while open.
struct bus {
    int (*control)(struct file *file, unsigned long request, void *argument);
    ssize_t (*read)(struct file *file, void *buffer, size_t count);
    ssize_t (*write)(struct file *file, const void *buffer, size_t count);
    int gone;
};

extern const struct bus i2c_bus;    // /dev/i2c-N
extern const struct bus spi_bus;    // /dev/spidevB.D
extern const struct bus gpio_bus;   // /dev/gpiochipN

// One open file: what dup() shares. The program's descriptors are of /dev/null; the socket is ours.
struct file {
    int references;          // descriptors and running calls; guarded by table_lock
    int socket;
    const struct bus *bus;
    uint16_t slave;          // I2C: set by I2C_SLAVE
    uint32_t mode;           // SPI: as set by SPI_IOC_WR_MODE32
    uint32_t speed;          // SPI: Hz
    struct sockaddr_un at;   // the emulator's socket
    int events;              // GPIO line: what its edges come by, the program's own descriptor
    pthread_mutex_t turn;    // one exchange at a time
};

// Returns a file with a connection of its own, or NULL with errno set; release() lets go of it.
struct file *connected_file(const struct sockaddr_un *at, const struct bus *bus);

// Returns a plain connection to the emulator, or -1 with errno set.
int connect_bus(const struct sockaddr_un *at);

// Puts a file (or NULL) behind a descriptor of the program, and lets go of what was there before.
void attach(int fd, struct file *file);

void release(struct file *file);

// Sends the parts of a request; receives the reply: u32 errno (0: done), then, if 0, its parts.
// Returns that errno, or the bus's `gone`. Parts are used up.
int ask_emulator(struct file *file, struct iovec *out, size_t outs, struct iovec *in, size_t ins);

static inline int failed(int error)
{
    errno = error;
    return -1;
}

#pragma GCC visibility pop

#endif
