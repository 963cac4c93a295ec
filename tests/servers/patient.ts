/**
 * Slows the clock of a server to a tenth, so that it gives up a client ten times later.
 *
 * @module
 */

const now = performance.now.bind(performance);
performance.now = () => now() / 10;
