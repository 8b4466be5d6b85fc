/** What a log and the thread that cosigns for it say to each other. */

/** What the thread is started with. */
export interface CosigningWorkerData {
  /** The file that holds the private key: it is read in the thread, and nowhere else does the key lie in memory for long. */
  readonly path: string;
  /** The verifier key that the file must be of. */
  readonly key: string;
}

export interface CosigningOrder {
  readonly id: number;
  /** The checkpoint's text, its final newline included. */
  readonly checkpoint: string;
  /** In Unix seconds. */
  readonly time: number;
}

export interface CosigningReport {
  readonly id: number;
  /** `u64be time ‖ signature`. */
  readonly signature: Uint8Array;
}
