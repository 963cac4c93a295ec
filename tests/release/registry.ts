/**
 * A stand-in for the JSR registry on this machine: it stores what `deno publish` uploads and
 * serves it, so that a program can import `jsr:@iomux/py` as a user does, without a network.
 *
 * ```sh
 * deno run --allow-all tests/release/registry.ts
 * ```
 *
 * publishes the working tree to itself, prints how to use it, and runs until Ctrl-C.
 *
 * @module
 */

const root = new URL("../../", import.meta.url);

/** One version of a package, as it was uploaded. */
export interface Published {
  readonly version: string;
  /** Entry points by name, from its `deno.json`. */
  readonly exports: Readonly<Record<string, string>>;
  /** Paths as `/mod.ts`. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** The registry, on a free port of the loopback interface. */
export class Registry implements AsyncDisposable {
  /** The packages, by `@scope/name`. */
  readonly packages: Map<string, Published> = new Map();
  /** The names of those that `deno publish` uploaded, in order. */
  readonly uploaded: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  /** The environment for a `deno` that uses this registry. */
  get environment(): { JSR_URL: string } {
    return { JSR_URL: `http://127.0.0.1:${this.#server.addr.port}/` };
  }

  /** Serves the `@std` packages: the genuine ones where there is a snapshot, else the stand-ins. */
  add_std(): void {
    const folder = genuine_std() ?? new URL("offline/", root);
    const packages = [...Deno.readDirSync(folder)]
      .filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => files_in(new URL(`${name}/`, folder)));
    const names = packages.map((files) => this.#add(files));
    const versions = new Map(
      names.map((name) => [name, this.packages.get(name)!.version]),
    );
    for (const files of packages) with_versions(files, versions);
  }

  /**
   * Publishes the working tree here, with `deno publish` itself.
   *
   * @returns What it uploaded.
   */
  async publish(): Promise<Published> {
    const cache = Deno.makeTempDirSync();
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          ...["publish", "--token=none", "--no-provenance"],
          ...["--allow-dirty", "--no-check"],
        ],
        cwd: root,
        env: { ...this.environment, DENO_DIR: cache, NO_COLOR: "1" },
      },
    ).output();
    Deno.removeSync(cache, { recursive: true });
    const published = this.packages.get("@iomux/py");
    if (!success || published === undefined) {
      const decoder = new TextDecoder();
      throw new Error(decoder.decode(stdout) + decoder.decode(stderr));
    }
    return published;
  }

  /** Serves a package from now on, and returns its name. */
  #add(files: Files): string {
    const text = new TextDecoder().decode(files.get("/deno.json"));
    const { name, version, exports } = JSON.parse(text);
    this.packages.set(name, {
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
    const found = this.packages.get(name ?? "");
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

/** The sources of the genuine `@std`, where they lie beside the repository, or `null`. */
export function genuine_std(): URL | null {
  // genuine.ts names it to what it runs in a copy; `jsr` asks JSR itself.
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

/** The files of a folder, and of those in it, by their paths, each with a leading slash. */
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

/** The size and the checksum of each file: Deno refuses one that differs. */
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

if (import.meta.main) {
  const registry = new Registry();
  registry.add_std();
  const { version, files } = await registry.publish();
  console.log(`@iomux/py ${version}, ${files.size} files; to use it:`);
  console.log(`export JSR_URL=${registry.environment.JSR_URL}`);
}
