"""Runs events through Relay's own normaliser, as it comes from PyPI (sentry-relay), and fails where it would not keep one whole.

    python .ci/relay.py FOLDER    every line of every *.jsonl in FOLDER is the payload of an event

A member of an event that is gone, changed or flagged in _meta afterwards is a fault. What Relay adds is none, nor is another
form of the same: tags as a list of pairs, times as numbers, a message without values under the name "formatted".
"""

import datetime
import glob
import json
import sys

from sentry_relay.processing import StoreNormalizer

SHOWN = 40  # faults that are printed
AGES = 1000 * 366 * 86400  # s


def seconds(value):
    """Returns a time of an event as Unix seconds."""
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    return value


def same(path, sent, kept):
    """Yields the faults of one value."""
    if path == ("timestamp",) or path[:2] == ("breadcrumbs", "values") and path[3:] == ("timestamp",):
        if kept is None or abs(seconds(sent) - seconds(kept)) > 2e-6:
            yield path, sent, kept
    elif path == ("tags",):
        pairs = {k: v for k, v in kept or []}
        for key in sent:
            yield from same(path + (key,), sent[key], pairs.get(key))
    elif path == ("logentry",):
        text = sent.get("message")
        if kept is None or text is not None and text not in (kept.get("message"), kept.get("formatted")):
            yield path, sent, kept
        for key in sent.keys() - {"message"}:
            yield from same(path + (key,), sent[key], (kept or {}).get(key))
    elif isinstance(sent, dict) and isinstance(kept, dict):
        for key in sent:
            yield from same(path + (key,), sent[key], kept.get(key))
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for i, value in enumerate(sent):
            yield from same(path + (i,), value, kept[i])
    elif type(sent) is bool or type(kept) is bool:
        if sent is not kept:
            yield path, sent, kept
    elif sent != kept:
        yield path, sent, kept


def twice(pairs):
    """Refuses an object that has a key twice: one of the two is lost."""
    out = dict(pairs)
    if len(out) != len(pairs):
        keys = [k for k, _ in pairs]
        raise ValueError("key given twice: %s" % sorted(k for k in out if keys.count(k) > 1))
    return out


def faults(line):
    """Yields what is wrong with one event."""
    try:
        sent = json.loads(line, object_pairs_hook=twice)
    except ValueError as err:
        yield (), str(err), None
        return
    # A test's clock may stand anywhere, and no event of a test is too old.
    kept = StoreNormalizer(enable_trimming=True, remove_other=True, max_secs_in_future=AGES, max_secs_in_past=AGES).normalize_event(raw_event=line)
    for name in ("_meta", "errors"):
        if kept.get(name):
            yield (name,), None, kept[name]
    yield from same((), sent, kept)


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:200] + " … " + text[-90:]


def main(folder):
    events = found = 0
    for name in sorted(glob.glob(folder + "/*.jsonl")):
        with open(name, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                events += 1
                for path, sent, kept in faults(line):
                    found += 1
                    if found <= SHOWN:
                        where = name.rsplit("/", 1)[-1] + ": " + (".".join(map(str, path)) or "event")
                        print("%s\n\tsent %s\n\tkept %s" % (where, brief(sent), brief(kept)))
    print("%d events, %d faults" % (events, found))
    return 1 if found or not events else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
