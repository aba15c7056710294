# SPDX-License-Identifier: GPL-3.0-or-later
# For a Debian with the armhf -dev packages beside its own: tools/cross makes one.
set(IMGTANK_TRIPLET arm-linux-gnueabihf)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake")
