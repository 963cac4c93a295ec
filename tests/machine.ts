/**
 * Runs this machine's Python and C compiler, whose output the tests compare with.
 *
 * @module
 */

/**
 * Runs a Python program.
 *
 * @param program Prints JSON.
 * @param args Its `sys.argv[1:]`.
 * @returns The value that it printed; `null` without a python3, or if it failed.
 */
export function python(program: string, ...args: string[]): unknown {
  try {
    const { success, stdout } = new Deno.Command("python3", {
      args: ["-c", program, ...args],
      stderr: "null",
    }).outputSync();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : null;
  } catch {
    return null;
  }
}

/** Whether this machine has a C compiler. */
export function has_cc(): boolean {
  try {
    return new Deno.Command("cc", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/**
 * Compiles a C program and runs it.
 *
 * @param program Prints JSON.
 * @returns The value that it printed.
 * @throws {Error} With the compiler's messages, if it does not compile.
 */
export function compiled(program: string): unknown {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/program.c`, program);
    const { success, stderr } = new Deno.Command("cc", {
      args: ["-o", `${folder}/program`, `${folder}/program.c`],
    }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { stdout } = new Deno.Command(`${folder}/program`).outputSync();
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
