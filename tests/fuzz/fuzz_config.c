/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_config.c - any bytes as a configuration file: whatever is in it, all
 * values are allowed ones, and every problem can be shown.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_text(const char *text)
{
	for (const char *s = text; *s; s += text_utf8_length(s))
		assert(*s == '\\' || text_safe_length(s));
}

static void check_values(const struct config *config)
{
	assert(config->tank.path[0] == '/');
	assert(config->tank.require_mount <= REQUIRE_MOUNT_NO);
	assert(config->import.select <= SELECT_EVERYTHING);
	assert(config->import.naming <= NAMING_TEMPLATE);
	assert(config->thumbnails.side_px >= 64 && config->thumbnails.side_px <= 1024);
	assert(config->probe.timeout_ms >= 100 && config->probe.timeout_ms <= 60000);
	assert(config->probe.memory_bytes >= 16 << 20 && config->probe.memory_bytes <= 1 << 30);
	assert(config->probe.workers >= 1 && config->probe.workers <= 4);
}

/* What is in force can be written into a file and means the same again. */
static void check_settings(struct config *config)
{
	size_t problems = config_problem_count(config);

	for (size_t i = 0; i < config_setting_count(); i++) {
		struct config_setting setting;

		config_setting(config, i, &setting);
		assert(config_set(config, setting.section, setting.key, setting.text) == 0);
	}
	assert(config_problem_count(config) == problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct config *config = NULL;

	if (config_load_text(&config, "fuzz", (const char *)data, size_bytes) < 0)
		return 0;
	for (size_t i = 0; i < config_problem_count(config); i++)
		check_text(config_problem(config, i)->text);
	check_values(config);
	check_settings(config);
	check_values(config);
	config_free(config);
	return 0;
}
