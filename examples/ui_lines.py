#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A front end for imgtank: prints what the box says, in its own words."""
import json
import os
import socket

sock = socket.socket(socket.AF_UNIX)
sock.connect(os.environ.get("IMGTANK_SOCKET", "/run/imgtank/imgtank.sock"))
state, shown = {}, []
for line in sock.makefile(encoding="utf-8"):
    event = json.loads(line)
    kind = event.get("event")
    if kind == "snapshot":
        state = {"tank": event["tank"], **{card["card"]: card for card in event["cards"]}}
    elif kind in ("tank", "card"):
        state[event.get("card", "tank")] = event
    elif kind == "card-gone":
        del state[event["card"]]
    elif kind == "sync":
        words = [f"{one.get('label', 'Tank')}: {one['headline']}" for one in state.values()]
        if words != shown:
            print(*words, sep=" | ", flush=True)
        shown = words
