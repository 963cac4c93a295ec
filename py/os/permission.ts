/** What Deno's permissions call reading and writing. */
export type Access = "read" | "write";

/**
 * Honours `--deny-read` and `--deny-write`: FFI goes round Deno's permissions, an explicit
 * "no" still counts. What Deno would ask for at a prompt is not denied.
 *
 * @throws {Deno.errors.NotCapable} If one of the accesses to the path is denied.
 */
export function check_path(accesses: readonly Access[], path: string): void {
  for (const name of accesses) {
    // Nothing inherited: Deno would take a path that Object.prototype has.
    const descriptor = { __proto__: null, name, path } as
      & Deno.ReadPermissionDescriptor
      & Deno.WritePermissionDescriptor;
    if (Deno.permissions.querySync(descriptor).state !== "denied") continue;
    throw new Deno.errors.NotCapable(
      `Requires ${name} access to "${path}", which --deny-${name} refuses`,
    );
  }
}
