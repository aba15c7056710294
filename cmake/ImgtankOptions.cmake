# SPDX-License-Identifier: GPL-3.0-or-later
# One INTERFACE target carries the language, warnings, hardening and sanitizers.

option(IMGTANK_TESTS "Build the tests" OFF)
option(IMGTANK_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(IMGTANK_WERROR "Treat warnings as errors (developers and CI)" OFF)
set(IMGTANK_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize=")

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# assert() stays on in every build: what was tested is what ships.
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
	string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(imgtank_options INTERFACE)
target_compile_features(imgtank_options INTERFACE c_std_17)
target_include_directories(imgtank_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
# 64-bit offsets and times on armhf too.
target_compile_definitions(imgtank_options INTERFACE
	_GNU_SOURCE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
target_compile_options(imgtank_options INTERFACE
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wconversion -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough
	-Wdouble-promotion -Wpointer-arith -Wframe-larger-than=16384
	-fstack-protector-strong -fvisibility=hidden -fno-common)
if(IMGTANK_WERROR)
	target_compile_options(imgtank_options INTERFACE -Werror)
endif()
if(IMGTANK_SANITIZE)
	target_compile_options(imgtank_options INTERFACE
		-fsanitize=${IMGTANK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(imgtank_options INTERFACE -fsanitize=${IMGTANK_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	target_compile_options(imgtank_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
target_link_options(imgtank_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

if(IMGTANK_SANITIZE)
	set(IMGTANK_SANITIZED 1)
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/build.h.in" "${PROJECT_BINARY_DIR}/generated/build.h" @ONLY)
