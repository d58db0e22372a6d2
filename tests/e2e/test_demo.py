"""sim/demo as a user runs it: it ends by itself, agrees with the truth, and leaves nothing running."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import ROOT, check, http_json, main


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


def a_forced_passage_fails_the_demo():
    """Somebody drives through under a closed arm: the summary says so and the demo does not exit 0."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="boomgate-forced-")) / "park"
    demo = subprocess.Popen([str(ROOT / "sim" / "demo"), "--seconds", "10", "--traffic", "none", "--rate", "10",
                             "--dir", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in demo.stdout:
            if "Stop        Ctrl-C" in line:
                break
        env = dict(row.split("=", 1) for row in (folder / "env").read_text().splitlines())
        http_json("POST", f"http://127.0.0.1:{env['CONTROL_PORT']}/vehicles",
                  {"place": "a", "lane": "in-1", "plate": "", "then": "force"}, expect=202)
        rest = demo.stdout.read()
        check(demo.wait(timeout=120) != 0, f"the demo fails: {rest[-600:]}")
        check("UNSAFE" in rest, f"and says why: {rest[-600:]}")
    finally:
        demo.kill()
        demo.wait()
        shutil.rmtree(folder.parent, ignore_errors=True)


def wrong_options():
    done = subprocess.run([str(ROOT / "sim" / "demo"), "--fast"], capture_output=True, text=True)
    check(done.returncode == 2 and "--fast" in done.stderr, "an unknown option is refused by name")


os.environ.setdefault("TMPDIR", "/tmp")
main(twice_in_a_row, a_forced_passage_fails_the_demo, wrong_options)
