/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/board.h"

#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"

const char *board_line_name(enum board_line line)
{
	static const char *const names[] = {"green", "amber", "red", "buzzer", "button"};

	return (unsigned int)line < BOARD_LINES_COUNT ? names[line] : "?";
}

bool board_has_label(const char *labels, const char *label)
{
	size_t length = strlen(label);

	while (length && *(labels += strspn(labels, " ,"))) {
		size_t word = strcspn(labels, " ,");

		if (word == length && !strncmp(labels, label, length))
			return true;
		labels += word;
	}
	return false;
}

/* Pins 7 to 11 are SPI0's, which most small displays use. */
static bool is_spi_pin(int offset)
{
	return offset >= 7 && offset <= 11;
}

void board_say_busy(enum board_line line, int offset, const char *chip, const char *consumer)
{
	char holder[64], safe_chip[64];

	(void)text_escape(
		consumer && *consumer ? consumer : "another driver", holder, sizeof(holder));
	(void)text_escape(chip, safe_chip, sizeof(safe_chip));
	log_error("pin %d (%s) of %s is in use by '%s'. %s", offset, board_line_name(line),
		safe_chip, holder,
		is_spi_pin(offset)
			? "If SPI is on, take dtparam=spi=on and displays that use it out of "
			  "config.txt and start again; else set another pin in [ui-pibrella]."
			: "Stop what uses it, take its overlay out of config.txt, or set another "
			  "pin in [ui-pibrella].");
}
