# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes and goes over the network: the page and the drop folder, with the real units."""
import cards
from guest import check
from scenarios.base import mounted, same_content, scenario, with_tank

DROP = """
useradd --create-home ann
install -d -m 3777 /srv/drop
mkdir -p /etc/imgtank/imgtank.conf.d
printf '[drop]\\npath = /srv/drop\\nsettle = 2s\\n' >/etc/imgtank/imgtank.conf.d/60-drop.conf
systemctl restart imgtankd
"""

IS_DONE = """
for i in $(seq 600); do
	[ -z "$(ls -A /srv/drop /srv/drop.importing/ | grep -v :)" ] && exit 0
	sleep 0.2
done
ls -lR /srv
journalctl -u imgtankd | tail
exit 1
"""


@scenario
def page_and_drop_folder(lab):
    """The page on port 80 is set up, logged into and taken back; what another user drops is imported."""
    folder = cards.files(lab.path("card"), 6, real=False)
    pictures = sorted(path for path in folder.rglob("*") if path.is_file())
    with lab.guest() as guest:
        guest.sh(DROP)
        tank, _ = with_tank(lab, guest)
        guest.sh("install -d -m 0755 /data/images")
        said = guest.sh("imgtank setup web --code", 240)
        check("Checked: the page is there, logging in works" in said, said)
        check("http://localhost" not in said and ":80/" not in said, said)
        rights = guest.sh("grep CapPrm /proc/$(systemctl show -P MainPID imgtank-ui@web)/status")
        check(int(rights.split()[1], 16) == 0, f"the page keeps {rights}")
        for path in pictures:
            guest.sh(f"runuser -u ann -- sh -c 'cat >/srv/drop/{path.name}'", data=path.read_bytes())
        guest.sh(IS_DONE, 240)
        history = guest.sh("imgtank history --json")
        check("Upload by ann" in history and "safe-to-format" in history, history)
        wrong = guest.sh("imgtank doctor --json", is_checked=False)
        check('"drop-' not in wrong and '"web-' not in wrong, wrong)
        guest.sh("imgtank setup web --undo", 240)
        check("web" not in guest.sh("ls /etc/imgtank /etc/imgtank/imgtank.conf.d"), "it left something")
        check("inactive" in guest.sh("systemctl is-active imgtank-ui@web", is_checked=False), "it runs")
        guest.sh("systemctl stop imgtankd; umount /data; sync")
        guest.stop()
    with mounted(tank) as root:
        same_content(root, [folder])
