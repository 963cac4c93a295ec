/**
 * Servers with a fault that a trace marks, and the same servers without it:
 *
 * ```sh
 * deno run --allow-ffi tests/trace/faulty.ts NAME fault|sound [VARIANT]
 * ```
 *
 * @module
 */

import { BlockingIOError, os, select, socket } from "../../mod.ts";

const [name, mode, variant] = Deno.args;
const sound = mode === "sound";
const server = socket.create_server(["127.0.0.1", 0]);
const [host, port] = server.getsockname() as socket.InetAddress;
console.log(`starting up on ${host} port ${port}`);

const programs: Record<string, () => never> = {
  blocked,
  closed,
  edge,
  idle,
  spin,
  starved,
};
programs[name!]!();

/** Reads a client in an inner loop until its line is whole. Sound: keeps the part of a line. */
function blocked(): never {
  const inputs = [server];
  const lines = new Map<socket.Socket, number[]>();
  const NEWLINE = 10;
  for (;;) {
    const [readable] = select.select(inputs, [], []);
    for (const sock of readable) {
      if (sock === server) {
        const [conn] = sock.accept();
        inputs.push(conn);
        lines.set(conn, []);
        continue;
      }
      const line = lines.get(sock)!;
      let data: Uint8Array;
      do line.push(...data = sock.recv(1024)); while (
        !sound && data.length > 0 && line.at(-1) !== NEWLINE
      );
      if (data.length === 0) inputs.splice(inputs.indexOf(sock), 1)[0]!.close();
      if (line.at(-1) !== NEWLINE) continue;
      sock.sendall(new Uint8Array(line));
      lines.set(sock, []);
    }
  }
}

/**
 * Echoes once to each client and closes it while it is registered; for epoll a duplicate stays
 * open, as in a child process. Sound: unregisters it first. The variant says which call waits.
 */
function closed(): never {
  const watched = new Set([server.fileno()]);
  const epoll = select.epoll(), poll = select.poll();
  epoll.register(server, select.EPOLLIN);
  poll.register(server, select.POLLIN);
  const connections = new Map<number, socket.Socket>();
  const waits: Record<string, () => number[]> = {
    epoll: () => epoll.poll().map(([fd]) => fd),
    poll: () => poll.poll().map(([fd]) => fd),
    select: () => select.select(watched, [], [])[0],
  };
  for (;;) {
    for (const fd of waits[variant!]!()) {
      if (fd === server.fileno()) {
        const [conn] = server.accept();
        connections.set(conn.fileno(), conn);
        watched.add(conn.fileno());
        epoll.register(conn, select.EPOLLIN);
        poll.register(conn, select.POLLIN);
        continue;
      }
      const conn = connections.get(fd);
      if (conn === undefined) continue; // POLLNVAL
      conn.send(conn.recv(1024));
      if (sound) {
        watched.delete(fd);
        epoll.unregister(fd);
        poll.unregister(fd);
      }
      connections.delete(fd);
      conn.detach();
      if (variant === "epoll") os.dup(fd);
      os.close(fd);
    }
  }
}

/**
 * Document 004's epoll server: one recv() for each edge. Sound: reads until EAGAIN, or with the
 * variant `rearm` has the rest reported again by modify().
 */
function edge(): never {
  const rearm = variant === "rearm";
  const epoll = select.epoll();
  epoll.register(server.fileno(), select.EPOLLIN | select.EPOLLET);
  const connections = new Map<number, socket.Socket>();

  function accept(): void {
    const [conn] = server.accept();
    conn.setblocking(!sound);
    connections.set(conn.fileno(), conn);
    epoll.register(conn.fileno(), select.EPOLLIN | select.EPOLLET);
  }

  function receive(conn: socket.Socket): boolean {
    const data = conn.recv(1024);
    if (data.length > 0) conn.send(data.subarray(0, 1));
    return data.length > 0;
  }

  function drain(conn: socket.Socket): boolean {
    try {
      while (receive(conn));
      return false;
    } catch (error) {
      return error instanceof BlockingIOError; // otherwise it was reset
    }
  }

  for (;;) {
    for (const [fd, events] of epoll.poll()) {
      if (fd === server.fileno()) {
        do accept(); while (
          sound && select.select([server], [], [], 0)[0].length > 0
        );
      } else if (events === select.EPOLLIN) {
        const conn = connections.get(fd)!;
        if (sound && !rearm ? drain(conn) : receive(conn)) {
          if (rearm) epoll.modify(fd, select.EPOLLIN | select.EPOLLET);
          continue;
        }
        epoll.unregister(fd);
        connections.delete(fd);
        conn.close();
      }
    }
  }
}

/** Asks for EPOLLOUT with the first answer, for ever. Sound: until the answer is sent. */
function idle(): never {
  const epoll = select.epoll();
  epoll.register(server, select.EPOLLIN);
  const connections = new Map<number, socket.Socket>();
  const queued = new Map<number, Uint8Array>();
  for (;;) {
    for (const [fd, events] of epoll.poll()) {
      if (fd === server.fileno()) {
        const [conn] = server.accept();
        connections.set(conn.fileno(), conn);
        epoll.register(conn, select.EPOLLIN);
        continue;
      }
      const conn = connections.get(fd)!;
      if (events & select.EPOLLOUT && queued.has(fd)) {
        conn.send(queued.get(fd)!);
        queued.delete(fd);
        if (sound) epoll.modify(conn, select.EPOLLIN);
      }
      if ((events & select.EPOLLIN) === 0) continue;
      const data = conn.recv(1024);
      if (data.length === 0) {
        epoll.unregister(conn);
        conn.close();
      } else {
        queued.set(fd, data);
        epoll.modify(conn, select.EPOLLIN | select.EPOLLOUT);
      }
    }
  }
}

/** Document 001 (2): a client that has left stays in the list. Sound: removes it. */
function spin(): never {
  const inputs = [server];
  for (;;) {
    const [readable] = select.select(inputs, [], [], 1);
    for (const sock of readable) {
      if (sock === server) {
        const [conn] = sock.accept();
        inputs.push(conn);
        conn.sendall(new TextEncoder().encode("hello"));
      } else if (sock.recv(1024).length === 0 && sound) {
        inputs.splice(inputs.indexOf(sock), 1);
        sock.close();
      }
    }
  }
}

/** Serves the first ready client only, with 5 ms of work a message. Sound: serves all. */
function starved(): never {
  const inputs = [server];
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const [readable] = select.select(inputs, [], []);
    for (const sock of readable) {
      if (sock === server) {
        inputs.push(sock.accept()[0]);
      } else {
        try {
          const data = sock.recv(1024);
          if (data.length === 0) throw new Error("it has left");
          Atomics.wait(clock, 0, 0, 5);
          sock.sendall(data);
        } catch {
          inputs.splice(inputs.indexOf(sock), 1);
          sock.close();
        }
      }
      if (!sound) break;
    }
  }
}
