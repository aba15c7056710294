/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/section.h"

#define PORT_DEFAULT 80 /* imgtank-ui-web's own */
#define STATE_LISTEN 0x0a /* of /proc/net/tcp, as the kernel's TCP_LISTEN */

static void take_listen(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	const char *colon = strrchr(value, ':');
	uint64_t port;

	(void)file;
	(void)line;
	if (!strcmp(key, "listen") && text_parse_u64(colon ? colon + 1 : value, 65535, &port) == 0)
		*(unsigned int *)userdata = (unsigned int)port;
}

/* "  0: 00000000:0050 00000000:0000 0A ...": address and port, those of the other end, state. */
static bool is_listener(const char *line, unsigned int port)
{
	unsigned int found, state;

	return sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &found, &state) == 2 &&
		found == port && state == STATE_LISTEN;
}

static bool has_listener(const char *root, const char *table, unsigned int port)
{
	char path[PATH_MAX], line[512];
	bool is_found = false;
	FILE *file;

	if (!text_format(path, sizeof(path), "%s/proc/net/%s", root, table))
		return false;
	file = fopen(path, "re");
	while (file && !is_found && fgets(line, sizeof(line), file))
		is_found = is_listener(line, port);
	if (file)
		(void)fclose(file);
	return is_found;
}

bool doctor_find_web_port(const struct doctor_scope *scope, struct doctor_report *report)
{
	unsigned int port = PORT_DEFAULT;
	char about[32];

	(void)config_read_section(scope->place.config_path, "ui-web", take_listen, &port);
	if (!has_listener(scope->root, "tcp", port) && !has_listener(scope->root, "tcp6", port))
		return false;
	(void)text_format(about, sizeof(about), "port %u", port);
	doctor_find(report, DOCTOR_ERROR, "web-port-taken", about,
		"The page cannot be reached: another program has its port.",
		"imgtankd copies and verifies cards without it.",
		"'ss -ltnp' shows which one: end it, or choose another port: imgtank setup web "
		"--port 8080");
	return true;
}
