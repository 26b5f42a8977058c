// SPDX-License-Identifier: Apache-2.0
//
// What the I2C and the SPI half of the shim share.

#ifndef BUS_SHIM_H
#define BUS_SHIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

// One open file: what dup() shares. The program's descriptors are of /dev/null; the socket is ours.
struct file {
    int references;          // descriptors and running calls; guarded by table_lock
    int socket;
    bool spi;                // /dev/spidevB.D; else /dev/i2c-N
    uint16_t slave;          // I2C: set by I2C_SLAVE
    uint32_t mode;           // SPI: as set by SPI_IOC_WR_MODE32
    uint32_t speed;          // SPI: Hz
    pthread_mutex_t turn;    // one exchange at a time
};

// Returns -1 with errno set to error.
int failed(int error);

// Both move every byte of the parts, whatever the socket takes at once; false when it is gone.
bool send_all(int fd, struct iovec *parts, size_t count);
bool receive_all(int fd, struct iovec *parts, size_t count);

// The system calls of an open /dev/spidevB.D.
int spi_control(struct file *file, unsigned long request, void *argument);
ssize_t spi_plain(struct file *file, void *read_to, const void *written, size_t count);

#endif
