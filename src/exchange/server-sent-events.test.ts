import fc from 'fast-check';
import { _iterSSEMessages } from 'openai/core/streaming';
import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../test/support/mutation.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { EventSplitter, eventBytes, eventData, type ServerSentEvent } from './server-sent-events.js';

/** An event as text, one character for each byte. */
interface Read {
  readonly event: string | null;
  readonly id: string | null;
  readonly data: readonly string[];
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const readable = ({ event, id, data }: ServerSentEvent): Read => ({
  event: event === null ? null : latin1(event),
  id: id === null ? null : latin1(id),
  data: data.map(latin1),
});

function blocksOf(chunks: readonly Uint8Array[]) {
  const splitter = new EventSplitter(1 << 20);
  const blocks = chunks.flatMap(chunk => splitter.push(chunk));
  return { blocks, rest: splitter.rest };
}
function eventsOf(...chunks: readonly Uint8Array[]): Read[] {
  return blocksOf(chunks).blocks.flatMap(({ event }) => (event === null ? [] : [readable(event)]));
}
const eventsIn = (text: string) => eventsOf(utf8(text));
const dataIn = (text: string) => eventsIn(text).map(({ data }) => data.join('\n'));

/** What {@link eventsOf} gives, or null when it refuses the stream as garbage. */
const eventsOrRefusal = (bytes: Uint8Array) =>
  parseOrRefuse(() => eventsOf(bytes), ['upstream/garbage']) ?? null;

const MARK = '\xef\xbb\xbf';

/**
 * The HTML Standard's §9.2.6 once more, on the whole stream as text. Each block is read on its own: nothing is remembered. It is stricter
 * than the standard in two things: whatever a client might dispatch is an event, and a byte order mark further in is refused (null).
 */
function reference(stream: string): Read[] | null {
  const text = stream.startsWith(MARK) ? stream.slice(MARK.length) : stream;
  const events: Read[] = [];
  // A carriage return that ends what has come may be half a line end, so the line does not end yet.
  const lines = text.replace(/\r$/, '').split(/\r\n|\n|\r/);
  lines.pop();
  const none = (): { event: string | null; id: string | null; data: string[] } => ({
    event: null,
    id: null,
    data: [],
  });
  let block = none();
  let marked = false;
  for (const line of lines) {
    if (line === '') {
      if (marked) return null;
      if (block.data.length > 0 || block.event !== null || block.id !== null) events.push(block);
      block = none();
      continue;
    }
    marked ||= line.startsWith(MARK);
    const [, name, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) as unknown as [string, string, string];
    if (name === 'data') block.data.push(value);
    else if (name === 'event' || name === 'id') block[name] = value;
  }
  return events;
}

const LINES = [
  '',
  '',
  'data: x',
  'data:y',
  'data',
  'data:',
  'data:  z',
  'event: e',
  'event',
  'id: 1',
  'id:',
  ': c',
  ':',
  'other: x',
  'data : x',
  ' data: x',
  'dat',
  'datax: 1',
  'retry: 5',
  'data:a:b',
  'Data: x',
];
const streams = (ends: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom(...ends)), { maxLength: 24 })
    .map(lines => lines.map(([line, end]) => line + end).join(''));

describe('HTML Standard §9.2.6, "Interpreting an event stream"', () => {
  it.each<[what: string, stream: string, data: readonly string[]]>([
    ['nothing', '', []],
    ['one event', 'data: x\n\n', ['x']],
    [
      "the standard's first example",
      'data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n',
      ['This is the first message.', 'This is the second message, it\nhas two lines.'],
    ],
    [
      'one space after the colon is no part of the value',
      'data:x\n\ndata: x\n\ndata:  x\n\n',
      ['x', 'x', ' x'],
    ],
    ["the standard's example of empty data", 'data\n\ndata\ndata\n\ndata:\n\n', ['', '\n', '']],
    ['a block that has not ended is no event', 'data: x\n\ndata: y\n', ['x']],
    ['a line that has not ended is no line', 'data: x\n\ndata: y', ['x']],
    ['comments are no data', ': x\n\n:\ndata: y\n\n', ['y']],
    ['a block of comments and fields that say nothing is no event', ': c\nretry: 1\nother\n\n', []],
    ['fields of other names are ignored', 'retry: 5\ndata : a\nDATA: b\ndata: c\n\n', ['c']],
    ['a value may hold colons', 'data: a: b\n\n', ['a: b']],
    ['empty lines between blocks', '\n\n\ndata: x\n\n\n\n', ['x']],
    ['carriage returns', 'data: x\r\rdata: y\r\r\n', ['x', 'y']],
    ['both', 'data: x\r\n\r\ndata: y\r\n\r\n', ['x', 'y']],
    ['mixed', 'data: a\rdata: b\ndata: c\r\n\n', ['a\nb\nc']],
    ['a byte order mark at the start', '\ufeffdata: x\n\n', ['x']],
    ['a byte order mark inside a line', 'data: \ufeffx\n\n', ['\ufeffx']],
    ['a byte order mark in a block that has not ended', 'data: x\n\n\ufeffdata: y\n', ['x']],
  ])('%s', (_, stream, data) => {
    expect(dataIn(stream).map(text => fromUtf8(bytesOf(text)))).toEqual(data);
    const expected = reference(latin1(utf8(stream)));
    expect(expected?.map(event => fromUtf8(bytesOf(event.data.join('\n'))))).toEqual(data);
  });

  it.each<[stream: string, event: Read]>([
    ['event: e\n\n', { event: 'e', id: null, data: [] }],
    ['event\n\n', { event: '', id: null, data: [] }],
    ['id: 1\n\n', { event: null, id: '1', data: [] }],
    ['id\n\n', { event: null, id: '', data: [] }],
    ['event: e\nid: 1\n\n', { event: 'e', id: '1', data: [] }],
    [': c\nevent: e\nretry: 1\n\n', { event: 'e', id: null, data: [] }],
  ])('%j is an event although it has no data, because some clients dispatch it', (stream, event) => {
    expect(eventsIn(stream)).toEqual([event]);
    expect(reference(stream)).toEqual([event]);
  });

  it.each([
    ['at the second event', 'data: x\n\n\ufeffdata: y\n\n'],
    ['at the second line', 'data: x\n\ufeffdata: y\n\n'],
    ['twice at the start', '\ufeff\ufeffdata: x\n\n'],
    ['at a comment', ': a\n\n\ufeff: b\n\n'],
    ['at a field that says nothing', ': a\n\n\ufeffretry: 1\n\n'],
    ['alone in its line', 'data: x\n\n\ufeff\n\n'],
    ['after carriage returns', 'data: x\r\r\ufeffdata: y\r\r\n'],
  ])('upstream/garbage: a byte order mark %s', (_, stream) => {
    const refused = { code: 'upstream/garbage', field: 'byte order mark' };
    expect(failureOf(() => eventsIn(stream))).toMatchObject(refused);
    const bytes = utf8(stream);
    expect(failureOf(() => eventsOf(...Array.from(bytes, byte => Uint8Array.of(byte))))).toMatchObject(
      refused,
    );
    expect(reference(latin1(bytes))).toBeNull();
  });

  it('event and id belong to their block alone, and of several the last counts', () => {
    expect(eventsIn('event: a\nevent: b\nid: 1\nid\ndata: x\n\ndata: y\n\n')).toEqual([
      { event: 'b', id: '', data: ['x'] },
      { event: null, id: null, data: ['y'] },
    ]);
  });

  it.each([
    ['LF', ['\n']],
    ['CRLF', ['\r\n']],
    ['CR', ['\r']],
    ['all of them', ['\n', '\r\n', '\r']],
  ])('any stream is read as the standard says: %s', (_, ends) => {
    fc.assert(
      fc.property(streams(ends), text => {
        expect(eventsOrRefusal(bytesOf(text))).toEqual(reference(text));
      }),
      { numRuns: 500 },
    );
  });

  it('any bytes at all', () => {
    const bytes = fc.array(fc.constantFrom(...'data:\r\n \xef\xbb\xbf\x00\xff', MARK, '\n\n'), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(bytes, characters => {
        const text = characters.join('');
        expect(eventsOrRefusal(bytesOf(text))).toEqual(reference(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the parser of OpenAI's client", () => {
  async function readByClient(text: string): Promise<{ event: string | null; data: string }[]> {
    const events = [];
    for await (const { event, data } of _iterSSEMessages(new Response(text), new AbortController()))
      events.push({ event, data });
    return events;
  }
  /** It takes an empty name for none, and dispatches no block that has neither name nor data. */
  const dispatched = (events: readonly Read[]) =>
    events
      .filter(({ event, data }) => event || data.length > 0)
      .map(({ event, data }) => ({ event: event || null, data: data.join('\n') }));
  const inLatin1 = (text: string) => latin1(utf8(text));

  const sameOrRefused = async (text: string) => {
    const ours = eventsOrRefusal(utf8(text));
    if (ours === null) return;
    const its = await readByClient(text);
    expect(
      its.map(({ event, data }) => ({ event: event ? inLatin1(event) : null, data: inLatin1(data) })),
    ).toEqual(dispatched(ours));
  };

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('dispatches nothing but our events, with and without a name: %s', async (_, end) => {
    await fc.assert(fc.asyncProperty(streams([end]), sameOrRefused), { numRuns: 500 });
  });

  it('reads no stream otherwise than we do that we do not refuse, wherever a byte order mark stands', async () => {
    const parts = fc.constantFrom('\ufeff', '\ufeff', 'data: x', ': c', 'event: e', '\n', '\n', '\n');
    const texts = fc.array(parts, { maxLength: 16 }).map(list => `${list.join('')}\n\n`);
    await fc.assert(fc.asyncProperty(texts, sameOrRefused), { numRuns: 1000 });
  });

  it.each([
    ['data: x\n\n\ufeffdata: y\n\n', ['x', 'y']],
    ['data: x\n\ufeffdata: y\n\n', ['x\ny']],
    ['data: x\n\ufeff\ndata: y\n\n', ['x', 'y']],
  ])('drops the byte order marks of %j, which is why we refuse it', async (stream, data) => {
    const seen = (await readByClient(stream)).map(event => event.data);
    expect(seen).toEqual(data);
    expect(reasonOf(() => eventsIn(stream))).toBe('upstream/garbage');
  });
});

describe('chunks', () => {
  const stream = utf8(
    '\ufeff: hello\r\ndata: ä\r\nid: 1\r\n\r\nevent: e\rdata: b\rdata: c\r\rdata: 1\n\n: bye\n\ndata: [DONE]\n\n: rest',
  );
  const whole = blocksOf([stream]);

  it('a stream cut in two at any byte gives the same blocks', () => {
    expect(whole.blocks).toHaveLength(5);
    for (let at = 0; at <= stream.length; at++)
      expect(blocksOf([stream.slice(0, at), stream.slice(at)]), `cut at ${at}`).toEqual(whole);
  });

  it('a stream that comes byte by byte, or in any chunks, gives the same blocks', () => {
    expect(blocksOf(Array.from(stream, byte => Uint8Array.of(byte)))).toEqual(whole);
    fc.assert(
      fc.property(streams(['\n', '\r\n', '\r']), fc.array(fc.nat(40)), (text, lengths) => {
        const bytes = bytesOf(text);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const length of lengths) {
          chunks.push(bytes.slice(at, at + length));
          at += length;
        }
        chunks.push(bytes.slice(at));
        expect(blocksOf(chunks)).toEqual(blocksOf([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('no byte is lost: blocks and rest are the stream again', () => {
    fc.assert(
      fc.property(streams(['\n', '\r\n', '\r']), text => {
        const { blocks, rest } = blocksOf([bytesOf(text)]);
        expect(concat(...blocks.map(({ raw }) => raw), rest)).toEqual(bytesOf(text));
      }),
    );
  });

  it('but for a byte order mark at the start', () => {
    const { blocks, rest } = whole;
    expect(concat(...blocks.map(({ raw }) => raw), rest)).toEqual(stream.slice(3));
  });

  it('a block does not change when the splitter goes on', () => {
    const splitter = new EventSplitter(1 << 10);
    const [first] = splitter.push(utf8('data: one\n\n'));
    splitter.push(utf8('data: two, which is longer\n\n'));
    expect(first?.raw).toEqual(utf8('data: one\n\n'));
    expect(first?.event?.data).toEqual([utf8('one')]);
  });

  it('comments come without their colon, and keep their space', () => {
    const [block] = blocksOf([utf8(': a\n:b\n:\ndata: x\n\n')]).blocks;
    expect(block?.comments.map(latin1)).toEqual([' a', 'b', '']);
  });
});

describe('upstream/oversized', () => {
  const push = (limit: number, ...chunks: readonly string[]) => {
    const splitter = new EventSplitter(limit);
    for (const chunk of chunks) splitter.push(utf8(chunk));
  };

  it('one block over the limit, in one chunk or in many', () => {
    expect(reasonOf(() => push(20, `data: ${'x'.repeat(20)}`))).toBe('upstream/oversized');
    expect(reasonOf(() => push(20, 'data: ', ...Array.from({ length: 20 }, () => 'x')))).toBe(
      'upstream/oversized',
    );
    expect(reasonOf(() => push(20, ...Array.from({ length: 10 }, () => ': c\n')))).toBe('upstream/oversized');
  });

  it('not: many blocks under it, in one chunk or in many', () => {
    const blocks = Array.from({ length: 100 }, () => 'data: x\n\n');
    expect(() => push(20, ...blocks)).not.toThrow();
    expect(() => push(20, blocks.join(''))).not.toThrow();
    expect(() => push(20, 'x'.repeat(20))).not.toThrow();
  });

  it('a stream that drips without end costs no more than its length', () => {
    const splitter = new EventSplitter(1 << 18);
    const drop = utf8('x');
    const started = performance.now();
    for (let count = 0; count < 1 << 18; count++) splitter.push(drop);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(reasonOf(() => splitter.push(drop))).toBe('upstream/oversized');
  });

  it('a block of more lines than it may have, which would each take more memory than they have bytes', () => {
    const lines = (count: number) => [...Array.from({ length: count }, () => 'data\n'), '\n'];
    const split = (...parts: readonly string[]) => {
      const splitter = new EventSplitter(1 << 20, 10);
      return parts.flatMap(part => splitter.push(utf8(part))).length;
    };
    for (const part of [lines(10), [lines(10).join('')]]) expect(split(...part, ...part)).toBe(2);
    for (const part of [
      lines(11),
      [lines(11).join('')],
      [':\n'.repeat(11)],
      ['\r'.repeat(100), 'x\r'.repeat(12)],
    ])
      expect(reasonOf(() => split(...part))).toBe('upstream/oversized');
  });

  it('a large block costs no more than its length, however it comes', () => {
    const splitter = new EventSplitter(1 << 26);
    const part = new Uint8Array(8192).fill(0x78);
    const started = performance.now();
    splitter.push(utf8('data: '));
    for (let count = 0; count < 1 << 12; count++) splitter.push(part);
    expect(splitter.push(utf8('\n\n'))[0]?.raw.length).toBe((1 << 25) + 8);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('any damage is read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(mutants([utf8('event: e\ndata: x\n\ndata: [DONE]\n\n')]), bytes => {
        expect(eventsOrRefusal(bytes)).toEqual(reference(latin1(bytes)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('spec/receipt.md §3: the bytes of an event', () => {
  const bytesIn = (text: string) =>
    blocksOf([utf8(text)]).blocks.flatMap(({ event }) => (event === null ? [] : [latin1(eventBytes(event))]));

  it.each([
    ['data: x\n\n', 'data:x\n'],
    ['data:x\r\n\r\n', 'data:x\n'],
    ['data: x\ndata: y\n\n', 'data:x\ndata:y\n'],
    ['data: x\nid: 1\nevent: e\ndata: y\n\n', 'event:e\nid:1\ndata:x\ndata:y\n'],
    ['event: a\nevent: b\ndata\n\n', 'event:b\ndata:\n'],
    ['event: e\n\n', 'event:e\n'],
    ['id: 1\n\n', 'id:1\n'],
    [': comment\nretry: 1\ndata: x\n\n', 'data:x\n'],
  ])('%j is %j', (stream, bytes) => {
    expect(bytesIn(stream)).toEqual([bytes]);
  });

  const value = fc
    .array(fc.constantFrom('a', ':', ' ', '\xff', 'data:', 'event:', 'id:'), { maxLength: 4 })
    .map(parts => bytesOf(parts.join('')));
  const events: fc.Arbitrary<ServerSentEvent> = fc.record({
    event: fc.option(value),
    id: fc.option(value),
    data: fc.array(value, { minLength: 1, maxLength: 3 }),
  });

  it('two events have the same bytes only when they are the same event', () => {
    fc.assert(
      fc.property(events, events, (a, b) => {
        const same = JSON.stringify(readable(a)) === JSON.stringify(readable(b));
        expect(latin1(eventBytes(a)) === latin1(eventBytes(b))).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  it('are themselves an event stream that reads as the same event, but for a space in front of a value', () => {
    fc.assert(
      fc.property(events, event => {
        fc.pre([event.event, event.id, ...event.data].every(part => part?.[0] !== 0x20));
        expect(eventsOf(concat(eventBytes(event), utf8('\n')))).toEqual([readable(event)]);
      }),
    );
  });

  it('the data are the data fields, joined by newlines', () => {
    fc.assert(fc.property(events, event => latin1(eventData(event)) === event.data.map(latin1).join('\n')));
  });
});
