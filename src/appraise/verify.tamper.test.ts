/** A genuine bundle with anything at all changed is never believed, and nothing that a bundle can hold makes verifying throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutants } from '../../test/support/mutation.js';
import { make } from '../../test/support/sample-exchange.js';
import { thorough } from '../../test/support/thoroughness.js';
import { equal, utf8 } from '../bytes/octets.js';
import { EventSplitter } from '../exchange/server-sent-events.js';
import { type Verification, type VerifyInput, verify } from './verify.js';

/** One flips a single bit; the other turns letters into control characters and ASCII into something else. */
const MASKS = [0x01, 0xa5];
const FORMS = ['body', 'stream'] as const;

/** Prime, so that over the length of a sample each place of a base64 quantum and each mask has its turn. */
const STEP = thorough(1, 7);

/** Every copy with one byte changed; in the unit suite those of every seventh byte. */
function* flips(
  bytes: Uint8Array,
  masks = MASKS,
): Generator<{ readonly at: number; readonly flipped: Uint8Array }> {
  for (let at = 0; at < bytes.length; at += STEP) {
    for (const mask of masks) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] as number) ^ mask;
      yield { at, flipped };
    }
  }
}

const codeOf = ({ checks }: Verification, name: string) =>
  checks.flatMap(check => (check.name === name && check.status === 'fail' ? [check.code] : []))[0];

function withResponse(input: VerifyInput, response: Uint8Array): VerifyInput {
  return { ...input, content: { ...input.content, response } };
}

describe('one flipped byte of a bundle', () => {
  it.each(FORMS)(
    'is never a pass nor inconclusive, at any place (%s)',
    async form => {
      const input = await make({ form });
      const believed: number[] = [];
      for (const { at, flipped } of flips(input.bundle)) {
        const verification = await verify({ ...input, bundle: flipped });
        const reasons = verification.checks.filter(check => check.status === 'fail');
        const refused = verification.outcome === 'fail' || verification.outcome === 'malformed';
        if (!refused || reasons.length === 0 || verification.facts.record.grade !== 'none') believed.push(at);
      }
      expect(believed).toEqual([]);
    },
    60_000,
  );
});

describe('one flipped byte of content', () => {
  it.each(FORMS)('the request: content/request-mismatch (%s)', async form => {
    const input = await make({ form });
    for (const { at, flipped } of flips(input.content.request as Uint8Array)) {
      const verification = await verify({ ...input, content: { ...input.content, request: flipped } });
      expect(verification.outcome, `byte ${at}`).toBe('fail');
      expect(codeOf(verification, 'request'), `byte ${at}`).toBe('content/request-mismatch');
    }
  });

  it('the answer: content/response-mismatch', async () => {
    const input = await make();
    for (const { at, flipped } of flips(input.content.response as Uint8Array)) {
      const verification = await verify(withResponse(input, flipped));
      expect(codeOf(verification, 'response'), `byte ${at}`).toBe('content/response-mismatch');
    }
  });

  it('the opening: everything mismatches', async () => {
    const input = await make({ form: 'stream' });
    for (const { at, flipped } of flips(input.content.opening as Uint8Array)) {
      const verification = await verify({ ...input, content: { ...input.content, opening: flipped } });
      expect(codeOf(verification, 'request'), `byte ${at}`).toBe('content/request-mismatch');
      expect(codeOf(verification, 'response'), `byte ${at}`).toBe('content/response-mismatch');
    }
  });
});

describe('one flipped byte of a stream', () => {
  /** The places of the comment lines, their line ends left out. */
  function commentLines(stream: Uint8Array): [start: number, end: number][] {
    const lines: [number, number][] = [];
    let start = 0;
    for (const line of new TextDecoder().decode(stream).split('\n')) {
      if (line.startsWith(':')) lines.push([start, start + line.length]);
      start += line.length + 1;
    }
    return lines;
  }

  it('outside comments fails, at every place and with every mask', async () => {
    const input = await make({ form: 'stream' });
    const stream = input.content.response as Uint8Array;
    const comments = commentLines(stream);
    expect(comments).toHaveLength(2);
    const believed: number[] = [];
    for (const { at, flipped } of flips(stream, [0x01, 0x02, 0x20, 0xa5])) {
      if (comments.some(([start, end]) => at >= start && at < end)) continue;
      const verification = await verify(withResponse(input, flipped));
      if (verification.outcome !== 'fail' || codeOf(verification, 'response') === undefined)
        believed.push(at);
    }
    expect(believed).toEqual([]);
  });

  it('in what the issuer signed inside a comment fails too', async () => {
    const input = await make({ form: 'stream' });
    const stream = input.content.response as Uint8Array;
    const believed: string[] = [];
    for (const [start, end] of commentLines(stream)) {
      const envelope = start + new TextDecoder().decode(stream.subarray(start, end)).indexOf('{');
      for (const { at, flipped } of flips(stream.subarray(envelope, end), [0x01])) {
        // The long base64 of a payload is the same everywhere; what stands around it is not.
        if (at > 100 && at < end - envelope - 300 && at % 16 !== 0) continue;
        const changed = Uint8Array.from(stream);
        changed.set(flipped, envelope);
        const verification = await verify(withResponse(input, changed));
        if (verification.outcome !== 'fail')
          believed.push(new TextDecoder().decode(stream.subarray(envelope + at - 20, envelope + at + 1)));
      }
    }
    expect(believed).toEqual([]);
  });

  it('events exchanged, repeated or left out fail', async () => {
    const input = await make({ form: 'stream' });
    const blocks = new EventSplitter(1 << 20)
      .push(input.content.response as Uint8Array)
      .map(({ raw }) => raw);
    const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]));
    expect((await verify(withResponse(input, join(blocks)))).outcome).toBe('pass');
    for (let at = 0; at < blocks.length; at++) {
      const [before, block, after] = [blocks.slice(0, at), blocks[at] as Uint8Array, blocks.slice(at + 1)];
      const others = [
        [...before, ...after],
        [...before, block, block, ...after],
        [...after, block, ...before],
      ];
      for (const other of others)
        expect((await verify(withResponse(input, join(other)))).outcome, `event ${at}`).toBe('fail');
    }
  });

  it('other comments and empty blocks are outside what is signed', async () => {
    const input = await make({ form: 'stream' });
    const response = input.content.response as Uint8Array;
    const padded = Uint8Array.from([...utf8(': keep-alive\n\n\n'), ...response, ...utf8(': bye\n\n')]);
    expect((await verify(withResponse(input, padded))).outcome).toBe('pass');
  });
});

describe('damaged in every way that forgers and disks know', () => {
  it('never throws and never passes', async () => {
    const inputs = await Promise.all(FORMS.map(form => make({ form })));
    const genuine = inputs.map(({ bundle }) => bundle);
    await fc.assert(
      fc.asyncProperty(mutants(genuine), fc.constantFrom(...inputs), async (bundle, input) => {
        fc.pre(!genuine.some(whole => equal(whole, bundle)));
        const { outcome, facts } = await verify({ ...input, bundle });
        expect(['fail', 'malformed']).toContain(outcome);
        expect(facts.record.grade).toBe('none');
      }),
      { numRuns: thorough(1000, 250) },
    );
  });

  it('a damaged stream never makes it throw', async () => {
    const input = await make({ form: 'stream' });
    await fc.assert(
      fc.asyncProperty(mutants([input.content.response as Uint8Array]), async response => {
        const { outcome } = await verify(withResponse(input, response));
        expect(['pass', 'fail']).toContain(outcome);
      }),
      { numRuns: thorough(400, 100) },
    );
  });

  it('any bytes at all are malformed', async () => {
    const input = await make();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.json().map(utf8)), async bundle => {
        expect((await verify({ ...input, bundle })).outcome).toBe('malformed');
      }),
    );
  });

  it('a bundle with a byte more, in front or behind, is malformed', async () => {
    const input = await make();
    for (let byte = 0; byte < 256; byte += STEP) {
      for (const bundle of [
        Uint8Array.from([...input.bundle, byte]),
        Uint8Array.from([byte, ...input.bundle]),
      ])
        expect((await verify({ ...input, bundle })).outcome).toBe('malformed');
    }
  });

  it('a bundle with a byte less is malformed', async () => {
    const input = await make();
    for (let length = 0; length < input.bundle.length; length += 7)
      expect((await verify({ ...input, bundle: input.bundle.slice(0, length) })).outcome).toBe('malformed');
  });
});
