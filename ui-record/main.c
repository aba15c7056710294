/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-record/record.h"

int main(int argc, char **argv)
{
	return frontend_main(&frontend_record, argc, argv);
}
