import { assertLessOrEqual } from "@std/assert";

/** How many epoll instances the process has open. */
function epoll_instances(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const link = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (link === "anon_inode:[eventpoll]") count++;
    } catch {
      // It is closed already.
    }
  }
  return count;
}

/** Has a worker wait, and ends it. */
async function wait_in_worker(waker: string): Promise<void> {
  const url = new URL("socket/fixtures/worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name: waker });
  await new Promise((resolve) => worker.onmessage = resolve);
  worker.terminate();
}

for (const waker of ["aio", "parking"]) {
  Deno.test(`Async twins leave no epoll instance behind when their worker ends (${waker})`, async () => {
    // What the runtime opens for its first worker stays open.
    await wait_in_worker(waker);
    const before = epoll_instances();
    for (let i = 0; i < 5; i++) await wait_in_worker(waker);
    // The threads end some time after terminate().
    const MOST_LOOKS = 3000;
    for (let i = 0; i < MOST_LOOKS && epoll_instances() > before; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertLessOrEqual(epoll_instances(), before);
  });
}
