import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Verification, verify } from '../../src/appraise/verify.js';
import { thorough } from '../support/thoroughness.js';
import { type Answer, ask, chat } from './client.js';
import { openGateway, type TestGateway } from './gateway.js';
import { exchangeOf, fetchBundle, openingOf } from './receipts.js';
import { answer, completion, HELLO, stream, TestUpstream } from './upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;
let whole: Evidence;
let streamed: Evidence;

interface Evidence {
  readonly bundle: Buffer;
  readonly opening: Buffer;
  readonly request: Buffer;
  readonly response: Buffer;
}

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
  upstream.behaviour = answer(200, completion());
  whole = await evidenceOf(await ask(gateway.address));
  upstream.behaviour = stream(...HELLO);
  streamed = await evidenceOf(await ask(gateway.address, { body: chat({ stream: true }) }));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

async function evidenceOf(got: Answer): Promise<Evidence> {
  const bundle = await fetchBundle(gateway, exchangeOf(got));
  return { bundle, opening: Buffer.from(openingOf(got)), request: got.request, response: got.body };
}

function judge({ bundle, ...content }: Evidence): Promise<Verification> {
  return verify({ bundle, trust: gateway.trust, content, asOf: Date.now() });
}

/** Prime to the seven bits that are flipped in turn. */
const STEP = thorough(1, 5);

/** The places of a part at which another byte changes nothing; of the places that `look` refuses nothing is said. */
async function harmless(
  evidence: Evidence,
  part: keyof Evidence,
  look: (at: number) => boolean = () => true,
): Promise<number[]> {
  const places: number[] = [];
  for (let at = 0; at < evidence[part].length; at += STEP) {
    if (!look(at)) continue;
    const altered = Buffer.from(evidence[part]);
    altered[at] = (altered[at] as number) ^ (1 << (at % 7));
    const { outcome, checks } = await judge({ ...evidence, [part]: altered });
    if (outcome === 'fail' || outcome === 'malformed') {
      const broken = checks.find(({ status }) => status === 'fail');
      expect(broken, `${part}, byte ${at}`).toHaveProperty('code');
    } else places.push(at);
  }
  return places;
}

describe('one flipped bit anywhere fails, with a code', { timeout: 60_000 }, () => {
  it('and without it all passes', async () => {
    for (const evidence of [whole, streamed]) expect((await judge(evidence)).outcome).toBe('pass');
  });

  it.each(['bundle', 'request', 'response', 'opening'] as const)('in the %s of an answer', async part => {
    expect(await harmless(whole, part)).toEqual([]);
  });

  it.each(['bundle', 'request', 'opening'] as const)('in the %s of a stream', async part => {
    expect(await harmless(streamed, part)).toEqual([]);
  });

  it('in the events of a stream, and in what is signed in its comments', async () => {
    const text = streamed.response.toString('latin1');
    // A comment that is altered before its envelope begins is a stranger's comment, and those are outside of what is signed.
    const prefixes = [...text.matchAll(/^: countersign-[a-z]+ (?=\{)/gm)];
    const outside = prefixes.flatMap(({ index, 0: { length } }) =>
      Array.from({ length }, (_, at) => index + at),
    );
    expect(prefixes).toHaveLength(2);
    // Of the envelopes, which the bundle's test goes through byte by byte, only every eighth.
    const envelopes = [...text.matchAll(/\{"payload":.*\}$/gm)];
    const inEnvelope = (at: number) =>
      envelopes.some(({ index, 0: { length } }) => at > index && at < index + length - 1);
    const look = (at: number) => !inEnvelope(at) || at % 8 === 0;
    const places = await harmless(streamed, 'response', look);
    expect(places.filter(at => !outside.includes(at))).toEqual([]);
  });
});
