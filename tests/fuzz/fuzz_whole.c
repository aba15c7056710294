/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_whole.c - any bytes as a dropped file: whether it is cut is said, in bounded time. */
#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/drop/whole.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("dropped", MFD_CLOEXEC);
	assert(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	assert(fd_write_full(fd, data, size_bytes) == 0);
	(void)whole_is_cut(fd, size_bytes);
	/* A file that has become shorter meanwhile. */
	assert(ftruncate(fd, (off_t)(size_bytes / 2)) == 0);
	(void)whole_is_cut(fd, size_bytes);
	return 0;
}
