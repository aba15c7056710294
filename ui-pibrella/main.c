/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/pibrella.h"

int main(int argc, char **argv)
{
	return frontend_main(&frontend_pibrella, argc, argv);
}
