/* SPDX-License-Identifier: GPL-3.0-or-later */
/* take.h - a file out of the folder that others write into, to where only we do. */
#ifndef IMGTANK_CORE_DROP_TAKE_H
#define IMGTANK_CORE_DROP_TAKE_H

#include "core/drop/look.h"

/*
 * Moves the file into batch_fd, under the same path. From then on it is ours alone: nobody
 * else has a name for it, has it open for writing, or may open it.
 * -EAGAIN: it is another one than in the list, or is being written; then it is where it was. Both
 * folders must be on one file system, else -EXDEV.
 */
int drop_take(int drop_fd, const struct drop_file *file, int batch_fd);

#endif
