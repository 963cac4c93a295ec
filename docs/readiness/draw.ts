/**
 * Draws the pictures of docs/guide.md, by the command that the page shows for one of them.
 *
 * ```sh
 * deno run --allow-read --allow-run docs/readiness/draw.ts
 * ```
 *
 * @module
 */

/** A picture of the guide. */
export interface Drawing {
  /** Its file. */
  readonly file: string;
  /** The command that writes it, in one line. */
  readonly command: string;
}

/** The pictures of a page, each with its command. */
export function drawings(page: string): Drawing[] {
  const [, shown, name] =
    /^```sh\n(IOMUX_PICTURE=docs\/readiness\/(\w+)\.svg[^`]*)^```$/m.exec(
      page,
    )!;
  const command = shown!.replace(/\\\n\s*/g, "").trim();
  return [...page.matchAll(/\]\(readiness\/(\w+)\.svg\)/g)]
    .map(([, other]) => ({
      file: `docs/readiness/${other}.svg`,
      command: command.replaceAll(`/${name}.`, `/${other}.`),
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
