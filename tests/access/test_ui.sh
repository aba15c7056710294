#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_ui.sh SOURCE_DIR: imgtank setup ui; and imgtank setup, which asks.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
needs ip
enter "$0" "$@"
make_box
export IMGTANK_SETUP_DIR=$1/access IMGTANK_UI_DIR=$box/programs
imgtank=$IMGTANK_BIN/imgtank

mkdir "$box/programs"
printf '#!/bin/sh\n' >"$box/programs/imgtank-ui-lampe"
chmod +x "$box/programs/imgtank-ui-lampe"
fake systemctl <<END
#!/bin/sh
echo "\$*" >>$box/called
case \$* in
*is-active*) [ -f $box/on ] ;;
*is-enabled*) false ;;
reload-or-restart*) [ -f $box/broken ] || touch $box/on ;;
stop*) rm -f $box/on ;;
esac
END

# shellcheck disable=SC2317 # called by expect
refuses() {
	into "$box/said" "$imgtank" setup ui "${@:2}" && return 1
	grep -F -- "$1" "$box/said" >/dev/null
}

# asked ANSWER...: what imgtank setup says to these answers
# shellcheck disable=SC2317 # called by expect
asked() {
	printf '%s\n' "$@" | "$imgtank" setup >"$box/said" 2>&1
}

picture >"$box/before"
expect "front ends are shown" into "$box/said" "$imgtank" setup ui
expect "those that are installed" grep -q "^Installed: .*lampe" "$box/said"
expect "one that is not installed" refuses "There is no front end nemo" lampe nemo
expect "a dry run" into "$box/said" "$imgtank" setup ui lampe --dry-run
picture >"$box/after"
expect "nothing of that changed anything" diff "$box/before" "$box/after"
expect "set-up works" into "$box/said" "$imgtank" setup ui lampe
expect "it was checked" grep -q "^Checked: these run now: lampe" "$box/said"
expect "the configuration says so" grep -qx "frontends = lampe" <("$imgtank" config)
expect "it can be run again" into "$box/said" "$imgtank" setup ui auto
expect "undo works" into "$box/said" "$imgtank" setup ui --undo
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "the service is off, as before" refused test -e "$box/on"
touch "$box/broken"
expect "a service that does not start" refuses "Everything is as it was before" lampe
picture >"$box/after"
expect "is taken back" diff "$box/before" "$box/after"
rm "$box/broken"

expect "no answer changes nothing" asked ""
picture >"$box/after"
expect "at all" diff "$box/before" "$box/after"
expect "it ends with how the box is" grep -q "should be mended\|All is well" "$box/said"
expect "an answer is followed" asked "" lampe n n n n
expect "by its step" grep -qx "frontends = lampe" <("$imgtank" config)
into /dev/null "$imgtank" setup ui --undo
expect "a disk is not erased without its name" asked nemo y "" "" n n n n
expect "and that is said" grep -q "Nothing was erased" "$box/said"
expect "a step that fails is told" refused asked nemo n "" n n n n
expect "with its reason" grep -q "There is no disk /dev/nemo" "$box/said"
expect "and the others get their turn" grep -q "== The network" "$box/said"
expect "an unknown step" refused into /dev/null "$imgtank" setup nemo
finish "ui"
