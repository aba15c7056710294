/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h - the ledger's tables. Version = PRAGMA user_version.
 */
#ifndef IMGTANK_CORE_LEDGER_SCHEMA_H
#define IMGTANK_CORE_LEDGER_SCHEMA_H

#define LEDGER_APPLICATION_ID 0x696d6774 /* "imgt" */
#define LEDGER_SCHEMA_VERSION 1

static const char ledger_schema[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE cards ("
	" id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, label TEXT NOT NULL,"
	" fs_type TEXT NOT NULL, size_bytes INTEGER NOT NULL,"
	" first_seen_ns INTEGER NOT NULL, last_seen_ns INTEGER NOT NULL);"
	"CREATE TABLE imports ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, card_id INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL DEFAULT 0,"
	" verdict TEXT NOT NULL DEFAULT 'none',"
	" files_selected INTEGER NOT NULL DEFAULT 0, files_known INTEGER NOT NULL DEFAULT 0,"
	" files_copied INTEGER NOT NULL DEFAULT 0, files_verified INTEGER NOT NULL DEFAULT 0,"
	" files_failed INTEGER NOT NULL DEFAULT 0, files_left_out INTEGER NOT NULL DEFAULT 0,"
	" bytes_copied INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE files ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, size_bytes INTEGER NOT NULL,"
	" mtime_ns INTEGER NOT NULL, state INTEGER NOT NULL, tank_path TEXT NOT NULL UNIQUE,"
	" capture_time TEXT NOT NULL, date_source TEXT NOT NULL, is_guess INTEGER NOT NULL,"
	" make TEXT NOT NULL, model TEXT NOT NULL, stem TEXT NOT NULL,"
	" sequence INTEGER NOT NULL, import_id INTEGER NOT NULL,"
	" thumbnail INTEGER NOT NULL DEFAULT 0);" /* 0 not tried, 1 there, 2 none */
	"CREATE INDEX files_by_hash ON files (hash);"
	"CREATE INDEX files_by_shot ON files (stem, capture_time) WHERE sequence > 0;"
	"CREATE INDEX files_by_time ON files (capture_time);"
	"CREATE INDEX files_unfinished ON files (state, id) WHERE state IN (0, 1);"
	"CREATE TABLE sources ("
	" card_id INTEGER NOT NULL, path TEXT NOT NULL, size_bytes INTEGER NOT NULL,"
	" mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, btime_ns INTEGER NOT NULL,"
	" file_id INTEGER NOT NULL, PRIMARY KEY (card_id, path)) WITHOUT ROWID;"
	"CREATE INDEX sources_by_file ON sources (file_id);"
	"INSERT INTO meta VALUES ('next_sequence', 1);";

#endif
