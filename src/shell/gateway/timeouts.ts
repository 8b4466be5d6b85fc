/** How long a gateway waits for an upstream, and lets a client wait in silence. All in milliseconds. */
export interface Timeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** From the request until the first event with content of a stream, or the first byte of a body. */
  readonly firstToken: number;
  /** Without a byte after that. */
  readonly idle: number;
  /** Between two signs of life to the client of a stream: what is in between passes idle connections on the way for dead. */
  readonly keepAlive: number;
}

// The SDKs of OpenAI and Anthropic wait for ten minutes, for an answer and between two parts of one.
export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 10_000,
  firstToken: 600_000,
  idle: 600_000,
  keepAlive: 15_000,
};
