"""Makes the calls of socket that standard input lists, and prints what came of each.

In and out is JSON: a list of [name, arguments], where {"hex": ...} stands for bytes; a
list of ["value", result] and ["error", the exception's class].
"""

import json, socket, sys


def given(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return tuple(map(given, value)) if isinstance(value, list) else value


def shown(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def outcome(name, arguments):
    try:
        return ["value", shown(getattr(socket, name)(*map(given, arguments)))]
    except Exception as error:
        return ["error", type(error).__name__]


print(json.dumps([outcome(*call) for call in json.load(sys.stdin)]))
