import { describe, expect, it } from 'vitest';
import '../node.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { parseWebhookSecret, signedHeaders } from './signature.js';

/** The bytes 0, 1, 2 … 31. */
const SECRET = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('base64')}`;

describe('Standard Webhooks: a secret', () => {
  it('is 24 to 64 bytes in base64 behind its prefix', () => {
    for (const length of [24, 32, 64])
      expect(parseWebhookSecret(`whsec_${Buffer.alloc(length, 1).toString('base64')}`)).toHaveLength(length);
  });

  it.each([
    ['', 'nothing'],
    [SECRET.slice(6), 'no prefix'],
    [`whsk_${SECRET.slice(6)}`, 'another prefix'],
    ['whsec_', 'no bytes'],
    [`whsec_${Buffer.alloc(23, 1).toString('base64')}`, 'too short'],
    [`whsec_${Buffer.alloc(65, 1).toString('base64')}`, 'too long'],
    [SECRET.replace(/=$/, ''), 'no padding'],
    [`${SECRET} `, 'white space'],
  ])('is not %j: %s', text => {
    expect(parseWebhookSecret(text)).toBeNull();
  });
});

describe('Standard Webhooks: a signature', () => {
  const notice = { id: 'msg_1', body: utf8('{"type":"contact.created"}') };
  const secret = parseWebhookSecret(SECRET) as Uint8Array;

  it('is over id, time and body with full stops between them', () => {
    expect(signedHeaders(notice, secret, 1_674_087_231)).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1674087231',
      // printf 'msg_1.1674087231.{"type":"contact.created"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f -binary | base64
      'webhook-signature': 'v1,kBeCGvcYdyF0K5we0Dbhpm1mfxdKKZHr3haXNsaCXsM=',
    });
  });

  it('is another for whatever is another', () => {
    const all = [
      signedHeaders(notice, secret, 1),
      signedHeaders(notice, secret, 2),
      signedHeaders({ ...notice, id: 'msg_2' }, secret, 1),
      signedHeaders({ ...notice, body: utf8('{}') }, secret, 1),
      signedHeaders(notice, secret.toReversed(), 1),
    ].map(headers => headers['webhook-signature']);
    expect(new Set(all).size).toBe(all.length);
    expect(fromUtf8(notice.body)).toBe('{"type":"contact.created"}');
  });
});
