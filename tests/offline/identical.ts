/**
 * Types about types: they fail when the program is checked, not when it runs.
 *
 * @module
 */

/** Whether two types are one and the same, to the compiler: `any` is not `unknown`. */
export type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Takes `true` alone. */
export type True<T extends true> = T;
