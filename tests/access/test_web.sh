#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_web.sh SOURCE_DIR: imgtank setup web, with the real page on port 80 of a network of its own, as
# its own user; only systemctl is none.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=box.sh
source "$here/box.sh"
[[ -x $IMGTANK_BIN/imgtank-ui-web ]] || skip "imgtank-ui-web is not built"
needs ip openssl python3 runuser setpriv useradd
enter "$0" "$@"
make_box
mount -t tmpfs -o mode=0755 tmpfs /var/lib
chmod 0755 "$box"
export IMGTANK_SETUP_DIR=$1/access IMGTANK_UI_DIR=$box/programs
imgtank=$IMGTANK_BIN/imgtank
getent passwd imgtank-ui >/dev/null || useradd --system --no-create-home imgtank-ui

# The page's user reaches no build tree.
mkdir "$box/programs"
cp "$IMGTANK_BIN/imgtank-ui-web" "$box/programs"
printf '#!/bin/sh\n' >"$box/programs/imgtank-ui-lampe"
chmod +x "$box/programs/imgtank-ui-lampe"
cp -r "$1/assets/web" "$box/assets"
mkdir -p "$box/tank/images"
echo "right horse 42+%&" >"$box/password"

settings=/usr/local/etc/imgtank/imgtank.conf.d/50-setup-web.conf
# As systemd: the page runs while the configuration names it, as its user, with the one right.
fake systemctl <<END
#!/bin/bash
echo "\$*" >>$box/called
stop_page() {
	[[ ! -f $box/page.pid ]] || kill "\$(cat $box/page.pid)"
	rm -f $box/page.pid
}
start_page() {
	cp $settings $box/settings
	install -d -o imgtank-ui /run/imgtank-web
	listen=\$($imgtank config --get ui-web.listen)
	words=(--listen "\$listen" --assets $box/assets --socket $box/none)
	file=\$($imgtank config --get ui-web.password-file)
	[[ ! \$file ]] || words+=(--password-file "\$file")
	spool=\$($imgtank config --get ui-web.spool)
	[[ ! \$spool ]] || words+=(--spool "\$spool")
	certificate=\$($imgtank config --get ui-web.tls-certificate)
	key=\$($imgtank config --get ui-web.tls-key)
	[[ ! -e $box/impostor ]] || certificate=$box/own.pem key=$box/own.key
	[[ ! \$certificate ]] || words+=(--tls-certificate "\$certificate" --tls-key "\$key")
	[[ ! -e $box/no-lead ]] || words+=(--redirect 127.0.0.1:81)
	setpriv --reuid imgtank-ui --regid imgtank-ui --clear-groups --inh-caps -all,+net_bind_service \
		--ambient-caps -all,+net_bind_service --no-new-privs \
		$box/programs/imgtank-ui-web "\${words[@]}" 2>>$box/page.log </dev/null >&2 &
	echo \$! >$box/page.pid
}
case \$* in
*is-active*imgtank-ui@web) [[ -f $box/page.pid ]] ;;
*is-active*imgtank-ui) [[ -f $box/on ]] ;;
*is-active*imgtankd) true ;;
*is-enabled*) false ;;
*is-failed*)
	# An impostor is given up once he was certainly spoken to.
	if [[ -e $box/impostor ]] && (exec 3<>/dev/tcp/127.0.0.1/443); then
		[[ -e $box/spoken ]] && exit
		touch $box/spoken
	fi
	[[ -e $box/broken ]]
	;;
"start imgtank-restart.service") false ;;
"reload-or-restart imgtank-ui")
	touch $box/on
	if [[ " \$($imgtank config --get ui.frontends) " != *" web "* || -e $box/broken ]]; then
		stop_page
		exit
	fi
	# As 'imgtank ui --apply': one that runs is left alone, unless its settings have changed.
	! { [[ -f $box/page.pid ]] && cmp -s $box/settings $settings; } || exit 0
	stop_page
	start_page
	;;
"try-restart imgtank-ui@web")
	[[ -f $box/page.pid ]] || exit 0
	stop_page
	start_page
	;;
"stop imgtank-ui")
	stop_page
	rm -f $box/on
	;;
esac
END

# What the umask was, and what others could see of the key while it was made.
fake openssl <<END
#!/bin/bash
[[ \$1 != req ]] || umask >$box/umask
exec $(PATH=${PATH#*:} type -P openssl) "\$@"
END
fake chgrp <<END
#!/bin/bash
stat -c '%n %a' "\${!#}" >>$box/moments
exec $(PATH=${PATH#*:} type -P chgrp) "\$@"
END

# shellcheck disable=SC2317 # called by expect
fails_with() {
	into "$box/said" "$imgtank" setup web "${@:2}" </dev/null && return 1
	grep -F -- "$1" "$box/said" >/dev/null
}

# status PATH -> what the server says to somebody who has not logged in
status() {
	python3 - "$1" <<-'END'
		import http.client, sys
		page = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
		page.request("GET", sys.argv[1])
		print(page.getresponse().status)
	END
}

# Another server has it.
take_port_80() {
	python3 -m http.server --bind 127.0.0.1 80 >/dev/null 2>&1 &
	other=$!
	for ((i = 0; i < 100; i++)); do
		if (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null; then break; fi
		sleep 0.1
	done
}

give_port_80() {
	kill $other
	wait $other || :
}

# leads TARGET HOST -> where a browser without TLS is led, and the status
leads() {
	python3 - "$1" "$2" <<-'END'
		import http.client, sys
		page = http.client.HTTPConnection("127.0.0.1", 80, timeout=20)
		page.request("GET", sys.argv[1], headers={"Host": sys.argv[2]})
		answer = page.getresponse()
		print(answer.status, answer.headers["Location"])
	END
}

picture >"$box/before"
expect "a dry run" into "$box/said" "$imgtank" setup web --dry-run --code
expect "says what would be written" grep -q "listen = \[::\]:80$" "$box/said"
expect "nobody can be asked here" fails_with "There is nobody to be asked"
expect "a short password" fails_with "8 to 255" --password-file <(echo short)
expect "both" fails_with "do not go together" --code --password-file "$box/password"
take_port_80
expect "a port that another server has" fails_with "Another program has port 80 already (python3)" --code
"$box/programs/imgtank-ui-web" --assets "$box/assets" --socket "$box/none" --code-file "$box/code" \
	>"$box/said" 2>&1 || :
expect "the page says so, too" grep -q "another program has this port.*listen = \[::\]:8080" "$box/said"
give_port_80
install -d -o imgtank-ui "$box/own"
setpriv --reuid imgtank-ui --clear-groups "$box/programs/imgtank-ui-web" --assets "$box/assets" \
	--socket "$box/none" --code-file "$box/own/code" >"$box/said" 2>&1 || :
expect "port 80 without the right to it" grep -q "ports below 1024.*listen = \[::\]:8080" "$box/said"
picture >"$box/after"
expect "nothing of that changed anything" diff "$box/before" "$box/after"
expect "nor made a folder" refused test -e /var/lib/imgtank-web

expect "set-up with a password" into "$box/said" \
	"$imgtank" setup web --password-file "$box/password"
cat "$box/said"
expect "it was checked by using it" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "the password is not shown" refused grep -q "right horse" "$box/said"
expect "nor kept" refused grep -rq "right horse" /etc /usr/local/etc /var/lib
expect "its address needs no port" grep -q "http://$(hostname)/$" "$box/said"
expect "a stranger sees nothing" test "$(status /api/state)" = 401
expect "the page has given its right up" \
	grep -qx "CapPrm:"$'\t'"0*" "/proc/$(cat "$box/page.pid")/status"
expect "uploads have their folder" test "$(stat -c %U:%a /var/lib/imgtank-web)" = imgtank-ui:755
expect "which is a reader of the daemon" \
	test "$("$imgtank" config --get daemon.virtual-reader)" = /var/lib/imgtank-web
expect "beside the real ones" test "$("$imgtank" config --get daemon.devices)" = yes
expect "the daemon was restarted" grep -qx "try-restart imgtankd" "$box/called"
expect "the other front ends stay" test "$("$imgtank" config --get ui.frontends)" = "auto web"
expect "again, without a word: the password stays" into "$box/said" "$imgtank" setup web </dev/null
expect "and that is said" grep -q "stays as it was" "$box/said"
expect "the real readers stay in use" test "$("$imgtank" config --get daemon.devices)" = yes
expect "with a code" into "$box/said" "$imgtank" setup web --code
expect "that works" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "on another port" into "$box/said" "$imgtank" setup web --code --port 8080
expect "that is said" grep -q "http://$(hostname):8080/$" "$box/said"
expect "and known to the other steps" into "$box/said" "$imgtank" setup web --code --dry-run
expect "by itself" grep -q "listen = \[::\]:8080$" "$box/said"
touch /var/lib/imgtank-web/upload
expect "undo" into "$box/said" "$imgtank" setup web --undo
expect "keeps what is in the spool" test -e /var/lib/imgtank-web/upload
expect "and says so" grep -q "stays: there are uploads" "$box/said"
rm -r /var/lib/imgtank-web
picture >"$box/after"
expect "undo leaves /etc as it was" diff "$box/before" "$box/after"
expect "the page is off" refused test -e "$box/page.pid"

into /dev/null "$imgtank" setup ui lampe
picture >"$box/before"
for file in 50-setup-web.conf web-key.pem 50-setup-ui.conf; do
	expect "the power goes at $file" into /dev/null cut_power_at $file "$imgtank" setup web --tls --code
	expect "undo works" into /dev/null "$imgtank" setup web --undo
	picture >"$box/after"
	expect "and leaves nothing of it" diff "$box/before" "$box/after"
done
rm "$box/moments" # those of files that came to nothing
expect "beside a front end that was chosen" into "$box/said" "$imgtank" setup web --code
expect "both run" test "$("$imgtank" config --get ui.frontends)" = "lampe web"
expect "undo leaves" into "$box/said" "$imgtank" setup web --undo
picture >"$box/after"
expect "the other one" diff "$box/before" "$box/after"

# --- TLS ---

etc=/usr/local/etc/imgtank # of a build that is not for a package
ip address add 192.0.2.7/24 dev lo
ip address add 2001:db8::7/64 dev lo nodad
picture >"$box/before"

# over_tls CERTIFICATE NAME -> what the server says to a browser that trusts it, and knows it by that name
over_tls() {
	python3 - "$1" "$2" "${3:-443}" <<-'END'
		import http.client, socket, ssl, sys
		context = ssl.create_default_context(cafile=sys.argv[1])
		plain = socket.create_connection(("127.0.0.1", int(sys.argv[3])), timeout=20)
		with context.wrap_socket(plain, server_hostname=sys.argv[2]) as link:
		    link.sendall(b"GET /login HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
		    print(link.recv(64).split()[1].decode())
	END
}

expect "a dry run with TLS" into "$box/said" "$imgtank" setup web --tls --code --dry-run
expect "is on its port" grep -q "listen = \[::\]:443$" "$box/said"
expect "says where" grep -q "https://$(hostname)/$" "$box/said"
picture >"$box/after"
expect "and makes nothing" diff "$box/before" "$box/after"
mkdir -p /var/lib/imgtank/setup
touch /var/lib/imgtank/setup/mdns
expect "with TLS" into "$box/said" "$imgtank" setup web --tls --code
cat "$box/said"
expect "it was checked by using it" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "it is on its port" grep -q "https://$(hostname)/$" "$box/said"
for name in imgtank imgtank.local "$(hostname)" "$(hostname).local" 127.0.0.1 192.0.2.7 2001:db8::7; do
	expect "a browser knows it as $name" test "$(over_tls $etc/web-certificate.pem "$name")" = 200
done
expect "and as nothing else" test -z "$(over_tls $etc/web-certificate.pem elsewhere 2>/dev/null)"
expect "who types http:// is led there" test "$(leads /login?a=b imgtank)" = "308 https://imgtank/login?a=b"
expect "and that is said" grep -q "^ *Who types http:// is led there\.$" "$box/said"
expect "to no foreign name" test "$(leads / evil.example)" = "421 None"
expect "the page has given its right up with two ports, too" \
	grep -qx "CapPrm:"$'\t'"0*" "/proc/$(cat "$box/page.pid")/status"
expect "its key is for the page only" \
	test "$(stat -c '%a %U:%G' $etc/web-key.pem)" = "640 root:imgtank-ui"
expect "and was so while it was made" test "$(grep web-key "$box/moments") $(<"$box/umask")" = \
	"$etc/web-key.pem.imgtank-new 600 0077"
expect "it is of a curve" grep -q "prime256v1" <(openssl x509 -in $etc/web-certificate.pem -noout -text)
expect "good for two years" openssl x509 -in $etc/web-certificate.pem -noout -checkend $((819 * 86400))
expect "and for no more than Apple takes" refused openssl x509 -in $etc/web-certificate.pem -noout -checkend $((825 * 86400))
expect "and not for ever" refused openssl x509 -in $etc/web-certificate.pem -noout -checkend $((3651 * 86400))
expect "its fingerprint is said" grep -qF \
	"$(openssl x509 -in $etc/web-certificate.pem -noout -fingerprint -sha256 | sed 's/.*=//')" "$box/said"
expect "and what is announced is said to be stale" grep -q "^Run 'imgtank setup mdns' again" "$box/said"
sha256sum $etc/web-*.pem >"$box/made"
cp "$box/page.pid" "$box/page.pid.before"
expect "again, without a word of TLS" into "$box/said" "$imgtank" setup web --code
expect "nobody is logged out for that" cmp "$box/page.pid" "$box/page.pid.before"
expect "it stays https" grep -q "https://$(hostname)/$" "$box/said"
expect "and leads there" test "$(leads / imgtank)" = "308 https://imgtank/"
expect "and nothing is stale" refused grep -q "^Run " "$box/said"
expect "and checked" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "on another port" into "$box/said" "$imgtank" setup web --code --tls --port 8443
expect "that is said" grep -q "https://$(hostname):8443/$" "$box/said"
expect "there is no more leading there" refused grep -q redirect $etc/imgtank.conf.d/50-setup-web.conf
expect "nor any other word of it" refused grep -q "types http" "$box/said"
expect "it keeps its certificate" sha256sum --quiet --check "$box/made"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=own -keyout "$box/own.key" -out "$box/own.pem" 2>/dev/null
chmod 0600 "$box/own.key"
# made_for DAYS: the box's certificate is one that ends so soon, in the running page, too.
made_for() {
	openssl req -x509 -key $etc/web-key.pem -days "$1" -subj /CN=old -out "$box/old.pem" 2>/dev/null
	cat "$box/old.pem" >$etc/web-certificate.pem
	systemctl try-restart imgtank-ui@web
	sha256sum $etc/web-certificate.pem >"$box/made"
}

made_for 31
expect "a certificate that is good for more than 30 days" into "$box/said" "$imgtank" setup web --code
expect "stays" sha256sum --quiet --check "$box/made"
made_for 29
"$imgtank" doctor >"$box/said" 2>&1 || :
expect "imgtank doctor warns of one that ends within 30 days" \
	grep -qF "warning: The page's certificate expires within 30 days" "$box/said"
expect "with the command that helps" grep -qx "  To do: Run: sudo imgtank setup web --code" "$box/said"
expect "one that ends within 30 days" into "$box/said" "$imgtank" setup web --code
expect "is made anew" grep -q "^Making a certificate" "$box/said"
expect "good for two years" openssl x509 -in $etc/web-certificate.pem -noout -checkend $((819 * 86400))
expect "and is what the page shows" test "$(over_tls $etc/web-certificate.pem imgtank 8443)" = 200
"$imgtank" doctor >"$box/said.doctor" 2>&1 || :
expect "imgtank doctor is content" refused grep -q certificate "$box/said.doctor"
expect "with the fingerprint that is said" grep -qF \
	"$(openssl x509 -in $etc/web-certificate.pem -noout -fingerprint -sha256 | sed 's/.*=//')" "$box/said"
# As if today were two days ago.
openssl req -x509 -key $etc/web-key.pem -days 90 -subj /CN=old -out "$box/old.pem" 2>/dev/null
fake date <<END
#!/bin/bash
[[ \$* != "+%s" ]] || set -- -d "2 days ago" +%s
exec $(PATH=${PATH#*:} type -P date) "\$@"
END
cat "$box/old.pem" >$etc/web-certificate.pem
expect "one that is not valid yet" into "$box/said" "$imgtank" setup web --code
rm "${box:?}/bin/date"
expect "is made anew as well" grep -q "^Making a certificate" "$box/said"
own=(--certificate "$box/own.pem" --key "$box/own.key")
expect "a certificate alone" fails_with "belong together" --code --certificate "$box/own.pem"
expect "a key that the page may not read" fails_with "chgrp imgtank-ui $box/own.key" --code "${own[@]}"
chgrp imgtank-ui "$box/own.key"
chmod 0640 "$box/own.key"
expect "no pair" fails_with "are no pair" --code --certificate "$box/own.pem" --key $etc/web-key.pem
expect "none of that changed anything" test "$(over_tls $etc/web-certificate.pem imgtank 8443)" = 200
expect "one's own" into "$box/said" "$imgtank" setup web --code "${own[@]}"
expect "is checked" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "is used" grep -qx "tls-key = $box/own.key" $etc/imgtank.conf.d/50-setup-web.conf
openssl req -x509 -key "$box/own.key" -days 60 -subj /CN=newer -addext subjectAltName=DNS:imgtank -out "$box/newer.pem" \
	2>/dev/null
cat "$box/newer.pem" >"$box/own.pem"
expect "another one in its place" into "$box/said" "$imgtank" setup web --code
expect "is what the page shows" test "$(over_tls "$box/newer.pem" imgtank 8443)" = 200
expect "and not the box's" test -z "$(over_tls $etc/web-certificate.pem imgtank 8443 2>/dev/null)"
expect "undo" into "$box/said" "$imgtank" setup web --undo
picture >"$box/after"
expect "leaves /etc as it was" diff "$box/before" "$box/after"
expect "and one's own certificate" test -s "$box/own.pem" -a -s "$box/own.key"
take_port_80
expect "with TLS where another server has port 80" into "$box/said" "$imgtank" setup web --code --tls
expect "it is checked" grep -q "^Checked: the page is there, logging in works" "$box/said"
expect "who has port 80 is said" grep -q "is not led there: another program has port 80 (python3)\.$" "$box/said"
expect "and nothing is configured for it" refused grep -q redirect $etc/imgtank.conf.d/50-setup-web.conf
give_port_80
expect "once that server is gone" into "$box/said" "$imgtank" setup web --code
expect "who types http:// is led there" test "$(leads / imgtank)" = "308 https://imgtank/"
into /dev/null "$imgtank" setup web --undo
expect "from plain http" into "$box/said" "$imgtank" setup web --code
expect "to TLS" into "$box/said" "$imgtank" setup web --code --tls
expect "its own port 80 is no other server's" test "$(leads / imgtank)" = "308 https://imgtank/"
into /dev/null "$imgtank" setup web --undo
touch "$box/no-lead"
expect "a page that does not lead there" fails_with "Who types http:// is not led to the page" --code --tls
rm "$box/no-lead"
picture >"$box/after"
expect "leaves nothing" diff "$box/before" "$box/after"
touch "$box/impostor"
expect "a page with another certificate" fails_with "The page does not come up" --code --tls
rm "$box/impostor"
mkdir -p $etc
cp "$box/own.key" $etc/web-key.pem
expect "a key of somebody else" fails_with "not of this step" --code --tls
expect "stays" cmp "$box/own.key" $etc/web-key.pem
rm $etc/web-key.pem
touch "$box/broken"
expect "a page with TLS that does not start" fails_with "Everything is as it was before" --tls --code
picture >"$box/after"
expect "leaves nothing" diff "$box/before" "$box/after"
rm "$box/broken"

# --- asked for ---

expect "asked, with a yes to page and TLS" into "$box/said" "$imgtank" setup <<<$'\n\ny\ny\n'
expect "it is https" grep -q "https://$(hostname)/$" "$box/said"
into /dev/null "$imgtank" setup web --undo
expect "asked, with a yes to the page only" into "$box/said" "$imgtank" setup <<<$'\n\ny\nn\n'
expect "it is not" grep -q "http://$(hostname)/$" "$box/said"
into /dev/null "$imgtank" setup web --undo

touch "$box/broken"
expect "a page that does not start" fails_with "Everything is as it was before" --code
picture >"$box/after"
expect "is taken back" diff "$box/before" "$box/after"
expect "wholly" refused test -e /var/lib/imgtank-web
finish "web"
