/**
 * TIPC, messages between the processes of a cluster: addresses, options at the
 * level `SOL_TIPC`, and subscriptions to the topology service.
 *
 * @module
 */

/** Kind of address: a service type and a range of its instances. */
export const TIPC_ADDR_NAMESEQ = 1;
/** Kind of address: a service type and one instance. */
export const TIPC_ADDR_NAME = 2;
/** Kind of address: one socket, by node and reference. */
export const TIPC_ADDR_ID = 3;

/** Known in the zone; the same as the cluster since Linux 4.17. */
export const TIPC_ZONE_SCOPE = 1;
/** Known in the whole cluster. */
export const TIPC_CLUSTER_SCOPE = 2;
/** Known on this node alone. */
export const TIPC_NODE_SCOPE = 3;

/** Option: importance of messages: the least go first in congestion. */
export const TIPC_IMPORTANCE = 127;
/** Option: messages may be dropped here when the link is congested. */
export const TIPC_SRC_DROPPABLE = 128;
/** Option: what cannot be delivered is dropped, not sent back. */
export const TIPC_DEST_DROPPABLE = 129;
/** Option: milliseconds that connect waits; at first 8000. */
export const TIPC_CONN_TIMEOUT = 130;

/** The importance when none is set. */
export const TIPC_LOW_IMPORTANCE = 0;
/** Dropped after those of low importance. */
export const TIPC_MEDIUM_IMPORTANCE = 1;
/** Dropped after those of medium importance. */
export const TIPC_HIGH_IMPORTANCE = 2;
/** Dropped last. */
export const TIPC_CRITICAL_IMPORTANCE = 3;

/** Subscription: an event for every socket that comes or goes. */
export const TIPC_SUB_PORTS = 1;
/** Subscription: an event for the first that comes and the last to go. */
export const TIPC_SUB_SERVICE = 2;
/** Ends a subscription that was made with the same values. */
export const TIPC_SUB_CANCEL = 4;
/** A subscription without a time-out, which else is in milliseconds. */
export const TIPC_WAIT_FOREVER: -1 = -1;

/** Event: a service of the range came. */
export const TIPC_PUBLISHED = 1;
/** Event: a service of the range went. */
export const TIPC_WITHDRAWN = 2;
/** Event: the subscription's time is over. */
export const TIPC_SUBSCR_TIMEOUT = 3;

/** Service type whose instances are the nodes of the cluster. */
export const TIPC_CFG_SRV = 0;
/** Service type of the topology service, which takes subscriptions. */
export const TIPC_TOP_SRV = 1;
