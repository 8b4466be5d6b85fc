/** How long a gateway waits for an upstream, and lets a client wait in silence. All in milliseconds. */
export interface Timeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** From the request until the first event of a stream, or the first byte of a body. */
  readonly firstToken: number;
  /** Without a byte in the middle of an answer. */
  readonly idle: number;
  /** Between two signs of life to the client of a stream: what is in between passes idle connections on the way for dead. */
  readonly keepAlive: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 10_000,
  firstToken: 300_000,
  idle: 120_000,
  keepAlive: 15_000,
};
