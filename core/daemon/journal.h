/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h - what the daemon tells those who look after the box: entries with
 * fields in the journal (`journalctl -t imgtank IMGTANK_CARD=...`), plain lines
 * on standard error when there is no journal.
 */
#ifndef IMGTANK_CORE_DAEMON_JOURNAL_H
#define IMGTANK_CORE_DAEMON_JOURNAL_H

#include "core/base/log.h"
#include "core/model.h"

/* An entry about a card: its identity, state, verdict and fault go with it. */
void journal_card(enum log_level level, const struct model_card *card, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
