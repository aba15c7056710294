# SPDX-License-Identifier: GPL-3.0-or-later
# Display, touch and backlight: sources and packages for the front end's imgtank_frontend().
find_package(Threads REQUIRED)
set(IMGTANK_FB_DEVICE_PACKAGES libdrm libinput)
set(IMGTANK_FB_DEVICE_SOURCES
	backlight.c
	display.c
	display_drm.c
	display_drm_choose.c
	display_drm_ops.c
	display_fbdev.c
	display_uevent.c
	pixels.c
	touch.c
	touch_libinput.c
	touch_source.c
	touch_track.c
	vt.c
)
