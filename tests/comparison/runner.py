"""Reads programs of API calls, a line of JSON each, and prints a line with the outcomes of each.

runner.ts does the same with this package; program.ts describes programs.
"""

import errno, fcntl, json, os, queue, re, select, selectors, shutil, socket, sys

MODULES = {
    "socket": socket,
    "select": select,
    "selectors": selectors,
    "queue": queue,
    "os": os,
}
NUMBERS = {
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "2**31": 2**31,
    "-2**31-1": -(2**31) - 1,
    "2**32": 2**32,
    "2**63": 2**63,
    "2**64": 2**64,
    "-2**63": -(2**63),
    "-2**64": -(2**64),
    "1e10": 1e10,
    "-1e10": -1e10,
    "1e300": 1e300,
    "-1e300": -1e300,
}


class Fileno:
    def __init__(self, result):
        self.result = result

    def fileno(self):
        return self.result


class Program:
    def __init__(self, folder):
        self.folder = folder
        self.slots = {}
        self.names = {}
        self.ports = {}
        self.received = 0
        self.loose = []
        self.buffers = []

    # Arguments.

    def given(self, value):
        if isinstance(value, list):
            return [self.given(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, it),) = value.items()
        if kind == "$":
            return self.slots[it]
        if kind == "tuple":
            return tuple(self.given(item) for item in it)
        if kind == "fd":
            return self.number(it)
        if kind == "address":
            return self.slots[it].getsockname()
        if kind == "port":
            return self.slots[it].getsockname()[1]
        if kind == "constant":
            module, name = it.split(".")
            return int(getattr(MODULES[module], name))
        if kind == "flags":
            flags = 0
            for name in it:
                flags |= self.given({"constant": name})
            return flags
        if kind == "hex":
            return bytearray.fromhex(it)
        if kind == "pattern":
            start, length = it
            return (bytes(range(256)) * (length // 256 + 2))[start : start + length]
        if kind == "buffer":
            buffer = bytearray(it)
            self.buffers.append(buffer)
            return buffer
        if kind == "number":
            return NUMBERS[it]
        if kind == "path":
            return self.folder + it
        if kind == "long":
            return (self.folder + "/").ljust(it, "x")
        if kind == "abstract":
            return "\0" + self.folder + it
        if kind == "fileno":
            return Fileno(self.given(it))
        if kind == "file":
            return self.file(it)
        if kind == "rights":
            return bytes().join(self.number(s).to_bytes(4, "little") for s in it)
        raise KeyError(kind)

    def number(self, slot):
        it = self.slots[slot]
        return it if isinstance(it, int) else self.names["$" + slot]

    def file(self, slot):
        return open(self.number(slot), "rb", closefd=False)

    # Results.

    def known(self, fd):
        return self.names.get(fd, fd)

    def shown(self, value):
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            value = int(value)
            return value if abs(value) <= 2**53 else str(value)
        if isinstance(value, float):
            return value if abs(value) < 1e308 else f"{value:+}"
        if isinstance(value, (bytes, bytearray)):
            if value.startswith(b"\0" + self.folder.encode()):
                return "abstract " + self.shown(value.decode())
            if re.fullmatch(b"\0[0-9a-f]{5}", value):
                return "abstract autobound"
            if len(value) <= 40:
                return "bytes " + value.hex()
            sum = 0
            for byte in value:
                sum = (sum * 31 + byte) % 65521
            return f"bytes {len(value)} {sum}"
        if isinstance(value, str):
            if re.fullmatch("\0[0-9a-f]{5}", value):
                return "autobound"
            return "text " + value.replace(self.folder, "FOLDER")
        if isinstance(value, selectors.SelectorKey):
            file = value.fileobj
            file = self.known(file) if type(file) is int else self.shown(file)
            return [file, self.known(value.fd), int(value.events), self.shown(value.data)]
        if isinstance(value, (list, tuple)):
            items = [self.shown(item) for item in value]
            # An address: name the ports that the kernel chose in their order.
            if len(value) in (2, 4) and isinstance(value[0], str) and type(value[1]) is int:
                if value[1] >= 32768:
                    items[1] = self.ports.setdefault(value[1], f"port {len(self.ports)}")
            return items
        for name, it in self.slots.items():
            if it is value:
                return "$" + name
        return "object"

    def result(self, value, kind):
        if kind is None:
            return self.shown(value)
        if kind == "ignored":
            return None
        if kind == "fd":
            return self.known(value)
        if kind == "detached":
            if value >= 0:
                self.loose.append(value)
            return self.known(value)
        if kind == "fds":
            return [[self.shown(it) if type(it) is not int else self.known(it) for it in list_] for list_ in value]
        if kind == "pairs":
            return [[self.known(fd), self.shown(it)] for fd, it in value]
        if kind == "keys":
            return [[self.shown(key), events] for key, events in value]
        if kind == "map":
            return None if value is None else [self.shown(key) for key in value.values()]
        if kind == "message":
            data, ancdata, flags, address = value
            items = []
            for level, type_, it in ancdata:
                if level == socket.SOL_SOCKET and type_ == socket.SCM_RIGHTS:
                    fds = [int.from_bytes(it[i : i + 4], "little") for i in range(0, len(it) - 3, 4)]
                    items.append([level, type_, [self.take(fd) for fd in fds]])
                else:
                    items.append([level, type_, self.shown(it)])
            return [self.shown(data), items, flags, self.shown(address)]
        if kind == "rights":
            data, fds, flags, address = value
            return [self.shown(data), [self.take(fd) for fd in fds], flags, self.shown(address)]
        if kind == "stat":
            return [value.st_mode, value.st_nlink, value.st_size, value.st_uid, value.st_blksize, value.st_rdev]
        if kind == "repr":
            text = repr(value)
            text = re.sub(r"fd=(\d+)", lambda m: f"fd={self.known(int(m[1]))}", text)
            text = re.sub(r"', (\d{5})", lambda m: f"', {self.ports.get(int(m[1]), 'new')}", text)
            text = re.sub(r"\\x00[0-9a-f]{5}(?=[',>])", "autobound", text)
            return text.replace(self.folder, "FOLDER")
        raise KeyError(kind)

    def take(self, fd):
        """Names a descriptor that was received."""
        self.received += 1
        self.names[fd] = f"received {self.received}"
        self.loose.append(fd)
        return [self.names[fd], os.get_inheritable(fd)]

    def name(self, out, value):
        if isinstance(out, list):
            for one, it in zip(out, value):
                self.name(one, it)
        elif out is not None:
            self.slots[out] = value
            if isinstance(value, int):
                self.names[value] = out
            elif hasattr(value, "fileno"):
                try:
                    fd = value.fileno()
                except (ValueError, OSError):
                    return
                self.names[fd] = out
                self.names["$" + out] = fd

    # Calls.

    def would_block(self, slot, event):
        it = self.slots.get(slot)
        if it is None:
            return False
        fd = it if isinstance(it, int) else it.fileno()
        if fd < 0:
            return False
        poll = select.poll()
        poll.register(fd, select.POLLOUT if event == "out" else select.POLLIN)
        ready = bool(poll.poll(0))
        # Clients wait for a listener with a full queue.
        if event == "quiet":
            return ready
        if not isinstance(it, int) and it.gettimeout():
            return False
        try:
            return not ready and not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
        except OSError:
            return False

    def run(self, op):
        self.buffers.clear()
        owner, method = op["call"].rsplit(".", 1)
        if owner.startswith("$") and owner[1:] not in self.slots:
            return ["skipped"]
        for slot, event in op.get("guard", []):
            if self.would_block(slot, event):
                return ["would block"]
        try:
            args = [self.given(arg) for arg in op["args"]]
            kw = {name: self.given(arg) for name, arg in op.get("kw", {}).items()}
        except Exception:
            # The slot of an argument is empty or closed.
            return ["skipped"]
        target = MODULES[owner] if not owner.startswith("$") else self.slots[owner[1:]]
        try:
            if method != "repr":
                for name in method.split("/"):
                    target = getattr(target, name)
        except AttributeError:
            return ["unknown"]
        try:
            called = method != "repr" and "property" not in op
            value = target(*args, **kw) if called else target
        except Exception as error:
            return self.failed(error)
        self.name(op.get("out"), value)
        return ["value", self.result(value, op.get("as")), *[self.shown(b) for b in self.buffers]]

    def failed(self, error):
        number = getattr(error, "errno", None)
        name = type(error).__name__
        if isinstance(error, ExceptionGroup):
            return ["error", "AggregateError", [self.failed(one) for one in error.exceptions]]
        # An errno may be missing, or another type than int.
        return ["error", name, number if isinstance(number, int) else None]

    def close(self):
        for it in self.slots.values():
            try:
                if isinstance(it, int):
                    os.close(it)
                elif hasattr(it, "close"):
                    it.close()
            except (OSError, ValueError):
                pass
        for fd in self.loose:
            try:
                os.close(fd)
            except OSError:
                pass
        socket.setdefaulttimeout(None)


def main():
    for count, line in enumerate(sys.stdin):
        folder = f"{sys.argv[1]}/p{count:06}"
        # A killed runner may have left the folder.
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        # The folder of AF_UNIX names without a folder.
        os.chdir(folder)
        program = Program(folder)
        outcomes = [program.run(op) for op in json.loads(line)]
        program.close()
        shutil.rmtree(folder)
        print(json.dumps(outcomes), flush=True)


main()
