/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * itest.h - what every test includes: cmocka with the headers that it needs first.
 */
#ifndef IMGTANK_TESTS_SUPPORT_ITEST_H
#define IMGTANK_TESTS_SUPPORT_ITEST_H

/* IWYU pragma: begin_exports */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* IWYU pragma: end_exports */

#endif
