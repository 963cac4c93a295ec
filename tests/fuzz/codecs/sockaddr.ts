import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ffi from "../../../ffi/sockaddr.ts";
import {
  any_bytes,
  bytes,
  type Codec,
  codec,
  inside,
  u16,
  u32,
} from "./property.ts";

const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;

/** A path, or an abstract name, that `struct sockaddr_un` has room for. */
const path = fc.oneof(
  bytes(0, 107).map((one) => one.map((byte) => byte || 1)),
  bytes(1, 108).map((one) => (one[0] = 0, one)),
);

export const codecs: readonly Codec[] = [
  codec(
    "sockaddr_in holds an address and a port",
    [
      ffi.sockaddr_in,
      ffi.sockaddr_in_address,
      ffi.sockaddr_in_text,
      ffi.sockaddr_port,
      ffi.sockaddr_family,
    ],
    [bytes(4), u16],
    (address, port) => {
      const sockaddr = ffi.sockaddr_in(AF_INET, address, port);
      assertEquals(sockaddr.length, ffi.SOCKADDR_IN_SIZE);
      assertEquals(ffi.sockaddr_family(sockaddr), AF_INET);
      assertEquals(ffi.sockaddr_port(sockaddr), port);
      assertEquals(ffi.sockaddr_in_address(sockaddr), address);
      assertEquals(ffi.sockaddr_in_text(sockaddr), address.join("."));
    },
  ),
  codec(
    "sockaddr_set_port changes the port alone",
    [ffi.sockaddr_set_port],
    [bytes(16, 128), u16],
    (sockaddr, port) => {
      const changed = sockaddr.slice();
      ffi.sockaddr_set_port(changed, port);
      assertEquals(ffi.sockaddr_port(changed), port);
      changed.set(sockaddr.subarray(2, 4), 2);
      assertEquals(changed, sockaddr);
    },
  ),
  codec(
    "sockaddr_in6 holds all its fields",
    [ffi.sockaddr_in6, ffi.sockaddr_in6_fields],
    [bytes(16), u16, u32, u32],
    (address, port, flowinfo, scope_id) => {
      const sockaddr = ffi.sockaddr_in6(
        AF_INET6,
        address,
        port,
        flowinfo,
        scope_id,
      );
      assertEquals(sockaddr.length, ffi.SOCKADDR_IN6_SIZE);
      assertEquals(ffi.sockaddr_family(sockaddr), AF_INET6);
      assertEquals(ffi.sockaddr_port(sockaddr), port);
      assertEquals(
        ffi.sockaddr_in6_fields(sockaddr),
        { address, flowinfo, scope_id },
      );
    },
  ),
  codec(
    "sockaddr_un holds a path",
    [ffi.sockaddr_un, ffi.sockaddr_un_path],
    [path],
    (name) => {
      const sockaddr = ffi.sockaddr_un(AF_UNIX, name);
      assert(sockaddr.length <= ffi.SUN_PATH_OFFSET + ffi.SUN_PATH_SIZE);
      assertEquals(ffi.sockaddr_family(sockaddr), AF_UNIX);
      assertEquals(ffi.sockaddr_un_path(sockaddr, sockaddr.length), name);
    },
  ),
  codec(
    "a sockaddr of any bytes is read without looking outside",
    [],
    [any_bytes],
    (sockaddr) => {
      inside(sockaddr, ffi.sockaddr_family);
      inside(sockaddr, ffi.sockaddr_port);
      inside(sockaddr, ffi.sockaddr_in_text);
      const fields = inside(sockaddr, ffi.sockaddr_in6_fields);
      assertEquals(fields === null, sockaddr.length < ffi.SOCKADDR_IN6_SIZE);
    },
  ),
  codec(
    "a path in any bytes is read without looking outside",
    [],
    [any_bytes, fc.nat(400)],
    (sockaddr, addrlen) => {
      const name = inside(sockaddr, (it) => ffi.sockaddr_un_path(it, addrlen))!;
      const most = Math.min(addrlen, sockaddr.length) - ffi.SUN_PATH_OFFSET;
      assert(name.length <= Math.max(0, most));
    },
  ),
];
