/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ledger/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/ledger/schema.h"

#define BUSY_TIMEOUT_MS 30000
#define PATH_BYTES (4096 + 32)
/* Until this size a look through the whole file costs less than a moment. */
#define CHECK_BYTES_MAX (16 << 20)

/* X(symbol, sql): every statement, prepared at its first use and kept. */
#define FILE_COLUMNS                                                                               \
	"id, hash, size_bytes, mtime_ns, state, tank_path, capture_time, date_source, is_guess, "  \
	"make, model, stem, sequence, import_id"
#define FILE_COLUMNS_OF_F                                                                          \
	"f.id, f.hash, f.size_bytes, f.mtime_ns, f.state, f.tank_path, f.capture_time, "           \
	"f.date_source, f.is_guess, f.make, f.model, f.stem, f.sequence, f.import_id"

#define STATEMENTS(X)                                                                              \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                \
	X(COMMIT, "COMMIT")                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                    \
	X(CARD_ADD,                                                                                \
		"INSERT INTO cards (identity, label, fs_type, size_bytes, first_seen_ns, "         \
		"last_seen_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (identity) DO UPDATE "  \
		"SET label = ?2, fs_type = ?3, size_bytes = ?4, last_seen_ns = ?5 RETURNING id")   \
	X(CARD_FIND, "SELECT id FROM cards WHERE identity = ?1")                                   \
	X(IMPORT_ADD, "INSERT INTO imports (card_id, started_ns) VALUES (?1, ?2) RETURNING id")    \
	X(IMPORT_END,                                                                              \
		"UPDATE imports SET ended_ns = ?2, verdict = ?3, files_selected = ?4, "            \
		"files_known = ?5, files_copied = ?6, files_verified = ?7, files_failed = ?8, "    \
		"files_left_out = ?9, bytes_copied = ?10 WHERE id = ?1")                           \
	X(FIND_SOURCE,                                                                             \
		"SELECT " FILE_COLUMNS_OF_F " FROM sources s JOIN files f ON f.id = s.file_id "    \
		"WHERE s.card_id = ?1 AND s.path = ?2 AND s.size_bytes = ?3 AND s.mtime_ns = ?4 "  \
		"AND s.ctime_ns = ?5 AND s.btime_ns = ?6 AND f.state <> 3")                        \
	X(FIND_CONTENT,                                                                            \
		"SELECT " FILE_COLUMNS " FROM files WHERE hash = ?1 AND size_bytes = ?2 AND "      \
		"state <> 3 ORDER BY state DESC, id")                                              \
	X(FIND_PARTNER,                                                                            \
		"SELECT " FILE_COLUMNS " FROM files WHERE stem = ?1 AND capture_time = ?2 AND "    \
		"sequence > 0 AND make = ?3 AND model = ?4 AND is_guess = 0 AND state <> 3 "       \
		"ORDER BY id LIMIT 1")                                                             \
	X(HAS_PATH, "SELECT 1 FROM files WHERE tank_path = ?1")                                    \
	X(FILE_BY_ID, "SELECT " FILE_COLUMNS " FROM files WHERE id = ?1")                          \
	X(FILE_ADD,                                                                                \
		"INSERT INTO files (hash, size_bytes, mtime_ns, state, tank_path, capture_time, "  \
		"date_source, is_guess, make, model, stem, sequence, import_id) VALUES (?1, ?2, "  \
		"?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id")                      \
	X(FILE_STATE, "UPDATE files SET state = ?2 WHERE id = ?1")                                 \
	X(FILE_DURABLE, "UPDATE files SET state = 1, mtime_ns = ?2 WHERE id = ?1")                 \
	X(FILE_VERIFIED, "UPDATE files SET state = 2 WHERE id = ?1 AND state = 1")                 \
	X(FILE_DROP, "DELETE FROM files WHERE id = ?1")                                            \
	X(FILE_THUMBNAIL, "UPDATE files SET thumbnail = ?2 WHERE id = ?1")                         \
	X(SOURCE_ADD,                                                                              \
		"INSERT OR REPLACE INTO sources (card_id, path, size_bytes, mtime_ns, ctime_ns, "  \
		"btime_ns, file_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                          \
	X(SOURCE_PATH,                                                                             \
		"SELECT path FROM sources WHERE file_id = ?1 AND card_id = ?2 ORDER BY path "      \
		"LIMIT 1")                                                                         \
	X(SOURCES_DROP, "DELETE FROM sources WHERE file_id = ?1")                                  \
	X(SEQUENCE_DRAW,                                                                           \
		"UPDATE meta SET value = value + ?1 WHERE key = 'next_sequence' RETURNING value")  \
	X(SEQUENCE_RAISE,                                                                          \
		"UPDATE meta SET value = max(value, ?1 + 1) WHERE key = 'next_sequence'")          \
	X(NEXT_FILE,                                                                               \
		"SELECT " FILE_COLUMNS " FROM files WHERE id > ?1 AND (?3 = 0 OR import_id = ?3) " \
		"AND (?2 < 0 OR state = ?2) ORDER BY id LIMIT 1")                                  \
	X(NEXT_UNFINISHED,                                                                         \
		"SELECT " FILE_COLUMNS " FROM files WHERE state IN (0, 1) AND state = ?2 AND "     \
		"id > ?1 AND (?3 = 0 OR import_id = ?3) ORDER BY id LIMIT 1")                      \
	X(NEXT_IMPORT,                                                                             \
		"SELECT i.id, c.identity, c.label, i.started_ns, i.ended_ns, i.verdict, "          \
		"i.files_selected, i.files_known, i.files_copied, i.files_verified, "              \
		"i.files_failed, i.files_left_out, i.bytes_copied FROM imports i "                 \
		"JOIN cards c ON c.id = i.card_id WHERE i.id < ?1 ORDER BY i.id DESC LIMIT 1")     \
	X(TOTALS,                                                                                  \
		"SELECT count(*), ifnull(sum(size_bytes), 0), ifnull(sum(state = 2), 0) "          \
		"FROM files WHERE state IN (1, 2)")

#define STATEMENT_ENUM(symbol, sql) STATEMENT_##symbol,
#define STATEMENT_SQL(symbol, sql) [STATEMENT_##symbol] = (sql),
enum statement { STATEMENTS(STATEMENT_ENUM) STATEMENTS_COUNT };
static const char *const statement_sql[] = {STATEMENTS(STATEMENT_SQL)};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS_COUNT];
};

static int errno_of(struct ledger *ledger, int code)
{
	int system = sqlite3_system_errno(ledger->db);

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
	case SQLITE_ERROR: /* a table or column that should be there is not */
	case SQLITE_SCHEMA:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: /* it has tried in vain for long to get a lock of the log */
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_CANTOPEN:
		return system > 0 ? -system : -EACCES;
	default:
		return system > 0 ? -system : -EIO;
	}
}

static int statement(struct ledger *ledger, enum statement which, sqlite3_stmt **ret)
{
	sqlite3_stmt **slot = &ledger->statements[which];

	if (!*slot) {
		int code = sqlite3_prepare_v3(ledger->db, statement_sql[which], -1,
			SQLITE_PREPARE_PERSISTENT, slot, NULL);

		if (code != SQLITE_OK)
			return errno_of(ledger, code);
	}
	*ret = *slot;
	return 0;
}

/*
 * Binds after a format: i = int64_t, s = const char *, h = hash. Text stays
 * borrowed: each statement is stepped and reset before the caller returns.
 */
static int bind_all(
	struct ledger *ledger, enum statement which, sqlite3_stmt **ret, const char *format, ...)
{
	va_list args;
	int r;

	*ret = NULL;
	r = statement(ledger, which, ret);

	if (r < 0)
		return r;
	va_start(args, format);
	for (int i = 1; *format; format++, i++) {
		if (*format == 'i')
			sqlite3_bind_int64(*ret, i, va_arg(args, int64_t));
		else if (*format == 's')
			sqlite3_bind_text(*ret, i, va_arg(args, const char *), -1, SQLITE_STATIC);
		else
			sqlite3_bind_blob(*ret, i, va_arg(args, const uint8_t *), LEDGER_HASH_BYTES,
				SQLITE_STATIC);
	}
	va_end(args);
	return 0;
}

/* One step: 1 for a row, 0 for the end; an error resets the statement. */
static int step(struct ledger *ledger, sqlite3_stmt *stmt)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	(void)sqlite3_reset(stmt);
	return errno_of(ledger, code);
}

static int run_plain(struct ledger *ledger, enum statement which)
{
	sqlite3_stmt *stmt = NULL;
	int r = statement(ledger, which, &stmt);

	if (r < 0)
		return r;
	return step(ledger, stmt);
}

/* Runs a bound statement that gives back one number. */
static int step_for_id(struct ledger *ledger, sqlite3_stmt *stmt, int64_t *ret)
{
	int r = step(ledger, stmt);

	if (r < 0)
		return r;
	if (r == 0)
		return -EBADMSG;
	*ret = sqlite3_column_int64(stmt, 0);
	/* RETURNING: the change is complete only when the statement has ended. */
	r = step(ledger, stmt);
	return r < 0 ? r : 0;
}

static void column_text(sqlite3_stmt *stmt, int column, char *out, size_t out_bytes)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	(void)text_format(out, out_bytes, "%s", text ? text : "");
}

static int fill_file(sqlite3_stmt *stmt, struct ledger_file *file)
{
	const void *hash = sqlite3_column_blob(stmt, 1);

	if (!hash || sqlite3_column_bytes(stmt, 1) != LEDGER_HASH_BYTES)
		return -EBADMSG;
	file->id = sqlite3_column_int64(stmt, 0);
	memcpy(file->hash, hash, LEDGER_HASH_BYTES);
	file->size_bytes = (uint64_t)sqlite3_column_int64(stmt, 2);
	file->mtime_ns = sqlite3_column_int64(stmt, 3);
	file->state = (enum ledger_file_state)sqlite3_column_int(stmt, 4);
	column_text(stmt, 5, file->tank_path, sizeof(file->tank_path));
	column_text(stmt, 6, file->capture_time, sizeof(file->capture_time));
	column_text(stmt, 7, file->date_source, sizeof(file->date_source));
	file->is_guess = sqlite3_column_int(stmt, 8) != 0;
	column_text(stmt, 9, file->make, sizeof(file->make));
	column_text(stmt, 10, file->model, sizeof(file->model));
	column_text(stmt, 11, file->stem, sizeof(file->stem));
	file->sequence = (uint64_t)sqlite3_column_int64(stmt, 12);
	file->import_id = sqlite3_column_int64(stmt, 13);
	return 0;
}

/* Runs a bound statement for at most one file: 1, 0 or an error. */
static int step_for_file(struct ledger *ledger, sqlite3_stmt *stmt, struct ledger_file *file)
{
	int r = step(ledger, stmt);

	if (r <= 0)
		return r;
	r = fill_file(stmt, file);
	(void)sqlite3_reset(stmt);
	return r < 0 ? r : 1;
}

static int step_to_end(struct ledger *ledger, sqlite3_stmt *stmt)
{
	int r = step(ledger, stmt);

	if (r > 0)
		(void)sqlite3_reset(stmt);
	return r < 0 ? r : 0;
}

static int run_sql(struct ledger *ledger, const char *sql)
{
	return errno_of(ledger, sqlite3_exec(ledger->db, sql, NULL, NULL, NULL));
}

static int query_number(struct ledger *ledger, const char *sql, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(ledger->db, sql, -1, &stmt, NULL);
	int r;

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	r = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -ENOENT : errno_of(ledger, code);
	if (r == 0)
		*ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return r;
}

static int has_tank_id(struct ledger *ledger, const char *tank_id)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(
		ledger->db, "SELECT value = ?1 FROM meta WHERE key = 'tank_id'", -1, &stmt, NULL);
	int r = -EBADMSG;

	if (code == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, tank_id, -1, SQLITE_STATIC);
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW)
			r = sqlite3_column_int(stmt, 0) ? 0 : -EBADMSG;
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		r = errno_of(ledger, code);
	(void)sqlite3_finalize(stmt);
	return r;
}

static int make_tables(struct ledger *ledger, const char *tank_id)
{
	char sql[256];
	int r = run_sql(ledger, ledger_schema);

	if (r < 0)
		return r;
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO meta VALUES ('tank_id', '%.32s'); PRAGMA application_id = %d; "
		"PRAGMA user_version = %d",
		tank_id, LEDGER_APPLICATION_ID, LEDGER_SCHEMA_VERSION);
	return run_sql(ledger, sql);
}

/* Two programs may open a new tank at once: the second finds the tables made. */
static int make_or_match(struct ledger *ledger, const char *tank_id)
{
	int64_t version = 0, tables = 0;
	int r = ledger_begin(ledger);

	if (r < 0)
		return r;
	r = query_number(ledger, "PRAGMA user_version", &version);
	if (r == 0)
		r = query_number(ledger, "SELECT count(*) FROM sqlite_schema", &tables);
	if (r == 0 && version > LEDGER_SCHEMA_VERSION)
		r = -EPROTONOSUPPORT;
	if (r == 0 && version == 0 && tables == 0)
		r = make_tables(ledger, tank_id);
	else if (r == 0)
		r = version == LEDGER_SCHEMA_VERSION ? has_tank_id(ledger, tank_id) : -EBADMSG;
	if (r == 0)
		r = ledger_commit(ledger);
	if (r < 0)
		ledger_rollback(ledger);
	return r;
}

/* Every statement must find its tables and columns: else the file is not ours or damaged. */
static int prepare_all(struct ledger *ledger)
{
	for (int i = 0; i < STATEMENTS_COUNT; i++) {
		sqlite3_stmt *stmt = NULL;
		int r = statement(ledger, (enum statement)i, &stmt);

		if (r < 0)
			return r;
	}
	return 0;
}

static int set_up_for_writing(struct ledger *ledger, const char *tank_id, const char *safety)
{
	int r;

	(void)sqlite3_extended_result_codes(ledger->db, 1);
	(void)sqlite3_busy_timeout(ledger->db, BUSY_TIMEOUT_MS);
	/* Hostile schema: no functions or views of a crafted file run by themselves. */
	(void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = run_sql(ledger, safety);
	if (r == 0)
		r = run_sql(ledger,
			"PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY; "
			"PRAGMA cell_size_check = ON");
	if (r == 0)
		r = make_or_match(ledger, tank_id);
	return r < 0 ? r : prepare_all(ledger);
}

/* Where a write-ahead log is not possible SQLite says so and stays with full syncs. */
static int set_up(struct ledger *ledger, const char *tank_id)
{
	return set_up_for_writing(
		ledger, tank_id, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

/* It counts only when it is complete: until then nothing of it needs to outlive a power cut. */
static int set_up_new(struct ledger *ledger, const char *tank_id)
{
	return set_up_for_writing(
		ledger, tank_id, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
}

static bool format_path(char path[PATH_BYTES], const char *tank_path, const char *name)
{
	return text_format(path, PATH_BYTES, "%s/.imgtank/%s", tank_path, name);
}

static int open_with(struct ledger **ret, const char *path, int flags,
	int (*prepare)(struct ledger *, const char *), const char *tank_id)
{
	struct ledger *ledger;
	int code, r;

	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return -ENOMEM;
	code = sqlite3_open_v2(
		path, &ledger->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	r = ledger->db ? errno_of(ledger, code) : -ENOMEM;
	if (r == 0)
		r = prepare(ledger, tank_id);
	if (r < 0) {
		ledger_close(ledger);
		return r;
	}
	*ret = ledger;
	return 0;
}

/*
 * SQLite's own time-out does not cover the change to a write-ahead log: of two programs that
 * open a new ledger at once, one is told "busy" at once. So the waiting is done here.
 */
int ledger_open(struct ledger **ret, const char *tank_path, const char *tank_id)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	uint64_t deadline_usec = clock_monotonic_usec() + BUSY_TIMEOUT_MS * UINT64_C(1000);
	char path[PATH_BYTES];
	int r;

	if (!format_path(path, tank_path, LEDGER_NAME))
		return -ENAMETOOLONG;
	for (;;) {
		r = open_with(
			ret, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, set_up, tank_id);
		if (r != -EBUSY || clock_monotonic_usec() >= deadline_usec)
			return r;
		(void)nanosleep(&pause, NULL);
	}
}

int ledger_make(struct ledger **ret, const char *tank_path, const char *tank_id)
{
	char path[PATH_BYTES];

	if (!format_path(path, tank_path, LEDGER_NEW_NAME))
		return -ENAMETOOLONG;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return open_with(
		ret, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, set_up_new, tank_id);
}

static int set_up_read_only(struct ledger *ledger, const char *tank_id)
{
	int64_t version = 0;
	int r;

	(void)sqlite3_busy_timeout(ledger->db, BUSY_TIMEOUT_MS);
	(void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	r = query_number(ledger, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (version != LEDGER_SCHEMA_VERSION)
		return version > LEDGER_SCHEMA_VERSION ? -EPROTONOSUPPORT : -EBADMSG;
	r = has_tank_id(ledger, tank_id);
	return r < 0 ? r : prepare_all(ledger);
}

int ledger_open_read_only(struct ledger **ret, const char *tank_path, const char *tank_id)
{
	char path[PATH_BYTES];

	if (!format_path(path, tank_path, LEDGER_NAME))
		return -ENAMETOOLONG;
	return open_with(ret, path, SQLITE_OPEN_READONLY, set_up_read_only, tank_id);
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	for (int i = 0; i < STATEMENTS_COUNT; i++)
		(void)sqlite3_finalize(ledger->statements[i]);
	(void)sqlite3_close(ledger->db);
	free(ledger);
}

int ledger_check(struct ledger *ledger)
{
	sqlite3_stmt *stmt = NULL;
	int64_t pages = 0, page_bytes = 0;
	int code, r;

	if (query_number(ledger, "PRAGMA page_count", &pages) < 0 ||
		query_number(ledger, "PRAGMA page_size", &page_bytes) < 0)
		return -EBADMSG;
	if (pages * page_bytes > CHECK_BYTES_MAX)
		return 0;
	code = sqlite3_prepare_v2(ledger->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		r = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") ? -EBADMSG : 0;
	else
		r = errno_of(ledger, code);
	(void)sqlite3_finalize(stmt);
	return r;
}

int ledger_begin(struct ledger *ledger)
{
	return run_plain(ledger, STATEMENT_BEGIN);
}

int ledger_commit(struct ledger *ledger)
{
	return run_plain(ledger, STATEMENT_COMMIT);
}

void ledger_rollback(struct ledger *ledger)
{
	if (!sqlite3_get_autocommit(ledger->db))
		(void)run_plain(ledger, STATEMENT_ROLLBACK); /* nothing more can be done */
}

int ledger_card(struct ledger *ledger, const struct ledger_card *card, int64_t *card_id)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_CARD_ADD, &stmt, "sssii", card->identity, card->label,
		card->fs_type, (int64_t)card->size_bytes, clock_wall_ns());

	return r < 0 ? r : step_for_id(ledger, stmt, card_id);
}

int ledger_find_card(struct ledger *ledger, const char *identity, int64_t *card_id)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_CARD_FIND, &stmt, "s", identity);

	if (r == 0)
		r = step(ledger, stmt);
	if (r <= 0)
		return r;
	*card_id = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	return 1;
}

int ledger_import_begin(struct ledger *ledger, int64_t card_id, int64_t *import_id)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_IMPORT_ADD, &stmt, "ii", card_id, clock_wall_ns());

	return r < 0 ? r : step_for_id(ledger, stmt, import_id);
}

int ledger_import_end(struct ledger *ledger, int64_t import_id, enum verdict verdict,
	const struct import_counts *counts)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_IMPORT_END, &stmt, "iisiiiiiii", import_id,
		clock_wall_ns(), verdict_name(verdict), (int64_t)counts->files_selected,
		(int64_t)counts->files_known, (int64_t)counts->files_copied,
		(int64_t)counts->files_verified, (int64_t)counts->files_failed,
		(int64_t)counts->files_left_out, (int64_t)counts->bytes_copied);

	return r < 0 ? r : step_to_end(ledger, stmt);
}

int ledger_find_source(struct ledger *ledger, int64_t card_id, const char *path,
	const struct ledger_stamp *stamp, struct ledger_file *file)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_FIND_SOURCE, &stmt, "isiiii", card_id, path,
		(int64_t)stamp->size_bytes, stamp->mtime_ns, stamp->ctime_ns, stamp->btime_ns);

	return r < 0 ? r : step_for_file(ledger, stmt, file);
}

int ledger_find_content(struct ledger *ledger, const uint8_t hash[LEDGER_HASH_BYTES],
	uint64_t size_bytes, struct ledger_file *file)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_FIND_CONTENT, &stmt, "hi", hash, (int64_t)size_bytes);

	return r < 0 ? r : step_for_file(ledger, stmt, file);
}

int ledger_find_partner(struct ledger *ledger, const char *stem, const char *capture_time,
	const char *make, const char *model, struct ledger_file *file)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(
		ledger, STATEMENT_FIND_PARTNER, &stmt, "ssss", stem, capture_time, make, model);

	return r < 0 ? r : step_for_file(ledger, stmt, file);
}

int ledger_has_path(struct ledger *ledger, const char *tank_path)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_HAS_PATH, &stmt, "s", tank_path);

	if (r < 0)
		return r;
	r = step(ledger, stmt);
	if (r > 0)
		(void)sqlite3_reset(stmt);
	return r;
}

int ledger_file_by_id(struct ledger *ledger, int64_t id, struct ledger_file *file)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_FILE_BY_ID, &stmt, "i", id);

	return r < 0 ? r : step_for_file(ledger, stmt, file);
}

int ledger_add_file(struct ledger *ledger, struct ledger_file *file)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_FILE_ADD, &stmt, "hiisssisssii", file->hash,
		(int64_t)file->size_bytes, file->mtime_ns, file->tank_path, file->capture_time,
		file->date_source, (int64_t)file->is_guess, file->make, file->model, file->stem,
		(int64_t)file->sequence, file->import_id);

	if (r < 0)
		return r;
	file->state = LEDGER_PLACING;
	return step_for_id(ledger, stmt, &file->id);
}

static int run_for_file(struct ledger *ledger, enum statement which, int64_t file_id, int64_t value)
{
	sqlite3_stmt *stmt = NULL;
	int r = statement(ledger, which, &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, file_id);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		sqlite3_bind_int64(stmt, 2, value);
	return step_to_end(ledger, stmt);
}

int ledger_set_state(struct ledger *ledger, int64_t file_id, enum ledger_file_state state)
{
	return run_for_file(ledger, STATEMENT_FILE_STATE, file_id, (int64_t)state);
}

int ledger_set_durable(struct ledger *ledger, int64_t file_id, int64_t mtime_ns)
{
	return run_for_file(ledger, STATEMENT_FILE_DURABLE, file_id, mtime_ns);
}

int ledger_set_verified(struct ledger *ledger, int64_t file_id)
{
	return run_for_file(ledger, STATEMENT_FILE_VERIFIED, file_id, 0);
}

int ledger_drop_file(struct ledger *ledger, int64_t file_id)
{
	return run_for_file(ledger, STATEMENT_FILE_DROP, file_id, 0);
}

int ledger_set_thumbnail(struct ledger *ledger, int64_t file_id, bool has_thumbnail)
{
	return run_for_file(ledger, STATEMENT_FILE_THUMBNAIL, file_id, has_thumbnail ? 1 : 2);
}

int ledger_add_source(struct ledger *ledger, int64_t card_id, const char *path,
	const struct ledger_stamp *stamp, int64_t file_id)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_SOURCE_ADD, &stmt, "isiiiii", card_id, path,
		(int64_t)stamp->size_bytes, stamp->mtime_ns, stamp->ctime_ns, stamp->btime_ns,
		file_id);

	return r < 0 ? r : step_to_end(ledger, stmt);
}

int ledger_source_path(
	struct ledger *ledger, int64_t card_id, int64_t file_id, char *path, size_t path_bytes)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_SOURCE_PATH, &stmt, "ii", file_id, card_id);

	if (r == 0)
		r = step(ledger, stmt);
	if (r <= 0)
		return r;
	column_text(stmt, 0, path, path_bytes);
	(void)sqlite3_reset(stmt);
	return 1;
}

int ledger_drop_sources(struct ledger *ledger, int64_t file_id)
{
	return run_for_file(ledger, STATEMENT_SOURCES_DROP, file_id, 0);
}

int ledger_draw_sequence(struct ledger *ledger, uint32_t count, uint64_t *first)
{
	sqlite3_stmt *stmt = NULL;
	int64_t next = 0;
	int r = bind_all(ledger, STATEMENT_SEQUENCE_DRAW, &stmt, "i", (int64_t)count);

	if (r < 0)
		return r;
	r = step_for_id(ledger, stmt, &next);
	if (r < 0)
		return r;
	if (next <= (int64_t)count)
		return -EBADMSG;
	*first = (uint64_t)next - count;
	return 0;
}

int ledger_raise_sequence(struct ledger *ledger, uint64_t highest)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_SEQUENCE_RAISE, &stmt, "i", (int64_t)highest);

	return r < 0 ? r : step_to_end(ledger, stmt);
}

int ledger_next_file(struct ledger *ledger, int64_t after_id, int state, int64_t import_id,
	struct ledger_file *file)
{
	bool is_unfinished = state == LEDGER_PLACING || state == LEDGER_DURABLE;
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, is_unfinished ? STATEMENT_NEXT_UNFINISHED : STATEMENT_NEXT_FILE,
		&stmt, "iii", after_id, (int64_t)state, import_id);

	return r < 0 ? r : step_for_file(ledger, stmt, file);
}

static void fill_import(sqlite3_stmt *stmt, struct ledger_import *import)
{
	char verdict[32];

	memset(import, 0, sizeof(*import));
	import->id = sqlite3_column_int64(stmt, 0);
	column_text(stmt, 1, import->card_identity, sizeof(import->card_identity));
	column_text(stmt, 2, import->card_label, sizeof(import->card_label));
	import->started_ns = sqlite3_column_int64(stmt, 3);
	import->ended_ns = sqlite3_column_int64(stmt, 4);
	column_text(stmt, 5, verdict, sizeof(verdict));
	if (verdict_parse(verdict, &import->verdict) < 0)
		import->verdict = VERDICT_NONE;
	import->counts.files_selected = (uint32_t)sqlite3_column_int64(stmt, 6);
	import->counts.files_known = (uint32_t)sqlite3_column_int64(stmt, 7);
	import->counts.files_copied = (uint32_t)sqlite3_column_int64(stmt, 8);
	import->counts.files_verified = (uint32_t)sqlite3_column_int64(stmt, 9);
	import->counts.files_failed = (uint32_t)sqlite3_column_int64(stmt, 10);
	import->counts.files_left_out = (uint32_t)sqlite3_column_int64(stmt, 11);
	import->counts.bytes_copied = (uint64_t)sqlite3_column_int64(stmt, 12);
}

int ledger_next_import(struct ledger *ledger, int64_t before_id, struct ledger_import *import)
{
	sqlite3_stmt *stmt = NULL;
	int r = bind_all(ledger, STATEMENT_NEXT_IMPORT, &stmt, "i", before_id);

	if (r < 0)
		return r;
	r = step(ledger, stmt);
	if (r <= 0)
		return r;
	fill_import(stmt, import);
	(void)sqlite3_reset(stmt);
	return 1;
}

int ledger_totals(struct ledger *ledger, struct ledger_totals *totals)
{
	sqlite3_stmt *stmt = NULL;
	int r = statement(ledger, STATEMENT_TOTALS, &stmt);

	if (r < 0)
		return r;
	r = step(ledger, stmt);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	totals->files = (uint64_t)sqlite3_column_int64(stmt, 0);
	totals->bytes = (uint64_t)sqlite3_column_int64(stmt, 1);
	totals->files_verified = (uint64_t)sqlite3_column_int64(stmt, 2);
	(void)sqlite3_reset(stmt);
	return 0;
}

bool ledger_thumbnail_path(const char *tank_path, char *path, size_t path_bytes)
{
	const char *below = strchr(tank_path, '/');
	bool is_jpeg = text_ends_with_nocase(tank_path, ".jpg") ||
		text_ends_with_nocase(tank_path, ".jpeg");

	return below &&
		text_format(path, path_bytes, "thumbnails%s%s", below, is_jpeg ? "" : ".jpg");
}
