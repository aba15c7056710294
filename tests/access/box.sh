# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# box.sh - a machine to set up: its /etc, /var/lib, /run and network are the test's own, in name
# spaces that end with the test. Programs, users and servers are real; systemctl is not.

SKIPPED=77
failures=0

skip() {
	echo "SKIP: $*"
	exit $SKIPPED
}

# needs PROGRAM...
needs() {
	local program

	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# enter SCRIPT ARGUMENT...: once more, inside. Returns there.
enter() {
	local status=0

	[[ ${box-} ]] && return
	[[ $EUID -eq 0 ]] || skip "needs root, for name spaces"
	unshare --mount --net --pid --fork true 2>/dev/null || skip "no name spaces here"
	box=$(mktemp -d)
	export box
	unshare --mount --net --pid --fork --kill-child --mount-proc "$@" || status=$?
	rmdir "$box"
	exit $status
}

# Covers folders with copies, in memory.
make_box() {
	local folder

	mount -t tmpfs tmpfs "$box"
	for folder in /etc /usr/local/etc /var/lib/samba /var/cache/samba /var/log/samba; do
		mkdir -p "$box$folder"
		[[ ! -d $folder ]] || cp -a "$folder/." "$box$folder/"
		mkdir -p "$folder"
		mount --bind "$box$folder" "$folder"
	done
	mount -t tmpfs -o mode=0755 tmpfs /run
	mkdir -p "$box/imgtank" /var/lib/imgtank /var/spool/imgtank "$box/spool" "$box/bin" /run/samba
	mount --bind "$box/imgtank" /var/lib/imgtank
	mkdir -p "$box/var-spool"
	mount --bind "$box/var-spool" /var/spool
	ip link set lo up
	PATH=$box/bin:$PATH
}

# fake NAME <SCRIPT: a program that comes before the real one
fake() {
	cat >"$box/bin/$1"
	chmod +x "$box/bin/$1"
}

# cut_power_at PATTERN COMMAND...: the command and all that it has started end at once when a file whose
# name ends so is about to get it. No mistake if that was so.
cut_power_at() {
	fake sync <<-END
		#!/bin/bash
		[[ "\$*" != *"$1.imgtank-"* ]] || kill -9 0
		exec $(PATH=${PATH#*:} type -P sync) "\$@"
	END
	local status=0

	setsid --wait "${@:2}" </dev/null || status=$?
	rm "$box/bin/sync"
	[[ $status -eq 137 ]]
}

# picture -> rights, owner and content of all that is configured; without passwd(5)'s backups
picture() {
	(find /etc /usr/local/etc ! -name '*-' ! -name '.pwd.lock' -printf '%p %M %U:%G %l\n' \
		-type f -exec sha256sum {} + | sort)
}

# expect WHAT COMMAND...
expect() {
	local what=$1

	shift
	if "$@"; then
		echo "ok   $what"
	else
		echo "FAIL $what"
		failures=$((failures + 1))
	fi
}

# into FILE COMMAND...: all that it says goes there.
into() {
	"${@:2}" >"$1" 2>&1
}

refused() {
	! "$@"
}

finish() {
	[[ $failures -eq 0 ]] && echo "$1: all is well"
	exit $((failures > 0))
}
