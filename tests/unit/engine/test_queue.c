/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/engine/queue.h"
#include "core/engine/run.h"

#define ITEMS 5000

static void *push_all(void *userdata)
{
	struct item_queue *queue = userdata;

	for (int64_t i = 1; i <= ITEMS; i++) {
		struct item *item = calloc(1, sizeof(*item));

		if (!item)
			break;
		item->source_fd = -1;
		item->known_id = i;
		item_queue_push(queue, item);
	}
	item_queue_end(queue);
	return NULL;
}

static void test_item_queue_keeps_order_and_bound(void **state)
{
	struct item_queue queue;
	struct item *item;
	pthread_t thread;
	int64_t expected = 1;

	(void)state;
	item_queue_init(&queue, 16);
	assert_int_equal(pthread_create(&thread, NULL, push_all, &queue), 0);
	while ((item = item_queue_pop(&queue, 0))) {
		assert_int_equal(item->known_id, expected++);
		(void)pthread_mutex_lock(&queue.mutex);
		assert_true(queue.count <= 16);
		(void)pthread_mutex_unlock(&queue.mutex);
		item_free(item);
	}
	assert_int_equal(expected, ITEMS + 1);
	(void)pthread_join(thread, NULL);
	item_queue_finish(&queue);
}

static void test_item_queue_pop_keeps_its_deadline(void **state)
{
	uint64_t start_usec = clock_monotonic_usec();
	struct item_queue queue;

	(void)state;
	item_queue_init(&queue, 1);
	assert_null(item_queue_pop(&queue, start_usec + 20000));
	assert_true(clock_monotonic_usec() >= start_usec + 20000);
	item_queue_finish(&queue);
}

static void test_id_queue_gives_back_all_in_order(void **state)
{
	struct id_queue queue;
	struct id_pair pair;
	int64_t in = 0, out = 0;

	(void)state;
	id_queue_init(&queue);
	/* Fills faster than it empties, so that it moves, grows and wraps. */
	for (int round = 0; round < 3000; round++) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				id_queue_push(&queue, (struct id_pair){.file_id = ++in}), 0);
		assert_true(id_queue_pop(&queue, 0, &pair));
		assert_int_equal(pair.file_id, ++out);
	}
	id_queue_end(&queue);
	while (id_queue_pop(&queue, 0, &pair))
		assert_int_equal(pair.file_id, ++out);
	assert_int_equal(in, out);
	id_queue_finish(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_item_queue_keeps_order_and_bound),
		cmocka_unit_test(test_item_queue_pop_keeps_its_deadline),
		cmocka_unit_test(test_id_queue_gives_back_all_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
