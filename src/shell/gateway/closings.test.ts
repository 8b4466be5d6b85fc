import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  completion,
  HELLO,
  silence,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { parseCanonical } from '../../bytes/json.js';
import { CLOSING, type Closing } from '../../receipt/closing.js';
import { LEAF_BYTES, readLeaf } from '../../receipt/closing-leaf.js';
import { type LeafProofJson, provenLeaf, readLeafProof } from '../../receipt/closing-proof.js';
import { readEntry } from '../../receipt/entry.js';
import { envelopeIsSignedBy } from '../../receipt/envelope.js';
import type { Receipt } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import { merkleRoot } from '../../tree/root.js';
import { askedClosing } from './closings.js';

let upstream: TestUpstream;
let gateway: TestGateway;
let time = Date.now();

beforeAll(async () => {
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
  gateway = await openGateway({ upstream: upstream.base, now: () => time });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const get = (path: string, init: RequestInit = {}) => fetch(`${gateway.address}/v1/closings/${path}`, init);

async function closingOf(epoch: string): Promise<Closing> {
  const bytes = await eventually(async () => {
    const response = await get(epoch);
    return response.status === 200 ? new Uint8Array(await response.arrayBuffer()) : undefined;
  });
  const envelope = readEntry(bytes);
  const [issuer] = gateway.trust.issuers;
  expect(await envelopeIsSignedBy(envelope, issuer?.publicKey as Uint8Array)).toBe(true);
  return readStatement(CLOSING, envelope).predicate.closing;
}

describe('the closing of a gateway’s epoch', () => {
  let receipts: readonly Receipt[];
  let closing: Closing;

  beforeAll(async () => {
    const as = (name: string) => ({ authorization: `Bearer ${name}` });
    const asked = [
      await ask(gateway.address, { headers: as('one') }),
      await ask(gateway.address, { headers: as('one'), body: 'garbage' }),
      await ask(gateway.address, { headers: as('two') }),
    ];
    upstream.behaviour = stream(...HELLO);
    asked.push(await ask(gateway.address, { headers: as('two'), body: chat({ stream: true }) }));
    upstream.behaviour = silence;
    const left = begin(gateway.address, { headers: as('three') });
    await eventually(async () => (gateway.running > 0 ? true : undefined));
    left.leave();
    await eventually(async () => (gateway.running === 0 ? true : undefined));
    upstream.behaviour = answer(200, completion());
    for (const one of asked) await fetchBundle(gateway, exchangeOf(one));
    receipts = await gateway.receipts();
    time += 86_400_000;
    await ask(gateway.address, { headers: as('one') });
    closing = await closingOf((receipts[0] as Receipt).epoch);
  });

  it('has every receipt of the epoch, and no other', async () => {
    expect(receipts).toHaveLength(5);
    expect(closing).toMatchObject({ ending: 'complete', leaves: { count: 5 }, clients: { count: 3 } });
    expect(closing.statuses).toMatchObject({ completed: 3, refused: 1, aborted: 1 });
    const bytes = new Uint8Array(await (await get(`${closing.epoch}/leaves`)).arrayBuffer());
    const leaves = Array.from({ length: 5 }, (_, at) => bytes.slice(at * LEAF_BYTES, (at + 1) * LEAF_BYTES));
    expect(toHex(merkleRoot(leaves))).toBe(closing.leaves.root);
    const key = ({ client, counter }: Pick<Receipt, 'client' | 'counter'>) => `${client} ${counter}`;
    expect(leaves.map(readLeaf).map(key)).toEqual(receipts.map(key).sort());
  });

  it('proves of a number what became of it, or that there is none', async () => {
    const { client, counter, epoch, response } = receipts[0] as Receipt;
    const leafOf = async (number: number) => {
      const got = await get(`${epoch}/${client}/${number}`);
      const json = parseCanonical(new Uint8Array(await got.arrayBuffer())) as { leaf: LeafProofJson };
      return provenLeaf(closing, client, number, readLeafProof(json.leaf));
    };
    expect(await leafOf(counter)).toMatchObject({ client, counter, status: response.status });
    expect(await leafOf(99)).toBeNull();
  });

  it('is shown for ever, and its length without it', async () => {
    const head = await get(`${closing.epoch}/leaves`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(5 * LEAF_BYTES));
    expect(head.headers.get('cache-control')).toContain('immutable');
    expect((await get(`${closing.epoch}/clients`)).headers.get('content-length')).toBe(String(3 * 66));
  });

  it('is not there before the epoch is over', async () => {
    const { epoch } = (await gateway.receipts()).at(-1) as Receipt;
    for (const path of [epoch, `${epoch}/leaves`, `${epoch}/${'a'.repeat(26)}/1`]) {
      const response = await get(path);
      expect([response.status, response.headers.get('countersign-reason')]).toEqual([404, 'closing/unknown']);
    }
  });

  it('is read and not written', async () => {
    expect((await get(closing.epoch, { method: 'POST', body: '{}' })).status).toBe(405);
  });
});

it('a path that leads out of the folder, or to no number, is no closing’s', () => {
  const epoch = 'a'.repeat(26);
  for (const path of [
    '',
    `../${epoch}`,
    `${epoch}/`,
    `${epoch}/hashes`,
    `${epoch}/${epoch}/0`,
    `${epoch}/${epoch}/01`,
    `${epoch}.json`,
    `${epoch}/${epoch}/1/2`,
  ])
    expect(askedClosing(`/v1/closings/${path}`)).toBeNull();
});
