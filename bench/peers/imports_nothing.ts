/** The empty script of bench/start.ts. */
