"""Recomputes the root of a log from its entry bundles alone, and compares it with the one in its checkpoint.

Written from RFC 6962 section 2.1 and C2SP tlog-tiles, sharing nothing with the rest of this repository. Prints size and
root and exits 0; or says what is wrong and exits 1. Signatures are not checked: Python has no Ed25519 of its own.
"""

import base64
import hashlib
import json
import os
import sys


def tree_hash(entries):
    if len(entries) == 0:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    left, right = tree_hash(entries[:split]), tree_hash(entries[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def bundle_path(log, index, width):
    path = "%03d" % (index % 1000)
    index //= 1000
    while index > 0:
        path = "x%03d/%s" % (index % 1000, path)
        index //= 1000
    partial = ".p/%d" % width if width < 256 else ""
    return os.path.join(log, "tile", "entries", path + partial)


def read_bundle(path):
    with open(path, "rb") as file:
        rest = file.read()
    entries = []
    while rest:
        length = int.from_bytes(rest[:2], "big")
        if len(rest) < 2 + length:
            sys.exit("%s ends in the middle of an entry" % path)
        entries.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    return entries


def main(log):
    with open(os.path.join(log, "checkpoint"), encoding="utf-8") as file:
        _origin, size, root = file.read().split("\n")[:3]
    size, entries = int(size), []
    while len(entries) < size:
        width = min(256, size - len(entries))
        bundle = read_bundle(bundle_path(log, len(entries) // 256, width))
        if len(bundle) != width:
            sys.exit("a bundle has %d entries, not %d" % (len(bundle), width))
        entries += bundle
    for index, entry in enumerate(entries):
        if json.loads(entry)["index"] != index:
            sys.exit("entry %d says that it is another" % index)
    if tree_hash(entries) != base64.b64decode(root, validate=True):
        sys.exit("the entries do not give the signed root")
    print(size, tree_hash(entries).hex())


main(sys.argv[1])
