/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-led/led.h"

int main(int argc, char **argv)
{
	return frontend_main(&frontend_led, argc, argv);
}
