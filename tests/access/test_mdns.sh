#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_mdns.sh SOURCE_DIR: imgtank setup mdns. Its files are valid for Avahi's own document type.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
dtd=/usr/share/avahi/avahi-service.dtd
needs xmllint ip
[[ -f $dtd ]] || skip "avahi-daemon is not installed"
enter "$0" "$@"
make_box
export IMGTANK_SETUP_DIR=$1/access
imgtank=$IMGTANK_BIN/imgtank
etc=/usr/local/etc/imgtank # of a build that is not for a package

fake avahi-daemon <<<"#!/bin/sh"
fake hostname <<<$'#!/bin/sh\necho box'
fake systemctl <<END
#!/bin/sh
echo "\$*" >>$box/called
case \$* in
*is-active*) [ -f $box/on ] ;;
*is-enabled*) false ;;
start*) touch $box/on ;;
stop*) rm $box/on ;;
esac
END
fake avahi-browse <<END
#!/bin/sh
[ ! -f /etc/avahi/services/imgtank-web.service ] || [ -f $box/quiet ] ||
	! grep -q "<type>\$3</type>" /etc/avahi/services/imgtank-web.service ||
	echo '+;lo;IPv4;Pictures\\\\032on\\\\032box;'\$3';local'
END
fake smbd <<END
#!/bin/sh
[ -f $box/plain-samba ] || echo "   WITH_AVAHI_SUPPORT"
END
fake testparm <<<$'#!/bin/sh\necho "	multicast dns register = Yes"'

# shellcheck disable=SC2317 # called by expect
valid() {
	xmllint --noout --nonet --nowarning --dtdvalid "$dtd" "$1"
}

# shellcheck disable=SC2317 # called by expect
refuses() {
	into "$box/said" "$imgtank" setup mdns "${@:2}" && return 1
	grep -F -- "$1" "$box/said" >/dev/null
}

web=/etc/avahi/services/imgtank-web.service
smb=/etc/avahi/services/imgtank-smb.service
mkdir -p /etc/avahi/services
picture >"$box/before"
expect "a dry run" into "$box/said" "$imgtank" setup mdns --dry-run
picture >"$box/after"
expect "changes nothing" diff "$box/before" "$box/after"
expect "set-up works" into "$box/said" "$imgtank" setup mdns --port 80
expect "it was checked" grep -q "^Checked: the box's page is announced" "$box/said"
expect "the page is announced in valid form" valid $web
expect "on its port" grep -q '<port>80</port>' $web
expect "and nothing else, for there are no shares" refused test -e $smb
touch "$box/plain-samba"
mkdir -p /etc/samba && touch /etc/samba/imgtank.conf
expect "with shares" into "$box/said" "$imgtank" setup mdns
expect "they are announced in valid form" valid $smb
rm "$box/plain-samba"
expect "with a Samba that does so itself" into "$box/said" "$imgtank" setup mdns
expect "they are not announced twice" refused test -e $smb
rm /etc/samba/imgtank.conf
mkdir -p $etc
printf '[ui-web]\nlisten = [::]:443\ntls-certificate = /a/file\ntls-key = /a/file\n' >$etc/imgtank.conf
expect "a page with TLS" into "$box/said" "$imgtank" setup mdns
expect "is announced in valid form" valid $web
expect "as what it is" grep -q '<type>_https._tcp</type>' $web
expect "on its port" grep -q '<port>443</port>' $web
expect "that is said" grep -q ' https://box.local/$' "$box/said"
rm -r $etc
expect "undo works" into "$box/said" "$imgtank" setup mdns --undo
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "Avahi is off, as before" refused test -e "$box/on"
expect "no port" refuses "up to 65535" --port 99999
touch "$box/quiet"
expect "an announcement that nobody sees is taken back" refuses "Everything is as it was before"
picture >"$box/after"
expect "wholly" diff "$box/before" "$box/after"
finish "mdns"
