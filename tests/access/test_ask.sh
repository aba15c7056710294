#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_ask.sh SOURCE_DIR: imgtank setup, which asks. With a yes to everything it does what the single steps
# do; the steps are the real ones, on a disk that is a file, with the real page, the real Samba and the real
# dnsmasq in a network of their own; systemctl, the radio and Avahi are none.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
[[ -x $IMGTANK_BIN/imgtank-ui-web ]] || skip "imgtank-ui-web is not built"
needs ip openssl python3 runuser setpriv useradd losetup lsblk wipefs mkfs.ext4 smbd smbclient smbpasswd dnsmasq
enter "$0" "$@"
make_box
mount -t tmpfs -o mode=0755 tmpfs /var/lib
mkdir -p /var/lib/samba/private /var/lib/misc
chmod 0755 "$box"
export IMGTANK_SETUP_DIR=$1/access IMGTANK_UI_DIR=$box/programs IMGTANK_SETUP_WAIT=5
imgtank=$IMGTANK_BIN/imgtank
etc=/usr/local/etc/imgtank # of a build that is not for a package
getent passwd imgtank-ui >/dev/null || useradd --system --no-create-home imgtank-ui

truncate -s 100M "$box/disk"
loop=$(losetup --find --show "$box/disk" 2>/dev/null) || skip "no loop devices here"
trap 'umount "$box/pictures" 2>/dev/null || :; losetup --detach "$loop"' EXIT
disk=${loop##*/}

mkdir "$box/programs"
cp "$IMGTANK_BIN/imgtank-ui-web" "$box/programs"
printf '#!/bin/sh\n' >"$box/programs/imgtank-ui-lampe"
chmod +x "$box/programs/imgtank-ui-lampe"
cp -r "$1/assets/web" "$box/assets"
printf '[global]\n   workgroup = MINE\n   disable spoolss = yes\n' >/etc/samba/smb.conf
mkdir -p /etc/avahi/services "$etc"
printf '[tank]\npath = %s\nrequire-mount = no\n' "$box/pictures" >$etc/imgtank.conf

# A radio, as far as set-up looks: an interface with a carrier.
mount -t tmpfs tmpfs /sys/class/net
mkdir -p /sys/class/net/air0/phy80211
ip link add air0 type veth peer name air1
ip link set air0 up
ip link set air1 up

# As systemd without a bus: what is meant to run runs.
fake systemctl <<END
#!/bin/bash
echo "\$*" >>$box/called
end() {
	[[ ! -f $box/\$1.pid ]] || end_process $box/\$1.pid 2>/dev/null
	rm -f $box/\$1.pid
}
start() {
	"\${@:2}" </dev/null >>$box/\$1.log 2>&1 &
	echo \$! >$box/\$1.pid
}
case \$* in
*is-enabled*) false ;;
*"is-active NetworkManager" | *is-active*imgtankd | *"is-active dnsmasq.service") false ;;
*is-active*imgtank-ui@web) [[ -f $box/page.pid ]] ;;
*is-active*smbd) [[ -f $box/smbd.pid ]] ;;
*is-active*) [[ -f $box/\${!#}.pid ]] ;;
*is-failed*) [[ -e $box/broken ]] ;;
"reload-or-restart imgtank-ui")
	echo >$box/imgtank-ui.pid
	end page
	[[ " \$($imgtank config --get ui.frontends) " == *" web "* && ! -e $box/broken ]] || exit 0
	install -d -o imgtank-ui /run/imgtank-web
	start page setpriv --reuid imgtank-ui --regid imgtank-ui --clear-groups --inh-caps -all,+net_bind_service \
		--ambient-caps -all,+net_bind_service --no-new-privs \
		$box/programs/imgtank-ui-web --assets $box/assets --socket $box/none
	;;
"stop imgtank-ui")
	end page
	rm $box/imgtank-ui.pid
	;;
"restart smbd")
	end smbd
	start smbd smbd --foreground --log-basename=$box
	;;
"start avahi-daemon") echo >$box/avahi-daemon.pid ;;
"stop avahi-daemon") rm $box/avahi-daemon.pid ;;
"stop smbd") end smbd ;;
"restart imgtank-ap"*)
	while read -r line; do
		\${line#*=} </dev/null >/dev/null 2>&1
	done < <(grep ^ExecStartPre= /etc/systemd/system/\$2)
	start \$2 \$(sed -n 's/^ExecStart=//p' /etc/systemd/system/\$2)
	;;
*"disable"*"--now"*) end \${!#} ;;
esac
END
for name in iw sysctl udevadm avahi-daemon; do
	fake $name <<<"#!/bin/sh"
done
fake hostapd <<<$'#!/bin/sh\nexec sleep 600'
fake raspi-config <<<$'#!/bin/sh\n[ "$2" != get_wifi_country ] || echo GB'
fake avahi-browse <<END
#!/bin/sh
grep -q "<type>\$3</type>" /etc/avahi/services/imgtank-web.service && echo '+;lo;IPv4;Pictures\\\\032on\\\\032box;'\$3';local'
END

# set_up ANSWER...: imgtank setup, with what somebody types
# shellcheck disable=SC2317 # called by expect
set_up() {
	printf '%s\n' "$@" | "$imgtank" setup >"$box/said" 2>&1
}

# What a system is made of after set-up: of what is made up anew each time only that it is there. Front ends
# and pages come and go with it.
after_setup() {
	picture | sed -E '/^[0-9a-f]{64} .*(fstab|web-certificate.pem|web-key.pem|ap.json|hostapd.conf|shadow|passdb.tdb|secrets.tdb)$/d'
	(cd /var/lib/imgtank/setup && grep -r . . | sort)
	findmnt --noheadings --output TARGET,FSTYPE "$box/pictures"
	(cd "$box" && ls -- *.pid)
	stat -c '%A %U:%G %n' /var/spool/imgtank/drop /var/lib/imgtank-web
	getent passwd imgtank-share
}

undo_all() {
	local step

	for step in mdns ap samba web ui tank; do
		into "$box/undone" "$imgtank" setup $step --undo || cat "$box/undone"
	done
}

# The shares need a tank in which there is something already.
fake mkfs.ext4 <<END
#!/bin/bash
$(PATH=${PATH#*:} type -P mkfs.ext4) "\$@" -d $box/first
END
mkdir -p "$box/first/images"

picture >"$box/before"
expect "the single steps: the disk" into "$box/said" "$imgtank" setup tank --disk "$disk" --erase "$disk"
expect "the front ends" into "$box/said" "$imgtank" setup ui lampe
expect "the page" into "$box/said" "$imgtank" setup web --code --tls
expect "the shares" into "$box/said" "$imgtank" setup samba
expect "the Wi-Fi" into "$box/said" "$imgtank" setup ap --country DE
expect "the announcement" into "$box/said" "$imgtank" setup mdns
after_setup >"$box/single"
undo_all
picture >"$box/after"
expect "all that is taken back" diff "$box/before" "$box/after"

expect "asked, with a yes to everything" set_up "$disk" y "$disk" lampe y y y y de y
grep "^Checked\|^==\|^imgtank:\|FAIL" "$box/said" || :
expect "each step was checked by using it" test "$(grep -c ^Checked: "$box/said")" = 7
after_setup >"$box/asked"
expect "it does what the single steps do" diff "$box/single" "$box/asked"
expect "the page is told of in the Wi-Fi as it is" grep -q '"url": "https://imgtank/"' /etc/imgtank/ap/ap.json
expect "and announced as it is" grep -q '<type>_https._tcp</type>' /etc/avahi/services/imgtank-web.service
expect "the password of the shares is shown" grep -qE "^Password: +[a-z0-9]{12}$" "$box/said"
expect "and how the box is now" grep -q "^== How the box is now" "$box/said"
cp /etc/imgtank/ap/ap.json "$box/ap.json"

expect "asked again, with no answer to anything" set_up ""
after_setup >"$box/asked"
expect "all stays" diff "$box/single" "$box/asked"
expect "the same Wi-Fi, too" cmp "$box/ap.json" /etc/imgtank/ap/ap.json
undo_all
picture >"$box/after"
expect "all that is taken back" diff "$box/before" "$box/after"

# --- a step that fails ---

touch "$box/broken"
expect "a page that does not start makes it fail" refused set_up "$disk" n lampe y y y y de y
expect "with its reason" grep -q "^imgtank: The page does not come up" "$box/said"
expect "and what is safe" grep -q "^  Everything is as it was before" "$box/said"
expect "nothing of it is left" refused test -e $etc/imgtank.conf.d/50-setup-web.conf -o -e $etc/web-key.pem
expect "what was before stays" grep -qx "frontends = lampe" <("$imgtank" config)
expect "what comes after is done" test "$(sed '1,/^== The network/d' "$box/said" | grep -c "^Checked:")" = 3
expect "for a page without TLS" grep -q '"url": "http://imgtank/"' /etc/imgtank/ap/ap.json
rm "$box/broken"
undo_all
expect "a country that is none" refused set_up "" "" n n y Germany y
expect "is refused" grep -q "^imgtank: The country is missing" "$box/said"
expect "and the next step is done" grep -q "^Checked: the box's page is announced" "$box/said"
undo_all
picture >"$box/after"
expect "and all can be taken back" diff "$box/before" "$box/after"

# --- answers that end ---

# cut_off TEXT: the input ends behind it, in the middle of a line
# shellcheck disable=SC2317 # called by expect
cut_off() {
	printf '%s' "$1" | "$imgtank" setup >"$box/said" 2>&1
}

head -c 1M /dev/zero | tr '\0' x | dd of="$box/disk" conv=notrunc status=none
sum=$(sha256sum <"$box/disk")
for text in "" $'\n' "$disk" "$disk"$'\ny\n' "$disk"$'\ny\n'"$disk" "$disk"$'\ny' $'\nlampe' $'\n\ny' $'\n\nn\ny' $'\n\nn\nn\ny' \
	$'\n\nn\nn\ny\nde' $'\n\nn\nn\nn\ny'; do
	cut_off "$text" || :
	picture >"$box/after"
	expect "an input that ends behind $(printf %q "$text") changes nothing" diff "$box/before" "$box/after"
	cmp -s "$box/before" "$box/after" || undo_all
done
expect "not on the disk, either" test "$(sha256sum <"$box/disk")" = "$sum"

# --- somebody at a terminal ---

# at_terminal PROMPT ANSWER...: types each answer when its prompt is there; "^D" is that key. The status is
# that of imgtank setup.
# shellcheck disable=SC2317 # called by expect
at_terminal() {
	python3 - "$imgtank" "$@" <<-'END' >"$box/said" 2>&1
		import os, pty, sys
		imgtank, *talk = sys.argv[1:]
		child, terminal = pty.fork()
		if child == 0:
		    os.execv(imgtank, [imgtank, "setup"])
		said = ""
		def read():
		    global said
		    try:
		        data = os.read(terminal, 4096).decode("utf-8", "replace")
		    except OSError:
		        data = ""
		    sys.stdout.write(data)
		    said += data
		    return data
		for prompt, answer in zip(talk[::2], talk[1::2]):
		    while prompt not in said:
		        if not read():
		            sys.exit(f"it never asked {prompt}")
		    said = said.split(prompt, 1)[1]
		    os.write(terminal, b"\x04" if answer == "^D" else answer.encode() + b"\n")
		while read():
		    pass
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
	END
}

questions=("Which disk" "" "Which shall run" "" "Switch the page on" y "Encrypted" n "password of its own" y)
rest=("Share the pictures" ^D "Make a Wi-Fi" ^D "Let phones" ^D)
expect "a password of its own" at_terminal "${questions[@]}" "Password for the page" "right horse 42" \
	"Once more" "right horse 42" "${rest[@]}"
expect "is checked" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "is set" test -s $etc/web-password
expect "and not shown" refused grep -q "right horse" "$box/said"
undo_all
expect "two passwords" refused at_terminal "${questions[@]}" "Password for the page" "right horse 42" \
	"Once more" "wrong horse 42" "${rest[@]}"
expect "are none" grep -q "two different passwords" "$box/said"
expect "an end in place of a password" refused at_terminal "${questions[@]}" "Password for the page" ^D "${rest[@]}"
expect "is said" grep -q "^imgtank: No password was given" "$box/said"
expect "an end in place of each answer" at_terminal "Which disk" ^D "Which shall run" ^D "Switch the page on" ^D "${rest[@]}"
picture >"$box/after"
expect "and nothing of that changed anything" diff "$box/before" "$box/after"
finish "ask"
