// SPDX-License-Identifier: Apache-2.0
//
// The socket between shim and emulator: one exchange at a time, whole messages whatever it takes at
// once. Numbers are little-endian.

#define _GNU_SOURCE
#include "bus_shim.h"

#include <stdbool.h>
#include <sys/socket.h>

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

static int ask_now(struct file *file, struct iovec *out, size_t outs, struct iovec *in, size_t ins)
{
    uint8_t status[4];
    struct iovec head = {status, sizeof status};
    if (!move_all(put, file->socket, out, outs) || !move_all(recvmsg, file->socket, &head, 1))
        return file->bus->gone;
    int error = status[0] | status[1] << 8 | status[2] << 16 | status[3] << 24;
    if (error == 0 && !move_all(recvmsg, file->socket, in, ins))
        return file->bus->gone;
    return error;
}

int ask_emulator(struct file *file, struct iovec *out, size_t outs, struct iovec *in, size_t ins)
{
    pthread_mutex_lock(&file->turn);
    int error = ask_now(file, out, outs, in, ins);
    pthread_mutex_unlock(&file->turn);
    return error;
}
