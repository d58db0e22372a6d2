"""sim/demo as a user runs it: it ends by itself, agrees with the truth, and leaves nothing running."""
import os
import subprocess

from harness import ROOT, check, main


def ours():
    listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return {line.split()[0] for line in listing.splitlines()
            if "boomgate-demo." in line and "ps -eo" not in line}


def run_demo(*arguments):
    before = ours()
    done = subprocess.run([str(ROOT / "sim" / "demo"), *arguments], capture_output=True, text=True, timeout=240)
    print(done.stdout[-1500:])
    check(done.returncode == 0, f"exit {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    check("Dashboard   http://127.0.0.1:" in done.stdout, "the address is shown")
    check("Reported and true occupancy agree." in done.stdout, "the summary agrees")
    check(ours() <= before, "nothing is left running")


def twice_in_a_row():
    run_demo("--seconds", "15", "--rate", "10")
    run_demo("--seconds", "8")


def wrong_options():
    done = subprocess.run([str(ROOT / "sim" / "demo"), "--fast"], capture_output=True, text=True)
    check(done.returncode == 2 and "--fast" in done.stderr, "an unknown option is refused by name")


os.environ.setdefault("TMPDIR", "/tmp")
main(twice_in_a_row, wrong_options)
