/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/fb.h"

int main(int argc, char **argv)
{
	return frontend_main(&frontend_fb, argc, argv);
}
