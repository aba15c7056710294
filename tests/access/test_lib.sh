#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_lib.sh SOURCE_DIR: what the steps share. A block of ours in a file of somebody else leaves it
# as it was, byte by byte.
set -euo pipefail

# shellcheck source=box.sh
source "$(dirname "$(readlink -f "$0")")/box.sh"
# shellcheck source=../../access/lib.sh
source "$1/access/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# shellcheck disable=SC2317 # called by expect
comes_back() {
	block_add "our line" <before >during
	grep -qx "our line" during && block_add "another" <during >twice
	[[ $(grep -c "^$block_begin" twice) == 1 ]] && ! grep -qx "our line" twice
	block_remove <during | cmp before - && block_remove <twice | cmp before -
}

# shellcheck disable=SC2016 # nothing is to be expanded
for text in '' '\n' 'a' 'a\n' 'a\n\n' '\n\na' 'a\\b "c" $d `e`\n%%s' '# imgtank\n' ' # imgtank begin\n' \
	'\tx\r\ny\r\n' 'last\n# a comment without an end'; do
	# shellcheck disable=SC2059 # escapes are meant
	printf "$text" >before
	expect "comes back: ${text@Q}" comes_back
done
printf 'a' >before
block_add "ours" <before >during
printf 'later\n' >>during
expect "what was written behind it stays whole" cmp <(printf 'a\nlater\n') <(block_remove <during)

install -m 0604 <(printf 'a\n') file
edit_file file block_add ours
expect "an edited file keeps its rights" test "$(stat -c %a file)" = 604
expect "nothing else is left there" test "$(find . -name 'file*' | wc -l)" = 1

state_dir=$work/state
note one KEY "first value"
note one KEY "second value"
note one /a/path yes
expect "the first note stays" test "$(noted one KEY)" = "first value"
note one EMPTY ""
note one EMPTY "second value"
expect "also that there was nothing" test -z "$(noted one EMPTY)"
# shellcheck disable=SC2317 # called by note
sync() {
	printf '%s\n' "$@" >>synced
}
note one LAST yes
expect "a note is on the disk before what it is about is done" \
	test "$(sort synced | paste -sd ' ')" = "$state_dir $state_dir/one"
unset -f sync
expect "a path can be noted" test "$(noted one /a/path)" = yes
expect "what was not noted is nothing" test -z "$(noted one OTHER)$(noted two KEY)"
forget one
expect "nothing is left of forgotten ones" refused test -e "$state_dir"
expect "secrets have the length that was wanted" test "$(secret 12 | wc -c)" = 12
expect "and are not the same twice" test "$(secret 12)" != "$(secret 12)"
expect "port 80 is not said" test "$(url box 80) $(url box 8080)" = "http://box/ http://box:8080/"
# shellcheck disable=SC2317 # called by url
setting() {
	[[ $1.$2 != ui-web.tls-certificate ]] || echo /a/file
}
expect "with a certificate it is https" \
	test "$(url box 443) $(url box 80) $(url box 8443)" = "https://box/ https://box:80/ https://box:8443/"
expect "unless another one is named" test "$(url box 80 http)" = "http://box/"

# What is seen of a new file before it gets its rights.
mkdir bin
cat >bin/chmod <<END
#!/bin/sh
stat -c %a "\$2" >$work/moment
exec $(type -P chmod) "\$@"
END
chmod 0755 bin/chmod
umask 022
touch secret.imgtank-new
chmod 0666 secret.imgtank-new
PATH=$work/bin:$PATH write_file "$work/secret" 0644 <<<"a password"
expect "a file has its rights" test "$(stat -c %a secret)" = 644
expect "and not more at any moment" test "$(<moment)" = 600
finish "lib"
