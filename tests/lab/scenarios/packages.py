# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages are upgraded and taken away."""
import cards
from guest import check
from scenarios.base import mounted, same_content, scenario, wait_safe, with_tank


UPGRADE = """
set -e
for file in /debs/*.deb; do
	rm -rf /tmp/next
	dpkg-deb -R $file /tmp/next
	sed -i 's/^Version: .*/&+next/; s/\\(imgtank (= [^)]*\\))/\\1+next)/' /tmp/next/DEBIAN/control
	mkdir -p /tmp/debs
	dpkg-deb -Znone --root-owner-group -b /tmp/next /tmp/debs/$(basename $file) >/dev/null
done
"""


@scenario(is_long=True)
def upgrade_and_purge(lab):
    """An upgrade in the midst of a copy waits for it; a purge leaves the pictures alone."""
    folder = cards.files(lab.path("card"), 24, size_bytes=300000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        guest.sh(UPGRADE, 240)
        pid = guest.sh("systemctl show -P MainPID imgtankd").strip()
        name = guest.plug(image, slow_bytes_per_s=80000)
        watch.card("it is copied", state="copying")
        guest.sh("DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /tmp/debs/imgtank*.deb", 240)
        check(guest.sh("systemctl show -P MainPID imgtankd").strip() == pid,
              "the daemon was restarted in the midst of a copy")
        watch.card("the copy goes on", state="copying", deadline_s=5)
        wait_safe(watch)
        guest.sh(f"for i in $(seq 600); do new=$(systemctl show -P MainPID imgtankd); [ $new != 0 ] && "
                 f"[ $new != {pid} ] && exit 0; sleep 0.1; done; exit 1")
        check("+next" in guest.sh("dpkg-query -W -f '${Version}' imgtank"), "the next version is there")
        guest.unplug(name)
        guest.sh("for i in $(seq 100); do imgtank status && exit 0; sleep 0.2; done; exit 1")
        guest.sh("DEBIAN_FRONTEND=noninteractive dpkg --purge $(dpkg-query -W -f '${Package}\\n' "
                 "'imgtank*')", 240)
        check(guest.sh("ls /usr/bin/imgtank* /etc/imgtank 2>/dev/null || true").strip() == "",
              "something of the program is left")
        check("Main PID" not in guest.sh("systemctl status imgtankd", is_checked=False), "it runs")
        guest.sh("umount /data; sync")
        guest.stop()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def upgrade_when_idle(lab):
    """An upgrade while nothing is copied: the next version runs at once, and what was configured stays."""
    folder = cards.files(lab.path("card"), 8, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; echo '# mine' >>/etc/imgtank/imgtank.conf; "
                 "printf '[daemon]\\nstart = ask\\n' >/etc/imgtank/imgtank.conf.d/lab.conf; "
                 "systemctl restart imgtankd")
        tank, watch = with_tank(lab, guest)
        guest.sh(UPGRADE, 240)
        pid = guest.sh("systemctl show -P MainPID imgtankd").strip()
        watch.close()
        # As apt does it for somebody who answers nothing: what was changed by hand is kept.
        guest.sh("DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold "
                 "-i /tmp/debs/imgtank*.deb", 240)
        guest.sh(f"for i in $(seq 600); do new=$(systemctl show -P MainPID imgtankd); [ $new != 0 ] && "
                 f"[ $new != {pid} ] && exec imgtank status; sleep 0.1; done; exit 1")
        check("# mine" in guest.sh("cat /etc/imgtank/imgtank.conf"), "a change by hand was lost")
        watch = guest.start_watch()
        guest.plug(image)
        watch.card("it asks, as configured before", state="waiting", waiting="ask")
        guest.sh("imgtank confirm")
        wait_safe(watch)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])
