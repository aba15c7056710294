# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# lib.sh - what the steps of set-up share.
#
# Rules for every step: it says what it does, checks the result by using it, can be run again, and
# --undo takes everything back. What it did is noted in $state_dir/STEP, one KEY=VALUE a line.

state_dir=/var/lib/imgtank/setup
dry_run=''
imgtank=${IMGTANK:-imgtank}
# shellcheck disable=SC2034 # for the steps
etc=${IMGTANK_ETC:-/etc/imgtank}

say() {
	printf '%s\n' "$*"
}

# fail WHAT SAFE REMEDY: what happened, what is safe, what to do now; ends the program.
fail() {
	printf 'imgtank: %s\n  %s\n  %s\n' "$1" "$2" "$3" >&2
	exit 1
}

# usage_error STEP TEXT
usage_error() {
	printf "imgtank setup %s: %s\nTry 'imgtank setup --help'.\n" "$1" "$2" >&2
	exit 2
}

# run COMMAND...: or only says so.
run() {
	if [[ $dry_run ]]; then
		printf '+'
		printf ' %q' "$@"
		printf '\n'
	else
		"$@"
	fi
}

need_root() {
	[[ $dry_run || $EUID -eq 0 ]] || fail "Only root may set this up." "Nothing was changed." \
		"Run it again with sudo."
}

# need_program NAME PACKAGE
need_program() {
	command -v "$1" >/dev/null || fail "The program $1 is not installed." "Nothing was changed." \
		"Run: apt-get install $2"
}

# write_file PATH MODE <CONTENT: whole or not at all; before it has its mode, it is root's alone.
write_file() {
	local folder=${1%/*}

	if [[ $dry_run ]]; then
		printf '+ write %s (%s):\n' "$1" "$2"
		sed 's/^/    /'
		return
	fi
	[[ -d $folder ]] || install -d -m 0755 "$folder"
	rm -f "$1.imgtank-new"
	(umask 077 && cat >"$1.imgtank-new")
	chmod "$2" "$1.imgtank-new"
	sync "$1.imgtank-new"
	mv "$1.imgtank-new" "$1"
}

# remove_begun FILE...: what write_file or edit_file had begun there when the power went
remove_begun() {
	local file

	for file in "$@"; do
		[[ ! -e $file.imgtank-new ]] || run rm -f "$file.imgtank-new"
	done
}

# remove_files FILE...: ours, whole or begun
remove_files() {
	run rm -f "$@"
	remove_begun "$@"
}

# --- a block of our own in a file of somebody else ---

block_begin='# imgtank begin'
block_begin_cut='# imgtank begin (the line before had no line end)'
block_end='# imgtank end'

# block_remove <FILE: the file without our block, byte by byte as it was before.
block_remove() {
	local text cut=''

	# The dots keep line ends, which $( ) would take away.
	text=$(cat && printf .)
	[[ $text == *"$block_begin_cut"$'\n'*"$block_end"$'\n.' ]] && cut=1
	text=$(printf '%s' "${text%.}" | sed "/^$block_begin/,/^$block_end\$/d" && printf .)
	text=${text%.}
	[[ $cut ]] && text=${text%$'\n'}
	printf '%s' "$text"
}

# block_add TEXT <FILE: the file with TEXT as our block at its end, in place of one that is there.
block_add() {
	local text begin=$block_begin

	text=$(block_remove && printf .)
	text=${text%.}
	if [[ $text && $text != *$'\n' ]]; then
		text+=$'\n'
		begin=$block_begin_cut
	fi
	printf '%s%s\n%s\n%s\n' "$text" "$begin" "$1" "$block_end"
}

# edit_file FILE FUNCTION [ARGUMENT...]: what FUNCTION makes of it; its rights and owner stay.
edit_file() {
	local file=$1 new

	shift
	if [[ $dry_run ]]; then
		printf '+ change %s:\n' "$file"
		{ diff "$file" <("$@" <"$file") || :; } | sed -n 's/^\([<>]\)/    \1/p'
		return
	fi
	new=$file.imgtank-new
	rm -f "$new"
	cp -p "$file" "$new"
	"$@" <"$file" >"$new"
	touch -r "$file" "$new"
	sync "$new"
	mv "$new" "$file"
}

# --- notes on what was done ---

# note STEP KEY VALUE: the first note of a KEY stays, so that running again forgets nothing. It is on the
# disk before what it is about is done: undo finds it, also after a power cut.
note() {
	! [[ $dry_run || $(noted "$1" "$2" | wc -l) -gt 0 ]] || return 0
	install -d -m 0700 "$state_dir"
	printf '%s=%s\n' "$2" "$3" >>"$state_dir/$1"
	sync "$state_dir/$1" "$state_dir"
}

# noted STEP KEY -> its value, or nothing
noted() {
	[[ ! -f $state_dir/$1 ]] || sed -n "s|^$2=||p" "$state_dir/$1"
}

# give_up WHAT: takes everything back, by the step's take_back, and ends. What a step calls "as before" when
# nothing of it stood, and how it takes back, may be set by it.
as_before="Everything is as it was before."
take_back_by=take_back
give_up() {
	local safe

	trap - ERR
	safe=$(taken_back "${step:?}" "$as_before")
	$take_back_by
	fail "$1" "$safe" "Mend that, and run it again."
}

# On any mistake in the middle of a step: give_up takes everything back.
guard() {
	set -E
	trap '[[ $BASH_SUBSHELL -gt 0 ]] || give_up "A command failed; what it said stands above."' ERR
}

forget() {
	rm -f "$state_dir/$1"
	rmdir --ignore-fail-on-non-empty "$state_dir" 2>/dev/null || :
}

# taken_back STEP WORDS -> what a step that fails says of the machine; to be asked before it takes back.
# What an earlier run had set up goes, too.
taken_back() {
	if [[ $(noted "$1" complete) ]]; then
		echo "What was set up before is taken back, too: all is as it was before the first time."
	else
		echo "$2"
	fi
}

# service_is is-active|is-enabled NAME -> yes or no
service_is() {
	systemctl --quiet "$1" "$2" 2>/dev/null && echo yes || echo no
}

# --- the page ---

# need_port STEP PORT
need_port() {
	[[ $2 =~ ^[1-9][0-9]{0,4}$ && $2 -le 65535 ]] || usage_error "$1" "a port is a number up to 65535"
}

# url HOST PORT [SCHEME]: without one as the page is now
url() {
	local scheme=${3:-$(web_scheme)}

	case $scheme:$2 in
	http:80 | https:443) echo "$scheme://$1/" ;;
	*) echo "$scheme://$1:$2/" ;;
	esac
}

# --- the configuration ---

# setting SECTION KEY -> its value in force; of a front end: what was set, or nothing
setting() {
	"$imgtank" config --get "$1.$2" 2>/dev/null
}

# web_port -> where the configuration puts the page
web_port() {
	local listen

	listen=$(setting ui-web listen)
	listen=${listen##*:}
	echo "${listen:-80}"
}

# web_scheme -> http, or https where the configuration has a certificate
web_scheme() {
	[[ $(setting ui-web tls-certificate) ]] && echo https || echo http
}

# write_settings STEP <TEXT: the step's own file of the configuration
write_settings() {
	local file=$etc/imgtank.conf.d/50-setup-$1.conf path

	say "Writing $file."
	for path in "$etc" "${file%/*}"; do
		[[ -d $path ]] || note "$1" "made_$path" yes
	done
	note "$1" configured yes
	{ printf '# Made by '\''imgtank setup %s'\''.\n' "$1" && cat; } | write_file "$file" 0644
}

# remove_settings STEP
remove_settings() {
	local path

	[[ ! $(noted "$1" configured) ]] || remove_files "$etc/imgtank.conf.d/50-setup-$1.conf"
	for path in "$etc/imgtank.conf.d" "$etc"; do
		[[ ! $(noted "$1" "made_$path") ]] || run rmdir --ignore-fail-on-non-empty "$path" || :
	done
}

# The daemon reads its configuration when it starts. A card that is being copied is waited for, where
# the package's unit for that is there.
restart_daemon() {
	[[ $(service_is is-active imgtankd) == yes ]] || return 0
	run systemctl start imgtank-restart.service 2>/dev/null || run systemctl try-restart imgtankd
}

# --- secrets ---

# secret LENGTH: easy to read and to type; five bits a character
secret() {
	head -c 4096 /dev/urandom | LC_ALL=C tr -dc 'a-km-np-z2-9' | head -c "$1"
}
