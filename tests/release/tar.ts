/**
 * Reads tar archives, as much of them as `deno publish` writes.
 *
 * @module
 */

const BLOCK = 512;
const decoder = new TextDecoder();

function text(header: Uint8Array, start: number, end: number): string {
  const field = decoder.decode(header.subarray(start, end));
  return field.split("\0", 1)[0]!;
}

/**
 * The regular files of a gzipped tar archive.
 *
 * @param body The archive.
 * @returns The files by their paths, each with a leading slash.
 */
export async function untarred(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const unzipped = body.pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(unzipped).bytes();
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = parseInt(text(header, 124, 136), 8);
    const kind = text(header, 156, 157);
    at += BLOCK;
    if (kind === "0" || kind === "") {
      // ustar keeps the start of a long path apart.
      const prefix = text(header, 345, 500);
      const path = (prefix && prefix + "/") + text(header, 0, 100);
      files.set("/" + path.replace(/^\.?\//, ""), bytes.slice(at, at + size));
    } else if (kind !== "5") {
      throw new Error(`Cannot read a tar entry of type ${kind}`);
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
