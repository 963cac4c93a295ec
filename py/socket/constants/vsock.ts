/**
 * Sockets between a virtual machine and its host, vsock(7).
 *
 * The options are at the level `AF_VSOCK`.
 *
 * @module
 */

/** Buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_SIZE = 0;
/** Least buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE = 1;
/** Largest buffer of a stream in bytes, a 64-bit integer. */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE = 2;

/** Context to bind to: any of this machine's. */
export const VMADDR_CID_ANY = 0xffffffff;
/** Context of this machine itself: its loopback. */
export const VMADDR_CID_LOCAL = 1;
/** Context of the host. */
export const VMADDR_CID_HOST = 2;
/** Port to bind to: any free one. */
export const VMADDR_PORT_ANY = 0xffffffff;
/** What the driver gives as its version when it has none. */
export const VM_SOCKETS_INVALID_VERSION = 0xffffffff;

/** Request of ioctl(2) on /dev/vsock: this machine's context. */
export const IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x07b9;
