/**
 * Draws the pictures of docs/guide.md: runs each command that the page shows.
 *
 * ```sh
 * deno run --allow-read --allow-run docs/readiness/draw.ts
 * ```
 *
 * @module
 */

/** A command of the guide that draws a picture. */
export interface Drawing {
  /** The file that it writes. */
  readonly file: string;
  /** The command, in one line. */
  readonly command: string;
}

/** The commands of a page that draw a picture. */
export function drawings(page: string): Drawing[] {
  return [...page.matchAll(/^```sh\n(IOMUX_PICTURE=(\S+)[^`]*)^```$/gm)]
    .map(([, command, file]) => ({
      file: file!,
      command: command!.replace(/\\\n\s*/g, "").trim(),
    }));
}

if (import.meta.main) {
  const root = new URL("../../", import.meta.url);
  const page = Deno.readTextFileSync(new URL("docs/guide.md", root));
  for (const { command } of drawings(page)) {
    const args = ["-c", command.replace(" deno ", ' "$0" '), Deno.execPath()];
    const { success } = await new Deno.Command("sh", {
      args,
      cwd: root.pathname,
      stdout: "null",
    }).spawn().status;
    if (!success) Deno.exit(1);
  }
}
