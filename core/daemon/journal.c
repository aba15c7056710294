/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SD_JOURNAL_SUPPRESS_LOCATION /* it would always be this file */
#include <systemd/sd-journal.h>

#define TEXT_BYTES 1024

static void send_fields(enum log_level level, const struct model_card *card, const char *text)
{
	(void)sd_journal_send("SYSLOG_IDENTIFIER=imgtank", "PRIORITY=%d", (int)level, "MESSAGE=%s",
		text, "IMGTANK_CARD=%s", card->id, "IMGTANK_LABEL=%s", card->label,
		"IMGTANK_IDENTITY=%s", card->identity, "IMGTANK_STATE=%s",
		card_state_name(card->state), "IMGTANK_VERDICT=%s", verdict_name(card->verdict),
		"IMGTANK_FAULT=%s", fault_text(card->fault)->word, NULL);
}

void journal_card(enum log_level level, const struct model_card *card, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (getenv("JOURNAL_STREAM"))
		send_fields(level, card, text);
	else
		log_line(level, 0, "%s: %s", card->id, text);
}
