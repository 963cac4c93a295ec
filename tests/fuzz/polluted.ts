/**
 * An Object.prototype with a field for every option, which records reads by the package.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).href;
const FOLDERS = ["ffi", "py"];
// Fields that the runtime reads in its arguments.
const OF_THE_RUNTIME =
  "autoAllocateChunkSize cancel capture highWaterMark host min mode name " +
  "once passive preventAbort preventCancel preventClose pull size start type";

/** The optional fields of the package's interfaces, and of the runtime's. */
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
  // A method, not an option: an object with an inherited fileno() is a file, too.
  names.delete("fileno");
  return [...names].sort();
}

/** The caller of a getter: the first line of the stack that is not the runtime's. */
function reader(): string {
  const lines = new Error().stack!.split("\n").slice(3);
  // It copies its options into an object that inherits these fields.
  if (/\.addEventListener /.test(lines[0]!)) return "";
  return lines.find((line) => !/ext:|<anonymous>|node:/.test(line)) ?? "";
}

/**
 * Gives Object.prototype fields with these names.
 *
 * @returns The reads so far, by the package or by the runtime on its behalf.
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
