/**
 * How much of the processor a server uses.
 *
 * @module
 */

// Clock ticks a second: sysconf(_SC_CLK_TCK) on every Linux.
const TICKS = 100;

/** Seconds of processor time that a process has used: proc_pid_stat(5). */
function cpu_time(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name before may have spaces and brackets; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** What share of a core a process uses over some seconds. */
export async function load(pid: number, seconds: number): Promise<number> {
  const before = cpu_time(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return (cpu_time(pid) - before) / seconds;
}
