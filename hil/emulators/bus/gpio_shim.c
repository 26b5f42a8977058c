// SPDX-License-Identifier: Apache-2.0
//
// The GPIO part of the shim: /dev/gpiochipN as drivers/gpio/gpiolib-cdev.c serves it, version 2. Each
// call that has a structure is one exchange:
//
//   request   u8 kind, u8 0, u16 size, then the structure
//             'I' GPIO_V2_GET_LINEINFO, 'L' GPIO_V2_GET_LINE, 'G' and 'S' GPIO_V2_LINE_GET_VALUES and
//             _SET_VALUES, 'C' GPIO_GET_CHIPINFO
//   reply     u32 errno (0: done), then, if 0, the structure as it is now
//
// A line has two connections. 'L' comes over the first, on which 'G' and 'S' follow; the reply has a
// number in place of the file descriptor. The second begins with 'E', 0, u16 4 and that number, and
// then brings struct gpio_v2_line_event: it is the program's descriptor, so poll and read work.

#define _GNU_SOURCE
#include "bus_shim.h"

#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(struct gpio_v2_line_request) == 592, "as the emulator unpacks it");
_Static_assert(sizeof(struct gpio_v2_line_event) == 48, "as the emulator packs it");

struct head {
    uint8_t kind, zero;
    uint16_t size;
};

static int exchange(struct file *file, char kind, void *structure, size_t size)
{
    if (!structure)
        return failed(EFAULT);
    struct head head = {kind, 0, size};
    struct iovec out[] = {{&head, sizeof head}, {structure, size}};
    struct iovec in = {structure, size};
    int error = ask_emulator(file, out, 2, &in, 1);
    return error ? failed(error) : 0;
}

static int line_control(struct file *line, unsigned long request, void *argument)
{
    switch (request) {
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        return exchange(line, 'G', argument, sizeof(struct gpio_v2_line_values));
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        return exchange(line, 'S', argument, sizeof(struct gpio_v2_line_values));
    default:
        return failed(ENOTTY);
    }
}

// Once the chip is gone, the kernel says ENODEV.
static ssize_t line_read(struct file *line, void *buffer, size_t count)
{
    if (count < sizeof(struct gpio_v2_line_event))
        return failed(EINVAL);
    count -= count % sizeof(struct gpio_v2_line_event);
    ssize_t got = recv(line->events, buffer, count, 0);
    return got ? got : failed(ENODEV);
}

static ssize_t refused(struct file *file, const void *buffer, size_t count)
{
    (void)file, (void)buffer, (void)count;
    return failed(EINVAL);
}

static const struct bus line_bus = {line_control, line_read, refused, ENODEV};

// Returns the descriptor by which a line's edges come, or -1 with errno set.
static int events_of(const struct file *chip, uint32_t number)
{
    struct {
        struct head head;
        uint32_t number;
    } hello = {{'E', 0, sizeof number}, number};
    int fd = connect_bus(&chip->at);
    if (fd >= 0 && send(fd, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) {
        close(fd);
        return failed(ENODEV);
    }
    return fd;
}

static int get_line(struct file *chip, struct gpio_v2_line_request *request)
{
    struct file *line = connected_file(&chip->at, &line_bus);
    if (!line)
        return failed(ENODEV);
    int fd = exchange(line, 'L', request, sizeof *request) ? -1 : events_of(chip, request->fd);
    if (fd >= 0) {
        line->events = fd;
        request->fd = fd;
        attach(fd, line);
    }
    int error = errno;
    release(line);
    errno = error;
    return fd < 0 ? -1 : 0;
}

static int control(struct file *chip, unsigned long request, void *argument)
{
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL:
        return exchange(chip, 'C', argument, sizeof(struct gpiochip_info));
    case GPIO_V2_GET_LINEINFO_IOCTL:
        return exchange(chip, 'I', argument, sizeof(struct gpio_v2_line_info));
    case GPIO_V2_GET_LINE_IOCTL:
        return argument ? get_line(chip, argument) : failed(EFAULT);
    default:
        return failed(ENOTTY);
    }
}

static ssize_t no_read(struct file *file, void *buffer, size_t count)
{
    return refused(file, buffer, count);
}

const struct bus gpio_bus = {control, no_read, refused, ENODEV};
