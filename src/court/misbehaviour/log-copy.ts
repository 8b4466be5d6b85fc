/** The entries of a log as somebody has kept them. Not trusted: whoever reads them compares their root with a signed one. */
export interface LogCopy {
  /** The entries from `start` to before `end`. Throws a failure when it does not have them all. */
  entries(start: number, end: number): AsyncIterable<Uint8Array>;
}
