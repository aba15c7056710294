/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thumbnails by the real imgtank-probe, in its sandbox: each codec must do with
 * what is left to it.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core/base/fd.h"
#include "core/probe/probe.h"
#include "core/probe/probe_check.h"
#include "core/probe/probe_wire.h"
#include "tests/support/draw.h"
#include "tests/support/tree.h"

#define DEADLINE_MS 20000 /* the sanitizers' time, not ours */

static struct tree tree;
static struct media_facts facts;
static struct probe_thumbnail thumbnail;
static unsigned long peak_kb;

static const struct drawing photo = {.width_px = 1200,
	.height_px = 800,
	.channels = 3,
	.quarters = {{220, 30, 30}, {30, 160, 60}, {40, 50, 200}, {230, 220, 60}}};

static int set_up(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

/* The most that our only child has ever had in memory. */
static void read_peak(void)
{
	char text[8192], path[64];
	const char *line;

	assert_int_equal(
		fd_read_text(AT_FDCWD, "/proc/thread-self/children", text, sizeof(text)), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", atoi(text));
	assert_int_equal(fd_read_text(AT_FDCWD, path, text, sizeof(text)), 0);
	line = strstr(text, "VmHWM:");
	assert_non_null(line);
	peak_kb = strtoul(line + 6, NULL, 10);
}

static int ask(struct blob blob, uint32_t side_px)
{
	const struct probe_options options = {
		.program = REAL_PROGRAM, .deadline_ms = DEADLINE_MS, .thumbnail_side_px = side_px};
	struct probe *probe = NULL;
	char path[300];
	int fd, r;

	tree_write(&tree, "file", blob.bytes, blob.size_bytes);
	free(blob.bytes);
	(void)snprintf(path, sizeof(path), "%s/file", tree.path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(probe_new(&probe, &options), 0);
	r = probe_read_thumbnail(probe, fd, &facts, &thumbnail);
	fd_close(fd);
	if (r == 0)
		read_peak();
	probe_free(probe);
	return r;
}

static void assert_thumbnail(uint32_t width_px, uint32_t height_px, const char *source)
{
	assert_int_equal(thumbnail.width_px, width_px);
	assert_int_equal(thumbnail.height_px, height_px);
	assert_string_equal(thumbnail.source, source);
	assert_true(probe_jpeg_is_sane(
		thumbnail.jpeg, thumbnail.size_bytes, thumbnail.width_px, thumbnail.height_px));
}

static void test_probe_makes_thumbnails_of_jpeg(void **state)
{
	(void)state;
	assert_int_equal(ask(draw_jpeg(&photo), 0), 0);
	assert_string_equal(facts.type, "JPEG");
	assert_thumbnail(256, 171, "decoded");
}

static void test_probe_makes_thumbnails_of_png(void **state)
{
	(void)state;
	assert_int_equal(ask(draw_png(&photo), 0), 0);
	assert_string_equal(facts.type, "PNG");
	assert_thumbnail(256, 171, "decoded");
}

/* More than one packet holds. */
static void test_probe_carries_large_thumbnails(void **state)
{
	struct drawing noise = photo;

	(void)state;
	noise.width_px = noise.height_px = 1024;
	noise.is_noisy = true;
	assert_int_equal(ask(draw_jpeg(&noise), 1024), 0);
	assert_thumbnail(1024, 1024, "decoded");
	assert_true(thumbnail.size_bytes > PROBE_CHUNK_BYTES);
}

static void test_probe_keeps_to_its_memory(void **state)
{
	struct drawing progressive = {.width_px = 4400,
		.height_px = 2900,
		.channels = 3,
		.is_progressive = true,
		.quarters = {{220, 30, 30}, {30, 160, 60}, {40, 50, 200}, {230, 220, 60}}};

	(void)state;
	if (IMGTANK_SANITIZED)
		skip();
	assert_int_equal(ask(draw_jpeg(&progressive), 0), 0); /* 38 MB of coefficients */
	assert_thumbnail(256, 169, "decoded");
	assert_in_range(peak_kb, 38 << 10, 64 << 10);
	progressive.width_px *= 2; /* which would break the bound */
	assert_int_equal(ask(draw_jpeg(&progressive), 0), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
	assert_string_equal(facts.type, "JPEG");

	assert_true(peak_kb < 64 << 10);
}

#if HAS_HEIF
static void assert_heif(bool is_avif, uint32_t thumbnail_px, const char *source)
{
	struct blob blob = draw_heif(&photo, is_avif, thumbnail_px);

	if (blob.size_bytes == 0)
		skip(); /* this libheif can only decode */
	assert_int_equal(ask(blob, 0), 0);
	assert_thumbnail(256, thumbnail_px ? 170 : 171, source);
}

static void test_probe_makes_thumbnails_of_heic(void **state)
{
	(void)state;
	assert_heif(false, 0, "decoded");
	assert_heif(false, 320, "embedded");
}

static void test_probe_makes_thumbnails_of_avif(void **state)
{
	(void)state;
	assert_heif(true, 0, "decoded");
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_probe_makes_thumbnails_of_jpeg),
		TEST(test_probe_makes_thumbnails_of_png),
		TEST(test_probe_carries_large_thumbnails),
		TEST(test_probe_keeps_to_its_memory),
#if HAS_HEIF
		TEST(test_probe_makes_thumbnails_of_heic),
		TEST(test_probe_makes_thumbnails_of_avif),
#endif
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
