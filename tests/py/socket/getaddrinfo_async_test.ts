import { socket } from "@iomux/py";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "../../descriptors.ts";
import { decode, program } from "./setup.ts";

const { AI_NUMERICHOST, SOCK_STREAM } = socket;

test("getaddrinfoAsync() returns what getaddrinfo() returns", async () => {
  for (const host of ["127.0.0.1", "::1", "localhost", null]) {
    assertEquals(
      await socket.getaddrinfoAsync(host, 80, 0, SOCK_STREAM),
      socket.getaddrinfo(host, 80, 0, SOCK_STREAM),
    );
  }
});

test("getaddrinfoAsync() resolves many names at once", async () => {
  const hosts = Array.from({ length: 200 }, (_, i) => `127.0.0.${i}`);
  const found = await Promise.all(
    hosts.map((host) => socket.getaddrinfoAsync(host, 80, 0, SOCK_STREAM)),
  );
  assertEquals(
    found.map(([first]) => first?.[4]),
    hosts.map((host): socket.InetAddress => [host, 80]),
  );
});

test("getaddrinfoAsync() rejects with the resolver's error", async () => {
  const error = await assertRejects(
    () => socket.getaddrinfoAsync("no number", 80, 0, 0, 0, AI_NUMERICHOST),
    socket.gaierror,
  );
  assertEquals(error.errno, socket.EAI_NONAME);
});

test("getaddrinfoAsync() rejects wrong arguments as getaddrinfo() does", async () => {
  const wrong = 1 as unknown as string;
  await assertRejects(() => socket.getaddrinfoAsync(wrong, 80), TypeError);
});

test("getaddrinfoAsync() rejects with the signal's reason", async () => {
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  const after = new AbortController();
  const options = [aborted, { signal: after.signal }];
  const errors = options.map((options) =>
    assertRejects(() =>
      socket.getaddrinfoAsync("127.0.0.1", 80, 0, 0, 0, 0, options)
    )
  );
  after.abort(reason);
  for (const error of await Promise.all(errors)) assert(error === reason);
});

test("getaddrinfoAsync() lets timers run", async () => {
  let ticked = false;
  setTimeout(() => ticked = true, 0);
  while (!ticked) await socket.getaddrinfoAsync("127.0.0.1", 80);
});

test("getaddrinfoAsync() of unanswered names delays no other twin", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/aliases`;
  try {
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
    const { stdout, stderr } = await program(
      "unanswered.ts",
      ["--allow-read", "--allow-write", "--allow-env"],
      [],
      {
        env: {
          NO_COLOR: "1",
          HOSTALIASES: path,
          RES_OPTIONS: "timeout:1 attempts:1",
        },
      },
    ).output();
    assertEquals(decode(stderr), "");
    assertEquals(decode(stdout).split("\n"), [
      "received 1",
      "read",
      "127.0.0.1 found",
      'Set(1) { "aborted" }',
      "received 1",
      "read",
      "localhost found",
      "",
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
