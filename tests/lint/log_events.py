#!/usr/bin/env python3
"""Every event that the daemons log is in protocol/LOG_EVENTS.md with its level and program, and every one
listed there is logged. usage: log_events.py ROOT"""
import pathlib
import re
import sys

CALL = re.compile(r"\b(?:log_(error|warn|notice|info|debug)|LOG_AT)\(")
ROW = re.compile(r"^\| `([a-z_.]+)` \| ([a-z, ]+) \| ([a-z, ]+) \| \S")


def first_arguments(text, begin, count):
    """The text of a call's first `count` arguments."""
    depth, end, commas = 0, begin, 0
    while depth >= 0 and end < len(text):
        c = text[end]
        depth += (c in "([{") - (c in ")]}")
        commas += depth == 0 and c == ","
        if commas == count:
            break
        end += 1
    return text[begin:end]


def logged(root):
    """{event: (programs, levels)}; a level that is reckoned at run time is "any"."""
    found = {}
    for top in ("edge", "cloud", "protocol"):
        for file in sorted((root / top).rglob("*.c")):
            text = file.read_text()
            for call in CALL.finditer(text):
                level = call.group(1) or "any"
                for name in re.findall(r'"([a-z_]+\.[a-z_.]+)"', first_arguments(text, call.end(), 1 if call.group(1) else 2)):
                    programs, levels = found.setdefault(name, (set(), set()))
                    programs.add(top if top != "protocol" else "both")
                    levels.add(level)
    return found


def listed(root):
    rows = {}
    for line in (root / "protocol/LOG_EVENTS.md").read_text().splitlines():
        if match := ROW.match(line):
            rows[match.group(1)] = (set(match.group(2).split(", ")), set(match.group(3).split(", ")))
    return rows


def main():
    root = pathlib.Path(sys.argv[1])
    in_code, in_list = logged(root), listed(root)
    bad = [f"{name}: logged, but not in protocol/LOG_EVENTS.md" for name in in_code.keys() - in_list.keys()]
    bad += [f"{name}: in protocol/LOG_EVENTS.md, but nobody logs it" for name in in_list.keys() - in_code.keys()]
    for name in in_code.keys() & in_list.keys():
        if in_code[name] != in_list[name]:
            bad.append(f"{name}: logged by {sorted(in_code[name][0])} as {sorted(in_code[name][1])}, listed otherwise")
    print(*sorted(bad), sep="\n", end="\n" if bad else "")
    if len(in_code) < 100:
        sys.exit(f"only {len(in_code)} events found: this test does not look where it should")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
