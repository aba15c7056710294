/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines as they are in /sys, made of folders and links; layouts as Linux has them. */
#include "tests/support/itest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/daemon/host_disks.h"

#define PCI_USB "devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host4/target4:0:0/4:0:0:0/block/"
#define PI_SD "devices/platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/"
#define SATA "devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/"

struct machine {
	char root[64], sys[80], dev[80], mountinfo[80], swaps[80], fstab[80];
	struct host_view view;
};

/* --- making one --- */

static void make_folders(const char *path)
{
	char part[PATH_MAX];

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, path);
		assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *file;

	make_folders(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void write_below(const struct machine *machine, const char *path, const char *text)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", machine->root, path);
	write_file(full, text);
}

static void link_below(const struct machine *machine, const char *path, const char *target)
{
	char full[PATH_MAX], from[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", machine->root, path);
	(void)snprintf(from, sizeof(from), "%s/%s", machine->root, target);
	make_folders(full);
	assert_int_equal(symlink(from, full), 0);
}

/* A disk, or a partition ("sda/sda1"), at its place below /sys, and what leads there. */
static void add_block(
	const struct machine *machine, const char *place, const char *name, const char *number)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;
	char path[600], to[512];

	(void)snprintf(to, sizeof(to), "sys/%s%s", place, name);
	(void)snprintf(path, sizeof(path), "%s/uevent", to);
	write_below(machine, path, "");
	(void)snprintf(path, sizeof(path), "sys/class/block/%s", last);
	link_below(machine, path, to);
	(void)snprintf(path, sizeof(path), "sys/dev/block/%s", number);
	link_below(machine, path, to);
	(void)snprintf(path, sizeof(path), "dev/%s", last);
	write_below(machine, path, "");
}

static void set_attribute(const struct machine *machine, const char *place, const char *name,
	const char *attribute, const char *value)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "sys/%s%s/%s", place, name, attribute);
	write_below(machine, path, value);
}

static int set_up(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return -1;
	(void)snprintf(machine->root, sizeof(machine->root), "/tmp/imgtank-host-XXXXXX");
	if (!mkdtemp(machine->root))
		return -1;
	(void)snprintf(machine->sys, sizeof(machine->sys), "%s/sys", machine->root);
	(void)snprintf(machine->dev, sizeof(machine->dev), "%s/dev", machine->root);
	(void)snprintf(machine->mountinfo, sizeof(machine->mountinfo), "%s/mounts", machine->root);
	(void)snprintf(machine->swaps, sizeof(machine->swaps), "%s/swaps", machine->root);
	(void)snprintf(machine->fstab, sizeof(machine->fstab), "%s/fstab", machine->root);
	machine->view = (struct host_view){machine->sys, machine->dev, machine->mountinfo,
		machine->swaps, machine->fstab, "/run/imgtank/cards"};
	write_file(machine->mountinfo, "");
	*state = machine;
	return 0;
}

static int tear_down(void **state)
{
	struct machine *machine = *state;
	char command[128];
	int r;

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", machine->root);
	r = system(command);
	free(machine);
	return r;
}

/* --- what kind of disk --- */

static void test_host_disks_tells_slots_from_disks(void **state)
{
	struct machine *machine = *state;

	add_block(machine, PCI_USB, "sdb", "8:16");
	set_attribute(machine, PCI_USB, "sdb", "removable", "1\n");
	add_block(machine, SATA, "sda", "8:0");
	set_attribute(machine, SATA, "sda", "removable", "0\n");
	assert_int_equal(host_disk_kind(&machine->view, "sdb"), HOST_DISK_SLOT);
	assert_int_equal(host_disk_kind(&machine->view, "sda"), HOST_DISK_FIXED);
	set_attribute(machine, PCI_USB, "sdb", "removable", "0\n"); /* as CFexpress readers say */
	assert_int_equal(host_disk_kind(&machine->view, "sdb"), HOST_DISK_EXTERNAL);
	assert_int_equal(host_disk_kind(&machine->view, "sdz"), HOST_DISK_FIXED);
}

/* A compute module's chip and its boot areas say the same of themselves as a card in a slot. */
static void test_host_disks_tells_chips_from_cards(void **state)
{
	struct machine *machine = *state;
	static const char *const names[] = {"mmcblk0", "mmcblk0boot0", "mmcblk0boot1"};

	for (size_t i = 0; i < 3; i++) {
		char number[8];

		(void)snprintf(number, sizeof(number), "179:%zu", i * 32);
		add_block(machine, PI_SD, names[i], number);
		set_attribute(machine, PI_SD, names[i], "removable", "0\n");
		set_attribute(machine, PI_SD, names[i], "device/type", "SD\n");
		assert_int_equal(host_disk_kind(&machine->view, names[i]), HOST_DISK_SLOT);
		set_attribute(machine, PI_SD, names[i], "device/type", "MMC\n");
		assert_int_equal(host_disk_kind(&machine->view, names[i]), HOST_DISK_FIXED);
	}
}

/* --- who uses it --- */

/* A Raspberry Pi: its root on the card in its slot, the tank on a USB disk, a camera's card. */
static void make_pi(const struct machine *machine)
{
	add_block(machine, PI_SD, "mmcblk0", "179:0");
	add_block(machine, PI_SD, "mmcblk0/mmcblk0p1", "179:1");
	add_block(machine, PI_SD, "mmcblk0/mmcblk0p2", "179:2");
	add_block(machine, PCI_USB, "sda", "8:0");
	add_block(machine, PCI_USB, "sda/sda1", "8:1");
	add_block(machine, PCI_USB, "sdb", "8:16");
	add_block(machine, PCI_USB, "sdb/sdb1", "8:17");
	write_file(machine->mountinfo,
		"24 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw\n"
		"31 24 179:1 / /boot/firmware rw shared:9 - vfat /dev/mmcblk0p1 rw\n"
		"90 24 8:17 / /run/imgtank/cards/c1 ro - vfat /dev/sdb1 ro\n");
}

static void test_host_disks_leaves_what_is_mounted(void **state)
{
	struct machine *machine = *state;

	make_pi(machine);
	assert_true(host_uses_disk(&machine->view, "mmcblk0"));
	assert_false(host_uses_disk(&machine->view, "sda"));
	assert_false(host_uses_disk(&machine->view, "sdb")); /* we have mounted it ourselves */
	write_file(machine->mountinfo,
		"24 1 0:5 / / rw - btrfs /dev/sda1 rw\n" /* its number is none of a disk */
		"90 24 8:17 / /run/imgtank/cards-of-others ro - vfat /dev/sdb1 ro\n");
	assert_true(host_uses_disk(&machine->view, "sda"));
	assert_true(host_uses_disk(&machine->view, "sdb"));
}

static void test_host_disks_leaves_what_is_swapped_to(void **state)
{
	struct machine *machine = *state;

	make_pi(machine);
	write_file(machine->swaps,
		"Filename Type Size Used Priority\n/dev/sda1 partition 1048572 0 -2\n");
	assert_true(host_uses_disk(&machine->view, "sda"));
	assert_false(host_uses_disk(&machine->view, "sdb"));
}

/* The tank's disk is there before it is mounted: it must not be taken for a card meanwhile. */
static void test_host_disks_leaves_what_fstab_names(void **state)
{
	struct machine *machine = *state;
	static const struct {
		const char *line;
		bool is_used;
	} cases[] = {
		{"UUID=1234-ABCD /data exfat nofail 0 0\n", true},
		{"LABEL=TANK /data exfat nofail 0 0\n", true},
		{"PARTUUID=6c586e13-01 /data ext4 nofail 0 0\n", true},
		{"/dev/sda1 /data auto nofail 0 0\n", true},
		{"/dev/disk/by-uuid/1234-ABCD /data auto noauto,x-systemd.automount 0 0\n", true},
		{"# UUID=1234-ABCD /data exfat nofail 0 0\n", false},
		{"UUID=0000-0000 /data exfat nofail 0 0\n", false},
		{"/dev/sda1 /media/card auto noauto,user 0 0\n", false},
		{"tmpfs /tmp tmpfs defaults 0 0\n", false},
	};

	make_pi(machine);
	link_below(machine, "dev/disk/by-uuid/1234-ABCD", "dev/sda1");
	link_below(machine, "dev/disk/by-label/TANK", "dev/sda1");
	link_below(machine, "dev/disk/by-partuuid/6c586e13-01", "dev/sda1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(machine->fstab, cases[i].line);
		if (host_uses_disk(&machine->view, "sda") != cases[i].is_used)
			fail_msg("%s", cases[i].line);
		assert_false(host_uses_disk(&machine->view, "sdb"));
	}
}

/* root on LVM on a partition: what is mounted is dm-0, and that is no part of the disk. */
static void test_host_disks_leaves_what_others_stand_on(void **state)
{
	struct machine *machine = *state;

	make_pi(machine);
	add_block(machine, "devices/virtual/block/", "dm-0", "253:0");
	write_file(machine->mountinfo, "24 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n");
	assert_false(host_uses_disk(&machine->view, "sda"));
	link_below(
		machine, "sys/" PCI_USB "sda/sda1/holders/dm-0", "sys/devices/virtual/block/dm-0");
	assert_true(host_uses_disk(&machine->view, "sda"));
	link_below(machine, "sys/" PCI_USB "sdb/holders/md0", "sys/devices/virtual/block/dm-0");
	assert_true(host_uses_disk(&machine->view, "sdb"));
}

static void test_host_disks_is_careful_when_it_cannot_know(void **state)
{
	struct machine *machine = *state;

	make_pi(machine);
	assert_int_equal(unlink(machine->mountinfo), 0);
	assert_int_equal(symlink("mounts", machine->mountinfo), 0); /* ELOOP */
	assert_true(host_uses_disk(&machine->view, "sdb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_host_disks_tells_slots_from_disks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_tells_chips_from_cards, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_leaves_what_is_mounted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_leaves_what_is_swapped_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_leaves_what_fstab_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_leaves_what_others_stand_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_host_disks_is_careful_when_it_cannot_know, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
