/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sysfs.h - writing into the kernel's small files. Plain files do as well: tests use them. */
#ifndef IMGTANK_UI_LAMP_SYSFS_H
#define IMGTANK_UI_LAMP_SYSFS_H

#include <stdint.h>

/* Replaces the content. 0 or a negative errno. Async-signal-safe. */
int sysfs_write(const char *path, const char *text);

int sysfs_write_number(const char *path, uint64_t number);

#endif
