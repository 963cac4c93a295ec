/**
 * An echo server that can be replaced without a refused connection: the old process passes its
 * listening socket to the new one, serves its own clients to their end, and exits.
 *
 * Start it, and start it again with the same flags to replace it:
 *
 * ```sh
 * deno run --allow-ffi examples/handover.ts
 * ```
 *
 * The two processes meet at a UNIX socket with an abstract name, which needs no file and
 * disappears with its last process. The old process passes this socket, too, so that there is
 * always a process that listens on it.
 *
 * @module
 */

import { ConnectionRefusedError, OSError, select, socket } from "../mod.ts";
import { accept } from "./accept.ts";
import { address, die, family_of, parse, seconds, text } from "../cli/flags.ts";
import { GRACE, listen, say_where } from "../cli/server.ts";
import { show_text } from "../cli/show.ts";

/** The sockets that are handed over; both listen. */
interface Sockets {
  readonly server: socket.Socket;
  readonly control: socket.Socket;
}

// Milliseconds to wait for the other process
const PATIENCE = 10_000;
// The new process's answer: it has both sockets and accepts
const TAKEN = new TextEncoder().encode("taken");

const flags = parse(
  "examples/handover.ts",
  "Sends back what each client sends; started again, it replaces itself.",
  {
    ...address("localhost", 10000),
    control: text("iomux-handover", "NAME", "where the two processes meet"),
    grace: seconds(GRACE, "how long the old process keeps its clients"),
  },
);

const encoder = new TextEncoder();
const me = own_uid();
// Aborted when this process stops accepting, after a hand-over or a signal
const leave = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => leave.abort());
}
const { server, control } = take_over() ?? start();
const clients = new Set<Promise<void>>();
let served = 0;

const [last_words] = await Promise.all([hand_over(), serve()]);
console.log(`${last_words}, clients still here: ${clients.size}`);
await Promise.race([
  Promise.all(clients),
  new Promise((resolve) => setTimeout(resolve, flags.grace * 1000)),
]);
console.log(`clients served: ${served}`);
Deno.exit(0);

/** Takes the sockets of the running process; returns `null` if there is none. */
function take_over(): Sockets | null {
  using peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);
  peer.settimeout(PATIENCE / 1000);
  try {
    peer.connect("\0" + flags.control);
    // Any user can bind an abstract name, and take the clients.
    if (whose(peer).uid !== me) die(`${flags.control} is another user's`);
    const [message, fds] = socket.recv_fds(peer, 32, 2);
    // SO_PEERCRED has the pid of the first process that listened, not of this one
    const pid = new TextDecoder().decode(message);
    if (fds.length !== 2) die(`nothing was handed over at ${flags.control}`);
    const [server, control] = fds.map((fd) => socket.socket(-1, -1, -1, fd));
    peer.send(TAKEN);
    // The types cannot know the family of a received descriptor.
    const [host, port] = server!.getsockname() as socket.InetAddress;
    say_where(host, port);
    console.log(`taken over from process ${pid}`);
    return non_blocking({ server: server!, control: control! });
  } catch (error) {
    if (error instanceof ConnectionRefusedError) return null;
    if (!(error instanceof OSError)) throw error;
    die(`cannot take over: ${error.message}`);
  }
}

function start(): Sockets {
  const control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);
  try {
    control.bind("\0" + flags.control);
    // Before the first line, which says that the server is ready
    control.listen();
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    die(`cannot use the name ${flags.control}: ${error.strerror}`);
  }
  const server = socket.socket(family_of(flags.host), socket.SOCK_STREAM);
  listen(server, flags.host, flags.port, socket.SOMAXCONN);
  return non_blocking({ server, control });
}

/** Makes both sockets non-blocking: the other process may accept a client first. */
function non_blocking(sockets: Sockets): Sockets {
  for (const s of [sockets.server, sockets.control]) s.setblocking(false);
  return sockets;
}

/** Waits for a new process and hands over to it, or waits for the stop. */
async function hand_over(): Promise<string> {
  using meeting = control;
  while (await readable(meeting)) {
    const accepted = accept(meeting);
    if (accepted === null) continue;
    using successor = accepted[0];
    const { pid, uid } = whose(successor);
    if (uid !== me) {
      console.error(`not handed over to process ${pid} of user ${uid}`);
      continue;
    }
    try {
      const fds = [server.fileno(), meeting.fileno()];
      socket.send_fds(successor, [encoder.encode(`${Deno.pid}`)], fds);
      const patience = AbortSignal.timeout(PATIENCE);
      const signal = AbortSignal.any([leave.signal, patience]);
      const answer = await successor.recvAsync(TAKEN.length, 0, { signal });
      if (answer.length === 0) throw new OSError("it has ended");
      leave.abort();
      return `handed over to process ${pid}`;
    } catch (error) {
      const { message } = error as Error;
      console.error(`not handed over to process ${pid}: ${message}`);
    }
  }
  return "stopping";
}

/** Accepts clients until it leaves. The new process accepts those that still wait. */
async function serve(): Promise<void> {
  using listening = server;
  while (await readable(listening)) {
    const accepted = accept(listening);
    if (accepted === null) continue;
    served++;
    const client = echo(accepted[0]).finally(() => clients.delete(client));
    clients.add(client);
  }
}

async function echo(conn: socket.Socket): Promise<void> {
  using client = conn;
  try {
    await client.sendallAsync(encoder.encode(`process ${Deno.pid}\n`));
    for (let data; (data = await client.recvAsync(65536)).length > 0;) {
      await client.sendallAsync(data);
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    console.error(show_text(error.message));
  }
}

/** Waits until a client connects; returns `false` when the process leaves. */
async function readable(listening: socket.Socket): Promise<boolean> {
  try {
    await select.selectAsync([listening], [], [], null, leave);
  } catch (error) {
    if (!leave.signal.aborted) throw error;
  }
  return !leave.signal.aborted;
}

/** Returns the process at the other end of a UNIX socket. */
function whose(sock: socket.Socket): { pid: number; uid: number } {
  const { SOL_SOCKET, SO_PEERCRED } = socket;
  return socket.ucred(sock.getsockopt(SOL_SOCKET, SO_PEERCRED, 12));
}

/** Returns this process's user; Deno.uid() would need --allow-sys. */
function own_uid(): number {
  const [a, b] = socket.socketpair();
  using one = a, _other = b;
  return whose(one).uid;
}
