/**
 * Lets the clock of a server run at a tenth, so that it gives a client up ten times later.
 *
 * @module
 */

const now = performance.now.bind(performance);
performance.now = () => now() / 10;
