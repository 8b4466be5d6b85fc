/**
 * Signed receipts, every one of another exchange: the kept example of a completed exchange, each time the first of another client. They
 * are made and signed before the clock starts.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toBase32 } from '../../dist/bytes/base32.js';
import { toHex } from '../../dist/bytes/hex.js';
import { keyLabel } from '../../dist/note/key.js';
import { parseBundle } from '../../dist/receipt/bundle.js';
import { envelopeBytes, seal } from '../../dist/receipt/envelope.js';
import { RECEIPT, receiptSubject } from '../../dist/receipt/receipt.js';
import { readStatement, writeStatement } from '../../dist/receipt/statement.js';
import { writeEntryLines } from '../../dist/receipt/submission.js';
import { epoch, namedPolicy, seen } from './first-entries.mjs';
import { issuerKey, issuerSigner, logKey } from './keys.mjs';

const EXAMPLE = new URL('../../test/receipts/v2/completed/bundle.json', import.meta.url);

/** @param frame makes a request of a body */
export function makeRequests({ count, perRequest = 1 }, frame) {
  const make = receiptMaker();
  const one = () => envelopeBytes(make());
  const body = () => (perRequest === 1 ? one() : writeEntryLines(Array.from({ length: perRequest }, one)));
  const requests = Array.from({ length: Math.ceil(count / perRequest) }, () => frame(body()));
  let at = 0;
  return () => {
    if (at === requests.length) throw new Error(`the ${count} receipts that were made are used up`);
    return requests[at++];
  };
}

/** Makes another receipt with each call. */
export function receiptMaker() {
  const issuer = keyLabel(issuerKey);
  const example = readStatement(RECEIPT, parseBundle(readFileSync(EXAMPLE)).envelope).predicate;
  const asIssuer = responsible => (responsible.key === null ? responsible : { ...responsible, key: issuer });
  const predicate = {
    ...example,
    counter: 1,
    epoch,
    issuer,
    log: { ...example.log, origin: logKey.name },
    policy: namedPolicy,
    previous: null,
    responsibility: example.responsibility.map(asIssuer),
    seen,
  };
  const id = () => toBase32(randomBytes(16));
  const commitment = () => toHex(randomBytes(32));
  return () => {
    const subject = receiptSubject(commitment(), { form: 'body', commitment: commitment() });
    const payload = writeStatement(RECEIPT, {
      subject,
      predicate: { ...predicate, client: id(), exchange: id() },
    });
    return seal(payload, issuer, issuerSigner);
  };
}
