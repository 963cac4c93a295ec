/**
 * An Object.prototype that has every option, and notes what the package reads of it.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).href;
const FOLDERS = ["ffi", "py"];
// What the runtime looks for in objects that it is given.
const OF_THE_RUNTIME =
  "autoAllocateChunkSize cancel capture highWaterMark host min mode name " +
  "once passive preventAbort preventCancel preventClose pull size start type";

/** The fields that an object need not have, in the package's interfaces and the runtime's. */
export function optional_names(): string[] {
  const names = new Set(OF_THE_RUNTIME.split(" "));
  const visit = (folder: URL) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = new URL(name + (isDirectory ? "/" : ""), folder);
      if (isDirectory) visit(path);
      else {
        const found = Deno.readTextFileSync(path)
          .matchAll(/^ +(?:readonly )?(\w+)\?(?:\(.*\))?:/gm);
        for (const [, name] of found) names.add(name!);
      }
    }
  };
  for (const folder of FOLDERS) visit(new URL(`${folder}/`, ROOT));
  // Not an option where it is a method: a file is what has one, wherever from.
  names.delete("fileno");
  return [...names].sort();
}

/** Where a read comes from: the first line of a stack that is not of the runtime's own. */
function reader(): string {
  const lines = new Error().stack!.split("\n").slice(3);
  // It copies its options into an object that inherits: whatever it is given, it finds these.
  if (/\.addEventListener /.test(lines[0]!)) return "";
  return lines.find((line) => !/ext:|<anonymous>|node:/.test(line)) ?? "";
}

/**
 * Gives Object.prototype fields with these names.
 *
 * @returns What the package, or the runtime on its behalf, has read of them until now.
 */
export function pollute(names: readonly string[]): ReadonlySet<string> {
  const reads = new Set<string>();
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      get() {
        const where = reader();
        if (FOLDERS.some((folder) => where.includes(`${ROOT}${folder}/`))) {
          reads.add(`${name}${where.replaceAll(ROOT, "")}`);
        }
        return undefined;
      },
      set(value) {
        Object.defineProperty(this, name, {
          value,
          configurable: true,
          enumerable: true,
          writable: true,
        });
      },
    });
  }
  return reads;
}
