/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ui-web/web.h"

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--set-password"))
		return password_ask(argv[2]);
	return frontend_main(&frontend_web, argc, argv);
}
