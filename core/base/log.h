/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h - one line for people who look after the box.
 *
 *   error    a promise is at risk, or a part has stopped
 *   warning  somebody should look; the work goes on
 *   notice   once per card: inserted, done, verdict
 *   info     once per group of files or connection
 *   debug    free
 *
 * Lines go to standard error. Under systemd they carry the journal's level
 * prefix (sd-daemon(3), "<4>"). Text that came from a card is escaped by the
 * caller (text.h). Safe from any thread.
 */
#ifndef IMGTANK_CORE_BASE_LOG_H
#define IMGTANK_CORE_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* Lines above this level are dropped. The start value is LOG_LEVEL_WARNING. */
void log_set_level(enum log_level level);

/* Name in front of each line, borrowed for good: a literal. */
void log_set_program(const char *name);

void log_line(enum log_level level, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, 0, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, 0, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, 0, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, 0, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, 0, __VA_ARGS__)

/* With the text of a negative errno behind it; the value of the expression is that errno. */
#define log_errno(level, error, ...)                                                               \
	({                                                                                         \
		int error_ = (error);                                                              \
		log_line((level), error_, __VA_ARGS__);                                            \
		error_;                                                                            \
	})

#endif
