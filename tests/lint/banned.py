#!/usr/bin/python3
"""Calls that are refused in every C file of ours, and left-overs that are refused in every file."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

BANNED = {
    "strcpy strcat strncpy strncat": "use buf_add or memcpy with a checked length",
    "sprintf vsprintf": "use buf_addf or snprintf",
    "gets": "use fgets",
    "strtok": "parse with lengths",
    "atoi atol atoll atof": "use strtoll with end and range checks",
    "sscanf fscanf scanf": "parse with lengths",
    "localtime localtime_r gmtime gmtime_r mktime asctime ctime tzset setenv putenv":
        "time is a value: protocol/base/clock.h, protocol/tariff/zone_table.h",
    "system popen": "no shell from C",
    "rand srand random srandom drand48": "protocol/support/random.h, or a seeded generator",
    "alloca": "bounded buffers only",
}
# The simulator and tests may use a seeded generator of their own; tests may set their environment.
EXEMPT = {"tests/": {"setenv"}}
SLEEP = re.compile(r"\b(sleep|usleep)\s*\(")
CALLS = {name: why for names, why in BANNED.items() for name in names.split()}
PATTERN = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r")\s*\(")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def code_of(line, in_comment):
    """The line without string literals and comments; good enough for call names."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    out, i = "", 0
    while i < len(line):
        if in_comment:
            end = line.find("*/", i)
            if end < 0:
                return out, True
            i, in_comment = end + 2, False
        elif line.startswith("/*", i):
            i, in_comment = i + 2, True
        elif line.startswith("//", i):
            break
        else:
            out += line[i]
            i += 1
    return out, in_comment


def main():
    errors = files = 0
    for top in ("protocol", "edge", "cloud", "sim", "tests"):
        for source in sorted((ROOT / top).rglob("*.[ch]")):
            path = source.relative_to(ROOT).as_posix()
            files += 1
            exempt = set().union(*[names for p, names in EXEMPT.items() if path.startswith(p)])
            in_comment = False
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                if LEFTOVER.search(line):
                    errors += 1
                    print(f"{path}:{number}: a left-over: {line.strip()}")
                code, in_comment = code_of(line, in_comment)
                for name in PATTERN.findall(code):
                    if name not in exempt:
                        errors += 1
                        print(f"{path}:{number}: {name}() is banned: {CALLS[name]}")
                if SLEEP.search(code):
                    errors += 1
                    print(f"{path}:{number}: wait for a condition, not for time")
    print(f"{files} files, {errors} banned calls or left-overs")
    if files == 0:
        sys.exit("nothing was checked")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
