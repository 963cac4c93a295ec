import { ENODEV, ENXIO } from "../../ffi/errno.ts";
import { libc } from "../../ffi/libc.ts";
import { c_string, c_text } from "../../ffi/memory.ts";
import {
  interfaces,
  protocol_by_name,
  service_by_name,
  service_by_port,
} from "../../ffi/netdb.ts";
import { format_stack } from "../../ffi/os_error.ts";
import {
  IFNAMSIZ,
  ifreq,
  ifreq_ifindex,
  ifreq_name,
} from "../../ffi/sockaddr.ts";
import { os_error, syscall } from "../../ffi/syscall.ts";
import { int, text, whole } from "../arguments.ts";
import { OSError, OverflowError } from "../exceptions.ts";
import type { Handle } from "./handle.ts";
import { htons } from "./inet.ts";

/** libc says the same where no descriptor was free to read its files. */
function not_found(message: string): OSError {
  return format_stack(new OSError(message));
}

function protocol(value: unknown): string | null {
  return value === undefined || value === null
    ? null
    : text(value, "protocolname");
}

/**
 * The port of a service: Python's `socket.getservbyname`, getservbyname(3).
 *
 * @param servicename Such as `"http"`.
 * @param protocolname `"tcp"` or `"udp"`; left out, any.
 * @returns The port.
 * @throws {OSError} If there is no such service.
 * @throws {TypeError} If an argument is no string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getservbyname("no-such"), Error, "not found");
 * ```
 */
export function getservbyname(
  servicename: string,
  protocolname?: string,
): number {
  const port = service_by_name(
    text(servicename, "servicename"),
    protocol(protocolname),
  );
  if (port === null) throw not_found("service/proto not found");
  return htons(port);
}

/**
 * The service of a port: Python's `socket.getservbyport`, getservbyport(3).
 *
 * @param port 0 to 65535.
 * @param protocolname `"tcp"` or `"udp"`; left out, any.
 * @returns The service's name.
 * @throws {OSError} If the port has none.
 * @throws {OverflowError} If the port is out of range.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getservbyport(65535), Error, "not found");
 * ```
 */
export function getservbyport(port: number, protocolname?: string): string {
  const number = whole(port, "port");
  if (number < 0 || number > 0xffff) {
    throw new OverflowError("getservbyport: port must be 0-65535.");
  }
  const name = service_by_port(htons(number), protocol(protocolname));
  if (name === null) throw not_found("port/proto not found");
  return name;
}

/**
 * The number of a protocol: Python's `socket.getprotobyname`, getprotobyname(3).
 *
 * @param protocolname Such as `"icmp"`.
 * @returns The number, for `socket`'s third argument.
 * @throws {OSError} If there is no such protocol.
 * @throws {TypeError} If it is no string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.getprotobyname("no-such"), Error, "not found");
 * ```
 */
export function getprotobyname(protocolname: string): number {
  const number = protocol_by_name(text(protocolname, "protocolname"));
  if (number === null) throw not_found("protocol not found");
  return number;
}

/**
 * The network interfaces: Python's `socket.if_nameindex`, if_nameindex(3).
 *
 * @returns Each one's index and name.
 * @throws {OSError} ENOBUFS, ENOMEM.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * for (const [index, name] of socket.if_nameindex()) {
 *   assertEquals(socket.if_nametoindex(name), index);
 * }
 * ```
 */
export function if_nameindex(): [index: number, name: string][] {
  return interfaces();
}

/**
 * The index of a network interface: Python's `socket.if_nametoindex`, if_nametoindex(3).
 *
 * @param if_name Such as `"lo"`.
 * @returns The index, 1 or more.
 * @throws {OSError} If there is no such interface.
 * @throws {TypeError} If it is no string.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => socket.if_nametoindex("no-such"), Error, "no interface");
 * ```
 */
export function if_nametoindex(if_name: string): number {
  const index = libc.if_nametoindex(c_string(text(if_name, "if_name")));
  if (index === 0) throw not_found("no interface with this name");
  return index;
}

/**
 * The name of a network interface: Python's `socket.if_indextoname`, if_indextoname(3).
 *
 * @param if_index The index, 1 or more.
 * @returns The name.
 * @throws {OSError} ENXIO, if there is no such interface.
 * @throws {OverflowError} If the index is negative, or above 2^32 - 1.
 *
 * @example
 * ```ts
 * import { socket } from "@iomux/py";
 * import { assertEquals } from "@std/assert";
 *
 * for (const [index, name] of socket.if_nameindex()) {
 *   assertEquals(socket.if_indextoname(index), name);
 * }
 * ```
 */
export function if_indextoname(if_index: number): string {
  const index = int(if_index, "if_index", 0, 0xffffffff);
  const name = new Uint8Array(IFNAMSIZ);
  if (libc.if_indextoname(index, name) === null) {
    throw os_error(ENXIO, { syscall: "if_indextoname" });
  }
  return c_text(name);
}

// SIOCGIFNAME and SIOCGIFINDEX of netdevice(7).
const SIOCGIFNAME = 0x8910n;
const SIOCGIFINDEX = 0x8933n;

/**
 * The index of an interface, as a socket finds it: of one in its own network namespace.
 *
 * @throws {OSError} ENODEV, if there is no such interface.
 */
export function interface_index(handle: Handle, name: Uint8Array): number {
  // Such a name nobody has; the kernel would look at its first 15 bytes.
  if (name.length >= IFNAMSIZ) throw os_error(ENODEV, { syscall: "ioctl" });
  const request = ifreq(name, 0);
  const { fd } = handle;
  syscall("ioctl", () => libc.ioctl(fd, SIOCGIFINDEX, request));
  return ifreq_ifindex(request);
}

/** The name of an interface, as a socket finds it; empty if there is none. */
export function interface_name(handle: Handle, index: number): string {
  if (index === 0) return "";
  const request = ifreq(null, index);
  const found = libc.ioctl(handle.fd, SIOCGIFNAME, request) === 0;
  // It may be gone by now: CPython leaves the name empty, too.
  return found ? new TextDecoder().decode(ifreq_name(request)) : "";
}
