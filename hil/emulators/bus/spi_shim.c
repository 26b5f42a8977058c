// SPDX-License-Identifier: Apache-2.0
//
// The SPI part of the shim: /dev/spidevB.D as drivers/spi/spidev.c serves it. One SPI_IOC_MESSAGE is
// one exchange:
//
//   request   'X', u8 0, u16 count, count * { u32 length, u32 speed, u8 cs_change, u8 mode, u16 0 },
//             then the bytes on MOSI of all transfers, in order
//   reply     u32 errno (0: done), then, if 0, the bytes on MISO of all transfers, in order
//
// Nobody can tell an SPI chip that is not there: its MISO just floats.

#define _GNU_SOURCE
#include "bus_shim.h"

#include <linux/spi/spidev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    MAX_BYTES = 4096,        // of a message: spidev's parameter bufsiz
    MAX_TRANSFERS = 511,     // what fits into the 14 bits of an ioctl's size
    DEFAULT_SPEED = 500000,  // Hz, when neither file nor transfer names one
};

struct transfer_header {
    uint32_t length, speed;
    uint8_t cs_change, mode;
    uint16_t reserved;
};

_Static_assert(sizeof(struct transfer_header) == 12, "as the emulator unpacks it");

struct head {
    uint8_t kind, zero;
    uint16_t count;
};

// Fills bytes with what goes out, and writes what came in over it.
static int exchange(struct file *file, const struct spi_ioc_transfer *transfers, size_t count)
{
    size_t total = 0;
    struct transfer_header headers[MAX_TRANSFERS];
    for (size_t i = 0; i < count; i++) {
        const struct spi_ioc_transfer *t = transfers + i;
        uint32_t speed = t->speed_hz ? t->speed_hz : file->speed ? file->speed : DEFAULT_SPEED;
        headers[i] = (struct transfer_header){t->len, speed, t->cs_change, file->mode, 0};
        if (t->len > MAX_BYTES || (total += t->len) > MAX_BYTES)
            return failed(EMSGSIZE);
    }
    uint8_t bytes[MAX_BYTES] = {0}, *at = bytes;
    for (size_t i = 0; i < count; at += transfers[i++].len) {
        if (transfers[i].tx_buf)
            memcpy(at, (const void *)(uintptr_t)transfers[i].tx_buf, transfers[i].len);
    }
    struct head head = {'X', 0, count};
    struct iovec out[] = {
        {&head, sizeof head}, {headers, count * sizeof *headers}, {bytes, total},
    };
    struct iovec in = {bytes, total};
    int error = ask_emulator(file, out, 3, &in, 1);
    if (error)
        return failed(error);
    at = bytes;
    for (size_t i = 0; i < count; at += transfers[i++].len) {
        if (transfers[i].rx_buf)
            memcpy((void *)(uintptr_t)transfers[i].rx_buf, at, transfers[i].len);
    }
    return (int)total;
}

static int set_mode(struct file *file, uint32_t mode)
{
    if (mode & ~(uint32_t)(SPI_MODE_3 | SPI_CS_HIGH | SPI_NO_CS | SPI_3WIRE))
        return failed(EINVAL);    // what spi-bcm2835 can do
    file->mode = mode;
    return 0;
}

static int control(struct file *file, unsigned long request, void *argument)
{
    if (_IOC_TYPE(request) != SPI_IOC_MAGIC)
        return failed(ENOTTY);
    if (!argument)
        return failed(EFAULT);
    switch (request) {
    case SPI_IOC_RD_MODE:
        *(uint8_t *)argument = file->mode;
        return 0;
    case SPI_IOC_RD_MODE32:
        *(uint32_t *)argument = file->mode;
        return 0;
    case SPI_IOC_WR_MODE:
        return set_mode(file, *(uint8_t *)argument);
    case SPI_IOC_WR_MODE32:
        return set_mode(file, *(uint32_t *)argument);
    case SPI_IOC_RD_LSB_FIRST:
        *(uint8_t *)argument = 0;
        return 0;
    case SPI_IOC_WR_LSB_FIRST:
        return *(uint8_t *)argument ? failed(EINVAL) : 0;
    case SPI_IOC_RD_BITS_PER_WORD:
        *(uint8_t *)argument = 8;
        return 0;
    case SPI_IOC_WR_BITS_PER_WORD: {
        uint8_t bits = *(uint8_t *)argument;
        return bits == 0 || bits == 8 ? 0 : failed(EINVAL);
    }
    case SPI_IOC_RD_MAX_SPEED_HZ:
        *(uint32_t *)argument = file->speed ? file->speed : DEFAULT_SPEED;
        return 0;
    case SPI_IOC_WR_MAX_SPEED_HZ:
        file->speed = *(uint32_t *)argument;
        return file->speed ? 0 : failed(EINVAL);
    }
    size_t size = _IOC_SIZE(request), one = sizeof(struct spi_ioc_transfer);
    if (_IOC_NR(request) != 0 || _IOC_DIR(request) != _IOC_WRITE)
        return failed(ENOTTY);
    return size % one ? failed(EINVAL) : exchange(file, argument, size / one);
}

static ssize_t plain(struct file *file, void *read_to, const void *written, size_t count)
{
    if (count > MAX_BYTES)
        return failed(EMSGSIZE);
    struct spi_ioc_transfer one = {
        .rx_buf = (uintptr_t)read_to, .tx_buf = (uintptr_t)written, .len = count,
    };
    return exchange(file, &one, 1);
}

static ssize_t plain_read(struct file *file, void *buffer, size_t count)
{
    return plain(file, buffer, NULL, count);
}

static ssize_t plain_write(struct file *file, const void *buffer, size_t count)
{
    return plain(file, NULL, buffer, count);
}

// ESHUTDOWN is what spidev says once its device was taken away.
const struct bus spi_bus = {control, plain_read, plain_write, ESHUTDOWN};
