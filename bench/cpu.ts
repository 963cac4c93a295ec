/**
 * The CPU that a process used, as the kernel counts it: in nanoseconds for each thread, and
 * in ticks for the whole of it.
 *
 * @module
 */

/** Nanoseconds on the CPU, by thread. */
export type Clock = ReadonlyMap<string, number>;

/** Seconds of CPU, to a tick. */
export interface Ticks {
  readonly user: number;
  readonly system: number;
}

// USER_HZ of proc(5): 100 on every Linux that Deno runs on.
const TICKS_PER_SECOND = 100;

/** What a process used so far, all of its threads together, ended ones as well. */
export function ticks(pid: number): Ticks {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces: count from its end.
  const fields = stat.split(") ").at(-1)!.split(" ");
  return {
    user: Number(fields[11]) / TICKS_PER_SECOND,
    system: Number(fields[12]) / TICKS_PER_SECOND,
  };
}

let kept: boolean | undefined;

/** Whether the kernel counts nanoseconds; says so if it does not. */
function counts_nanoseconds(): boolean {
  if (kept === undefined) {
    // Zeros, if the kernel could and was told not to.
    kept = Number(read("/proc/self/schedstat")?.split(" ")[0]) > 0;
    if (!kept) {
      console.error(
        "CPU is counted in ticks of 10 ms, as this kernel keeps no schedstat: " +
          "figures vary more",
      );
    }
  }
  return kept;
}

/** What each thread of a process used so far; no thread at all once it has ended. */
export function clock(pid: number): Clock {
  const found = new Map<string, number>();
  const nanoseconds = counts_nanoseconds();
  for (const thread of threads(pid)) {
    const schedstat = read(`/proc/${pid}/task/${thread}/schedstat`);
    // A thread may end between the list and this.
    if (schedstat) found.set(thread, Number(schedstat.split(" ")[0]));
    else if (!nanoseconds) found.set(thread, 0);
  }
  if (!nanoseconds && found.size > 0) {
    const { user, system } = ticks(pid);
    found.set(`${pid}`, (user + system) * 1e9);
  }
  return found;
}

/**
 * Nanoseconds of CPU between two clocks of a process. A thread that has ended takes with it
 * what it had used, so a difference of sums could be less than nothing.
 */
export function between(before: Clock, after: Clock): number {
  let spent = 0;
  for (const [thread, nanoseconds] of after) {
    spent += nanoseconds - (before.get(thread) ?? 0);
  }
  return spent;
}

function threads(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  } catch (error) {
    if (is_gone(error)) return [];
    throw error;
  }
}

function read(file: string): string | null {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (is_gone(error)) return null;
    throw error;
  }
}

// ESRCH, which Deno has no class for, comes from a file that was opened before.
function is_gone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    (error as { code?: string }).code === "ESRCH";
}
