# SPDX-License-Identifier: GPL-3.0-or-later
# The few kinds of things that this tree builds.

# imgtank_module(NAME SOURCES a.c ... [LINK targets ...]) -> static library imgtank_NAME
function(imgtank_module name)
	cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
	add_library(imgtank_${name} STATIC ${ARG_SOURCES})
	target_link_libraries(imgtank_${name} PUBLIC imgtank_options ${ARG_LINK})
endfunction()

# imgtank_program(NAME SOURCES main.c [LINK targets ...] [LIBEXEC]) -> bin/NAME
function(imgtank_program name)
	cmake_parse_arguments(ARG "LIBEXEC" "" "SOURCES;LINK" ${ARGN})
	add_executable(${name} ${ARG_SOURCES})
	target_link_libraries(${name} PRIVATE imgtank_options ${ARG_LINK})
	if(ARG_LIBEXEC)
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/imgtank COMPONENT core)
	else()
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT core)
	endif()
endfunction()

# imgtank_frontend(NAME MAIN main.c [SOURCES a.c ...] [PACKAGES libx>=1 ...] [LINK targets ...])
#   -> bin/imgtank-ui-NAME, and its SOURCES as static library imgtank_ui_NAME for tests.
# PACKAGES are names for pkg-config. The option IMGTANK_UI_NAME says AUTO (build it if they are
# there), ON (they must be there) or OFF. imgtank_ui_NAME_is_built tells the caller.
function(imgtank_frontend name)
	cmake_parse_arguments(ARG "" "MAIN" "SOURCES;PACKAGES;LINK" ${ARGN})
	string(TOUPPER "IMGTANK_UI_${name}" switch)
	string(REPLACE "-" "_" switch "${switch}")
	set(${switch} AUTO CACHE STRING "Build imgtank-ui-${name}: AUTO, ON or OFF")
	set_property(CACHE ${switch} PROPERTY STRINGS AUTO ON OFF)
	set(imgtank_ui_${name}_is_built OFF PARENT_SCOPE)
	if(NOT ${switch})
		return()
	endif()
	if(ARG_PACKAGES)
		if("${${switch}}" STREQUAL "AUTO")
			pkg_check_modules(${switch}_PACKAGES IMPORTED_TARGET ${ARG_PACKAGES})
		else()
			pkg_check_modules(${switch}_PACKAGES REQUIRED IMPORTED_TARGET ${ARG_PACKAGES})
		endif()
		if(NOT ${switch}_PACKAGES_FOUND)
			message(STATUS "imgtank-ui-${name} is not built: it needs ${ARG_PACKAGES}")
			return()
		endif()
		list(APPEND ARG_LINK PkgConfig::${switch}_PACKAGES)
	endif()
	add_executable(imgtank-ui-${name} ${ARG_MAIN})
	target_link_libraries(imgtank-ui-${name} PRIVATE imgtank_client ${ARG_LINK})
	if(ARG_SOURCES)
		imgtank_module(ui_${name} SOURCES ${ARG_SOURCES} LINK imgtank_client ${ARG_LINK})
		target_link_libraries(imgtank-ui-${name} PRIVATE imgtank_ui_${name})
	endif()
	install(TARGETS imgtank-ui-${name}
		DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/imgtank/ui COMPONENT ui-${name})
	set(imgtank_ui_${name}_is_built ON PARENT_SCOPE)
endfunction()

# imgtank_test(NAME SOURCES test.c [LINK targets ...] [WRAP symbols ...]) -> a cmocka executable run by CTest
function(imgtank_test name)
	cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;WRAP" ${ARGN})
	if(NOT ARG_TIMEOUT)
		set(ARG_TIMEOUT 60)
	endif()
	add_executable(${name} ${ARG_SOURCES})
	target_link_libraries(${name} PRIVATE imgtank_options ${ARG_LINK} PkgConfig::CMOCKA)
	foreach(symbol IN LISTS ARG_WRAP)
		target_link_options(${name} PRIVATE "-Wl,--wrap=${symbol}")
	endforeach()
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
	add_test(NAME ${name} COMMAND ${name})
	set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS unit
		ENVIRONMENT "${IMGTANK_TEST_ENVIRONMENT}")
endfunction()

# imgtank_script_test(NAME COMMAND ... [TIMEOUT seconds] [SERIAL]) -> an end-to-end script run by CTest
function(imgtank_script_test name)
	cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
	if(NOT ARG_TIMEOUT)
		set(ARG_TIMEOUT 120)
	endif()
	if(NOT ARG_LABELS)
		set(ARG_LABELS e2e)
	endif()
	add_test(NAME ${name} COMMAND ${ARG_COMMAND})
	set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
		SKIP_RETURN_CODE 77
		ENVIRONMENT "${IMGTANK_TEST_ENVIRONMENT};IMGTANK_BIN=${CMAKE_BINARY_DIR}/bin")
	if(ARG_SERIAL)
		set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
	endif()
endfunction()
