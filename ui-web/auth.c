/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/text.h"
#include "ui-web/sha256.h"

#define ADDRESSES_MAX 256
#define USEC UINT64_C(1000000)

struct session {
	int64_t number; /* 0: free */
	uint8_t hash[SHA256_BYTES];
	uint64_t opened_usec, used_usec;
};

/* Tries that are left; fills up with time. */
struct bucket {
	unsigned int left;
	uint64_t since_usec;
};

struct address {
	char text[AUTH_ADDRESS_BYTES];
	struct bucket bucket;
};

struct auth {
	struct session sessions[AUTH_SESSIONS_MAX];
	int64_t last_number;
	struct address addresses[ADDRESSES_MAX];
	struct bucket all;
};

struct auth *auth_new(void)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth)
		auth->all.left = AUTH_BURST_ALL;
	return auth;
}

void auth_free(struct auth *auth)
{
	free(auth);
}

/* --- how often --- */

static void refill(
	struct bucket *bucket, unsigned int burst, unsigned int every_s, uint64_t now_usec)
{
	uint64_t more = (now_usec - bucket->since_usec) / (every_s * USEC);

	if (bucket->left + more >= burst) {
		bucket->left = burst;
		bucket->since_usec = now_usec;
	} else {
		bucket->left += (unsigned int)more;
		bucket->since_usec += more * every_s * USEC;
	}
}

static unsigned int seconds_to_wait(
	const struct bucket *bucket, unsigned int every_s, uint64_t now_usec)
{
	if (bucket->left > 0)
		return 0;
	return every_s - (unsigned int)((now_usec - bucket->since_usec) / USEC);
}

/* Its own, or the place of the one that was seen longest ago. */
static struct address *find_address(struct auth *auth, const char *text, uint64_t now_usec)
{
	struct address *oldest = &auth->addresses[0];

	for (size_t i = 0; i < ADDRESSES_MAX; i++) {
		struct address *address = &auth->addresses[i];

		if (!strcmp(address->text, text))
			return address;
		if (address->bucket.since_usec < oldest->bucket.since_usec)
			oldest = address;
	}
	(void)text_format(oldest->text, sizeof(oldest->text), "%s", text);
	oldest->bucket = (struct bucket){AUTH_BURST_ADDRESS, now_usec};
	return oldest;
}

unsigned int auth_may_try(struct auth *auth, const char *text, uint64_t now_usec)
{
	struct address *address = find_address(auth, text, now_usec);
	unsigned int wait_s, all_s;

	refill(&address->bucket, AUTH_BURST_ADDRESS, AUTH_REFILL_ADDRESS_S, now_usec);
	refill(&auth->all, AUTH_BURST_ALL, AUTH_REFILL_ALL_S, now_usec);
	wait_s = seconds_to_wait(&address->bucket, AUTH_REFILL_ADDRESS_S, now_usec);
	all_s = seconds_to_wait(&auth->all, AUTH_REFILL_ALL_S, now_usec);
	if (wait_s || all_s)
		return wait_s > all_s ? wait_s : all_s;
	address->bucket.left--;
	auth->all.left--;
	return 0;
}

void auth_succeeded(struct auth *auth, const char *text)
{
	for (size_t i = 0; i < ADDRESSES_MAX; i++)
		if (!strcmp(auth->addresses[i].text, text))
			auth->addresses[i].bucket.left++;
	auth->all.left++;
}

/* --- sessions --- */

static int fill_random(void *bytes, size_t count)
{
	ssize_t n = getrandom(bytes, count, 0); /* up to 256 bytes never come short */

	if (n < 0)
		return -errno;
	return (size_t)n == count ? 0 : -EIO;
}

static bool is_alive(const struct session *session, uint64_t now_usec)
{
	return session->number && now_usec - session->used_usec < AUTH_IDLE_USEC &&
		now_usec - session->opened_usec < AUTH_LIFE_USEC;
}

static struct session *place_for_session(struct auth *auth, uint64_t now_usec)
{
	struct session *oldest = &auth->sessions[0];

	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++) {
		struct session *session = &auth->sessions[i];

		if (!is_alive(session, now_usec))
			return session;
		if (session->used_usec < oldest->used_usec)
			oldest = session;
	}
	return oldest;
}

int auth_make_token(char token[AUTH_TOKEN_BYTES])
{
	uint8_t bytes[(AUTH_TOKEN_BYTES - 1) / 2];
	int r = fill_random(bytes, sizeof(bytes));

	for (size_t i = 0; r == 0 && i < sizeof(bytes); i++)
		(void)snprintf(token + i * 2, 3, "%02x", bytes[i]);
	return r;
}

int64_t auth_open(struct auth *auth, uint64_t now_usec, char token[AUTH_TOKEN_BYTES])
{
	struct session *session = place_for_session(auth, now_usec);
	int r = auth_make_token(token);

	if (r < 0)
		return r;
	*session = (struct session){++auth->last_number, {0}, now_usec, now_usec};
	sha256(token, AUTH_TOKEN_BYTES - 1, session->hash);
	return session->number;
}

/* What is compared are hashes of what nobody else chose: time tells nothing. */
int64_t auth_find(struct auth *auth, const char *token, uint64_t now_usec)
{
	uint8_t hash[SHA256_BYTES];

	if (strlen(token) != AUTH_TOKEN_BYTES - 1)
		return 0;
	sha256(token, AUTH_TOKEN_BYTES - 1, hash);
	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++) {
		struct session *session = &auth->sessions[i];

		if (is_alive(session, now_usec) && !memcmp(hash, session->hash, sizeof(hash))) {
			session->used_usec = now_usec;
			return session->number;
		}
	}
	return 0;
}

bool auth_is_open(const struct auth *auth, int64_t number, uint64_t now_usec)
{
	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++)
		if (number && auth->sessions[i].number == number)
			return is_alive(&auth->sessions[i], now_usec);
	return false;
}

void auth_close(struct auth *auth, int64_t number)
{
	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++)
		if (auth->sessions[i].number == number)
			auth->sessions[i] = (struct session){0};
}

void auth_close_all(struct auth *auth)
{
	memset(auth->sessions, 0, sizeof(auth->sessions));
}

/* --- pairing --- */

int auth_make_code(char code[AUTH_CODE_BYTES])
{
	uint64_t number;
	int r = fill_random(&number, sizeof(number));

	if (r == 0) /* 2^64 is so large that the remainder favours nothing */
		(void)snprintf(code, AUTH_CODE_BYTES, "%08u", (unsigned int)(number % 100000000));
	return r;
}

bool auth_is_code(const char *code, const char *given)
{
	unsigned int difference = 0;
	size_t at = 0;

	for (; *given; given++) {
		if (*given == ' ' || *given == '-')
			continue;
		if (at == AUTH_CODE_BYTES - 1)
			return false;
		difference |= (unsigned int)(*given ^ code[at++]);
	}
	return at == AUTH_CODE_BYTES - 1 && difference == 0;
}
