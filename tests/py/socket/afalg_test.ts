import { OSError, socket } from "@iomux/py";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "../../descriptors.ts";
import { throws_plain, unix_pair } from "./setup.ts";

const one = new Uint8Array([1]);

test("Socket.sendmsg_afalg() refuses other families", () => {
  using pair = unix_pair();
  throws_plain(
    () => pair.a.sendmsg_afalg([one], { op: socket.ALG_OP_ENCRYPT }),
    OSError,
    "algset is only supported for AF_ALG",
  );
});

test("Socket.sendmsg_afalg() sends the operation, the vector and the length as ancillary data", () => {
  const sent: unknown[] = [];
  class Cipher extends socket.Socket {
    override sendmsg(...args: Parameters<socket.Socket["sendmsg"]>): number {
      sent.push(args);
      return 0;
    }
  }
  const cipher = new Cipher(-1, socket.AF_ALG, socket.SOCK_SEQPACKET, 0, null);
  const iv = new Uint8Array([1, 2, 3]);
  cipher.sendmsg_afalg([one], {
    op: socket.ALG_OP_ENCRYPT,
    iv,
    assoclen: 16,
    flags: socket.MSG_MORE,
  });
  const { SOL_ALG } = socket;
  assertEquals(sent, [[
    [one],
    [
      [SOL_ALG, socket.ALG_SET_OP, new Uint32Array([1])],
      [SOL_ALG, socket.ALG_SET_IV, new Uint8Array([3, 0, 0, 0, 1, 2, 3])],
      [SOL_ALG, socket.ALG_SET_AEAD_ASSOCLEN, new Uint32Array([16])],
    ],
    socket.MSG_MORE,
  ]]);
  for (const wrong of [{}, { op: -1 }, undefined]) {
    const options = wrong as unknown as socket.AlgOptions;
    assertThrows(() => cipher.sendmsg_afalg([], options), TypeError, "'op'");
  }
  assertThrows(
    () => cipher.sendmsg_afalg([], { op: 0, assoclen: -1 }),
    TypeError,
    "assoclen must be positive",
  );
  const misspelt = { op: 0, assoc_len: 8 } as socket.AlgOptions;
  assertThrows(
    () => cipher.sendmsg_afalg([], misspelt),
    TypeError,
    "unexpected keyword argument 'assoc_len'",
  );
});
