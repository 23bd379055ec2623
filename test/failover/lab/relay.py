"""Relays frames between two TAP devices, each a fixed time after it came: relay.py ONE OTHER SECONDS

The kernel of a test machine may have no netem. A TAP device takes no work from the kernel, so frames come here cut and with their checksums.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

SET_INTERFACE = 0x400454CA
TAP = 0x0002 | 0x1000


def open_tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, SET_INTERFACE, struct.pack("16sH", name.encode(), TAP))
    return device


def main(one, other, seconds):
    ends = [open_tap(one), open_tap(other)]
    waiting = collections.deque()
    print("ready", flush=True)
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select(ends, [], [], timeout)[0]:
            waiting.append((time.monotonic() + float(seconds), ends[1 - ends.index(device)], os.read(device, 65536)))
        while waiting and waiting[0][0] <= time.monotonic():
            _, device, frame = waiting.popleft()
            try:
                os.write(device, frame)
            except OSError:
                pass  # The device is down: the frame is lost, as on any cable.


main(*sys.argv[1:])
