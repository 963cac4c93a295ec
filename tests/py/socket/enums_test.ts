import { socket, ValueError } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { python3, ran, without_python3 } from "../../scripts.ts";

const { AddressFamily, MsgFlag, SocketKind } = socket;

Deno.test("AddressFamily() and SocketKind() name a constant", () => {
  const family = AddressFamily(socket.AF_INET6);
  assertEquals([family.name, family.value], ["AF_INET6", 10]);
  assertEquals(String(family), "<AddressFamily.AF_INET6: 10>");
  assertEquals(+family, socket.AF_INET6);
  assertEquals(SocketKind(socket.SOCK_SEQPACKET).name, "SOCK_SEQPACKET");
  assertEquals(String(SocketKind(2)), "<SocketKind.SOCK_DGRAM: 2>");
});

Deno.test("AddressFamily() and SocketKind() throw for unknown numbers", () => {
  assertThrows(
    () => AddressFamily(12345),
    ValueError,
    "12345 is not a valid AddressFamily",
  );
  assertThrows(() => SocketKind(99), ValueError, "is not a valid SocketKind");
  assertThrows(() => AddressFamily("AF_INET" as never), TypeError);
});

Deno.test("MsgFlag() joins the names of flags", () => {
  const { MSG_OOB, MSG_PEEK, MSG_TRUNC } = socket;
  assertEquals(MsgFlag(MSG_PEEK).name, "MSG_PEEK");
  assertEquals(
    String(MsgFlag(MSG_TRUNC | MSG_PEEK | MSG_OOB)),
    "<MsgFlag.MSG_OOB|MSG_PEEK|MSG_TRUNC: 35>",
  );
  assertEquals(String(MsgFlag(0)), "<MsgFlag: 0>");
  assertEquals(MsgFlag(0).name, null);
  assertEquals(MsgFlag(MSG_OOB | 0x400000).name, "MSG_OOB|0x400000");
});

Deno.test({
  name: "AddressFamily(), SocketKind() and MsgFlag() give python3's names" +
    without_python3,
  ignore: !python3,
  fn: async () => {
    // Only constants that this Python has: newer ones have more.
    const program = `import socket, json
print(json.dumps([[c.__name__, int(m), m.name] for c in (
  socket.AddressFamily, socket.SocketKind, socket.MsgFlag) for m in c]))`;
    const { code, output, errors } = await ran("python3", ["-c", program]);
    assertEquals(code, 0, errors);
    const kinds: Record<string, socket.Enumeration> = {
      AddressFamily,
      SocketKind,
      MsgFlag,
    };
    const members = JSON.parse(output) as [string, number, string][];
    for (const [kind, value, name] of members) {
      assertEquals(kinds[kind]!(value).name, name, `${kind}(${value})`);
    }
  },
});
