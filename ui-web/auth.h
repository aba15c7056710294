/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auth.h - who is logged in, and how often somebody may try.
 *
 * A session is a random token of 256 bits in a cookie; only its hash is kept here, and only in
 * memory: a restart logs everybody out. Times are CLOCK_MONOTONIC in microseconds and
 * are given by the caller. No I/O but random numbers.
 */
#ifndef IMGTANK_UI_WEB_AUTH_H
#define IMGTANK_UI_WEB_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#define AUTH_TOKEN_BYTES 65 /* 64 hex digits */
#define AUTH_ADDRESS_BYTES 48
#define AUTH_CODE_BYTES 9 /* a pairing code: 8 digits */
#define AUTH_SESSIONS_MAX 64 /* the one that was used longest ago makes room */
#define AUTH_IDLE_USEC                                                                             \
	(UINT64_C(7) * 24 * 3600 * 1000000) /* a session ends after so long unused                 \
					     */
#define AUTH_LIFE_USEC (UINT64_C(30) * 24 * 3600 * 1000000) /* and in any case after this */

/* Log-ins: so many at once, then one in so many seconds. */
#define AUTH_BURST_ADDRESS 5
#define AUTH_REFILL_ADDRESS_S 30
#define AUTH_BURST_ALL 30
#define AUTH_REFILL_ALL_S 3

struct auth; /* opaque */

struct auth *auth_new(void); /* NULL without memory */
void auth_free(struct auth *auth); /* accepts NULL */

/*
 * Before a secret is looked at: may this address try now? Takes one try. 0, or the seconds that
 * it has to wait. A good log-in gives the try back: auth_succeeded().
 */
unsigned int auth_may_try(struct auth *auth, const char *address, uint64_t now_usec);
void auth_succeeded(struct auth *auth, const char *address);

/* 256 random bits in hex. 0 or a negative errno. */
int auth_make_token(char token[AUTH_TOKEN_BYTES]);

/* Opens a session and fills its token. Its number (> 0), or a negative errno. */
int64_t auth_open(struct auth *auth, uint64_t now_usec, char token[AUTH_TOKEN_BYTES]);

/* The number of the session with this token, which counts as used now; 0: there is none. */
int64_t auth_find(struct auth *auth, const char *token, uint64_t now_usec);

bool auth_is_open(const struct auth *auth, int64_t session, uint64_t now_usec);
void auth_close(struct auth *auth, int64_t session);
void auth_close_all(struct auth *auth);

/* A fresh pairing code. 0 or a negative errno. */
int auth_make_code(char code[AUTH_CODE_BYTES]);

/* Takes the same time for every wrong text of one length. Blanks and '-' in given do not count. */
bool auth_is_code(const char *code, const char *given);

#endif
