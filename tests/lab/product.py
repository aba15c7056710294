# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the guest's packages, run on the host: in the Debian in which it was built."""
import subprocess

import guest

HERE = "/mnt"  # there, what the program works on
PROGRAM = "/src/imgtank/obj-package/bin/imgtank"


def run(folder, *argv):
    """argv: paths begin with HERE, which is folder. (its status, its words)"""
    root = guest.CACHE / f"build-{guest.SUITE}"
    script = ('mount --rbind "$1" "$2/mnt" && mount -t proc proc "$2/proc" && root=$2 && shift 2 && '
              'exec chroot "$root" "$@"')
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", str(folder), str(root),
         "env", "-i", "HOME=/nonexistent", "LC_ALL=C.UTF-8", "TZ=UTC", PROGRAM, *argv],
        capture_output=True, check=False, timeout=300)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")[-600:]


def must(folder, *argv):
    status, words = run(folder, *argv)
    guest.check(status == 0, f"imgtank {' '.join(argv)}: status {status}: {words}")
