/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor.h - what is wrong with the box, for `imgtank doctor`.
 *
 * Each check collects facts and hands them to a function that only judges them
 * and writes findings into a report. Nothing is changed anywhere.
 */
#ifndef IMGTANK_CORE_CLI_DOCTOR_H
#define IMGTANK_CORE_CLI_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/cli/ui_find.h"
#include "core/config/config.h"
#include "core/drop/look.h"
#include "core/engine/tank.h"
#include "core/faults.h"

enum doctor_severity {
	DOCTOR_NOTE, /* worth knowing; nothing needs to be done */
	DOCTOR_WARNING, /* it works, but not as well as it could */
	DOCTOR_ERROR, /* cards cannot be copied, or not be shown, as they should */
};
#define DOCTOR_SEVERITIES 3

#define DOCTOR_FINDINGS_MAX 64

struct doctor_finding {
	enum doctor_severity severity;
	const char *word; /* "tank-full"; a literal, stays the same for scripts */
	/* Escaped. about: the path or name that is meant, or "". */
	char about[512], what[512], safe[256], remedy[512];
};

struct doctor_report {
	uint32_t count;
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX]; /* what is behind is left out */
	uint32_t looked_count;
	char looked[DOCTOR_FINDINGS_MAX][256]; /* what was looked at, escaped */
};

/* What the checks need to know. Borrowed. */
struct doctor_scope {
	const char
		*root; /* "": this machine; else its /sys, /proc and /run are below this folder */
	const char *socket_path;
	const struct config *config;
	struct ui_place place;
};

/* about is escaped here; the sentences must be fit to be shown. remedy is a format. */
void doctor_find(struct doctor_report *report, enum doctor_severity severity, const char *word,
	const char *about, const char *what, const char *safe, const char *remedy, ...)
	__attribute__((format(printf, 7, 8)));

/* With the words of the catalogue. */
void doctor_find_fault(struct doctor_report *report, enum doctor_severity severity,
	enum fault fault, const char *about);

bool doctor_has(const struct doctor_report *report, const char *word);

void doctor_looked(struct doctor_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* All of more, behind what is there. */
void doctor_append(struct doctor_report *report, const struct doctor_report *more);

/*
 * Runs job in a thread and waits for it, but not for longer than this. False: it has not ended and
 * may never; what it uses must then stay for the rest of the program's life.
 */
bool doctor_run_within(uint32_t milliseconds, void (*job)(void *userdata), void *userdata);

/* --- doctor_tank.c: the tank and its disk --- */

struct doctor_tank {
	const char *path;
	int error; /* of opening it: 0 or a negative errno; -ENOENT with is_new: no tank yet */
	enum fault fault;
	bool is_new, is_not_mounted, is_read_only;
	uint64_t available_bytes, total_bytes; /* keep-free is taken off already */
	uint64_t file_bytes_max;
	enum tank_read_back read_back;
	char fs_name[24];
	mode_t mode; /* of its pictures' folder */
	uid_t owner, wanted_owner; /* wanted: -1, any */
	gid_t group, wanted_group;
	int ledger_error; /* of reading through the ledger; 0 or a negative errno */
	uint64_t fs_errors; /* that the file system has noted; 0 also where it notes none */
	bool has_damaged; /* copies that did not match were set aside */
};

/*
 * False: the disk does not answer, which is a finding. scope is then used for the rest of the
 * program's life.
 */
bool doctor_check_tank(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_judge_tank(const struct doctor_tank *tank, struct doctor_report *report);

/* --- doctor_drop.c: what was dropped and is not in the tank --- */

void doctor_check_drop(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_judge_drop(const char *path, const struct drop_list *list, int64_t now_ns,
	struct doctor_report *report);
/* count: of folders that are kept until they are safe in the tank. */
void doctor_judge_kept(
	const char *path, unsigned int count, int64_t oldest_s, struct doctor_report *report);

/* --- doctor_machine.c: clock, power, heat, readers --- */

struct doctor_usb {
	char name[160]; /* "Generic MassStorageClass (2-1)" */
	uint32_t speed_mbit_per_s; /* of the link: 480, 5000, ... */
	uint32_t version_bcd; /* what the device says that it speaks: 0x0210, 0x0300, ... */
};

void doctor_check_machine(const struct doctor_scope *scope, struct doctor_report *report);
/* machine_mbit_per_s: the fastest USB that this machine has. */
void doctor_judge_usb(
	const struct doctor_usb *usb, uint32_t machine_mbit_per_s, struct doctor_report *report);

/* --- doctor_box.c: configuration, daemon, front ends, sandbox --- */

void doctor_check_config(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_check_daemon(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_check_frontends(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_check_probe(const struct doctor_scope *scope, struct doctor_report *report);

/* doctor_web.c. For a page that does not run: true if another program has its port, which is found.
 */
bool doctor_find_web_port(const struct doctor_scope *scope, struct doctor_report *report);

/* --- doctor_certificate.c: the page's certificate --- */

struct doctor_certificate {
	const char *certificate, *key; /* paths */
	const char *command; /* that makes it anew; NULL: it is the user's own */
	bool is_as_page; /* they were read as the page's user */
	/* 0; -ENOEXEC: openssl could not be asked; -EBADMSG: it is none; else of opening the file
	 */
	int certificate_error, key_error;
	bool is_pair;
	int64_t begin_s, end_s; /* since 1970 */
};

void doctor_check_certificate(const struct doctor_scope *scope, struct doctor_report *report);
void doctor_judge_certificate(
	const struct doctor_certificate *facts, int64_t now_s, struct doctor_report *report);

/* --- doctor_box.c again --- */

/* parts: enum sandbox_part, or-ed. */
void doctor_judge_sandbox(uint32_t parts, struct doctor_report *report);

#endif
