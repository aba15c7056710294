# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of display, touch and backlight; see ui-fb/devices.cmake.
imgtank_test(test_pixels SOURCES test_pixels.c LINK imgtank_ui_fb)
imgtank_test(test_display SOURCES test_display.c LINK imgtank_ui_fb)
imgtank_test(test_drm SOURCES test_drm.c LINK imgtank_ui_fb)
imgtank_test(test_touch SOURCES test_touch.c LINK imgtank_ui_fb)
imgtank_test(test_backlight SOURCES test_backlight.c LINK imgtank_ui_fb)
