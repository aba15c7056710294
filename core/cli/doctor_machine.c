/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Documentation/ABI/testing/sysfs-bus-usb (speed, version), hwmon's
 * sysfs-interface (in0_lcrit_alarm; the Raspberry Pi's driver is called rpi_volt),
 * thermal's sysfs-api.
 */
#include "core/cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"

#define USB_HIGH_SPEED 480
#define USB_SUPER_SPEED 5000
#define USB_STORAGE_CLASS "08"
/* What a USB 3 device says when it is connected as USB 2; one that is USB 2 itself says 0x0200. */
#define USB_BCD_3_AS_2 0x0210
#define HOT_MILLI_C 80000 /* a Raspberry Pi slows itself down from here on */

/* --- files of /sys --- */

/* The first line of ROOT/FOLDER/NAME/FILE. False if there is none. */
static bool read_line(
	const char *folder, const char *name, const char *file, char *text, size_t text_bytes)
{
	char path[PATH_MAX];

	if (!text_format(path, sizeof(path), "%s/%s/%s", folder, name, file) ||
		fd_read_text(AT_FDCWD, path, text, text_bytes) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return true;
}

static uint32_t read_number(const char *folder, const char *name, const char *file)
{
	char text[32];
	uint64_t number = 0;

	if (read_line(folder, name, file, text, sizeof(text)))
		(void)text_parse_u64(text, UINT32_MAX, &number);
	return (uint32_t)number;
}

typedef void (*entry_fn)(const char *folder, const char *name, void *userdata);

static void for_each(const char *root, const char *folder, entry_fn each, void *userdata)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	if (!text_format(path, sizeof(path), "%s%s", root, folder))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			each(path, entry->d_name, userdata);
	if (dir)
		(void)closedir(dir);
}

/* --- power and heat --- */

static void look_at_voltage(const char *folder, const char *name, void *userdata)
{
	char text[32];

	if (!read_line(folder, name, "name", text, sizeof(text)) || strcmp(text, "rpi_volt") != 0 ||
		read_number(folder, name, "in0_lcrit_alarm") != 1)
		return;
	doctor_find(userdata, DOCTOR_ERROR, "under-voltage", "",
		"The machine does not get enough power.",
		"What is in the tank and verified is safe; a disk may drop out while it is "
		"written to.",
		"Use the power supply that was made for this Raspberry Pi, with its own cable; or "
		"power the disk by itself or through a powered hub.");
}

static void look_at_heat(const char *folder, const char *name, void *userdata)
{
	uint32_t milli_c;

	if (strncmp(name, "thermal_zone", strlen("thermal_zone")) != 0)
		return;
	milli_c = read_number(folder, name, "temp");
	if (milli_c < HOT_MILLI_C || milli_c > 200000)
		return;
	doctor_find(userdata, DOCTOR_WARNING, "too-hot", name,
		"The machine is so hot that it may slow itself down.", "Copies only take longer.",
		"Give it air, or a heat sink or fan. It has %u °C.", milli_c / 1000);
}

static void check_clock(const char *root, struct doctor_report *report)
{
	if (clock_is_trusted(root))
		return;
	doctor_find(report, DOCTOR_WARNING, "clock-not-set", "",
		"The clock has not been set: nothing has told this machine the time.",
		"Pictures are filed by the time that the camera gave them; only the history has no "
		"times.",
		"Connect it to a network for a moment, fit a clock chip (RTC), or set the time: "
		"date -s 'YYYY-MM-DD HH:MM'.");
}

/* --- USB --- */

void doctor_judge_usb(
	const struct doctor_usb *usb, uint32_t machine_mbit_per_s, struct doctor_report *report)
{
	if (usb->speed_mbit_per_s < USB_HIGH_SPEED) {
		doctor_find(report, DOCTOR_WARNING, "reader-slow", usb->name,
			"A card reader or disk is connected at the speed of USB 1.",
			"Copies are right, but take many times as long.",
			"Plug it again, try another cable, or use another reader.");
		return;
	}
	if (machine_mbit_per_s < USB_SUPER_SPEED || usb->speed_mbit_per_s != USB_HIGH_SPEED ||
		usb->version_bcd < USB_BCD_3_AS_2)
		return;
	doctor_find(report, DOCTOR_WARNING, "reader-slow", usb->name,
		"A card reader or disk for USB 3 is connected as USB 2.",
		"Copies are right, but take several times as long.",
		"Plug it into a USB 3 socket (often blue), push the plug in quickly and fully, or "
		"try "
		"another cable.");
}

struct usb_look {
	struct doctor_report *report;
	uint32_t machine_mbit_per_s;
};

static void look_at_root_hub(const char *folder, const char *name, void *userdata)
{
	struct usb_look *look = userdata;
	uint32_t speed = read_number(folder, name, "speed");

	if (!strncmp(name, "usb", 3) && speed > look->machine_mbit_per_s)
		look->machine_mbit_per_s = speed;
}

/* "02.10" is 0x0210; the kernel prints it as " 2.10". */
static uint32_t parse_version(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 16);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 16) : 0;

	return (uint32_t)((major << 8 | minor) & 0xffff);
}

static void read_usb(const char *folder, const char *device, struct doctor_usb *usb)
{
	char maker[64] = "", product[64] = "", version[16] = "";

	(void)read_line(folder, device, "manufacturer", maker, sizeof(maker));
	(void)read_line(folder, device, "product", product, sizeof(product));
	(void)read_line(folder, device, "version", version, sizeof(version));
	(void)text_format(usb->name, sizeof(usb->name), "%s%s%s (%.16s)", maker, *maker ? " " : "",
		*product ? product : "USB storage", device);
	usb->version_bcd = parse_version(version);
	usb->speed_mbit_per_s = read_number(folder, device, "speed");
}

/* An interface, "2-1:1.0", of a storage device, "2-1". */
static void look_at_interface(const char *folder, const char *name, void *userdata)
{
	struct usb_look *look = userdata;
	char device[64], class[8];
	struct doctor_usb usb;
	const char *colon = strchr(name, ':');

	if (!colon || !read_line(folder, name, "bInterfaceClass", class, sizeof(class)) ||
		strcmp(class, USB_STORAGE_CLASS) != 0 ||
		!text_format(device, sizeof(device), "%.*s", (int)(colon - name), name))
		return;
	read_usb(folder, device, &usb);
	doctor_looked(
		look->report, "the USB link of %s: %u Mbit/s", usb.name, usb.speed_mbit_per_s);
	if (usb.speed_mbit_per_s)
		doctor_judge_usb(&usb, look->machine_mbit_per_s, look->report);
}

void doctor_check_machine(const struct doctor_scope *scope, struct doctor_report *report)
{
	struct usb_look look = {.report = report};

	doctor_looked(report, "the machine: its clock, power and heat");
	check_clock(scope->root, report);
	for_each(scope->root, "/sys/class/hwmon", look_at_voltage, report);
	for_each(scope->root, "/sys/class/thermal", look_at_heat, report);
	for_each(scope->root, "/sys/bus/usb/devices", look_at_root_hub, &look);
	for_each(scope->root, "/sys/bus/usb/devices", look_at_interface, &look);
}
