/**
 * A call of every function, method and getter of the package.
 *
 * None of them waits for ever, asks a name server or closes what is not its own.
 *
 * @module
 */

import type { Calls } from "../pools.ts";
import { error_calls } from "./errors.ts";
import { file_calls } from "./files.ts";
import { name_calls } from "./names.ts";
import { os_calls } from "./os.ts";
import { queue_calls } from "./queue.ts";
import { select_calls } from "./select.ts";
import { selectors_calls } from "./selectors.ts";
import { socket_calls } from "./socket.ts";
import { socketserver_calls } from "./socketserver.ts";
import { stream_calls } from "./streams.ts";
import { tagged_calls } from "./tagged.ts";
import { transfer_calls } from "./transfer.ts";
import { wait_calls } from "./waits.ts";

/** The calls that change most, and are made most. */
export const often: readonly string[] = Object.keys({
  ...socket_calls,
  ...transfer_calls,
  ...tagged_calls,
  ...select_calls,
  ...wait_calls,
  ...stream_calls,
});

/** All of them. */
export const all: Calls = {
  ...socket_calls,
  ...transfer_calls,
  ...tagged_calls,
  ...name_calls,
  ...select_calls,
  ...wait_calls,
  ...stream_calls,
  ...selectors_calls,
  ...socketserver_calls,
  ...file_calls,
  ...os_calls,
  ...queue_calls,
  ...error_calls,
};
