/** The receipt that an upstream gives beside its answer when it is a gateway like this one: in a header, or in a comment of its stream. */
import { utf8 } from '../../bytes/octets.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { RECEIPT_COMMENT } from '../../receipt/inline.js';
import { type EvidenceItem, linkedReceipt } from '../../receipt/linked-receipt.js';
import { formatOpening, parseOpening } from '../../receipt/opening.js';

/** Evidence, with the bytes that it is about. */
export interface LinkedEvidence {
  readonly item: EvidenceItem;
  readonly bytes: Uint8Array;
}

export class UpstreamReceipt {
  readonly #sent: Uint8Array;
  readonly #opening: Uint8Array | null;
  readonly #exchange: string | null;
  #evidence: LinkedEvidence | null;

  /** `sent`: the exact bytes that the upstream was sent. */
  constructor({ headers }: UpstreamHead, sent: Uint8Array) {
    this.#sent = sent;
    this.#opening = openingIn(headers['countersign-opening']);
    const exchange = headers['countersign-exchange'] ?? '';
    this.#exchange = /^[a-z2-7]{26}$/.test(exchange) ? exchange : null;
    const receipt = headers['countersign-receipt'];
    this.#evidence = receipt === undefined ? null : this.#link(utf8(receipt));
  }

  /** Null as long as the upstream has given no receipt for what it was sent. */
  get evidence(): LinkedEvidence | null {
    return this.#evidence;
  }

  /** What the client needs to check the upstream's receipt for itself: which one it is, and its opening. */
  get headers(): Record<string, string> {
    if (this.#opening === null || this.#exchange === null) return {};
    return {
      'countersign-upstream-exchange': this.#exchange,
      'countersign-upstream-opening': formatOpening(this.#opening),
    };
  }

  /** Looks at a comment of the stream, without its colon. */
  comment(comment: Uint8Array): void {
    const start = utf8(RECEIPT_COMMENT);
    if (start.every((byte, at) => comment[at] === byte))
      this.#evidence = this.#link(comment.subarray(start.length));
  }

  #link(bytes: Uint8Array): LinkedEvidence | null {
    if (this.#opening === null) return null;
    const item = linkedReceipt(bytes, this.#opening, this.#sent);
    return item === null ? null : { item, bytes };
  }
}

function openingIn(header: string | undefined): Uint8Array | null {
  try {
    return parseOpening(header ?? '');
  } catch {
    return null;
  }
}
