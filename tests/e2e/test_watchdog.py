#!/usr/bin/env python3
"""The cloud daemon under a service manager: it says when it is ready, feeds the watchdog only while its
service makes progress, and one whose service is stuck is ended and runs again within 20 s."""
import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import time

from harness import SKIP, Stack, check, main

WATCHDOG_S = 5  # WatchdogSec of cloud/deploy/boomgate-cloud.service
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000
UNIT = pathlib.Path(__file__).resolve().parents[2] / "cloud/deploy/boomgate-cloud.service"


class Manager:
    """As much of a service manager as the daemon can tell: sd_notify(3), Restart=always, RestartSec=1."""

    def __init__(self, stack):
        self.stack = stack
        self.path = stack.dir / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.said = []

    def start(self):
        s = self.stack
        log = open(s.dir / "cloud.log", "ab")
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.path),
                       "WATCHDOG_USEC": str(WATCHDOG_S * 1000000)}
        s.running["cloud"] = subprocess.Popen(s.commands["cloud"], stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log, env=environment)
        s.logs["cloud"] = log
        self.wait_for("READY=1", 30)

    def hear(self, seconds):
        """What is said next, or None when nothing is for so long."""
        self.socket.settimeout(seconds)
        try:
            self.said.append(self.socket.recv(256).decode())
            return self.said[-1]
        except TimeoutError:
            return None

    def wait_for(self, text, seconds):
        while True:
            heard = self.hear(seconds)
            check(heard is not None, f"{text} was said, after {self.said[-3:]}")
            if heard == text:
                return

    def watch(self, stuck):
        """Until the watchdog starves; then the process is ended and started again."""
        while self.hear(WATCHDOG_S) is not None:
            check(len(self.said) < 1000, "a stuck service is not defended for ever")
        self.stack.running["cloud"].kill()
        os.waitpid(stuck, WALL)  # a traced thread ends for its tracer first
        self.stack.kill("cloud")
        time.sleep(1)  # RestartSec
        self.start()


def thread_of(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"process {pid} has no thread named {name}")


def stop_thread(tid):
    """One thread stands still while the others of its process go on. False: not allowed here."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    return libc.ptrace(PTRACE_SEIZE, tid, None, None) == 0 and \
        libc.ptrace(PTRACE_INTERRUPT, tid, None, None) == 0


def a_stuck_service_is_restarted():
    check(f"WatchdogSec={WATCHDOG_S}\n" in UNIT.read_text(), "the unit says what is tested here")
    with Stack(places=["a:5:in=in-1;out=out-1"], rate=20) as s:
        s.start()
        s.stop("cloud")
        manager = Manager(s)
        manager.start()
        s.until_ready()
        s.until_vehicle(s.drive("a", "in-1", "22아2222"), "inside")
        s.until(lambda: s.place("a")["occupied"]["counted"] == 1, "counted")
        manager.wait_for("WATCHDOG=1", 10)

        service = thread_of(s.running["cloud"].pid, "service")
        if not stop_thread(service):
            print("skipped: threads of a child cannot be traced here")
            sys.exit(SKIP)
        begun = time.monotonic()
        check(s.get("/v1/places/a", status=True) == 200, "readers do not notice")
        manager.watch(service)
        s.until(lambda: s.get("/healthz", status=True) == 200, "it is healthy again")
        took = time.monotonic() - begun
        print(f"stuck to healthy: {took:.1f} s")
        check(took < 20, f"restarted within 20 s, not {took:.1f}")
        s.until_ready()
        check(s.place("a")["occupied"]["counted"] == 1, "the ledger is where it was")


def a_clean_stop_is_said():
    with Stack(places=["a:5:in=in-1;out=out-1"]) as s:
        s.start()
        s.stop("cloud")
        manager = Manager(s)
        manager.start()
        s.stop("cloud")
        manager.wait_for("STOPPING=1", 5)


main(a_stuck_service_is_restarted, a_clean_stop_is_said)
