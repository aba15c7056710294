# SPDX-License-Identifier: GPL-3.0-or-later
# For a Debian with the arm64 -dev packages beside its own: tools/cross makes one.
set(IMGTANK_TRIPLET aarch64-linux-gnu)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake")
