# SPDX-License-Identifier: GPL-3.0-or-later
# What the toolchains of both foreign architectures share; included by them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${IMGTANK_TRIPLET}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${IMGTANK_TRIPLET})
# pkg-config itself is the same for all; where it looks is not.
set(ENV{PKG_CONFIG_LIBDIR} "/usr/lib/${IMGTANK_TRIPLET}/pkgconfig:/usr/share/pkgconfig")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
