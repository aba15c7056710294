/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "ui-web/web.h"

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--set-password"))
		return password_ask(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "--set-password")) {
		(void)fputs("imgtank-ui-web: --set-password needs a file to write to.\n"
			    "Try 'man imgtank-ui-web'.\n",
			stderr);
		return 2; /* as frontend_main() for wrong usage */
	}
	return frontend_main(&frontend_web, argc, argv);
}
