/**
 * Signed receipts, every one of another exchange: the kept example of a completed exchange under new ids and counters. They are made and
 * signed before the clock starts.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toBase32 } from '../../dist/bytes/base32.js';
import { canonicalize, parseCanonical } from '../../dist/bytes/json.js';
import { keyLabel } from '../../dist/note/key.js';
import { parseBundle } from '../../dist/receipt/bundle.js';
import { envelopeBytes, seal } from '../../dist/receipt/envelope.js';
import { issuerKey, issuerSigner, logKey } from './keys.mjs';

const EXAMPLE = new URL('../../test/receipts/v1/completed/bundle.json', import.meta.url);

export function makeBodies({ count }) {
  const issuer = keyLabel(issuerKey);
  const example = parseCanonical(parseBundle(readFileSync(EXAMPLE)).envelope.payload);
  const log = { ...example.predicate.log, origin: logKey.name };
  // The log begins empty, so that there is nothing that a receipt could have seen.
  const seen = { ...example.predicate.seen, size: 0 };
  const bodies = Array.from({ length: count }, (_, at) => {
    const exchange = toBase32(randomBytes(16));
    const predicate = { ...example.predicate, exchange, counter: at + 1, issuer, log, seen };
    return envelopeBytes(seal(canonicalize({ ...example, predicate }), issuer, issuerSigner));
  });
  let at = 0;
  return () => bodies[at++];
}
