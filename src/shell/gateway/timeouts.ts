/** How long a gateway waits for an upstream. */
export interface Timeouts {
  /** Milliseconds until a connection stands. */
  readonly connect: number;
  /** Milliseconds from the request until the answer begins. */
  readonly firstByte: number;
  /** Milliseconds without a byte in the middle of an answer. */
  readonly idle: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, firstByte: 300_000, idle: 120_000 };
