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
