/** What Deno itself offers, for bench/start.ts. */

import "node:net";
