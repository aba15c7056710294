/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupt.h - Ctrl-C, a closed terminal and SIGTERM end the work in order.
 */
#ifndef IMGTANK_CORE_CLI_INTERRUPT_H
#define IMGTANK_CORE_CLI_INTERRUPT_H

#include <stdatomic.h>

/*
 * From now on the first such signal sets the flag; one more Ctrl-C, a moment later, ends the
 * process at once.
 */
void interrupt_catch(void);
const atomic_bool *interrupt_flag(void);

#endif
