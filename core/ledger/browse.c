/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * browse.c - a reader without rights. SQLite reads a write-ahead log through a
 * shared file that it may have to make, which we may not. So there are two ways:
 *
 *   - the log is there (somebody imports, or was killed): an ordinary reading connection;
 *   - it is not: nobody writes, and the file is opened as one that cannot change. Should
 *     somebody begin in the midst of it, the log appears, or the file's stamp is another
 *     one afterwards; then what was read does not count and is read again.
 */
#include "core/ledger/browse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/ledger/schema.h"

#define BUSY_TIMEOUT_MS 200 /* readers of a write-ahead log hardly ever wait */
#define TRIES_MAX 5
#define PATH_BYTES 4096

/* Each is prepared when it is needed first, and kept as long as the connection. */
enum query {
	QUERY_NEWEST,
	QUERY_COUNT,
	QUERY_DAY,
	QUERY_DAY_IDS,
	QUERY_ID,
	QUERY_FILES,
	QUERY_SCAN,
	QUERIES_COUNT
};

/* A picture that several cards brought stands for the first import; its path is any of that card.
 */
#define SELECT_PICTURE                                                                             \
	"SELECT f.id, f.hash, f.size_bytes, f.mtime_ns, f.state, f.tank_path, f.capture_time, "    \
	"f.date_source, f.is_guess, f.make, f.model, f.stem, f.sequence, f.import_id, "            \
	"f.thumbnail = 1, ifnull(c.label, ''), "                                                   \
	"ifnull((SELECT path FROM sources WHERE file_id = f.id LIMIT 1), '') "                     \
	"FROM files f LEFT JOIN imports i ON i.id = f.import_id "                                  \
	"LEFT JOIN cards c ON c.id = i.card_id "

static const char *const query_sql[] = {
	[QUERY_NEWEST] = "SELECT substr(capture_time, 1, 10) FROM files "
			 "WHERE capture_time < ?1 AND state IN (1, 2) "
			 "ORDER BY capture_time DESC LIMIT 1",
	[QUERY_COUNT] = "SELECT count(*), ifnull(sum(size_bytes), 0) FROM files "
			"WHERE capture_time >= ?1 AND capture_time < ?2 AND state IN (1, 2)",
	[QUERY_DAY] = SELECT_PICTURE
	"WHERE f.capture_time >= ?1 AND f.capture_time < ?2 AND f.state IN (1, 2) "
	"ORDER BY f.capture_time, f.id LIMIT ?3 OFFSET ?4",
	[QUERY_DAY_IDS] = "SELECT id FROM files "
			  "WHERE capture_time >= ?1 AND capture_time < ?2 AND state IN (1, 2) "
			  "ORDER BY capture_time, id LIMIT ?3",
	[QUERY_ID] = SELECT_PICTURE "WHERE f.id = ?1 AND f.state IN (1, 2)",
	[QUERY_FILES] = "SELECT hash, tank_path, thumbnail = 1, size_bytes, id FROM files "
			"WHERE (capture_time, id) >= "
			"(SELECT capture_time, id FROM files WHERE id = ?1) "
			"AND state IN (1, 2) ORDER BY capture_time, id LIMIT ?2",
	[QUERY_SCAN] = SELECT_PICTURE
	"WHERE (f.capture_time, f.id) < (?1, ?2) AND f.capture_time >= ?3 "
	"AND f.state IN (1, 2) ORDER BY f.capture_time DESC, f.id DESC LIMIT ?4",
};

struct stamp {
	struct timespec mtime;
	off_t size_bytes;
	ino_t inode;
};

struct browse {
	char path[PATH_BYTES], log_path[PATH_BYTES + 8];
	sqlite3 *db; /* NULL: not open */
	bool is_still; /* opened as one that cannot change */
	struct stamp stamp; /* of the file when it was opened */
	sqlite3_stmt *statements[QUERIES_COUNT];
};

/* --- the connection --- */

static int error_of(sqlite3 *db, int code)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_READONLY: /* the shared file cannot be used as it is: the other way will do */
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
		return system == EACCES ? -EACCES : -EAGAIN;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR:
		return system > 0 ? -system : -EIO;
	default:
		return -EBADMSG;
	}
}

static void close_connection(struct browse *browse)
{
	for (int i = 0; i < QUERIES_COUNT; i++) {
		(void)sqlite3_finalize(browse->statements[i]);
		browse->statements[i] = NULL;
	}
	(void)sqlite3_close(browse->db);
	browse->db = NULL;
}

static int read_stamp(const struct browse *browse, struct stamp *ret)
{
	struct stat st;

	if (lstat(browse->path, &st) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	*ret = (struct stamp){st.st_mtim, st.st_size, st.st_ino};
	return 0;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec &&
		a->size_bytes == b->size_bytes && a->inode == b->inode;
}

/* An empty log is what an interrupted beginning leaves: nothing is in it. */
static bool has_log(const struct browse *browse)
{
	struct stat st;

	return lstat(browse->log_path, &st) == 0 && st.st_size > 0;
}

/* A path in a URI: sqlite.org/uri.html. */
static bool make_uri(const struct browse *browse, bool is_still, char *uri, size_t uri_bytes)
{
	size_t n = 0;
	const char *rest = is_still ? "?immutable=1" : "?mode=ro";

	n += (size_t)snprintf(uri, uri_bytes, "file:");
	for (const char *c = browse->path; *c && n + 4 < uri_bytes; c++)
		n += (size_t)snprintf(uri + n, uri_bytes - n, strchr("%?#", *c) ? "%%%02x" : "%c",
			(unsigned char)*c);
	return text_format(uri + n, uri_bytes - n, "%s", rest);
}

/* A ledger of another version has other tables. */
static int check_version(struct browse *browse)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(browse->db, "PRAGMA user_version", -1, &stmt, NULL);
	int version = -1;

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		version = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	if (code != SQLITE_ROW)
		return error_of(browse->db, code);
	if (version == 0)
		return -ENOENT; /* its first import is just making it */
	return version == LEDGER_SCHEMA_VERSION ? 0 : -EBADMSG;
}

static int open_connection(struct browse *browse, bool is_still)
{
	char uri[PATH_BYTES * 3 + 32];
	int code, r;

	if (!make_uri(browse, is_still, uri, sizeof(uri)))
		return -ENAMETOOLONG;
	r = read_stamp(browse, &browse->stamp);
	if (r < 0)
		return r;
	browse->is_still = is_still;
	code = sqlite3_open_v2(uri, &browse->db,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
		NULL);
	r = browse->db ? error_of(browse->db, code) : -ENOMEM;
	if (r < 0)
		return r;
	(void)sqlite3_busy_timeout(browse->db, BUSY_TIMEOUT_MS);
	(void)sqlite3_db_config(browse->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_exec(browse->db, "PRAGMA cache_size = -4000", NULL, NULL, NULL);
	return check_version(browse);
}

/* Is the way in which it was opened still the right one? A ledger that was made again is another
 * file. */
static int recheck(struct browse *browse)
{
	struct stamp now;
	int r = read_stamp(browse, &now);

	if (r == 0 && browse->db && has_log(browse) && now.inode == browse->stamp.inode)
		return 0;
	close_connection(browse);
	return r;
}

/*
 * Before each query. One that cannot change is looked at afterwards only: whatever was read
 * in between does not count then.
 */
static int prepare(struct browse *browse)
{
	int r = 0;

	if (browse->db && !browse->is_still)
		r = recheck(browse);
	if (r < 0 || browse->db)
		return r;
	r = open_connection(browse, !has_log(browse));
	if (r < 0)
		close_connection(browse);
	return r;
}

/* After each query: was it still the whole time? */
static bool is_sound(const struct browse *browse)
{
	struct stamp now;

	return !browse->is_still ||
		(!has_log(browse) && read_stamp(browse, &now) == 0 &&
			is_same(&now, &browse->stamp));
}

static int statement(struct browse *browse, enum query which, sqlite3_stmt **ret)
{
	sqlite3_stmt **slot = &browse->statements[which];
	int code = SQLITE_OK;

	if (!*slot)
		code = sqlite3_prepare_v3(
			browse->db, query_sql[which], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
	if (code != SQLITE_OK)
		return error_of(browse->db, code);
	(void)sqlite3_reset(*slot);
	*ret = *slot;
	return 0;
}

/* 1 for a row, 0 at the end; then, and after an error, the statement is reset. */
static int step(struct browse *browse, sqlite3_stmt *stmt)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	(void)sqlite3_reset(stmt);
	return error_of(browse->db, code);
}

static void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	sqlite3_bind_text(stmt, index, text, -1, SQLITE_TRANSIENT);
}

/* What is asked, in one piece, so that it can be asked again. Returns a count or an error. */
typedef int (*ask_fn)(struct browse *browse, void *question);

static int ask(struct browse *browse, ask_fn fn, void *question)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES_MAX; i++) {
		r = prepare(browse);
		if (r == 0) {
			r = fn(browse, question);
			if (!is_sound(browse))
				r = -EAGAIN;
		}
		if (r >= 0)
			return r;
		close_connection(browse);
		/* Torn pages look like damage only because somebody began to write. */
		if (r != -EAGAIN && r != -EBADMSG)
			return r;
	}
	return r;
}

/* --- rows --- */

static void column(sqlite3_stmt *stmt, int index, char *out, size_t out_bytes)
{
	const char *text = (const char *)sqlite3_column_text(stmt, index);

	(void)text_copy_safe(text ? text : "", out, out_bytes);
}

static int fill(sqlite3_stmt *stmt, struct browse_picture *picture)
{
	struct ledger_file *file = &picture->file;
	const void *hash = sqlite3_column_blob(stmt, 1);

	if (!hash || sqlite3_column_bytes(stmt, 1) != LEDGER_HASH_BYTES)
		return -EBADMSG;
	*picture = (struct browse_picture){.has_thumbnail = sqlite3_column_int(stmt, 14) != 0};
	file->id = sqlite3_column_int64(stmt, 0);
	memcpy(file->hash, hash, LEDGER_HASH_BYTES);
	file->size_bytes = (uint64_t)sqlite3_column_int64(stmt, 2);
	file->mtime_ns = sqlite3_column_int64(stmt, 3);
	file->state = (enum ledger_file_state)sqlite3_column_int(stmt, 4);
	column(stmt, 5, file->tank_path, sizeof(file->tank_path));
	column(stmt, 6, file->capture_time, sizeof(file->capture_time));
	column(stmt, 7, file->date_source, sizeof(file->date_source));
	file->is_guess = sqlite3_column_int(stmt, 8) != 0;
	column(stmt, 9, file->make, sizeof(file->make));
	column(stmt, 10, file->model, sizeof(file->model));
	column(stmt, 11, file->stem, sizeof(file->stem));
	file->sequence = (uint64_t)sqlite3_column_int64(stmt, 12);
	file->import_id = sqlite3_column_int64(stmt, 13);
	column(stmt, 15, picture->card, sizeof(picture->card));
	column(stmt, 16, picture->source_path, sizeof(picture->source_path));
	return 0;
}

/* "2024-05-12" is before all times of that day, and this is behind them: ':' comes after '9'. */
static void end_of_day(const char *day, char end[BROWSE_DAY_BYTES + 1])
{
	(void)snprintf(end, BROWSE_DAY_BYTES + 1, "%.10s~", day);
}

bool browse_is_day(const char *day)
{
	static const char shape[] = "dddd-dd-dd";
	int month, date;

	if (!day || strlen(day) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? day[i] < '0' || day[i] > '9' : day[i] != shape[i])
			return false;
	month = (day[5] - '0') * 10 + day[6] - '0';
	date = (day[8] - '0') * 10 + day[9] - '0';
	return month >= 1 && month <= 12 && date >= 1 && date <= 31;
}

/* --- days --- */

struct days_question {
	const char *before;
	struct browse_day *days;
	size_t days_max;
};

/* 1 and the last day that has pictures before this one, 0 or an error. */
static int find_day_before(struct browse *browse, const char *before, char day[BROWSE_DAY_BYTES])
{
	sqlite3_stmt *stmt = NULL;
	int r = statement(browse, QUERY_NEWEST, &stmt);

	if (r < 0)
		return r;
	bind_text(stmt, 1, before);
	r = step(browse, stmt);
	if (r <= 0)
		return r;
	column(stmt, 0, day, BROWSE_DAY_BYTES);
	(void)sqlite3_reset(stmt);
	return 1;
}

static int count_day(struct browse *browse, struct browse_day *day)
{
	char end[BROWSE_DAY_BYTES + 1];
	sqlite3_stmt *stmt = NULL;
	int r = statement(browse, QUERY_COUNT, &stmt);

	if (r < 0)
		return r;
	end_of_day(day->day, end);
	bind_text(stmt, 1, day->day);
	bind_text(stmt, 2, end);
	r = step(browse, stmt);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	day->pictures_count = (uint32_t)sqlite3_column_int64(stmt, 0);
	day->bytes = (uint64_t)sqlite3_column_int64(stmt, 1);
	(void)sqlite3_reset(stmt);
	return 0;
}

static int ask_days(struct browse *browse, void *userdata)
{
	const struct days_question *question = userdata;
	const char *before = question->before;
	size_t count = 0;

	while (count < question->days_max) {
		struct browse_day *day = &question->days[count];
		int r = find_day_before(browse, before, day->day);

		if (r == 0)
			break;
		if (r > 0 && strcmp(day->day, before) >= 0)
			r = -EBADMSG; /* no way forward: times that are none */
		if (r > 0)
			r = count_day(browse, day);
		if (r < 0)
			return r;
		before = day->day;
		count++;
	}
	return (int)count;
}

int browse_days(
	struct browse *browse, const char *before_day, struct browse_day *days, size_t days_max)
{
	struct days_question question = {
		.before = before_day && *before_day ? before_day : "~",
		.days = days,
		.days_max = days_max < BROWSE_DAYS_MAX ? days_max : BROWSE_DAYS_MAX,
	};

	return ask(browse, ask_days, &question);
}

/* --- the pictures of a day --- */

struct day_question {
	const char *day;
	uint32_t offset;
	struct browse_picture *pictures;
	size_t pictures_max;
};

static int fill_all(struct browse *browse, sqlite3_stmt *stmt, struct browse_picture *pictures)
{
	int count = 0, r;

	while ((r = step(browse, stmt)) > 0) {
		r = fill(stmt, &pictures[count]);
		if (r < 0) {
			(void)sqlite3_reset(stmt);
			return r;
		}
		count++;
	}
	return r < 0 ? r : count;
}

static int ask_day(struct browse *browse, void *userdata)
{
	const struct day_question *question = userdata;
	char end[BROWSE_DAY_BYTES + 1];
	sqlite3_stmt *stmt = NULL;
	int r = statement(browse, QUERY_DAY, &stmt);

	if (r < 0)
		return r;
	end_of_day(question->day, end);
	bind_text(stmt, 1, question->day);
	bind_text(stmt, 2, end);
	sqlite3_bind_int64(stmt, 3, (int64_t)question->pictures_max);
	sqlite3_bind_int64(stmt, 4, question->offset);
	return fill_all(browse, stmt, question->pictures);
}

int browse_day(struct browse *browse, const char *day, uint32_t offset,
	struct browse_picture *pictures, size_t pictures_max)
{
	struct day_question question = {day, offset, pictures,
		pictures_max < BROWSE_PAGE_MAX ? pictures_max : BROWSE_PAGE_MAX};

	return browse_is_day(day) ? ask(browse, ask_day, &question) : 0;
}

struct ids_question {
	const char *day;
	int64_t *ids;
	size_t ids_max;
};

static int ask_day_ids(struct browse *browse, void *userdata)
{
	const struct ids_question *question = userdata;
	char end[BROWSE_DAY_BYTES + 1];
	sqlite3_stmt *stmt = NULL;
	int r = statement(browse, QUERY_DAY_IDS, &stmt);
	int count = 0;

	if (r < 0)
		return r;
	end_of_day(question->day, end);
	bind_text(stmt, 1, question->day);
	bind_text(stmt, 2, end);
	sqlite3_bind_int64(stmt, 3, (int64_t)question->ids_max);
	while ((r = step(browse, stmt)) > 0)
		question->ids[count++] = sqlite3_column_int64(stmt, 0);
	return r < 0 ? r : count;
}

int browse_day_ids(struct browse *browse, const char *day, int64_t *ids, size_t ids_max)
{
	struct ids_question question = {day, ids, ids_max};

	return browse_is_day(day) ? ask(browse, ask_day_ids, &question) : 0;
}

/* --- one picture --- */

struct picture_question {
	int64_t id;
	struct browse_picture *picture;
};

static int ask_picture(struct browse *browse, void *userdata)
{
	const struct picture_question *question = userdata;
	sqlite3_stmt *stmt = NULL;
	int r = statement(browse, QUERY_ID, &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, question->id);
	return fill_all(browse, stmt, question->picture);
}

int browse_picture(struct browse *browse, int64_t id, struct browse_picture *picture)
{
	struct picture_question question = {id, picture};

	return ask(browse, ask_picture, &question);
}

struct files_question {
	int64_t id;
	struct browse_file *files;
	size_t files_max;
};

static int fill_file(sqlite3_stmt *stmt, struct browse_file *file)
{
	const void *hash = sqlite3_column_blob(stmt, 0);

	if (!hash || sqlite3_column_bytes(stmt, 0) != LEDGER_HASH_BYTES)
		return -EBADMSG;
	file->id = sqlite3_column_int64(stmt, 4);
	file->size_bytes = (uint64_t)sqlite3_column_int64(stmt, 3);
	memcpy(file->hash, hash, LEDGER_HASH_BYTES);
	column(stmt, 1, file->tank_path, sizeof(file->tank_path));
	file->has_thumbnail = sqlite3_column_int(stmt, 2) != 0;
	return 0;
}

static int ask_files(struct browse *browse, void *userdata)
{
	const struct files_question *question = userdata;
	sqlite3_stmt *stmt = NULL;
	int count = 0, r = statement(browse, QUERY_FILES, &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, question->id);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)question->files_max);
	while ((r = step(browse, stmt)) > 0) {
		r = fill_file(stmt, &question->files[count]);
		if (r < 0) {
			(void)sqlite3_reset(stmt);
			return r;
		}
		count++;
	}
	return r < 0 ? r : count;
}

int browse_files(struct browse *browse, int64_t id, struct browse_file *files, size_t files_max)
{
	struct files_question question = {id, files, files_max};

	return ask(browse, ask_files, &question);
}

/* --- searching --- */

struct search_question {
	const struct browse_filter *filter;
	struct browse_cursor start, end;
	struct browse_picture *pictures;
	size_t pictures_max;
	bool is_end;
};

static bool contains(const char *text, const char *part)
{
	size_t length;

	if (!part || !*part)
		return true;
	for (length = strlen(part); *text; text++) {
		size_t i = 0;

		while (i < length && text[i] &&
			text_lower_char(text[i]) == text_lower_char(part[i]))
			i++;
		if (i == length)
			return true;
	}
	return false;
}

static const char *raw(sqlite3_stmt *stmt, int index)
{
	const char *text = (const char *)sqlite3_column_text(stmt, index);

	return text ? text : "";
}

/* Before a row is taken out: most of those that are looked at are not wanted. */
static bool is_wanted(sqlite3_stmt *stmt, const struct browse_filter *filter)
{
	char camera[136];

	if (filter->camera && *filter->camera) {
		(void)text_format(camera, sizeof(camera), "%s %s", raw(stmt, 9), raw(stmt, 10));
		if (!contains(camera, filter->camera))
			return false;
	}
	return contains(raw(stmt, 15), filter->card) &&
		(contains(raw(stmt, 5), filter->name) || contains(raw(stmt, 16), filter->name));
}

/* Where the days that were asked for begin, from the newest on. */
static void choose_start(const struct search_question *question, char start[24])
{
	const char *to_day = question->filter->to_day;
	char end[BROWSE_DAY_BYTES + 1];

	(void)snprintf(start, 24, "%s",
		*question->start.capture_time ? question->start.capture_time : "~");
	if (!to_day || !browse_is_day(to_day))
		return;
	end_of_day(to_day, end);
	if (strcmp(end, start) < 0)
		(void)snprintf(start, 24, "%s", end);
}

static int prepare_scan(
	struct browse *browse, const struct search_question *question, sqlite3_stmt **ret)
{
	const char *from_day = question->filter->from_day;
	char start[24];
	int r = statement(browse, QUERY_SCAN, ret);

	if (r < 0)
		return r;
	choose_start(question, start);
	bind_text(*ret, 1, start);
	sqlite3_bind_int64(*ret, 2, question->start.id);
	bind_text(*ret, 3, from_day && browse_is_day(from_day) ? from_day : "");
	sqlite3_bind_int64(*ret, 4, BROWSE_SCAN_MAX);
	return 0;
}

static int ask_search(struct browse *browse, void *userdata)
{
	struct search_question *question = userdata;
	sqlite3_stmt *stmt = NULL;
	size_t found = 0, looked_at = 0;
	int r = prepare_scan(browse, question, &stmt);

	question->end = question->start;
	question->is_end = false;
	while (r >= 0 && found < question->pictures_max) {
		r = step(browse, stmt);
		if (r <= 0)
			break;
		column(stmt, 6, question->end.capture_time, sizeof(question->end.capture_time));
		question->end.id = sqlite3_column_int64(stmt, 0);
		looked_at++;
		if (!is_wanted(stmt, question->filter))
			continue;
		r = fill(stmt, &question->pictures[found++]);
	}
	if (stmt)
		(void)sqlite3_reset(stmt);
	question->is_end = r == 0 && found < question->pictures_max && looked_at < BROWSE_SCAN_MAX;
	return r < 0 ? r : (int)found;
}

int browse_search(struct browse *browse, const struct browse_filter *filter,
	struct browse_cursor *cursor, struct browse_picture *pictures, size_t pictures_max,
	bool *is_end)
{
	struct search_question question = {.filter = filter,
		.start = *cursor,
		.pictures = pictures,
		.pictures_max = pictures_max < BROWSE_PAGE_MAX ? pictures_max : BROWSE_PAGE_MAX};
	int r = ask(browse, ask_search, &question);

	if (r < 0)
		return r;
	*cursor = question.end;
	*is_end = question.is_end;
	return r;
}

const char *browse_query(size_t number)
{
	return number < QUERIES_COUNT ? query_sql[number] : NULL;
}

/* --- its life --- */

int browse_new(struct browse **ret, const char *tank_path)
{
	struct browse *browse = calloc(1, sizeof(*browse));

	if (!browse)
		return -ENOMEM;
	if (!text_format(
		    browse->path, sizeof(browse->path), "%s/.imgtank/" LEDGER_NAME, tank_path) ||
		!text_format(browse->log_path, sizeof(browse->log_path), "%s-wal", browse->path)) {
		free(browse);
		return -ENAMETOOLONG;
	}
	*ret = browse;
	return 0;
}

void browse_free(struct browse *browse)
{
	if (!browse)
		return;
	close_connection(browse);
	free(browse);
}
