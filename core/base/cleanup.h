/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cleanup.h - owned memory and descriptors that let go at the end of a scope.
 *
 * CLEANUP(freep) char *s = NULL;    freed on every way out of the block
 * return TAKE_PTR(s);               hands it to the caller instead
 */
#ifndef IMGTANK_CORE_BASE_CLEANUP_H
#define IMGTANK_CORE_BASE_CLEANUP_H

#include <stdlib.h>

#include "core/base/fd.h"

#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

/* For CLEANUP on any pointer from malloc. */
static inline void freep(void *p)
{
	free(*(void **)p);
}

/* For CLEANUP on a descriptor; -1 is fine. Only for descriptors that were not written to. */
static inline void fd_closep(int *fd)
{
	fd_close(*fd);
}

#endif
