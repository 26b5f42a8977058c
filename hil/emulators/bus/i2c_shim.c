// SPDX-License-Identifier: Apache-2.0
//
// The I2C part of the shim: /dev/i2c-N as drivers/i2c/i2c-dev.c serves it. Every transfer becomes I2C
// messages, as in the kernel's own SMBus emulation, and one exchange:
//
//   request   'T', u8 count, count * { u16 address, u16 flags, u16 length },
//             then the data of the messages written, in order
//             'S', u8 1, { u16 address, 0, 0 }: may this address be claimed (I2C_SLAVE)?
//   reply     u32 errno (0: done), then, if 0, the data of the messages read, in order
//
// The functions promised are those of the Raspberry Pi's own controller (i2c-bcm2835).

#define _GNU_SOURCE
#include "bus_shim.h"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "SMBus words are taken as they lie");

enum {
    MAX_MESSAGES = I2C_RDWR_IOCTL_MAX_MSGS,
    MAX_LENGTH = 8192,       // of a message: drivers/i2c/i2c-dev.c
    MESSAGE_HEADER = 6,
};

static uint8_t *put16(uint8_t *at, uint16_t value)
{
    at[0] = value & 0xFF;
    at[1] = value >> 8;
    return at + 2;
}

// Returns 0, or -1 with errno set.
static int exchange(struct file *file, char kind, struct i2c_msg *messages, size_t count)
{
    uint8_t header[2 + MAX_MESSAGES * MESSAGE_HEADER] = {kind, count};
    struct iovec out[1 + MAX_MESSAGES] = {{header, 2 + count * MESSAGE_HEADER}};
    struct iovec in[MAX_MESSAGES];
    size_t outs = 1, ins = 0;
    uint8_t *at = header + 2;
    for (struct i2c_msg *m = messages; m < messages + count; m++) {
        at = put16(put16(put16(at, m->addr), m->flags), m->len);
        if (m->flags & I2C_M_RD)
            in[ins++] = (struct iovec){m->buf, m->len};
        else
            out[outs++] = (struct iovec){m->buf, m->len};
    }
    int error = ask_emulator(file, out, outs, in, ins);
    return error ? failed(error) : 0;
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

static ssize_t plain(struct file *file, uint16_t flags, void *buffer, size_t count)
{
    count = count > MAX_LENGTH ? MAX_LENGTH : count;
    struct i2c_msg message = {file->slave, flags, count, buffer};
    return exchange(file, 'T', &message, 1) ? -1 : (ssize_t)count;
}

static ssize_t plain_read(struct file *file, void *buffer, size_t count)
{
    return plain(file, I2C_M_RD, buffer, count);
}

static ssize_t plain_write(struct file *file, const void *buffer, size_t count)
{
    return plain(file, 0, (void *)buffer, count);
}

const struct bus i2c_bus = {control, plain_read, plain_write, ENODEV};
