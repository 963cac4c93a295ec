/** An import of the package, for bench/start.ts. */

import "../../mod.ts";
