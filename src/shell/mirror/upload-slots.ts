/**
 * How much strangers may have in memory at a time. An upload can stop in the middle of a package and wait, so that when there is no room
 * the one that has gone longest without finishing a package has to leave: whoever brings entries steadily is never that one.
 */

/** A package may have 16 MiB, though an honest one seldom has one. */
const MAX_HELD_BYTES = 128 * 2 ** 20;
const MAX_UPLOADS = 64;

export interface UploadSlot {
  /** Aborts when the upload has to leave. */
  readonly signal: AbortSignal;
  /** Says how many bytes the upload holds now. */
  hold(bytes: number): void;
  /** Says that a package has been finished. */
  advance(): void;
  leave(): void;
}

interface Upload {
  readonly controller: AbortController;
  held: number;
}

export class UploadSlots {
  readonly #maxBytes: number;
  readonly #maxUploads: number;
  /** In the order of the last package that each finished, or of its beginning. */
  readonly #uploads = new Set<Upload>();
  #held = 0;

  constructor(maxBytes = MAX_HELD_BYTES, maxUploads = MAX_UPLOADS) {
    this.#maxBytes = maxBytes;
    this.#maxUploads = maxUploads;
  }

  enter(): UploadSlot {
    const upload: Upload = { controller: new AbortController(), held: 0 };
    this.#uploads.add(upload);
    this.#makeRoom();
    return {
      signal: upload.controller.signal,
      hold: bytes => {
        if (!this.#uploads.has(upload)) return;
        this.#held += bytes - upload.held;
        upload.held = bytes;
        this.#makeRoom();
      },
      advance: () => {
        if (this.#uploads.delete(upload)) this.#uploads.add(upload);
      },
      leave: () => this.#remove(upload),
    };
  }

  /** Makes all uploads leave. */
  close(): void {
    for (const upload of this.#uploads) {
      this.#remove(upload);
      upload.controller.abort();
    }
  }

  #makeRoom(): void {
    while (this.#held > this.#maxBytes || this.#uploads.size > this.#maxUploads) {
      const [stalest] = this.#uploads;
      if (stalest === undefined) return;
      this.#remove(stalest);
      stalest.controller.abort();
    }
  }

  #remove(upload: Upload): void {
    if (this.#uploads.delete(upload)) this.#held -= upload.held;
  }
}
