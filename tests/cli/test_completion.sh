#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_completion.sh SOURCE_DIR: completion as bash asks for it, and against each command's --help.
set -euo pipefail

source_dir=$1
# shellcheck source=/dev/null
source "$source_dir/assets/completion/imgtank"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p card "my card" && touch picture.jpg own.conf
failures=0

# expect "words|that|are|offered|" word word ... : the last word is the one being typed
expect() {
	local expected=$1 got

	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_imgtank
	got=$(printf '%s|' "${COMPREPLY[@]}")
	if [[ $(tr '|' '\n' <<<"$got" | sort) != $(tr '|' '\n' <<<"$expected" | sort) ]]; then
		echo "FAIL '$*': offered '$got' instead of '$expected'" >&2
		failures=$((failures + 1))
	fi
}

expect 'import|' imgtank im
expect 'verify|' imgtank v
expect '--help|--version|' imgtank --
expect 'import|probe|verify|rebuild|history|config|doctor|setup|status|cards|watch|confirm|eject|cancel|retry|ack|poweroff|reboot|ui|--help|--version|' imgtank ''
expect 'retry|' imgtank ret
expect '--force|' imgtank poweroff --f
expect 'samba|' imgtank setup s
expect 'ext4|' imgtank setup tank --file-system ext
expect 'ext4|exfat|' imgtank setup tank --file-system ''
expect 'own.conf|' imgtank status --socket o
expect '|' imgtank nonsense ''
expect '--no-verify|--no-thumbnails|' imgtank import --no
expect '--check|' imgtank config --ch
expect '--full|' imgtank rebuild --f
expect 'unique|keep|template|' imgtank import --naming ''
expect 'keep|' imgtank import --naming k
expect 'keep|' imgtank import --naming = k
expect 'unique|keep|template|' imgtank import --naming =
expect 'images|everything|' imgtank import --json --select ''
expect '|' imgtank import --template ''
expect '|' imgtank import --card-label ''
expect 'card|my card|' imgtank import ''
expect 'my card|' imgtank import --tank m
expect 'my card|' imgtank import --tank = m
expect 'card|' imgtank import --naming keep c
expect 'card|' imgtank import -- c
expect '|' imgtank import -- --n
expect 'own.conf|' imgtank import --config o
expect 'own.conf|' imgtank --config card config --config o
expect 'picture.jpg|' imgtank probe p
expect '|' imgtank verify p
expect '--tank|' imgtank history --t

# What is offered is what the programs know.
commands=$("$IMGTANK_BIN/imgtank" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[[ $commands ]]
for command in $commands; do
	help=$("$IMGTANK_BIN/imgtank" "$command" --help)
	offered=" $(_imgtank_options "$command") "
	while read -r option; do
		if [[ $offered != *" $option "* ]]; then
			echo "FAIL $command: $option is in --help but not offered" >&2
			failures=$((failures + 1))
		fi
	done < <(grep -oE '(^|[ [])--[a-z][a-z-]*' <<<"$help" | grep -oE -- '--.*' | sort -u)
	for option in $offered; do
		if [[ $option != --help ]] && ! grep -qE -- "$option([^a-z-]|$)" <<<"$help"; then
			echo "FAIL $command: $option is offered but not in --help" >&2
			failures=$((failures + 1))
		fi
	done
	expect "$command|" imgtank "$command"
done

[[ $failures = 0 ]] && echo "completion: all is well"
exit $((failures > 0))
