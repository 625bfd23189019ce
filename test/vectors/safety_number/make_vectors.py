"""Computes safety numbers with hashlib alone, from the text of docs/PROTOCOL.md. Prints vectors.json."""
import hashlib
import json


def half(user, keys):
    joined = b"".join(sorted(keys))
    value = hashlib.sha512(b"\0\0" + joined + user.encode() + joined).digest()
    for _ in range(5199):
        value = hashlib.sha512(value + joined).digest()
    groups = (int.from_bytes(value[at:at + 5], "big") % 100000 for at in range(0, 30, 5))
    return "".join(f"{group:05d}" for group in groups)


def key(seed):
    return hashlib.sha256(f"parley safety number vector {seed}".encode()).digest()


def case(comment, one, other):
    sides = [{"user": user, "keys": keys} for user, keys in (one, other)]
    number = "".join(sorted(half(side["user"], side["keys"]) for side in sides))
    return {
        "comment": comment,
        "sides": [{"user": side["user"], "keys": [k.hex() for k in side["keys"]]} for side in sides],
        "safetyNumber": number,
    }


several = [key(n) for n in range(10, 15)]
print(json.dumps([
    case("one device each", ("alice", [key(1)]), ("bob", [key(2)])),
    case("one key for both", ("alice", [key(1)]), ("bob", [key(1)])),
    case("the same user twice", ("alice", [key(1)]), ("alice", [key(1)])),
    case("two devices against one", ("alice", [key(1), key(3)]), ("bob", [key(2)])),
    case("the same in another order", ("alice", [key(3), key(1)]), ("bob", [key(2)])),
    case("five devices against two", ("carol", several), ("dave", [key(4), key(5)])),
    case("keys that differ in their last bit", ("alice", [bytes(31) + b"\1", bytes(32)]), ("bob", [b"\xff" * 32])),
    case("the longest names", ("a" * 32, [key(6)]), ("b" + "._-" * 10 + "z", [key(7)])),
    case("forty devices", ("alice", [key(n) for n in range(100, 140)]), ("bob", [key(2)])),
], indent=1))
