import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, HELLO, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { utf8 } from '../../bytes/octets.js';
import { ACCEPTANCE } from '../../receipt/acceptance.js';
import { parseEnvelope } from '../../receipt/envelope.js';
import { nonceCommitment } from '../../receipt/nonce.js';
import { readStatement } from '../../receipt/statement.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
});

beforeEach(() => {
  upstream.behaviour = answer(200, completion());
  upstream.requests.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const nonce = 'a-nonce_of-the-clients';
const headers = { 'countersign-nonce': nonce };

describe('countersign-nonce', () => {
  it('is committed to under the exchange’s opening, and stays here', async () => {
    const got = await ask(gateway.address, { headers });
    expect((await receiptOf(gateway, got)).request.nonce).toBe(nonceCommitment(openingOf(got), nonce));
    expect(upstream.last.headers['countersign-nonce']).toBeUndefined();
  });

  it('of a stream, in the acceptance too', async () => {
    upstream.behaviour = stream(...HELLO);
    const got = await ask(gateway.address, { headers, body: chat({ stream: true }) });
    const [, acceptance = ''] = /^: countersign-acceptance (.*)$/m.exec(got.body.toString()) ?? [];
    const commitment = nonceCommitment(openingOf(got), nonce);
    expect(readStatement(ACCEPTANCE, parseEnvelope(utf8(acceptance))).predicate.nonce).toBe(commitment);
    expect((await receiptOf(gateway, got)).request.nonce).toBe(commitment);
  });

  it('of a request that is refused as well', async () => {
    const got = await ask(gateway.address, { headers, body: '{' });
    expect(got.headers['countersign-reason']).toBe('request/malformed');
    expect((await receiptOf(gateway, got)).request.nonce).toBe(nonceCommitment(openingOf(got), nonce));
  });

  it.each([
    ['in one body', {}],
    ['as a stream', { stream: true }],
  ])('left out, is left out of what is signed (%s)', async (_, more) => {
    if ('stream' in more) upstream.behaviour = stream(...HELLO);
    const got = await ask(gateway.address, { body: chat(more) });
    expect((await receiptOf(gateway, got)).request).not.toHaveProperty('nonce');
  });

  it.each([
    ['nothing', ''],
    ['too short', 'A'.repeat(15)],
    ['too long', 'A'.repeat(65)],
    ['padded', `${'A'.repeat(22)}==`],
    ['two', [nonce, nonce]],
  ])(
    '%s: 400 request/nonce-malformed, under a receipt without one, and nothing is sent',
    async (_, value) => {
      const got = await ask(gateway.address, { headers: { 'countersign-nonce': value as string } });
      expect({ status: got.status, reason: got.headers['countersign-reason'] }).toEqual({
        status: 400,
        reason: 'request/nonce-malformed',
      });
      const { request, response } = await receiptOf(gateway, got);
      expect(response).toMatchObject({ status: 'refused', reason: 'request/nonce-malformed' });
      expect(request).not.toHaveProperty('nonce');
      expect(upstream.requests).toEqual([]);
    },
  );
});
