/**
 * A stand-in for the JSR registry on this machine: it stores the upload of `deno publish` and
 * serves it, so that a program imports `jsr:@iomux/py` as a user's does, without a network.
 *
 * @module
 */

import { type Ended, ran, type Server, started } from "../scripts.ts";

const root = new URL("../../", import.meta.url);

/** One version of a package. */
export interface Published {
  readonly version: string;
  /** Entry points by name, from its `deno.json`. */
  readonly exports: Readonly<Record<string, string>>;
  /** Paths as `/mod.ts`. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * The registry, on a free port of the loopback interface. It serves the `@std` packages: the
 * genuine ones if a snapshot is beside the repository, else the stand-ins.
 */
export class Registry implements AsyncDisposable {
  /** The packages, by `@scope/name`. */
  readonly #packages: Map<string, Published> = new Map();
  /** The names of the packages that `deno publish` uploaded, in order. */
  readonly uploaded: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  constructor() {
    const folder = genuine_std() ?? new URL("offline/", root);
    const packages = [...Deno.readDirSync(folder)]
      .filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => files_in(new URL(`${name}/`, folder)));
    const names = packages.map((files) => this.#add(files));
    const versions = new Map(
      names.map((name) => [name, this.#packages.get(name)!.version]),
    );
    for (const files of packages) with_versions(files, versions);
  }

  /** The environment for a `deno` that uses this registry. */
  get environment(): { JSR_URL: string } {
    return { JSR_URL: `http://127.0.0.1:${this.#server.addr.port}/` };
  }

  /** Publishes the working tree here, with `deno publish` itself; returns the upload. */
  async publish(): Promise<Published> {
    const cache = Deno.makeTempDirSync();
    const flags = "--token=none --no-provenance --allow-dirty --no-check";
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["publish", ...flags.split(" ")],
        cwd: root,
        env: { ...this.environment, DENO_DIR: cache, NO_COLOR: "1" },
      },
    ).output();
    Deno.removeSync(cache, { recursive: true });
    const published = this.#packages.get("@iomux/py");
    if (!success || published === undefined) {
      const decoder = new TextDecoder();
      throw new Error(decoder.decode(stdout) + decoder.decode(stderr));
    }
    return published;
  }

  /** Adds a package; returns its name. */
  #add(files: Files): string {
    const text = new TextDecoder().decode(files.get("/deno.json"));
    const { name, version, exports } = JSON.parse(text);
    this.#packages.set(name, {
      version,
      exports: typeof exports === "string" ? { ".": exports } : exports,
      files,
    });
    return name;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/api/")) return await this.#api(request, pathname);
    const [, name, rest] = /^\/(@[^/]+\/[^/]+)\/(.+)$/.exec(pathname) ?? [];
    const found = this.#packages.get(name ?? "");
    if (found === undefined) return new Response(null, { status: 404 });
    const { version, exports, files } = found;
    if (rest === "meta.json") {
      const [scope, short] = name!.slice(1).split("/");
      const versions = { [version]: {} };
      return Response.json({ scope, name: short, latest: version, versions });
    }
    if (rest === `${version}_meta.json`) {
      return Response.json({ exports, manifest: await manifest(files) });
    }
    const file = rest!.startsWith(`${version}/`)
      ? files.get(rest!.slice(version.length))
      : undefined;
    return new Response(file ?? null, { status: file ? 200 : 404 });
  }

  async #api(request: Request, path: string): Promise<Response> {
    if (path.includes("/versions/")) {
      // `deno publish` uploads only a version that the registry lacks.
      if (request.method !== "POST") return new Response(null, { status: 404 });
      this.uploaded.push(this.#add(await untarred(request.body!)));
    }
    return Response.json({ id: "1", status: "success", error: null });
  }

  /** Stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** The folder with the sources of the genuine `@std`; `null` if there is none. */
export function genuine_std(): URL | null {
  // genuine.ts sets the variable for the command that it runs; with `jsr`, JSR itself is used.
  const given = Deno.env.get("IOMUX_STD") ?? "../shared/std/";
  if (given === "jsr") return null;
  const folder = new URL(given, root);
  try {
    Deno.statSync(folder);
    return folder;
  } catch {
    return null;
  }
}

type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** The files of a gzipped tar archive, as `deno publish` uploads it. */
async function untarred(archive: ReadableStream<Uint8Array>): Promise<Files> {
  const folder = Deno.makeTempDirSync();
  try {
    const tar = new Deno.Command("tar", {
      args: ["-xzf", "-", "-C", folder],
      stdin: "piped",
    }).spawn();
    await archive.pipeTo(tar.stdin);
    if (!(await tar.status).success) throw new Error("Cannot read the archive");
    return files_in(new URL(`file://${folder}/`));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The files below a folder, by their paths with a leading slash. */
function files_in(folder: URL): Files {
  const files: Files = new Map();
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) {
      for (const [path, bytes] of files_in(new URL(`${name}/`, folder))) {
        files.set(`/${name}${path}`, bytes);
      }
    } else files.set(`/${name}`, Deno.readFileSync(new URL(name, folder)));
  }
  return files;
}

/** Names packages as `deno publish` does: `@std/internal` becomes `jsr:@std/internal@^1.0.14`. */
function with_versions(files: Files, versions: ReadonlyMap<string, string>) {
  const decoder = new TextDecoder(), encoder = new TextEncoder();
  for (const [path, bytes] of files) {
    if (!path.endsWith(".ts")) continue;
    const code = decoder.decode(bytes).replace(
      /(?<= from ")(@std\/[a-z]+)(?=[/"])/g,
      (name) =>
        versions.has(name) ? `jsr:${name}@^${versions.get(name)}` : name,
    );
    files.set(path, encoder.encode(code));
  }
}

/** The size and the checksum of each file: Deno refuses a file that differs. */
async function manifest(
  files: Published["files"],
): Promise<Record<string, { size: number; checksum: string }>> {
  const entries: Record<string, { size: number; checksum: string }> = {};
  for (const [path, bytes] of files) {
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    entries[path] = {
      size: bytes.length,
      checksum: `sha256-${new Uint8Array(hash).toHex()}`,
    };
  }
  return entries;
}

/**
 * An empty folder outside the repository, with an empty cache, where `deno` finds packages in the
 * registry alone. Disposing of it removes it.
 */
export class StrangerFolder implements Disposable {
  /** Its path. */
  readonly path: string = Deno.makeTempDirSync();
  readonly #cache: string = Deno.makeTempDirSync();
  readonly #environment: readonly string[];

  /** @param registry The registry of its `jsr:` packages. */
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

  /** Starts a command in it, or in another folder, with all three streams piped. */
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

  /** Removes the folder and its cache. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
    Deno.removeSync(this.#cache, { recursive: true });
  }
}
