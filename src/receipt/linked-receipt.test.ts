import { describe, expect, it } from 'vitest';
import { make } from '../../test/support/sample-exchange.js';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { parseBundle } from './bundle.js';
import { envelopeBytes, payloadDigest } from './envelope.js';
import { linkedReceipt } from './linked-receipt.js';

const { bundle, content } = await make();
const { opening, request } = content as { opening: Uint8Array; request: Uint8Array };
const { envelope } = parseBundle(bundle);
const BYTES = envelopeBytes(envelope);

describe('the receipt of an upstream, as evidence', () => {
  it('is identified by what is signed, and by all of it', () => {
    expect(linkedReceipt(BYTES, opening, request)).toEqual({
      digest: toHex(sha256(BYTES)),
      mediaType: 'application/vnd.dsse.envelope.v1+json',
      signedDigest: toHex(payloadDigest(envelope)),
      type: 'countersign-receipt',
    });
  });

  it.each<{ what: string; bytes?: Uint8Array; opening?: Uint8Array; request?: Uint8Array }>([
    { what: 'another request', request: utf8('{}') },
    { what: 'another opening', opening: new Uint8Array(32) },
    { what: 'a whole bundle', bytes: bundle },
    { what: 'no JSON', bytes: utf8('receipt') },
    { what: 'nothing', bytes: new Uint8Array() },
    { what: 'more than an envelope', bytes: utf8(` ${Buffer.from(BYTES).toString()}`) },
    { what: 'an envelope of something else', bytes: envelopeBytes({ ...envelope, payload: utf8('{}') }) },
  ])('is none: $what', ({ bytes = BYTES, opening: secret = opening, request: sent = request }) => {
    expect(linkedReceipt(bytes, secret, sent)).toBeNull();
  });
});
