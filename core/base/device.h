/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.h - is a disk still there? A file system that is mounted from one that was pulled answers
 * for a long time yet, from memory.
 */
#ifndef IMGTANK_CORE_BASE_DEVICE_H
#define IMGTANK_CORE_BASE_DEVICE_H

#include <stdbool.h>
#include <sys/types.h>

/* False also for what is no disk of its own: overlay, tmpfs, btrfs ... Never waits for the disk. */
bool device_is_gone(dev_t device);

#endif
