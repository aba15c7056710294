/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uploads that nobody goes on with: whom they make room for, and when; and those that go to a slow
 * disk. The clock, the disk and its room, and the requests are ours; the spool is a real folder.
 */
#include "tests/support/itest.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "ui-web/spool.h"
#include "ui-web/upload.h"
#include "ui-web/web.h"

#define EACH_BYTES 100 /* that every upload which is here takes from the disk */
#define YIELD_S (UPLOAD_YIELD_USEC / 1000000)
#define IDLE_S (UPLOAD_IDLE_USEC / 1000000)

static struct web web;
static char spool[64];
static uint64_t now_usec;
static uint64_t room_bytes; /* of the spool's disk */
static sem_t may_flush; /* the disk is ready with one more upload */
static int flush_errno;

static unsigned int status; /* of the last answer */
static char answer[128];
static const char *query_name, *query_size, *query_offset;

uint64_t __wrap_frontend_host_now_usec(const struct frontend_host *host);
const char *__wrap_request_query(const struct request *request, const char *name);
bool __wrap_request_form(
	const struct request *request, const char *name, char *out, size_t out_bytes);
void __wrap_request_refuse(
	struct request *request, unsigned int code, const char *sentence, const char *remedy);
void __wrap_request_send_json(struct request *request, unsigned int code, char *text);
void __wrap_request_wait(struct request *request);
void __wrap_request_wake(struct request *request);
bool __wrap_spool_has_room(int spool_fd, uint64_t size_bytes);
int __wrap_syncfs(int fd);

static unsigned int folders(void)
{
	unsigned int count = 0;
	DIR *dir = opendir(spool);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	(void)closedir(dir);
	return count;
}

uint64_t __wrap_frontend_host_now_usec(const struct frontend_host *host)
{
	(void)host;
	return now_usec;
}

const char *__wrap_request_query(const struct request *request, const char *name)
{
	(void)request;
	if (!strcmp(name, "file"))
		return "0";
	if (!strcmp(name, "name"))
		return query_name;
	if (!strcmp(name, "size"))
		return query_size;
	return strcmp(name, "offset") ? NULL : query_offset;
}

bool __wrap_request_form(
	const struct request *request, const char *name, char *out, size_t out_bytes)
{
	(void)request;
	return text_format(out, out_bytes, "%s", strcmp(name, "by") ? "1" : "Ana");
}

void __wrap_request_refuse(
	struct request *request, unsigned int code, const char *sentence, const char *remedy)
{
	(void)request;
	(void)sentence;
	(void)remedy;
	status = code;
}

void __wrap_request_send_json(struct request *request, unsigned int code, char *text)
{
	(void)request;
	status = code;
	(void)text_format(answer, sizeof(answer), "%s", text);
	free(text);
}

bool __wrap_spool_has_room(int spool_fd, uint64_t size_bytes)
{
	(void)spool_fd;
	return size_bytes + (uint64_t)folders() * EACH_BYTES <= room_bytes;
}

void __wrap_request_wait(struct request *request)
{
	request->is_waiting = true;
}

void __wrap_request_wake(struct request *request)
{
	request->is_waiting = false;
}

int __wrap_syncfs(int fd)
{
	(void)fd;
	while (sem_wait(&may_flush) < 0)
		;
	errno = flush_errno;
	return flush_errno ? -1 : 0;
}

static void pass(uint64_t seconds)
{
	now_usec += seconds * 1000000;
}

static unsigned int begin(char id[SPOOL_ID_BYTES])
{
	struct request request = {.web = &web};

	status = 0;
	upload_post(&request);
	if (status == MHD_HTTP_OK)
		assert_int_equal(sscanf(answer, "{\"upload\":\"%32[0-9a-f]\"}", id), 1);
	return status;
}

/* The head of a file, then some of it: 0, and the request goes on; else how it was refused. */
static unsigned int begin_put(
	struct request *request, const char *id, const char *size, const char *offset)
{
	*request = (struct request){.web = &web};
	(void)text_format(request->argument, sizeof(request->argument), "%s", id);
	query_name = "a.jpg";
	query_size = size;
	query_offset = offset;
	status = 0;
	upload_begin_put(request);
	return status;
}

static void end(struct request *request)
{
	if (request->forget)
		request->forget(request);
}

static bool is_known(const char *id)
{
	struct request request = {.web = &web};

	(void)text_format(request.argument, sizeof(request.argument), "%s", id);
	status = 0;
	upload_get(&request);
	return status == MHD_HTTP_OK;
}

static int set_up(void **state)
{
	(void)state;
	(void)text_format(spool, sizeof(spool), "/tmp/imgtank-test-upload-XXXXXX");
	assert_non_null(mkdtemp(spool));
	now_usec = UINT64_C(7) * 24 * 3600 * 1000000;
	room_bytes = UINT64_MAX;
	flush_errno = 0;
	(void)sem_init(&may_flush, 0, 0);
	return uploads_new(&web.uploads, &web, spool);
}

static int tear_down(void **state)
{
	(void)state;
	uploads_free(web.uploads);
	(void)sem_destroy(&may_flush);
	return rmdir(spool); /* nothing is left behind */
}

/* --- the end --- */

static const char *in_spool(const char *name)
{
	static char path[128];

	(void)text_format(path, sizeof(path), "%s/%s", spool, name);
	return path;
}

/* An upload of one file, all of it. */
static void send_all(char id[SPOOL_ID_BYTES])
{
	struct request request;

	assert_int_equal(begin(id), MHD_HTTP_OK);
	assert_int_equal(begin_put(&request, id, "3", "0"), 0);
	request.take(&request, "abc", 3);
	upload_put(&request);
	assert_int_equal(status, MHD_HTTP_OK);
	end(&request);
}

static unsigned int ask_for_end(struct request *request, const char *id)
{
	*request = (struct request){.web = &web};
	(void)text_format(request->argument, sizeof(request->argument), "%s", id);
	status = 0;
	upload_done(request);
	return status;
}

static void let_flush(void)
{
	struct pollfd waiting = {.fd = uploads_fd(web.uploads), .events = POLLIN};

	(void)sem_post(&may_flush);
	assert_int_equal(poll(&waiting, 1, 20000), 1);
	uploads_ready(web.uploads);
}

static unsigned int go_on(struct request *request)
{
	assert_false(request->is_waiting);
	status = 0;
	upload_done(request);
	end(request);
	return status;
}

static void remove_card(const char *name)
{
	char path[128];

	(void)text_format(path, sizeof(path), "%s/a.jpg", in_spool(name));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(in_spool(name)), 0);
}

/* Nobody else waits for the disk; and who asks twice gets two answers. */
static void test_others_are_answered_while_it_goes_to_the_disk(void **state)
{
	char id[SPOOL_ID_BYTES], other[SPOOL_ID_BYTES];
	struct request first, second, put;

	(void)state;
	send_all(id);
	assert_int_equal(ask_for_end(&first, id), 0);
	assert_true(first.is_waiting);
	assert_int_equal(begin(other), MHD_HTTP_OK);
	assert_int_equal(ask_for_end(&second, id), 0);
	assert_int_equal(begin_put(&put, id, "3", "3"), MHD_HTTP_CONFLICT);
	end(&put);
	pass(IDLE_S);
	assert_int_equal(begin(other), MHD_HTTP_OK);
	assert_int_not_equal(access(in_spool("Upload by Ana"), F_OK), 0);
	let_flush();
	assert_int_equal(access(in_spool("Upload by Ana"), F_OK), 0);
	assert_int_equal(go_on(&second), MHD_HTTP_OK);
	assert_int_equal(go_on(&first), MHD_HTTP_OK);
	assert_int_equal(ask_for_end(&first, id), MHD_HTTP_OK);
	remove_card("Upload by Ana");
}

static void test_what_did_not_reach_the_disk_is_not_named(void **state)
{
	char id[SPOOL_ID_BYTES];
	struct request request;

	(void)state;
	send_all(id);
	flush_errno = EIO;
	assert_int_equal(ask_for_end(&request, id), 0);
	let_flush();
	assert_int_equal(go_on(&request), MHD_HTTP_INTERNAL_SERVER_ERROR);
	assert_true(is_known(id));
	assert_int_equal(folders(), 1);
	assert_int_not_equal(access(in_spool("Upload by Ana"), F_OK), 0);
}

static void test_one_that_waits_is_kept_at_the_end(void **state)
{
	char id[SPOOL_ID_BYTES];
	struct request request;

	(void)state;
	send_all(id);
	assert_int_equal(ask_for_end(&request, id), 0);
	end(&request); /* its connection ends first */
	(void)sem_post(&may_flush);
	uploads_free(web.uploads);
	remove_card("Upload by Ana");
	assert_int_equal(uploads_new(&web.uploads, &web, spool), 0);
}

/* --- who makes room --- */

/* One more than there are places: refused until one of them has been silent for long enough. */
static void test_an_abandoned_one_makes_place(void **state)
{
	char first[SPOOL_ID_BYTES], second[SPOOL_ID_BYTES], id[SPOOL_ID_BYTES];

	(void)state;
	assert_int_equal(begin(first), MHD_HTTP_OK);
	assert_int_equal(begin(second), MHD_HTTP_OK);
	for (unsigned int i = 2; i < UPLOADS_MAX; i++)
		assert_int_equal(begin(id), MHD_HTTP_OK);
	pass(YIELD_S - 1);
	assert_true(is_known(first)); /* somebody asks: it is not abandoned */
	assert_int_equal(begin(id), MHD_HTTP_SERVICE_UNAVAILABLE);
	assert_int_equal(folders(), UPLOADS_MAX);
	pass(1);
	assert_int_equal(begin(id), MHD_HTTP_OK);
	assert_int_equal(folders(), UPLOADS_MAX);
	assert_true(is_known(first));
	assert_true(is_known(id));
	assert_false(is_known(second));
}

static void test_one_that_is_being_sent_makes_no_place(void **state)
{
	struct request requests[UPLOADS_MAX];
	char id[SPOOL_ID_BYTES];

	(void)state;
	for (unsigned int i = 0; i < UPLOADS_MAX; i++) {
		assert_int_equal(begin(id), MHD_HTTP_OK);
		assert_int_equal(begin_put(&requests[i], id, "10", "0"), 0);
	}
	pass(2 * IDLE_S);
	assert_int_equal(begin(id), MHD_HTTP_SERVICE_UNAVAILABLE);
	assert_int_equal(folders(), UPLOADS_MAX);
	for (unsigned int i = 0; i < UPLOADS_MAX; i++)
		end(&requests[i]);
}

/* The one that has been silent for longest goes first, and no more than have to. */
static void test_an_abandoned_one_makes_room_on_the_disk(void **state)
{
	char oldest[SPOOL_ID_BYTES], old[SPOOL_ID_BYTES], id[SPOOL_ID_BYTES];
	struct request request;

	(void)state;
	room_bytes = 3 * EACH_BYTES + 10;
	assert_int_equal(begin(oldest), MHD_HTTP_OK);
	pass(1);
	assert_int_equal(begin(old), MHD_HTTP_OK);
	pass(YIELD_S - 2);
	assert_int_equal(begin(id), MHD_HTTP_OK);
	assert_int_equal(begin_put(&request, id, "20", "0"), MHD_HTTP_INSUFFICIENT_STORAGE);
	end(&request);
	assert_int_equal(folders(), 3);
	pass(2); /* both may go now */
	assert_int_equal(begin_put(&request, id, "20", "0"), 0);
	assert_int_equal(folders(), 2);
	end(&request);
	assert_true(is_known(old));
	assert_false(is_known(oldest));
}

/* Its own upload never makes room for a file, however long it took to come back. */
static void test_one_does_not_make_room_for_itself(void **state)
{
	char id[SPOOL_ID_BYTES];
	struct request request;

	(void)state;
	room_bytes = EACH_BYTES + 10;
	assert_int_equal(begin(id), MHD_HTTP_OK);
	pass(10 * YIELD_S);
	assert_int_equal(begin_put(&request, id, "20", "0"), MHD_HTTP_INSUFFICIENT_STORAGE);
	end(&request);
	assert_true(is_known(id));
	assert_int_equal(begin_put(&request, id, "10", "0"), 0);
	end(&request);
}

/* What others are still going to send is spoken for. */
static void test_room_that_is_promised_is_not_given_twice(void **state)
{
	char one[SPOOL_ID_BYTES], two[SPOOL_ID_BYTES];
	struct request first, second;

	(void)state;
	room_bytes = 2 * EACH_BYTES + 30;
	assert_int_equal(begin(one), MHD_HTTP_OK);
	assert_int_equal(begin(two), MHD_HTTP_OK);
	assert_int_equal(begin_put(&first, one, "20", "0"), 0);
	assert_int_equal(begin_put(&second, two, "11", "0"), MHD_HTTP_INSUFFICIENT_STORAGE);
	end(&second);
	assert_int_equal(begin_put(&second, two, "10", "0"), 0);
	end(&second);
	end(&first);
	assert_int_equal(begin_put(&second, two, "10", "0"), 0);
	end(&second);
}

static void test_after_a_day_it_is_gone_without_need(void **state)
{
	char old[SPOOL_ID_BYTES], id[SPOOL_ID_BYTES];

	(void)state;
	assert_int_equal(begin(old), MHD_HTTP_OK);
	pass(IDLE_S - 1);
	assert_int_equal(begin(id), MHD_HTTP_OK);
	assert_int_equal(folders(), 2);
	pass(1);
	assert_int_equal(begin(id), MHD_HTTP_OK);
	assert_int_equal(folders(), 2);
	assert_false(is_known(old));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_an_abandoned_one_makes_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_that_is_being_sent_makes_no_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_abandoned_one_makes_room_on_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_does_not_make_room_for_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_room_that_is_promised_is_not_given_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_after_a_day_it_is_gone_without_need, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_others_are_answered_while_it_goes_to_the_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_did_not_reach_the_disk_is_not_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_that_waits_is_kept_at_the_end, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("uploads", tests, NULL, NULL);
}
