const started = performance.now();

/** Says on standard error what is being measured. */
export function progress(what: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  const time = `${Math.floor(seconds / 60)}:${
    `${seconds % 60}`.padStart(2, "0")
  }`;
  console.error(`${time.padStart(5)}  ${what}`);
}
