#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_man.sh SOURCE_DIR: the man pages are clean, and imgtank(1) knows every command and option.
set -euo pipefail

source_dir=$1
failures=0

fail() {
	echo "FAIL $*" >&2
	failures=$((failures + 1))
}

shopt -s nullglob
for page in "$source_dir"/docs/man/*.[1-8]; do
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$page" >&2 || fail "$page: mandoc"
	fi
	if command -v groff >/dev/null; then
		complaints=$(groff -mandoc -Tutf8 -ww -z "$page" 2>&1)
		[[ -z $complaints ]] || fail "$page: $complaints"
	fi
done

page=$source_dir/docs/man/imgtank.1
commands=$("$IMGTANK_BIN/imgtank" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[[ $commands ]]
for command in $commands; do
	text=$(sed -n "/^\.Ss imgtank $command\$/,/^\.S[sh] /p" "$page")
	synopsis=$(sed -n "/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/{/^\.Cm $command\$/,/^\.Nm/p}" "$page")
	[[ $text ]] || fail "imgtank $command is not described"
	[[ $synopsis ]] || fail "imgtank $command is not in the synopsis"
	help=$("$IMGTANK_BIN/imgtank" "$command" --help)
	while read -r option; do
		grep -qE "Fl Fl ${option#--}( |\$)" <<<"$synopsis" ||
			fail "imgtank $command $option is not in the synopsis"
	done < <(grep -oE '(^|[ [])--[a-z][a-z-]*' <<<"$help" | grep -oE -- '--.*' | sort -u)
done

[[ $failures = 0 ]] && echo "man pages: all is well"
exit $((failures > 0))
