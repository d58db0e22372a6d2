"""README's commands, executed as they stand there.

Blocks are fenced with ```sh and preceded by <!-- test: demo --> (started and left running, in the
background) or <!-- test: by hand --> (run with `bash -e` while it runs). A line `#> text` behind a
command says what its output must contain.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import ROOT, Failure, check, main


def blocks():
    text = (ROOT / "README.md").read_text()
    found = re.findall(r"<!-- test: ([a-z ]+) -->\n```sh\n(.*?)```", text, re.S)
    return {name: body for name, body in found}


def commands_of(body):
    """(command, texts its output must contain), in order."""
    found, command, wanted = [], [], []

    def flush():
        if command:
            found.append(("\n".join(command), list(wanted)))
        command.clear()
        wanted.clear()

    for line in body.splitlines():
        if line.startswith("#> "):
            wanted.append(line[3:])
            continue
        if command and (wanted or not (line.startswith((" ", "done")) or command[-1].endswith("\\"))):
            flush()
        if line.strip() and not line.startswith("#"):
            command.append(line)
    flush()
    return found


def script_with_expectations(body):
    """Looking (boomgatectl place show, sessions) is repeated until it shows what README says, as a reader
    would look again; acting is done once."""
    out = ["set -euo pipefail"]
    for command, wanted in commands_of(body):
        if not wanted:
            out.append(command)
            continue
        looks = command.startswith(("boomgatectl place show", "boomgatectl sessions"))
        tests = " && ".join(f'grep -qF -- {quote(text)} <<<"$output"' for text in wanted)
        out.append(f"for try in $(seq {100 if looks else 1}); do\n"
                   f'output=$({command}) || {{ echo "$output"; exit 1; }}\n'
                   f"{{ {tests}; }} && break\n"
                   "read -rt 0.1 <> <(:) || true\ndone\n"
                   f'echo "$output"; {{ {tests}; }} || {{ echo MISSING: {quote(" / ".join(wanted))}; exit 1; }}')
    return "\n".join(out) + "\n"


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def a_place_of_ten_by_hand():
    found = blocks()
    check({"demo", "by hand"} <= set(found), f"README has both blocks: {list(found)}")
    check(found["by hand"].count("#> ") >= 5, "README says what to expect")
    folder = tempfile.mkdtemp(prefix="boomgate-readme-")
    shutil.rmtree(folder)

    def here(body):
        return body.replace("/tmp/park", folder)

    demo = subprocess.Popen(["bash", "-c", "exec " + here(found["demo"]).strip()], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        begun = time.monotonic()
        for line in demo.stdout:
            if "Stop        Ctrl-C" in line:
                break
            check(time.monotonic() - begun < 200, "the demo starts")
        else:
            raise Failure("the demo ended before it was ready")
        done = subprocess.run(["bash", "-c", script_with_expectations(here(found["by hand"]))], cwd=ROOT,
                              capture_output=True, text=True, timeout=180,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        print(done.stdout)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    finally:
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        code = demo.wait(timeout=120)
        shutil.rmtree(folder, ignore_errors=True)
    check(code == 0, f"the demo agrees with the truth and exits 0: {code}: {rest[-800:]}")


main(a_place_of_ten_by_hand)
