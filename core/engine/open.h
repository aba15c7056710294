/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open.h - a tank's ledger, healed if it is damaged. Private to the engine.
 */
#ifndef IMGTANK_CORE_ENGINE_OPEN_H
#define IMGTANK_CORE_ENGINE_OPEN_H

#include "core/engine/engine.h"
#include "core/engine/tank.h"
#include "core/ledger/ledger.h"

/*
 * Opens the ledger. A damaged one is set aside and made again from the
 * manifests first; *was_damaged tells. After a run that died, pictures that it does not
 * know are added. The tank's shared lock is held by the caller.
 */
int open_ledger(struct ledger **ret, struct tank *tank, bool *was_damaged);

/* Is there a manifest or a picture? Then there was a ledger before it. */
bool has_imported(const struct tank *tank);

#endif
