/**
 * A chat server: a hall with rooms, and players in the rooms.
 *
 * The original: https://github.com/xysun/pychat, pychat_server.py and pychat_util.py, by
 * xysun. This server keeps its structure and commands, so both its pychat_client.py and `nc`
 * work. select() takes the players themselves, since they have a `fileno()`. In the original,
 * a player who leaves without <quit> stays in the room, and the next message to that room
 * ends the server.
 *
 * ```sh
 * deno run --allow-ffi examples/chat.ts
 * nc localhost 22222
 * ```
 *
 * @module
 */

import { BlockingIOError, OSError, select, socket } from "../mod.ts";
import { accept } from "./accept.ts";
import { address, family_of, parse } from "../cli/flags.ts";
import { listen } from "../cli/server.ts";
import { show_address, show_text } from "../cli/show.ts";

const READ_BUFFER = 4096;
const MAX_CLIENTS = 30; // Clients that may wait to be accepted
const MOST_OWED = 1 << 18; // Unsent bytes: a player with more is removed
const MOST_PARTS = 64; // Messages in one sendmsg()
// Characters that move the cursor of other players' terminals, or change the text's direction
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;
const QUIT_STRING = "<$quit$>"; // Ends the original's client

const INSTRUCTIONS = `What you can do:
<list>         see the rooms
<join> ROOM    go into a room; it is made if need be
<manual>       see this
<quit>         leave
All else is said to your room.
`;

const encoder = new TextEncoder();

class Hall {
  readonly rooms = new Map<string, Room>();
  readonly room_player_map = new Map<Player, Room>();

  welcome_new(new_player: Player): void {
    // The original's client looks for the second line
    new_player.put("This is pychat.\nPlease tell us your name:\n");
  }

  list_rooms(player: Player): void {
    const rooms = [...this.rooms.values()].map(({ name, players }) =>
      `${name}: ${players.size} player(s)\n`
    );
    if (rooms.length > 0) player.put(`The rooms:\n${rooms.join("")}`);
    else player.put("No rooms yet. <join> ROOM makes one.\n");
  }

  handle_msg(player: Player, msg: string): void {
    if (player.leaving) return;
    console.log(`${player} says: ${show_text(msg)}`);
    const [command, argument] = msg.split(/\s+/, 2);
    if (command === "<quit>") {
      player.put(QUIT_STRING);
      player.leaving = true;
      this.leave_room(player);
    } else if (player.name === "" || command === "name:") {
      const name = command === "name:" ? argument : command;
      if (!name || name.startsWith("<")) return this.welcome_new(player);
      player.name = name;
      console.log(`New connection from: ${player}`);
      player.put(INSTRUCTIONS);
    } else if (command === "<join>" && argument) {
      this.join(player, argument);
    } else if (command === "<list>") {
      this.list_rooms(player);
    } else if (command === "<manual>" || command === "<join>") {
      player.put(INSTRUCTIONS);
    } else {
      const room = this.room_player_map.get(player);
      if (room !== undefined) room.broadcast(player, `:${msg}\n`);
      else player.put("You are in no room. <list> shows them, <join> ROOM.\n");
    }
  }

  join(player: Player, room_name: string): void {
    if (this.room_player_map.get(player)?.name === room_name) {
      return player.put(`You are in ${room_name}.\n`);
    }
    this.leave_room(player);
    const room = this.rooms.get(room_name) ?? new Room(room_name);
    this.rooms.set(room_name, room);
    room.players.add(player);
    this.room_player_map.set(player, room);
    room.welcome_new(player);
  }

  leave_room(player: Player): void {
    const room = this.room_player_map.get(player);
    if (room === undefined) return;
    this.room_player_map.delete(player);
    room.remove_player(player);
    if (room.players.size === 0) this.rooms.delete(room.name);
  }
}

class Room {
  readonly players = new Set<Player>();

  constructor(readonly name: string) {}

  welcome_new(from_player: Player): void {
    this.#tell(`${this.name} welcomes: ${from_player.name}\n`);
  }

  broadcast(from_player: Player, msg: string): void {
    this.#tell(from_player.name + msg);
  }

  #tell(text: string): void {
    // Encode it once: the queues share the bytes
    const msg = encoder.encode(text);
    for (const player of this.players) player.put(msg);
  }

  remove_player(player: Player): void {
    this.players.delete(player);
    this.broadcast(player, " has left the room\n");
  }
}

class Player {
  name = ""; // Empty until the player has given it
  leaving = false;
  #owed: Uint8Array[] = []; // Messages, which players share
  #first = 0; // Index of the first unsent message
  #size = 0; // Unsent bytes
  #line = "";
  readonly #decoder = new TextDecoder();

  constructor(readonly socket: socket.Socket, readonly addr: socket.Address) {}

  fileno(): number {
    return this.socket.fileno();
  }

  toString(): string {
    return `${show_text(this.name) || "new"}@${show_address(this.addr)}`;
  }

  /** Returns the complete lines in lower case; `null` at the end, or if a line is too long. */
  lines(): string[] | null {
    const msg = this.socket.recv(READ_BUFFER);
    this.#line += this.#decoder.decode(msg, { stream: true });
    const lines = this.#line.split("\n");
    this.#line = lines.pop()!;
    if (msg.length === 0 || this.#line.length > READ_BUFFER) return null;
    const clean = (line: string) => line.replace(CONTROLS, " ").trim();
    return lines.map((line) => clean(line).toLowerCase()).filter(Boolean);
  }

  /** Queues a text. */
  put(text: string | Uint8Array): void {
    const msg = typeof text === "string" ? encoder.encode(text) : text;
    this.#owed.push(msg);
    this.#size += msg.length;
  }

  /** Whether there are unsent bytes. */
  get waits(): boolean {
    return this.#size > 0;
  }

  send(): void {
    const owed = this.#owed;
    let sent = this.socket.sendmsg(
      owed.slice(this.#first, this.#first + MOST_PARTS),
    );
    this.#size -= sent;
    while (this.#first < owed.length && sent >= owed[this.#first]!.length) {
      sent -= owed[this.#first++]!.length;
    }
    if (sent > 0) owed[this.#first] = owed[this.#first]!.subarray(sent);
    // Remove sent messages only once they are the majority: each removal moves all others.
    if (this.#first > owed.length / 2) {
      owed.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** Whether it has left and got its last message, or has too many unsent bytes. */
  get finished(): boolean {
    return this.#size > MOST_OWED || this.leaving && this.#size === 0;
  }
}

const { host, port } = parse(
  "examples/chat.ts",
  "A chat server with rooms, for nc and the like.",
  address("0.0.0.0", 22222),
);
const listen_sock = socket.socket(family_of(host), socket.SOCK_STREAM);
listen_sock.setblocking(false);
listen(listen_sock, host, port, MAX_CLIENTS);

const hall = new Hall();
const players = new Set<Player>();

while (true) {
  const [read_players, write_players] = select.select(
    [listen_sock, ...[...players].filter(({ leaving }) => !leaving)],
    [...players].filter(({ waits }) => waits),
    [],
  );
  for (const player of read_players) {
    if (player instanceof socket.Socket) { // A new connection
      const accepted = accept(player);
      if (accepted === null) continue;
      const new_player = new Player(...accepted);
      players.add(new_player);
      hall.welcome_new(new_player);
    } else { // A new message
      attempt(player, () => {
        const lines = player.lines();
        if (lines === null) return remove(player);
        for (const msg of lines) hall.handle_msg(player, msg);
      });
    }
  }
  for (const player of write_players) {
    if (players.has(player)) attempt(player, () => player.send());
  }
  for (const player of players) if (player.finished) remove(player);
}

/** Runs a call on a player's socket; removes the player if it fails. */
function attempt(player: Player, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (error instanceof BlockingIOError) return;
    if (!(error instanceof OSError)) throw error;
    remove(player);
  }
}

function remove(player: Player): void {
  players.delete(player);
  hall.leave_room(player);
  player.socket.close();
  console.log(`Player: ${player} has left`);
}
