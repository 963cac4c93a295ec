/**
 * The kernel's ciphers and hashes, through an `AF_ALG` socket.
 *
 * The `ALG_SET_*` are options or ancillary messages at the level `SOL_ALG`.
 *
 * @module
 */

/** Option: the key, as bytes. */
export const ALG_SET_KEY = 1;
/** Ancillary: the initialisation vector, a `struct af_alg_iv`. */
export const ALG_SET_IV = 2;
/** Ancillary: the operation, an `ALG_OP_*` number. */
export const ALG_SET_OP = 3;
/** Ancillary: bytes at the start that are authenticated, not encrypted. */
export const ALG_SET_AEAD_ASSOCLEN = 4;
/** Option: bytes of the authentication tag, given as the length. */
export const ALG_SET_AEAD_AUTHSIZE = 5;
/** A public key, in CPython alone; to Linux 6 is the entropy of a DRBG. */
export const ALG_SET_PUBKEY = 6;

/** Decrypt what is sent. */
export const ALG_OP_DECRYPT = 0;
/** Encrypt what is sent. */
export const ALG_OP_ENCRYPT = 1;
/** Sign what is sent, in CPython alone; Linux has no such operation. */
export const ALG_OP_SIGN = 2;
/** Verify a signature, in CPython alone; Linux has no such operation. */
export const ALG_OP_VERIFY = 3;
