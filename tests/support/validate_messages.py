#!/usr/bin/python3
"""Validates messages seen on the broker against protocol/schema/asyncapi.yaml.

As a module: Validator(path).problem(topic, payload) says what is wrong, or None.
As a program: reads "topic payload" lines, as `mosquitto_sub -v` prints them, and exits non-zero if any
is not valid, or if there was none.

Beyond the schemas it checks what they cannot say: the size, one strict JSON document without doubled
keys, and the rules between members: an event's id and source agree with its topic, no count exceeds
what bounds it.
"""
import json
import pathlib
import re
import sys

import jsonschema
import yaml

NAME = "[a-z0-9-]{1,31}"
RESERVED = {"place": "cloud", "edge": "domain"}


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def refuse_constant(text):
    raise ValueError(f"{text} is not JSON")


class Channel:
    def __init__(self, name, address, max_bytes, validator):
        self.name, self.max_bytes, self.validator = name, max_bytes, validator
        pattern = re.sub(r"\\{(\w+)\\}", rf"(?P<\1>{NAME})", re.escape(address))
        self.pattern = re.compile(pattern + r"\Z")

    def match(self, topic):
        m = self.pattern.match(topic)
        if m and all(m.groupdict().get(k) != v for k, v in RESERVED.items()):
            return m.groupdict()
        return None


class Validator:
    def __init__(self, path):
        path = pathlib.Path(path)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        store = {}
        for file in sorted(path.parent.glob("*.schema.json")):
            schema = json.loads(file.read_text(encoding="utf-8"))
            jsonschema.Draft202012Validator.check_schema(schema)
            store[schema["$id"]] = store[file.name] = schema
        self.channels = [self._channel(document, store, name) for name in document["channels"]]

    @staticmethod
    def _channel(document, store, name):
        channel = document["channels"][name]
        (reference,) = channel["messages"].values()
        message = document["components"]["messages"][reference["$ref"].rsplit("/", 1)[1]]
        schema = store[message["payload"]["schema"]["$ref"]]
        resolver = jsonschema.RefResolver(schema["$id"], schema, store=store)
        validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
        return Channel(name, channel["address"], message["x-max-bytes"], validator)

    def channel(self, topic):
        """The channel of a topic and the names in it, or (None, None)."""
        for channel in self.channels:
            names = channel.match(topic)
            if names is not None:
                return channel, names
        return None, None

    def problem(self, topic, payload):
        channel, names = self.channel(topic)
        if channel is None:
            return "no channel has this topic"
        if len(payload) > channel.max_bytes:
            return f"{len(payload)} bytes, at most {channel.max_bytes} are allowed"
        try:
            message = json.loads(payload.decode("utf-8"), object_pairs_hook=no_duplicates,
                                 parse_constant=refuse_constant)
        except ValueError as e:
            return f"not strict JSON: {e}"
        error = jsonschema.exceptions.best_match(channel.validator.iter_errors(message))
        if error is not None:
            where = ".".join(str(part) for part in error.absolute_path) or "message"
            return f"{where}: {error.message}"
        return rules_problem(channel.name, names, message)


def rules_problem(channel, names, m):
    """Rules between members, which a schema cannot say."""
    if channel == "event":
        credited = m["data"].get("n", 1)
        if m["data"].get("repaid", 0) > credited:
            return "data.repaid: more than was credited"
        if m["data"].get("due_minor", 0) > 0 and "currency" not in m["data"]:
            return "data.currency: missing beside data.due_minor"
        return identity_problem(names, m)
    if channel == "command" and m["not_after"] <= m["issued"]:
        return "not_after: not after issued"
    if channel == "occupancy" and max(m["occupied"], m["free"]) > m["capacity"]:
        return "occupied, free: more than capacity"
    if channel == "request" and m["kind"] == "hello" and m["base"] >= m["next"]:
        return "base: not below next"
    if channel == "rights":
        return part_problem(m)
    return None


def part_problem(m):
    if m["of"] == 0 and (m["part"] or m["entries"]):
        return "of: found 0, expected no entries then"
    if m["of"] and m["part"] >= m["of"]:
        return "part: not below of"
    if m["from"] >= m["version"]:
        return "from: not below version"
    for right in m["entries"]:
        if not right.get("removed") and right.get("until", "9") <= right.get("from", ""):
            return "until: not after from"
    return None


def identity_problem(names, event):
    wanted = f"{names['place']}/{names['edge']}/{event['epoch']}/{event['sequence']}"
    if event["id"] != wanted:
        return f"id: {event['id']}, expected {wanted}"
    wanted = f"/{names['place']}/{names['edge']}"
    if "lane" in event["data"]:
        wanted += "/" + event["data"]["lane"]
    if event["source"] != wanted:
        return f"source: {event['source']}, expected {wanted}"
    return None


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    validator = Validator(root / "protocol" / "schema" / "asyncapi.yaml")
    lines = bad = 0
    for line in sys.stdin.buffer:
        topic, _, payload = line.rstrip(b"\n").partition(b" ")
        lines += 1
        problem = validator.problem(topic.decode("utf-8", "replace"), payload)
        if problem is not None:
            bad += 1
            print(f"line {lines}: {topic.decode('utf-8', 'replace')}: {problem}")
    print(f"{lines} messages, {bad} not valid")
    sys.exit(1 if bad or not lines else 0)


if __name__ == "__main__":
    main()
