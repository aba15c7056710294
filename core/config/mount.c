/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <mntent.h>
#include <string.h>

#include "core/config/config_priv.h"

/* Is path the folder or below it? */
static bool is_within(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	return !strncmp(path, folder, length) && (path[length] == '/' || path[length] == '\0');
}

bool mount_is_listed(const char *fstab, const char *path)
{
	FILE *file = setmntent(fstab, "re");
	char line[4096];
	struct mntent entry;
	bool is_listed = false;

	if (!file)
		return false;
	while (!is_listed && getmntent_r(file, &entry, line, sizeof(line)))
		is_listed = entry.mnt_dir[0] == '/' && strcmp(entry.mnt_dir, "/") != 0 &&
			is_within(path, entry.mnt_dir);
	(void)endmntent(file);
	return is_listed;
}

bool config_requires_mount(const struct config *config, const char *tank_path)
{
	switch (config->tank.require_mount) {
	case REQUIRE_MOUNT_YES:
		return true;
	case REQUIRE_MOUNT_NO:
		return false;
	case REQUIRE_MOUNT_AUTO:
		break;
	}
	return is_within(tank_path, "/data") || mount_is_listed("/etc/fstab", tank_path);
}
