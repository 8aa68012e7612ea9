#!/usr/bin/env python3
"""Checks a proof that `sallyport audit proof` wrote:  python3 check-proof.py FILE NOTEKEY...

NOTEKEY is the line in the key.pub of a log; get it from the owner of the log, never from whoever brought the file.
Written from the specifications alone: RFC 8032 (Ed25519), RFC 6962 section 2.1 (the tree), and C2SP signed-note,
tlog-checkpoint and tlog-proof. Exit 0: all of it is proven, and printed. Exit 1: nothing is."""
import base64, hashlib, json, re, sys
MAGIC = "c2sp.org/tlog-proof@v1\n"
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
def need(holds, why):
    if not holds:
        raise ValueError(why)
def unbase64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 in another spelling")
    return data

def point(coded):  # RFC 8032 section 5.1.3
    y, sign = int.from_bytes(coded, "little") & (2**255 - 1), coded[31] >> 7
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * ROOT_OF_MINUS_1 % P
    need(y < P and (v * x * x - u) % P == 0 and not (x == 0 and sign), "no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P
def add(one, two):  # RFC 8032 section 5.1.4
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P
def times(number, base):
    rest = times(number >> 1, add(base, base)) if number else (0, 1, 1, 0)
    return add(rest, base) if number & 1 else rest
BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
def signed(key, message, signature):  # RFC 8032 section 5.1.7
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    x, y, z, t = point(key)
    x, y, z, t = add(times(s, BASE), times(k, (P - x, y, z, P - t)))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    return len(signature) == 64 and s < L and (y | (x & 1) << 255).to_bytes(32, "little") == r

def read_key(line):  # signed-note: name+id+base64 of 0x01 and the 32 bytes of the key
    name, number, coded = line.strip().split("+", 2)
    key = unbase64(coded)
    need(len(key) == 33 and key[0] == 1, "the key is not one of Ed25519")
    need(hashlib.sha256(f"{name}\n".encode() + key).hexdigest()[:8] == number, "the id of the key is not its own")
    return name, (bytes.fromhex(number), key[1:])
def root_of(leaf, index, size, path):  # RFC 6962 section 2.1.1, from the top down
    need((size == 1) == (path == []), "the path is too long or too short")
    if size == 1:
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return hashlib.sha256(b"\1" + root_of(leaf, index, half, path[:-1]) + path[-1]).digest()
    return hashlib.sha256(b"\1" + path[-1] + root_of(leaf, index - half, size - half, path[:-1])).digest()
def unique(pairs):
    need(len(dict(pairs)) == len(pairs), "an entry names a member twice")
    return dict(pairs)

def check(section, keys):
    head, _, note = section.partition("\n\n")
    extra, place, *path = head.split("\n")
    need(extra.startswith("extra ") and re.fullmatch("index (0|[1-9][0-9]{0,14})", place), "no entry, or no index")
    entry, index, path = unbase64(extra[6:]), int(place[6:]), [unbase64(line) for line in path]
    body, _, lines = note.rpartition("\n\n")
    origin, size, root, *rest = (body + "\n").split("\n")
    need(rest.pop() == "" and all(rest) and re.fullmatch("0|[1-9][0-9]{0,14}", size), "the checkpoint is malformed")
    need(origin in keys, f"no key was given for {origin}")
    need(re.fullmatch("(\u2014 [^\\s+]+ (B{4})+(B{4}|B{3}=|B{6}==)\n){1,64}".replace("B", "[A-Za-z0-9+/]"), lines), "malformed signatures")
    number, key = keys[origin]
    ours = map(unbase64, re.findall(f"^\u2014 {re.escape(origin)} (.*)$", lines, re.M))  # strangers' are passed over
    ours = [mark[4:] for mark in ours if mark[:4] == number or len(mark) < 5]
    holds = [signed(key, f"{body}\n".encode(), mark) for mark in ours]
    need(holds and all(holds), f"not signed by {origin}")
    need(index < int(size) and all(len(part) == 32 for part in path), "an index or a hash out of place")
    found = root_of(hashlib.sha256(b"\0" + entry).digest(), index, int(size), path)
    need(found == unbase64(root), "the path does not lead from the entry to the root")
    fields = json.loads(entry.decode(), object_pairs_hook=unique)
    need([type(fields[key]) for key in ("index", "exchange")] == [int, str] and fields["index"] == index, "the entry is another's")
    return (origin, index), (origin, (size, root)), fields
def main(file, *keys):
    text = open(file, "rb").read(2**24).decode()
    need(text.startswith(MAGIC) and not re.search("[\0-\x09\x0b-\x1f]", text), "this is no proof file")
    keys = dict(map(read_key, keys))
    proven = [check(section, keys) for section in re.split("(?m)^" + re.escape(MAGIC), text)[1:]]
    places, trees, entries = zip(*proven)
    need(len(set(places)) == len(places), "an entry stands in it twice")
    need(len(set(trees)) == len(dict(trees)), "it holds two checkpoints of one log")
    need(len({entry["exchange"] for entry in entries}) == 1, "its entries are of more than one exchange")
    for (origin, index), (_, (size, root)), entry in proven:
        print(f"PROVEN: entry {index} of {size} in {origin}, root {root}\n  {json.dumps(entry)}")
if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ValueError, KeyError, IndexError, OSError, RecursionError, TypeError) as error:
        sys.exit(f"NOT PROVEN: {json.dumps(str(error))}")
