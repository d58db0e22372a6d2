#!/usr/bin/python3
"""The schemas and the C codecs are two descriptions of one protocol; they must agree.

usage: test_schema.py wire_samples wire_decode

1. What the encoders write is valid, and every channel and every event type is among it.
2. Each sample with one member left out, of another type or out of bounds is judged alike by the schema
   and by the decoder, and most of these are refused.
3. The vocabularies are the same lists.
4. asyncapi.yaml is well formed: every reference leads somewhere, every schema file is used.
"""
import copy
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import validate_messages  # noqa: E402
import yaml  # noqa: E402

SCHEMAS = ROOT / "protocol" / "schema"
SAMPLES, DECODE = sys.argv[1], sys.argv[2]
VALIDATOR = validate_messages.Validator(SCHEMAS / "asyncapi.yaml")
REPLACEMENTS = [None, True, -1, 0, 1.5, 2**53, "", "bogus", "x" * 400, [], {}, [1]]


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def compact(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def samples():
    out = subprocess.run([SAMPLES], stdout=subprocess.PIPE, check=True).stdout
    return [(line.split(b" ", 1)[0].decode(), line.split(b" ", 1)[1])
            for line in out.splitlines()]


def what_we_write_is_valid(lines):
    channels, types = set(), set()
    for topic, payload in lines:
        problem = VALIDATOR.problem(topic, payload)
        check(problem is None, f"{topic}: {problem}: {payload.decode()}")
        channels.add(VALIDATOR.channel(topic)[0].name)
        types.add(json.loads(payload).get("type"))
    check(channels == {c.name for c in VALIDATOR.channels}, f"samples of {channels} only")
    event = json.loads((SCHEMAS / "event.schema.json").read_text())
    missing = set(event["properties"]["type"]["enum"]) - types
    check(not missing, f"no sample of {missing}")


def objects_in(message, path=()):
    """Paths of all objects in a message, itself included."""
    if isinstance(message, dict):
        yield path
        for key, value in message.items():
            yield from objects_in(value, path + (key,))
    elif isinstance(message, list):
        for i, value in enumerate(message):
            yield from objects_in(value, path + (i,))


def at(message, path):
    for part in path:
        message = message[part]
    return message


def mutants(message):
    for path in objects_in(message):
        for key in at(message, path):
            mutant = copy.deepcopy(message)
            del at(mutant, path)[key]
            yield f"without {key}", mutant
            for value in REPLACEMENTS:
                if key == "type" and isinstance(value, str) and value:
                    continue  # an unknown type is stored raw, though no sender of ours writes it
                mutant = copy.deepcopy(message)
                at(mutant, path)[key] = value
                yield f"{key}={value!r:.20}", mutant


def judged_alike(topic, what, payload, verdict):
    problem = VALIDATOR.problem(topic, payload)
    check((problem is None) == (verdict == "ok"),
          f"{topic} {what}: schema says {problem or 'ok'}, decoder says {verdict}:\n"
          f"{payload.decode()}")
    return problem is not None


def mutated_messages_are_judged_alike(lines):
    cases = []
    for topic, payload in lines:
        cases += [(topic, what, compact(m)) for what, m in mutants(json.loads(payload))]
    text = b"".join(topic.encode() + b" " + payload + b"\n" for topic, _, payload in cases)
    verdicts = subprocess.run([DECODE], input=text, stdout=subprocess.PIPE, check=True).stdout
    verdicts = verdicts.decode().splitlines()
    check(len(verdicts) == len(cases), "one verdict for each mutant")
    refused = sum(judged_alike(*case, verdict) for case, verdict in zip(cases, verdicts))
    check(refused > len(cases) * 8 // 10, f"only {refused} of {len(cases)} mutants were refused")
    print(f"{len(cases)} mutants, {refused} refused, all judged alike")


def what_only_the_validator_refuses(lines):
    topic, payload = lines[0]
    for what, bad_topic, bad in [
        ("an unknown member", topic, payload[:-1] + b',"surprise":1}'),
        ("a doubled member", topic, payload[:-1] + b',"epoch":5}'),
        ("broken UTF-8", topic, payload.replace(b"0.1.0", b"\xff")),
        ("NaN", topic, payload.replace(b'"epoch":5', b'"epoch":NaN')),
        ("trailing bytes", topic, payload + b"x"),
        ("another edge's topic", topic.replace("e03", "e04"), payload),
        ("an unknown topic", topic + "s", payload),
        ("a reserved place", topic.replace("lot07", "cloud"), payload),
        ("too many bytes", topic, payload + b" " * 9000),
    ]:
        check(VALIDATOR.problem(bad_topic, bad) is not None, f"accepted: {what}")


def the_words_are_the_same():
    out = subprocess.run([SAMPLES, "--words"], stdout=subprocess.PIPE, check=True).stdout
    ours = {line.split()[0]: line.split()[1:] for line in out.decode().splitlines()}
    kinds = [f"io.boomgate.{k}.v1" for k in ours.pop("event_kind")]
    event = json.loads((SCHEMAS / "event.schema.json").read_text())
    check(event["properties"]["type"]["enum"] == kinds, "event types differ")
    request = json.loads((SCHEMAS / "request.schema.json").read_text())
    check(request["properties"]["kind"]["enum"] == ours.pop("request_kind"), "request kinds differ")
    common = json.loads((SCHEMAS / "common.schema.json").read_text())["$defs"]
    for name, words in ours.items():
        check(common[name]["enum"] == words, f"{name}: {common[name]['enum']} and {words}")
    text = (ROOT / "protocol" / "PROTOCOL.md").read_text(encoding="utf-8")
    for name, words in list(ours.items()) + [("type", [k[12:-3] for k in kinds])]:
        for word in words:
            check(f"`{word}`" in text, f"PROTOCOL.md does not name {name} `{word}`")


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def asyncapi_is_whole():
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
    check(document["asyncapi"] == "3.0.0", "AsyncAPI 3.0")
    used = {"common.schema.json"}
    for reference in references(document):
        if reference.startswith("#/"):
            node = document
            for part in reference[2:].split("/"):
                check(part in node, f"asyncapi.yaml: {reference} leads nowhere")
                node = node[part]
        else:
            check((SCHEMAS / reference).is_file(), f"asyncapi.yaml: no file {reference}")
            used.add(reference)
    files = {f.name for f in SCHEMAS.glob("*.json")}
    check(files == used, f"schema files without a message: {files - used}")
    operations = {o["channel"]["$ref"].rsplit("/", 1)[1] for o in document["operations"].values()}
    operations.add("response")
    check(operations == set(document["channels"]), "every channel has an operation")


def main():
    lines = samples()
    what_we_write_is_valid(lines)
    mutated_messages_are_judged_alike(lines)
    what_only_the_validator_refuses(lines)
    asyncapi_is_whole()
    the_words_are_the_same()
    print(f"{len(lines)} samples valid")


main()
