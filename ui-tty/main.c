/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>

#include "ui-tty/guard.h"
#include "ui-tty/tty.h"

int main(int argc, char **argv)
{
	int status;

	(void)setlocale(LC_CTYPE, "");
	status = guard_start();
	return status >= 0 ? status : frontend_main(&frontend_tty, argc, argv);
}
