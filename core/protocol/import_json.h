/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_json.h - a line of `imgtank history --json`, read back.
 */
#ifndef IMGTANK_CORE_PROTOCOL_IMPORT_JSON_H
#define IMGTANK_CORE_PROTOCOL_IMPORT_JSON_H

#include <stddef.h>

#include "core/model.h"

struct import_json {
	struct model_import import;
	char identity[MODEL_LABEL_BYTES]; /* of the card */
};

/* -ENOMSG for an import that was cut short and has no end; -EBADMSG, -EMSGSIZE, -ENOMEM. */
int import_json_decode(const char *line, size_t size_bytes, struct import_json *ret);

#endif
