#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_ap.sh SOURCE_DIR [--write]: imgtank setup ap. What it would do is compared with files
# (--write makes them anew); then it is done on a network of its own, with the real dnsmasq, and
# radios that are none.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
needs dnsmasq ip python3
enter "$0" "$@"
dnsmasq=$(type -P dnsmasq)
make_box
export IMGTANK_SETUP_DIR=$1/access
imgtank=$IMGTANK_BIN/imgtank
etc=/usr/local/etc/imgtank # of a build that is not for a package
expected=$1/tests/data/access
write=${2-}
echo 'right horse; "42"' >"$box/password"
with_password=(--country DE --interface air0 --password-file "$box/password")

# --- what would be done ---

for name in hostapd nft iw; do
	fake $name <<<"#!/bin/sh"
done
fake sysctl <<END
#!/bin/sh
echo "sysctl \$*" >>$box/called
END
fake dnsmasq <<END
#!/bin/sh
exec $dnsmasq "\$@"
END
fake ip <<END
#!/bin/sh
exec $(PATH=${PATH#*:} type -P ip) "\$@"
END
fake qrencode <<<$'#!/bin/sh\necho "CODE OF $(cat)"'
fake raspi-config <<END
#!/bin/sh
echo "raspi-config \$*" >>$box/called
[ "\$2" != get_wifi_country ] || cat $box/country
[ "\$2" != do_wifi_country ] || echo "\$3" >$box/country
END
echo GB >"$box/country"
fake end_process <<'END'
#!/bin/sh
pid=$(cat "$1")
kill "$pid"
while kill -0 "$pid"; do sleep 0.05; done 2>/dev/null
END
# Systemd without a bus: reads the one line of a unit that matters here.
fake systemctl <<END
#!/bin/bash
echo "systemctl \$*" >>$box/called
case \$* in
*"is-active NetworkManager") [[ -f $box/managed ]] ;;
*"is-active dnsmasq.service") [[ -f $box/another-dnsmasq ]] ;;
*is-active*) [[ -f $box/\${!#}.on ]] ;;
restart*)
	unit=\${!#}
	while read -r line; do
		\${line#*=} </dev/null >/dev/null 2>>$box/units.log
	done < <(grep ^ExecStartPre= /etc/systemd/system/\$unit)
	command=\$(sed -n 's/^ExecStart=//p' /etc/systemd/system/\$unit)
	\$command </dev/null >/dev/null 2>>$box/units.log &
	echo \$! >$box/\$unit.on
	;;
*--now*)
	unit=\${!#}
	end_process $box/\$unit.on
	rm $box/\$unit.on
	;;
esac
END
# With 'shared' NetworkManager has a dnsmasq of its own; the connection is on all the same if that fails.
fake nmcli <<END
#!/bin/bash
echo "nmcli \$*" >>$box/called
case \$* in
"connection show"*) [[ -f $box/connection ]] ;;
"connection add"*) echo "\$*" >$box/connection ;;
"connection edit"*) cat >$box/edited ;;
"connection delete"*)
	rm $box/connection
	ip address flush dev air0
	[[ ! -f $box/shared.pid ]] || end_process $box/shared.pid
	rm -f $box/shared.pid
	;;
"connection up"*)
	[[ ! -f $box/no-radio && \$(cat $box/radio) == enabled ]] || exit 4
	ip address replace 192.168.100.1/24 dev air0
	! grep -q "ipv4.method shared" $box/connection || $dnsmasq --conf-file=/dev/null --no-hosts --no-resolv \
		--bind-interfaces --except-interface=lo --listen-address=192.168.100.1 --pid-file=$box/shared.pid \
		--conf-dir=/etc/NetworkManager/dnsmasq-shared.d 2>>$box/units.log || :
	;;
"radio wifi") cat $box/radio ;;
"radio wifi "*) [[ \$3 == on ]] && echo enabled >$box/radio || echo disabled >$box/radio ;;
*"device show"*) [[ \$(cat $box/radio) == enabled ]] && echo "30 (disconnected)" || echo "20 (unavailable)" ;;
*GENERAL.STATE*) echo activated ;;
esac
END
echo enabled >"$box/radio"

# would NAME OPTION...: a dry run says what is in NAME.txt
# shellcheck disable=SC2317 # called by expect
would() {
	local name=$1

	shift
	"$imgtank" setup ap "${with_password[@]}" --dry-run "$@" 2>&1 | sed "s|$box/bin/|/usr/sbin/|g" >"$box/said"
	[[ ! $write ]] || cp "$box/said" "$expected/$name.txt"
	diff "$expected/$name.txt" "$box/said"
}

picture >"$box/before"
expect "hostapd" would ap-hostapd
expect "hostapd with uplink and WPA3" would ap-hostapd-uplink --share-uplink --sae --name "Studio 7" --port 80
touch "$box/managed"
expect "NetworkManager" would ap-managed
expect "NetworkManager with uplink and WPA3" would ap-managed-uplink --share-uplink --sae
picture >"$box/after"
expect "nothing of that was done" diff "$box/before" "$box/after"

# --- what is refused ---

# refuses TEXT OPTION...
# shellcheck disable=SC2317 # called by expect
refuses() {
	local text=$1

	shift
	into "$box/said" "$imgtank" setup ap "$@" && return 1
	grep -F -- "$text" "$box/said" >/dev/null
}

echo short >"$box/short"
printf 'with a bell\a\n' >"$box/bell"
expect "no country" refuses "as in --country DE" --interface air0
expect "no such radio" refuses "no network interface nowhere0" --country DE --interface nowhere0
expect "a short password" refuses "cannot be used" "${with_password[@]}" --password-file "$box/short"
expect "a password with control characters" refuses "cannot be used" "${with_password[@]}" \
	--password-file "$box/bell"
expect "a name that phones would misread" refuses "no name for a Wi-Fi" "${with_password[@]}" \
	--name $'a\nwpa=0'
expect "a public address" refuses "no private address" "${with_password[@]}" --address 8.8.8.8
expect "an unknown option" refuses "is not known here" "${with_password[@]}" --open
touch "$box/another-dnsmasq"
ip link add air0 type veth peer name air1
expect "another dnsmasq" refuses "systemctl disable --now dnsmasq" "${with_password[@]}"
rm "$box/another-dnsmasq"

# --- with hostapd ---

# asks_for_name: dnsmasq's answer to a phone that looks for 'imgtank'
# shellcheck disable=SC2317 # called by expect
asks_for_name() {
	python3 - <<-'END'
		import socket
		import sys
		import time

		query = b"\0\1\1\0\0\1\0\0\0\0\0\0\7imgtank\0\0\1\0\1"
		end = time.monotonic() + 10
		while time.monotonic() < end:
		    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
		        client.settimeout(0.5)
		        try:
		            client.connect(("192.168.100.1", 53))
		            client.send(query)
		            answer = client.recv(512)
		            sys.exit(0 if answer.endswith(bytes((192, 168, 100, 1))) else 1)
		        except OSError:
		            time.sleep(0.1)
		sys.exit(1)
	END
}

rm "$box/managed"
fake hostapd <<<$'#!/bin/sh\nexec sleep 100'
ip link set air0 up
ip link set air1 up
expect "set-up works" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "it was checked" grep -q "^Checked: the access point is on" "$box/said"
expect "the code for phones is shown" \
	grep -qF 'CODE OF WIFI:T:WPA;S:imgtank;P:right horse\; \"42\";;' "$box/said"
expect "the name is known in the Wi-Fi" asks_for_name
expect "the password is not for everybody" test "$(stat -c %a /etc/imgtank/ap/hostapd.conf)" = 600
expect "nor in what is handed over" test "$(stat -c %a /etc/imgtank/ap/ap.json)" = 640
expect "what is handed over is JSON" python3 -c "
import json
ap = json.load(open('/etc/imgtank/ap/ap.json', encoding='utf-8'))
assert ap['password'] == 'right horse; \"42\"' and ap['wifi'].endswith('P:right horse\\\\; \\\\\"42\\\\\";;'), ap
assert ap['name'] == 'imgtank' and ap['url'] == 'http://imgtank/', ap"
mkdir -p $etc
printf '[ui-web]\nlisten = [::]:443\ntls-certificate = /a/file\n' >$etc/imgtank.conf
expect "it can be run again" into "$box/said" "$imgtank" setup ap --country DE --interface air0
expect "a page with TLS is handed over as such" grep -q '"url": "https://imgtank/"' /etc/imgtank/ap/ap.json
rm -r $etc
expect "a password is made up" grep -qE '^Password: +[a-z2-9]{12}$' "$box/said"
expect "undo works" into /dev/null "$imgtank" setup ap --undo
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "the country is as it was" test "$(<"$box/country")" = GB
expect "undo once more is no mistake" into /dev/null "$imgtank" setup ap --undo

for file in hostapd.conf imgtank-ap.service dnsmasq.conf imgtank-ap-dhcp.service ap.json; do
	expect "the power goes at $file" into /dev/null cut_power_at $file "$imgtank" setup ap "${with_password[@]}"
	expect "undo works" into /dev/null "$imgtank" setup ap --undo
	picture >"$box/after"
	expect "and leaves nothing of it" diff "$box/before" "$box/after"
done
true >"$box/country"
expect "where there was no country" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "once more" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "undo works" into /dev/null "$imgtank" setup ap --undo
expect "undo says no other" test "$(<"$box/country")" = DE

# --- with NetworkManager ---

touch "$box/managed"
ip address flush dev air0
: >"$box/called"
expect "set-up works" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "the password was told" grep -qF 'psk right horse; "42"' "$box/edited"
expect "but is no argument" refused grep -q "right horse" "$box/called"
expect "it comes back after a restart" grep -q "connection.autoconnect yes" "$box/called"
expect "the name is known in the Wi-Fi" asks_for_name
expect "undo works" into /dev/null "$imgtank" setup ap --undo
expect "the connection is gone" refused test -e "$box/connection"
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"

expect "set-up works" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
rm "$box/managed"
expect "undo wants NetworkManager" refuses "systemctl start NetworkManager" --undo
expect "and leaves everything" test -e "$box/connection" -a -e /etc/imgtank/ap/ap.json
expect "so that it can be undone later" test -e /var/lib/imgtank/setup/ap
keyfile=/etc/NetworkManager/system-connections/imgtank-ap.nmconnection
made=''
[[ -d ${keyfile%/*} ]] || made=1
mkdir -p "${keyfile%/*}"
touch "$keyfile"
mv "$box/bin/nmcli" "$box/nmcli"
if type -P nmcli >/dev/null; then
	echo "skip undo after NetworkManager was removed: it is here"
	mv "$box/nmcli" "$box/bin/nmcli"
	touch "$box/managed"
	rm "$keyfile"
	expect "undo works" into /dev/null "$imgtank" setup ap --undo
else
	expect "undo works after NetworkManager was removed" into /dev/null "$imgtank" setup ap --undo
	expect "its file of the connection is gone" refused test -e "$keyfile"
	mv "$box/nmcli" "$box/bin/nmcli"
	rm "$box/connection"
	touch "$box/managed"
	ip address flush dev air0
fi
[[ ! $made ]] || rmdir -p "${keyfile%/*}" 2>/dev/null || :
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"

echo disabled >"$box/radio"
expect "set-up works with a radio that is off" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "then with the uplink" into "$box/said" "$imgtank" setup ap "${with_password[@]}" --share-uplink
expect "the name is known there, too" asks_for_name
: >"$box/called"
expect "and without it again" into "$box/said" "$imgtank" setup ap "${with_password[@]}"
expect "the name is still known" asks_for_name
expect "nothing is left of sharing" refused test -e /etc/NetworkManager/dnsmasq-shared.d/imgtank.conf
expect "forwarding is off, as it was before" grep -q "^sysctl .*ip_forward=0" "$box/called"
expect "undo works" into /dev/null "$imgtank" setup ap --undo
expect "the radio is off, as it was before" grep -q disabled "$box/radio"
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
echo enabled >"$box/radio"

# --- what is found when it is used ---

export IMGTANK_SETUP_WAIT=2
ip link set air1 down
expect "a radio that is silent is said" refuses "air0 is silent" "${with_password[@]}"
ip link set air1 up
picture >"$box/after"
expect "and all is taken back" diff "$box/before" "$box/after"
# Somebody else has the port for names.
coproc somebody { exec python3 -c "
import socket
import time
taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taken.bind(('0.0.0.0', 53))
print('bound', flush=True)
time.sleep(100)"; }
pid=$!
read -r _ <&"${somebody[0]}"
expect "a name that nobody answers is said" refuses "nobody answers where 'imgtank' is" \
	"${with_password[@]}" --share-uplink
kill "$pid"
picture >"$box/after"
expect "and all is taken back" diff "$box/before" "$box/after"
touch "$box/no-radio"
expect "a radio that does not start is said" refuses "Everything is as it was before" \
	"${with_password[@]}" --share-uplink
expect "and taken back" refused test -e "$box/connection"
picture >"$box/after"
expect "wholly" diff "$box/before" "$box/after"
finish "access point"
