import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { fetchBundle, receiptOf, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  DONE,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { verify } from '../../appraise/verify.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseBundle } from '../../receipt/bundle.js';
import { parseEnvelope, payloadDigest } from '../../receipt/envelope.js';

let provider: TestUpstream;
/** The gateway that stands behind the other. */
let far: TestGateway;
let near: TestGateway;

beforeAll(async () => {
  provider = await TestUpstream.start();
  far = await openGateway({ upstream: provider.base });
  near = await openGateway({ more: { far: { base: `${far.address}/v1`, givesReceipts: true } } });
});

afterAll(async () => {
  await near.close();
  await far.close();
  await provider.close();
});

const STREAM = stream(chunk({ content: 'Far.' }), chunk({}, 'stop'), DONE);

describe('a gateway behind a gateway', () => {
  it.each<{ what: string; behaviour: Behaviour; body: object }>([
    { what: 'a whole answer', behaviour: answer(200, completion('Far.')), body: chat() },
    { what: 'a stream', behaviour: STREAM, body: chat({ stream: true }) },
  ])('$what: the far receipt is kept and named, and anybody can check it', async ({ behaviour, body }) => {
    provider.behaviour = behaviour;
    const got = await ask(near.address, { body });
    expect(got.body.toString()).toContain('Far.');
    const receipt = await receiptOf(near, got);
    expect(receipt.evidence).toMatchObject([{ type: 'countersign-receipt' }]);
    const [{ digest, signedDigest }] = receipt.evidence as [(typeof receipt.evidence)[number]];
    const evidence = await ask(near.address, { path: `/v1/evidence/${digest}` });
    expect(evidence.status).toBe(200);
    expect(toHex(sha256(evidence.body))).toBe(digest);
    expect(toHex(payloadDigest(parseEnvelope(evidence.body)))).toBe(signedDigest);

    // It is the receipt that the far gateway has logged, and holds for the very bytes that the client sent and got.
    const exchange = String(got.headers['countersign-upstream-exchange']);
    const bundle = await fetchBundle({ address: `${far.address}` }, exchange);
    expect(toHex(payloadDigest(parseBundle(bundle).envelope))).toBe(signedDigest);
    const opening = Buffer.from(String(got.headers['countersign-upstream-opening']), 'base64url');
    // What the near gateway has written into the stream is not the far one's.
    const response = Buffer.from(got.body.toString().replaceAll(/^: countersign-.*\n/gm, ''));
    const verification = await verify({
      bundle,
      trust: far.trust,
      content: { opening, request: got.request, response },
      asOf: Date.now() + 1000,
    });
    expect(verification.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect((await verifyAnswer(near, got)).outcome).toBe('pass');
  });

  it('what is no evidence is not found, and what is no digest neither', async () => {
    for (const digest of ['0'.repeat(64), 'x'])
      expect((await ask(near.address, { path: `/v1/evidence/${digest}` })).status).toBe(404);
  });
});

describe('an upstream that only pretends', () => {
  it.each<{ what: string; headers: Record<string, string> }>([
    { what: 'nothing', headers: {} },
    { what: 'no opening', headers: { 'countersign-receipt': '{}' } },
    {
      what: 'garbage',
      headers: {
        'countersign-receipt': 'x',
        'countersign-opening': 'A'.repeat(43),
        'countersign-exchange': '<script>',
      },
    },
  ])('$what: nothing is kept or named', async ({ headers }) => {
    const liar = await openGateway({ more: { far: { base: provider.base, givesReceipts: true } } });
    try {
      provider.behaviour = answer(200, completion('Near.'), headers);
      const got = await ask(liar.address);
      expect(got.status).toBe(200);
      expect(got.headers['countersign-upstream-exchange']).toBeUndefined();
      expect((await receiptOf(liar, got)).evidence).toEqual([]);
    } finally {
      await liar.close();
    }
  });

  it('a receipt of another exchange: nothing is named', async () => {
    provider.behaviour = answer(200, completion('Far.'));
    const before = await ask(far.address, {
      headers: { 'countersign-inline': 'receipt' },
      body: chat({}, 'Before.'),
    });
    const replayed = Object.fromEntries(
      ['countersign-receipt', 'countersign-opening', 'countersign-exchange'].map(name => [
        name,
        String(before.headers[name]),
      ]),
    );
    const liar = await openGateway({ more: { far: { base: provider.base, givesReceipts: true } } });
    try {
      provider.behaviour = answer(200, completion('Near.'), replayed);
      expect((await receiptOf(liar, await ask(liar.address))).evidence).toEqual([]);
    } finally {
      await liar.close();
    }
  });

  it('of which nobody said that it gives receipts is not asked for any', async () => {
    const plain = await openGateway({ more: { far: { base: `${far.address}/v1` } } });
    try {
      provider.behaviour = answer(200, completion('Far.'));
      const got = await ask(plain.address);
      expect((await receiptOf(plain, got)).evidence).toEqual([]);
      expect(got.headers['countersign-upstream-opening']).toBeUndefined();
    } finally {
      await plain.close();
    }
  });
});
