import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  askSample,
  clientOf,
  codeOf,
  readAnswer,
  sampleRandomBytes,
  type Wire,
  wireOf,
} from '../../test/support/answered.js';
import { removed } from '../../test/support/edit.js';
import { noTimer } from '../../test/support/paper-clock.js';
import { ISSUER, STRANGER, trustWith } from '../../test/support/parties.js';
import { EVENTS, make, REQUEST, type Recipe } from '../../test/support/sample-exchange.js';
import { OPENING, RECEIVED, SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { thorough } from '../../test/support/thoroughness.js';
import { toHex } from '../bytes/hex.js';
import type { Json } from '../bytes/json.js';
import { concat, equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { eventBytes } from '../exchange/server-sent-events.js';
import { keyLabel } from '../note/key.js';
import { Failure } from '../reason.js';
import { formatBundle, parseBundle } from '../receipt/bundle.js';
import { envelopeBytes } from '../receipt/envelope.js';
import { StreamChain } from '../receipt/stream-chain.js';
import { createClient } from './client.js';
import { memoryStore } from './memory-store.js';

const genuine = await wireOf({ form: 'stream' });
const [STREAM = new Uint8Array()] = genuine.parts;
/** The stream's blocks, blank lines included: acceptance and first event, two events, receipt and last event. */
const BLOCKS = new TextDecoder()
  .decode(STREAM)
  .split(/(?<=\n\n)/)
  .map(utf8);

function streaming(...parts: readonly (Uint8Array | string)[]): Wire {
  return { ...genuine, parts: parts.map(part => (typeof part === 'string' ? utf8(part) : part)) };
}

function withBlock(at: number, change: (block: string) => string): Wire {
  return streaming(
    ...BLOCKS.map((block, index) => (index === at ? change(new TextDecoder().decode(block)) : block)),
  );
}

function ask({ fetch }: Pick<ReturnType<typeof clientOf>, 'fetch'>): Promise<Response> {
  return fetch(ADDRESS, { method: 'POST', body: new Uint8Array(REQUEST) });
}

describe('a stream that is the issuer’s', () => {
  it('comes byte for byte, and is told of once, without another question', async () => {
    const { bytes, code, told } = await askSample(genuine);
    expect({ bytes, code }).toEqual({ bytes: STREAM, code: null });
    expect(told.verified.map(({ exchange }) => exchange)).toEqual([SAMPLE_RECEIPT.exchange]);
    expect(told.asked).toEqual([]);
  });

  it('in parts of one byte', async () => {
    const parts = Array.from(STREAM, byte => Uint8Array.of(byte));
    expect(await askSample(streaming(...parts))).toMatchObject({ bytes: STREAM, code: null });
  });

  it('cut in two, around every line end and in many places between', async () => {
    const trust = trustWith();
    const isNearLineEnd = (at: number) => STREAM.subarray(Math.max(0, at - 3), at + 2).includes(0x0a);
    const step = thorough(1, 61);
    for (let at = 1; at < STREAM.length; at++) {
      if (at % step !== 0 && !isNearLineEnd(at)) continue;
      const { bytes, code } = await askSample(streaming(STREAM.subarray(0, at), STREAM.subarray(at)), {
        trust,
      });
      // Compared as one value each: thousands of bytes one by one take longer than to verify them.
      expect({ at, code, same: equal(bytes, STREAM) }).toEqual({ at, code: null, same: true });
    }
  });

  it('each event is passed on before the next one has come', async () => {
    let send: (part: Uint8Array | null) => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        send = part => (part === null ? controller.close() : controller.enqueue(part));
      },
    });
    const fetch = createClient(
      { trust: trustWith() },
      {
        fetch: async () => new Response(body, { headers: genuine.headers }),
        ask: async () => new Response(null, { status: 404 }),
        now: () => RECEIVED,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      },
    );
    const reader = (await ask({ fetch })).body?.getReader();
    for (const block of BLOCKS) {
      send(block);
      expect((await reader?.read())?.value).toEqual(block);
    }
    send(null);
    expect((await reader?.read())?.done).toBe(true);
  });

  it('with other comments, and blocks of nothing but comments', async () => {
    expect(
      await codeOf(streaming(': waiting\n\n', ...BLOCKS.flatMap(block => [block, ': still here\n\n']))),
    ).toBeNull();
    expect(await codeOf(withBlock(1, block => `: a comment\n${block}`))).toBeNull();
  });

  it('that begins with a byte order mark, which is not passed on', async () => {
    const marked = concat(Uint8Array.of(0xef, 0xbb, 0xbf), STREAM);
    expect(await askSample(streaming(marked))).toMatchObject({ bytes: STREAM, code: null });
  });
});

describe('a stream whose comments stand in blocks of their own', () => {
  const apart = (block: string) => block.replace(/^(:.*)\n/gm, '$1\n\n');

  it('comes byte for byte, and is told of, however it is cut', async () => {
    const stream = utf8(apart(new TextDecoder().decode(STREAM)));
    expect(stream.length).toBe(STREAM.length + 2);
    for (const parts of [[stream], Array.from(stream, byte => Uint8Array.of(byte))]) {
      const { bytes, code, told } = await askSample(streaming(...parts));
      expect({ bytes, code }).toEqual({ bytes: stream, code: null });
      expect(told.verified).toHaveLength(1);
      expect(told.asked).toEqual([]);
    }
  });

  it('and whose only event is the last', async () => {
    const chain = (statement: Json) => withEvents(statement, EVENTS.slice(-1));
    const [only] = (await wireOf({ form: 'stream', statement: chain })).parts;
    const lines = new TextDecoder().decode(only).split('\n');
    const comments = lines.filter(line => line.startsWith(':'));
    expect(await codeOf(streaming(...comments.map(line => `${line}\n\n`), 'data: [DONE]\n\n'))).toBeNull();
  });

  it('and whose receipt comes at the end, after an event that does not say that it is the last', async () => {
    const events = [...EVENTS.slice(0, -1), utf8('{"last":true}')];
    const wire = await wireOf({ form: 'stream', statement: statement => withEvents(statement, events) });
    const lines = new TextDecoder().decode(wire.parts[0]).replace('[DONE]', '{"last":true}').split('\n');
    const receipt = lines.find(line => line.startsWith(': countersign-receipt')) ?? '';
    const rest = lines.filter(line => line !== receipt).join('\n');
    const { code, told } = await askSample(streaming(rest, `${receipt}\n\n`));
    expect(code).toBeNull();
    expect(told.asked).toEqual([]);
    for (const cut of [rest.replace('data: {"last":true}\n\n', ''), rest.replace('true', 'false')])
      expect(await codeOf(streaming(cut, `${receipt}\n\n`))).toBe('client/stream-cut');
    expect(await codeOf(streaming(rest, `${receipt}\n\n`, 'data: more\n\n'))).toBe(
      'content/response-mismatch',
    );
  });
});

describe('a stream that the upstream has closed without a last event: its receipt is at the gateway', () => {
  /** All of the sample's events, the last one without the receipt's comment: the gateway had no event to attach it to. */
  const silent = withBlock(3, block => block.slice(block.indexOf('\n') + 1));
  const bundleOf = async (recipe: Recipe) =>
    formatBundle({ ...parseBundle((await make({ form: 'stream', ...recipe })).bundle), proof: null });
  /** The receipt of the stream in which that event says something else than the end. */
  const closed = async () => {
    const events = [...EVENTS.slice(0, -1), utf8('{"last":true}')];
    const wire = { ...silent, parts: silent.parts.map(part => replaced(part, '[DONE]', '{"last":true}')) };
    return { ...wire, bundle: await bundleOf({ statement: statement => withEvents(statement, events) }) };
  };

  it('it is fetched, and covers every event', async () => {
    const { code, told } = await askSample(await closed());
    expect(code).toBeNull();
    expect(told.asked).toEqual([`https://gateway.example/v1/receipts/${SAMPLE_RECEIPT.exchange}`]);
    expect(told.verified).toHaveLength(1);
  });

  it('it covers other events', async () => {
    const { parts } = await closed();
    expect(await codeOf({ ...silent, parts, bundle: await bundleOf({}) })).toBe('client/stream-cut');
  });

  it('it is of an exchange that somebody in between has broken off, and covers what came before', async () => {
    const receipt = await bundleOf({
      receipt: sample => ({ ...sample, response: { ...sample.response, status: 'aborted' } }),
      statement: statement => withEvents(statement, EVENTS.slice(0, 2)),
    });
    const cut = streaming(...BLOCKS.slice(0, 2));
    expect(await codeOf({ ...cut, bundle: receipt })).toBe('client/answer-aborted');
    // The same, passed off as one body.
    const inline = fromUtf8(envelopeBytes(parseBundle(receipt).envelope)) ?? '';
    const headers = {
      ...cut.headers,
      'content-type': 'application/json',
      'countersign-receipt': inline,
    };
    expect(await codeOf({ ...cut, headers })).toBe('client/answer-aborted');
  });

  it('there is none', async () => {
    expect(await codeOf({ ...(await closed()), bundle: null })).toBe('client/stream-cut');
  });
});

/** The statement with the last link of these events. */
function withEvents(statement: Json, events: readonly Uint8Array[]): Json {
  const chain = new StreamChain(OPENING);
  for (const data of events) chain.add(eventBytes({ event: null, id: null, data: [data] }));
  const text = JSON.stringify(statement);
  const { subject } = JSON.parse(text) as { subject: [object, { digest: Record<string, string> }] };
  const [name = ''] = Object.keys(subject[1].digest);
  return JSON.parse(text.replace(subject[1].digest[name] ?? '', toHex(chain.link))) as Json;
}

function replaced(bytes: Uint8Array, text: string, other: string): Uint8Array {
  return utf8(new TextDecoder().decode(bytes).replace(text, other));
}

describe('a stream that is not the issuer’s: its last event is never passed on', () => {
  const failing = async (wire: Wire, code: string) => {
    const answer = await askSample(wire);
    expect(answer.code).toBe(code);
    expect(new TextDecoder().decode(answer.bytes)).not.toContain('[DONE]');
    expect(answer.told.verified).toEqual([]);
  };

  it.each(EVENTS.map((_, at) => at))('altered in event %i', async at => {
    await failing(
      withBlock(at, block => block.replace('data: ', 'data: x')),
      'content/response-mismatch',
    );
  });

  it.each(EVENTS.slice(1, -1).map((_, at) => at + 1))('without event %i', async at => {
    await failing(streaming(...BLOCKS.filter((__, index) => index !== at)), 'content/response-mismatch');
  });

  it('with an event more, in any place before the last', async () => {
    for (const at of [1, 2, 3])
      await failing(
        streaming(...BLOCKS.toSpliced(at, 0, utf8('data: more\n\n'))),
        'content/response-mismatch',
      );
    await failing(streaming('data: more\n\n', ...BLOCKS), 'client/acceptance-missing');
  });

  it('with two events exchanged', async () => {
    const [first, second, third, last] = BLOCKS as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    await failing(streaming(first, third, second, last), 'content/response-mismatch');
  });

  it('with a field that was not signed', async () => {
    await failing(
      withBlock(1, block => `event: other\n${block}`),
      'content/response-mismatch',
    );
    await failing(
      withBlock(1, block => `id: 7\n${block}`),
      'content/response-mismatch',
    );
  });

  it('cut off after every event', async () => {
    for (const count of [0, 1, 2, 3])
      await failing(streaming(...BLOCKS.slice(0, count)), 'client/stream-cut');
  });

  it('cut off inside an event', async () => {
    await failing(
      streaming(...BLOCKS.slice(0, 3), (BLOCKS[3] ?? new Uint8Array()).subarray(0, -1)),
      'client/stream-cut',
    );
  });

  it('that ends without its receipt', async () => {
    await failing(
      withBlock(3, block => block.slice(block.indexOf('\n') + 1)),
      'client/receipt-missing',
    );
  });

  it.each(['message_stop', 'response.completed'])('that ends without its receipt, by %s', async type => {
    const last = `event: ${type}\ndata: {"type":"${type}"}\n\n`;
    const { bytes, code } = await askSample(streaming(...BLOCKS.slice(0, 3), last));
    expect(code).toBe('client/receipt-missing');
    expect(new TextDecoder().decode(bytes)).not.toContain(type);
  });

  it('with a line that clients read differently', async () => {
    await failing(
      withBlock(1, block => `\ufeff${block}`),
      'content/response-mismatch',
    );
  });

  it('with an event that is longer than this client takes', async () => {
    const longest = Math.max(...BLOCKS.map(({ length }) => length));
    for (const parts of [[STREAM], Array.from(STREAM, byte => Uint8Array.of(byte))]) {
      expect(await codeOf(streaming(...parts), { maxEventBytes: longest })).toBeNull();
      expect(await codeOf(streaming(...parts), { maxEventBytes: longest - 1 })).toBe(
        'client/answer-too-large',
      );
    }
  });

  it('but not with one as long as an answer in one body may be', async () => {
    const { code } = await askSample(withBlock(1, block => `: ${'x'.repeat(5 << 20)}\n${block}`));
    expect(code).toBeNull();
  });

  it('under another status', async () => {
    await failing({ ...genuine, status: 201 }, 'client/status-mismatch');
  });
});

describe('after the last event', () => {
  it('nothing else may come', async () => {
    for (const more of ['data: more\n\n', 'data: [DONE]\n\n', 'id: 7\n\n'])
      expect(await codeOf(streaming(...BLOCKS, more))).toBe('content/response-mismatch');
    expect(await codeOf(streaming(...BLOCKS, 'data: half'))).toBe('client/stream-cut');
  });
});

describe('comments that only an issuer may write', () => {
  const ACCEPTANCE = new TextDecoder().decode(BLOCKS[0]).split('\n')[0] ?? '';
  const RECEIPT = new TextDecoder().decode(BLOCKS[3]).split('\n')[0] ?? '';

  it.each([
    ['an acceptance again', withBlock(1, block => `${ACCEPTANCE}\n${block}`)],
    ['an acceptance again, in a block of its own', streaming(`${ACCEPTANCE}\n\n`, ...BLOCKS)],
    ['the receipt again, at the end', streaming(...BLOCKS, `${RECEIPT}\n\n`)],
    ['very many of them, in one block', streaming(`${':countersign-x\n'.repeat(90_000)}\n`, ...BLOCKS)],
    ['three of them, in blocks of their own', streaming(`${ACCEPTANCE}\n\n`.repeat(3), ...BLOCKS)],
    ['an acceptance at the end', streaming(...BLOCKS.slice(0, 3), `${ACCEPTANCE}\n\n`)],
    ['two receipts at the end', streaming(...BLOCKS.slice(0, 3), `${RECEIPT}\n\n${RECEIPT}\n\n`)],
    ['a receipt before the acceptance', withBlock(0, block => `${RECEIPT}\n${block}`)],
    ['two receipts', withBlock(3, block => `${RECEIPT}\n${block}`)],
    ['an unknown one', withBlock(1, block => `:countersign-grade best\n${block}`)],
    ['an unknown one in capitals', withBlock(1, block => `: COUNTERSIGN-receipt {}\n${block}`)],
  ])('%s', async (_, wire) => {
    expect(await codeOf(wire)).toBe('client/comment-misplaced');
  });

  const apart = (block: Uint8Array | undefined) => new TextDecoder().decode(block).replace('\n', '\n\n');

  it('may stand in blocks of their own, as Google’s clients need them', async () => {
    const [first, second, third, last] = BLOCKS;
    expect(await codeOf(streaming(apart(first), second ?? '', third ?? '', apart(last)))).toBeNull();
  });

  it('a receipt too early: it does not cover what follows, nor what came', async () => {
    expect(await codeOf(withBlock(1, block => `${RECEIPT}\n${block}`))).toBe('content/response-mismatch');
  });

  it.each([
    ['no JSON', 'json/malformed', { acceptanceComment: () => utf8('nothing') }],
    [
      'forged',
      'acceptance/signature-invalid',
      { acceptanceSeal: () => ({ keyId: keyLabel(ISSUER.key), signer: STRANGER.signer }) },
    ],
    [
      'by a stranger',
      'envelope/issuer-unknown',
      { acceptanceSeal: () => ({ keyId: keyLabel(STRANGER.key), signer: STRANGER.signer }) },
    ],
  ] as const)('an acceptance that is %s', async (_, code, recipe) => {
    expect(await codeOf(await wireOf({ form: 'stream', ...recipe }))).toBe(code);
  });

  it.each([
    ['of another exchange', { exchange: 'b'.repeat(26) }, 'acceptance/mismatch'],
    ['of another counter', { counter: 8 }, 'acceptance/mismatch'],
    ['of another epoch', { epoch: 'b'.repeat(26) }, 'acceptance/mismatch'],
    ['of another log', { log: { origin: 'other.example' } }, 'receipt/log-mismatch'],
    ['of another nonce', { nonce: 'f'.repeat(64) }, 'client/nonce-mismatch'],
    ['of a time before the question', { received: RECEIVED - 3_600_000 }, 'client/receipt-stale'],
  ])('an acceptance %s', async (_, change, code) => {
    const wire = await wireOf({
      form: 'stream',
      acceptance: statement => {
        const { predicate, ...rest } = statement as { predicate: object };
        return { ...rest, predicate: { ...predicate, ...change } } as never;
      },
    });
    expect(await codeOf(wire)).toBe(code);
  });

  it('an acceptance of no nonce, although one was sent: no event is passed on', async () => {
    const wire = await wireOf({
      form: 'stream',
      acceptance: statement => removed(statement, 'predicate.nonce'),
    });
    expect(await askSample(wire)).toMatchObject({ bytes: new Uint8Array(), code: 'client/nonce-missing' });
  });

  it('the receipt of another exchange', async () => {
    const other = await wireOf({
      form: 'stream',
      receipt: receipt => ({ ...receipt, exchange: 'b'.repeat(26) }),
    });
    const text = new TextDecoder()
      .decode(other.parts[0])
      .split('\n')
      .find(line => line.startsWith(': countersign-receipt'));
    const wire = withBlock(3, block => `${text}\n${block.slice(block.indexOf('\n') + 1)}`);
    expect(await codeOf(wire)).toBe('client/exchange-mismatch');
  });
});

describe('failures and leaving', () => {
  it('a flagged stream passes as it came', async () => {
    const failed: unknown[] = [];
    const altered = withBlock(2, block => block.replace('data: ', 'data: x'));
    for (const parts of [
      altered.parts,
      [concat(...altered.parts)],
      Array.from(concat(...altered.parts), byte => Uint8Array.of(byte)),
    ]) {
      const { fetch, told } = clientOf({ ...altered, parts }, { onFailure: outcome => failed.push(outcome) });
      expect(await readAnswer(await ask({ fetch }))).toEqual({ bytes: concat(...altered.parts), code: null });
      expect(told.verified).toEqual([]);
    }
    expect(failed).toHaveLength(3);
  });

  it('whoever reads a failed stream as a whole hears why', async () => {
    const altered = withBlock(2, block => block.replace('data: ', 'data: x'));
    const { fetch } = clientOf(altered);
    await expect((await ask({ fetch })).text()).rejects.toMatchObject({ code: 'content/response-mismatch' });
  });

  it('a client that leaves keeps the acceptance', async () => {
    const store = memoryStore();
    const { fetch, told } = clientOf(streaming(...BLOCKS), { store });
    const reader = (await ask({ fetch })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const [name = ''] = await store.names('open-');
    expect(JSON.parse((await store.get(name)) ?? '')).toMatchObject({
      acceptance: expect.stringContaining('payload'),
      exchange: SAMPLE_RECEIPT.exchange,
      receipt: null,
    });
    expect(told.verified).toEqual([]);
  });

  it('a connection that breaks is what it is, and no failure of verification', async () => {
    const parts = BLOCKS.slice(0, 2);
    const broken = new Error('the connection broke');
    const body = new ReadableStream<Uint8Array>({
      pull: controller => {
        const part = parts.shift();
        if (part === undefined) controller.error(broken);
        else controller.enqueue(part);
      },
    });
    const fetch = createClient(
      { trust: trustWith() },
      {
        fetch: async () => new Response(body, { headers: genuine.headers }),
        ask: async () => new Response(null, { status: 404 }),
        now: () => RECEIVED,
        randomBytes: sampleRandomBytes,
        after: noTimer,
      },
    );
    const reading = (await ask({ fetch })).text();
    await expect(reading).rejects.toBe(broken);
    await expect(reading).rejects.not.toBeInstanceOf(Failure);
  });
});
