/**
 * The ways to have the kernel keep an address after the call: it would read or write there
 * while the memory is another's, since the engine frees and moves what JavaScript drops.
 *
 * All other calls copy, or are done with a buffer when they return.
 *
 * @module
 */

import { ValueError } from "../exceptions.ts";
import {
  IPPROTO_IP,
  IPPROTO_IPV6,
  MSG_NOSIGNAL,
  SOL_RDS,
} from "./constants.ts";
import { dontwait } from "./timeout.ts";

// <linux/socket.h>: the kernel sends from the buffer, and from what lies there later.
const MSG_ZEROCOPY = 0x4000000;
const SOL_XDP = 283;

type Kept = readonly [level: number, number: number, name: string];

/** Options whose struct has an address that the kernel keeps, or writes to. */
const OPTIONS: readonly Kept[] = [
  // struct xdp_umem_reg: where frames go until the socket is closed.
  [SOL_XDP, 4, "XDP_UMEM_REG"],
  // struct rds_get_mr_args: what a remote machine may read and write.
  [SOL_RDS, 2, "RDS_GET_MR"],
  [SOL_RDS, 7, "RDS_GET_MR_FOR_DEST"],
  // struct ipt_replace and its kind: where the old counters go.
  [IPPROTO_IP, 64, "IPT_SO_SET_REPLACE"],
  [IPPROTO_IP, 96, "ARPT_SO_SET_REPLACE"],
  [IPPROTO_IP, 128, "EBT_SO_SET_ENTRIES"],
  [IPPROTO_IPV6, 64, "IP6T_SO_SET_REPLACE"],
];

/** Ancillary messages with such an address. */
const MESSAGES: readonly Kept[] = [
  // struct rds_rdma_args, struct rds_get_mr_args, struct rds_atomic_args.
  [SOL_RDS, 1, "RDS_CMSG_RDMA_ARGS"],
  [SOL_RDS, 3, "RDS_CMSG_RDMA_MAP"],
  [SOL_RDS, 6, "RDS_CMSG_ATOMIC_FADD"],
  [SOL_RDS, 7, "RDS_CMSG_ATOMIC_CSWP"],
  [SOL_RDS, 8, "RDS_CMSG_MASKED_ATOMIC_FADD"],
  [SOL_RDS, 9, "RDS_CMSG_MASKED_ATOMIC_CSWP"],
];

function refuse(name: string): never {
  throw new ValueError(
    `${name} is not supported: the kernel would keep an address after the call`,
  );
}

/**
 * The flags of a call that sends: the caller's, no SIGPIPE, and no waiting where the socket
 * has a time-out.
 *
 * @throws {ValueError} Of MSG_ZEROCOPY.
 */
export function sending(flags: number, timeout: number | null): number {
  if ((flags & MSG_ZEROCOPY) !== 0) refuse("MSG_ZEROCOPY");
  return flags | MSG_NOSIGNAL | dontwait(timeout);
}

/**
 * Checks an option that is to be set.
 *
 * @throws {ValueError} If the kernel would keep an address.
 */
export function check_option(level: number, optname: number): void {
  check(OPTIONS, level, optname);
}

/**
 * Checks an ancillary message that is to be sent.
 *
 * @throws {ValueError} If the kernel would keep an address.
 */
export function check_message(level: number, type: number): void {
  check(MESSAGES, level, type);
}

function check(table: readonly Kept[], level: number, number: number): void {
  const kept = table.find((one) => one[0] === level && one[1] === number);
  if (kept !== undefined) refuse(kept[2]);
}
