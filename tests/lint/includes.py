#!/usr/bin/python3
"""The dependency rule, read from the #include lines.

Arrows point one way: base <- wire structs, modbus, tariff <- {edge,cloud}/core <- agent/service <-
adapters (with support, codecs) <- main. edge and cloud never meet; sim knows the protocol only.

RULES maps a path prefix (the longest match wins) to the project folders or files it may include.
FOREIGN maps a third-party header to the only places that may include it; a header that is in no list
and not in the C or POSIX library is refused everywhere.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

BASE = ["protocol/base/"]
STRUCTS = BASE + ["protocol/wire/", "protocol/modbus/lane_io.h"]
CODECS = ["protocol/wire/event_codec.h", "protocol/support/"]
SUPPORT = BASE + ["protocol/support/", "protocol/wire/", "protocol/tariff/"]

RULES = {
    "protocol/base/": BASE,
    "protocol/wire/": STRUCTS + ["protocol/support/json.h"],
    "protocol/modbus/": BASE + ["protocol/modbus/", "protocol/wire/plate_text.h"],
    "protocol/tariff/": BASE + ["protocol/tariff/"],
    "protocol/support/": BASE + ["protocol/support/", "protocol/tariff/",
                                 "protocol/wire/plate_text.h", "protocol/wire/credential.h"],
    "protocol/mqtt/": BASE + ["protocol/support/", "protocol/mqtt/"],
    "edge/core/": STRUCTS + ["edge/core/"],
    "edge/agent/": STRUCTS + CODECS + ["edge/core/", "edge/ports.h", "edge/agent.h", "edge/agent/"],
    "edge/journal/": SUPPORT + ["protocol/modbus/lane_io.h", "edge/core/", "edge/ports.h",
                                "edge/journal/"],
    "edge/field/": SUPPORT + ["protocol/modbus/", "edge/core/", "edge/ports.h", "edge/field/"],
    "edge/uplink/": SUPPORT + ["protocol/modbus/lane_io.h", "protocol/mqtt/", "edge/core/",
                               "edge/ports.h", "edge/journal/journal.h", "edge/uplink/"],
    "edge/camera/": SUPPORT + ["protocol/modbus/lane_io.h", "edge/core/", "edge/ports.h",
                               "edge/camera/"],
    "edge/rights/": SUPPORT + ["protocol/modbus/lane_io.h", "edge/core/", "edge/ports.h",
                               "edge/rights/"],
    "edge/": ["protocol/", "edge/"],
    "cloud/core/": BASE + ["protocol/wire/", "protocol/tariff/", "cloud/core/"],
    "cloud/service/": SUPPORT + ["cloud/core/", "cloud/ports.h", "cloud/service.h", "cloud/metrics.h",
                                 "cloud/service/"],
    "cloud/store/": SUPPORT + ["cloud/core/", "cloud/ports.h", "cloud/store/"],
    # The read model sees the ledger as any reader does.
    "cloud/otlp/": SUPPORT + ["cloud/core/", "cloud/metrics.h", "cloud/store/reader.h", "cloud/otlp/"],
    "cloud/view/": SUPPORT + ["cloud/core/", "cloud/store/reader.h", "cloud/view/"],
    "cloud/payment/": SUPPORT + ["cloud/core/", "cloud/ports.h", "cloud/metrics.h",
                                 "cloud/provider_status.h",
                                 "cloud/payment/"],
    "cloud/ingest/": SUPPORT + ["protocol/mqtt/", "cloud/ports.h", "cloud/service.h",
                                "cloud/metrics.h", "cloud/downlink/", "cloud/ingest/"],
    "cloud/downlink/": SUPPORT + ["protocol/mqtt/", "cloud/ports.h", "cloud/service.h",
                                  "cloud/metrics.h", "cloud/downlink/"],
    "cloud/reconcile/": SUPPORT + ["cloud/core/", "cloud/ports.h", "cloud/service.h",
                                   "cloud/store/reader.h", "cloud/reconcile/"],
    "cloud/identity/": SUPPORT + ["cloud/identity/"],
    "cloud/http/": SUPPORT + ["cloud/core/", "cloud/ports.h", "cloud/service.h",
                              "cloud/metrics.h", "cloud/provider_status.h",
                              "cloud/store/reader.h", "cloud/view/reports.h",
                              "cloud/dashboard/assets.h", "cloud/identity/", "cloud/http/"],
    "cloud/ctl/": SUPPORT + ["cloud/ctl/", "cloud/identity/clients.h", "cloud/identity/claims.h"],
    "cloud/": ["protocol/", "cloud/"],
    "sim/": BASE + ["protocol/wire/", "protocol/mqtt/", "protocol/support/", "sim/"],
    "tests/": [""],
}

# Cores and the agent may not even see the codecs' or support's headers, whatever RULES allows.
PURE = ("protocol/base/", "protocol/modbus/", "protocol/tariff/", "edge/core/", "cloud/core/")

FOREIGN = {
    "MQTTAsync.h": ["protocol/mqtt/"],
    "modbus.h": ["edge/field/"],
    "modbus/modbus.h": ["edge/field/"],
    # edge/camera: cameras push plates over HTTP
    "microhttpd.h": ["cloud/http/", "edge/camera/", "sim/payment/", "sim/control/"],
    "sqlite3.h": ["protocol/support/", "edge/journal/", "edge/rights/", "cloud/store/", "cloud/view/"],
    "curl/curl.h": ["cloud/otlp/", "cloud/payment/", "cloud/identity/fetcher.c", "cloud/ctl/", "sim/ctl/"],
    "uv.h": ["edge/loop.c", "sim/"],
    "jansson.h": ["protocol/support/", "protocol/wire/", "edge/uplink/", "edge/commission/", "cloud/", "sim/"],
    "qrencode.h": ["cloud/http/", "cloud/ctl/"],
    "yaml.h": ["protocol/support/"],
    # certificates that change while the server runs: libmicrohttpd's TLS is GnuTLS
    "gnutls/": ["cloud/http/tls.c"],
    "openssl/": ["protocol/support/", "cloud/http/"],
    "utf8proc.h": ["protocol/support/"],
}

C_LIBRARY = set("""assert ctype errno float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar
wctype""".split())
PURE_LIBRARY = C_LIBRARY - {"errno", "locale", "setjmp", "signal", "stdlib", "threads", "time"}
POSIX = set("""arpa/inet dirent dlfcn fcntl getopt grp libgen netdb netinet/in netinet/tcp poll pthread pwd
sched strings sys/eventfd sys/epoll sys/file sys/mman sys/random sys/resource sys/select sys/socket
sys/stat sys/statvfs sys/syscall sys/time sys/timerfd sys/timex sys/types sys/uio sys/un sys/wait
syslog termios unistd""".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def longest(path, table):
    hits = [prefix for prefix in table if path.startswith(prefix)]
    return max(hits, key=len) if hits else None


def project_error(path, target):
    side, other = path.split("/")[0], target.split("/")[0]
    if {side, other} == {"edge", "cloud"}:
        return "edge and cloud never include each other"
    if path.startswith(PURE) and ("_codec.h" in target or target.startswith("protocol/support/")):
        return "a pure module includes no codec and no support"
    rule = longest(path, RULES)
    if rule is None:
        return "no rule for this folder: add one to tests/lint/includes.py"
    if not any(target.startswith(allowed) for allowed in RULES[rule]):
        return f"{rule} may not include {target}"
    if not (ROOT / target).exists():
        return f"{target} does not exist"
    return None


def foreign_error(path, header):
    stem = header[:-2] if header.endswith(".h") else header
    if path.startswith("tests/"):
        return None
    if path.startswith(PURE):
        return None if stem in PURE_LIBRARY else f"a pure module may not include <{header}>"
    if stem in C_LIBRARY or stem in POSIX:
        return None
    for known, places in FOREIGN.items():
        if header == known or (known.endswith("/") and header.startswith(known)):
            if any(path.startswith(place) for place in places):
                return None
            return f"<{header}> belongs to {', '.join(places)} only"
    return f"<{header}> is in no list of tests/lint/includes.py"


def main():
    errors = files = 0
    for top in ("protocol", "edge", "cloud", "sim", "tests"):
        for source in sorted((ROOT / top).rglob("*.[ch]")):
            path = source.relative_to(ROOT).as_posix()
            files += 1
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                quote, target = found.groups()
                if quote == '"':
                    problem = project_error(path, target)
                else:
                    problem = foreign_error(path, target)
                if problem:
                    errors += 1
                    print(f"{path}:{number}: {problem}")
    print(f"{files} files, {errors} violations of the dependency rule")
    if files == 0:
        sys.exit("nothing was checked")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
