/**
 * An empty folder outside the repository, where `deno` finds packages in the stand-in registry
 * alone, and nothing that was cached before.
 *
 * @module
 */

import { type Ended, ran, type Server, started } from "../scripts.ts";
import type { Registry } from "./registry.ts";

/** A stranger's folder; disposing of it removes it. */
export class StrangerFolder implements Disposable {
  /** Where it is. */
  readonly path: string = Deno.makeTempDirSync();
  readonly #cache: string = Deno.makeTempDirSync();
  readonly #environment: readonly string[];

  /** @param registry Where `jsr:` packages come from. */
  constructor(registry: Registry) {
    this.#environment = [
      `JSR_URL=${registry.environment.JSR_URL}`,
      `DENO_DIR=${this.#cache}`,
      `PATH=${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`,
      "DENO_NO_UPDATE_CHECK=1",
      "NO_COLOR=1",
    ];
  }

  #env(folder: string, words: readonly string[]): string[] {
    return [`--chdir=${folder}`, ...this.#environment, ...words];
  }

  /** Runs a command in it, or in another folder, until it ends. */
  async run(words: readonly string[], folder = this.path): Promise<Ended> {
    return await ran("env", this.#env(folder, words));
  }

  /** Starts a command in it, or in another folder, with its three streams as pipes. */
  spawn(words: readonly string[], folder = this.path): Deno.ChildProcess {
    return new Deno.Command("env", {
      args: this.#env(folder, ["DENO_NO_PROMPT=1", ...words]),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Starts a server in it, or in another folder; returns once it listens. */
  async start(words: readonly string[], folder = this.path): Promise<Server> {
    return await started(words.join(" "), "env", this.#env(folder, words));
  }

  /** Removes the folder, and what was cached for it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
    Deno.removeSync(this.#cache, { recursive: true });
  }
}
