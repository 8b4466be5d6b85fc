/** The receipt that an upstream gives beside its answer when it is a gateway like this one: in a header, or in a comment of its stream. */
import type { Trust } from '../../appraise/trust.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { keyLabel } from '../../note/key.js';
import { envelopeIsSignedBy, parseEnvelope } from '../../receipt/envelope.js';
import { RECEIPT_COMMENT } from '../../receipt/inline.js';
import { type EvidenceItem, linkedReceipt } from '../../receipt/linked-receipt.js';
import { commit, formatOpening, parseOpening } from '../../receipt/opening.js';
import { RECEIPT, type Receipt, responseDigest } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';

/** Evidence, with the bytes that it is about. */
export interface LinkedEvidence {
  readonly item: EvidenceItem;
  readonly bytes: Uint8Array;
}

/** What an upstream has given: a body's bytes, or the last link of the chain over a stream's events. */
export type GivenAnswer =
  | { readonly form: 'body'; readonly bytes: Uint8Array }
  | { readonly form: 'stream'; readonly link: Uint8Array | null };

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

  /** The upstream's opening for this exchange; null where it gave none. */
  get opening(): Uint8Array | null {
    return this.#opening;
  }

  /**
   * The receipt, where one of the issuers whom the trust file names has signed it, and for this very answer; null otherwise. Whether it is in a log is not
   * known yet.
   */
  judged({ issuers }: Trust, given: GivenAnswer): Receipt | null {
    if (this.#evidence === null || this.#opening === null) return null;
    const envelope = parseEnvelope(this.#evidence.bytes);
    const issuer = issuers.find(key => keyLabel(key) === envelope.keyId);
    // Node.js answers at once; a promise would be no answer.
    if (issuer === undefined || envelopeIsSignedBy(envelope, issuer.publicKey) !== true) return null;
    const { subject, predicate } = readStatement(RECEIPT, envelope);
    if (predicate.issuer !== envelope.keyId || predicate.response.status !== 'completed') return null;
    const digest = responseDigest(subject);
    const isOfThis =
      digest?.form === 'body'
        ? given.form === 'body' && digest.commitment === toHex(commit(this.#opening, 'response', given.bytes))
        : digest?.form === 'stream' &&
          given.form === 'stream' &&
          given.link !== null &&
          digest.link === toHex(given.link);
    return isOfThis ? predicate : null;
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
