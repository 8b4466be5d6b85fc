import { describe, expect, it } from 'vitest';
import { removed, replaced } from '../../test/support/edit.js';
import { STRANGER } from '../../test/support/parties.js';
import { make, type Recipe } from '../../test/support/sample-exchange.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { verify } from './verify.js';

/** The code of the response's check, or `pass`. */
async function judge(recipe: Recipe): Promise<{ code: string; field: string | null }> {
  const { checks } = await verify(await make({ form: 'stream', ...recipe }));
  const check = checks.find(({ name }) => name === 'response');
  if (check === undefined) throw new Error('the response was not judged');
  return check.status === 'pass' ? { code: 'pass', field: null } : { code: check.code, field: check.field };
}
const edited = (edit: (stream: string) => string) => (bytes: Uint8Array) => utf8(edit(fromUtf8(bytes) ?? ''));

describe('spec/receipt.md §3: how a stream may arrive', () => {
  it.each<[what: string, response: (stream: Uint8Array) => Uint8Array]>([
    ['as it was sent', stream => stream],
    ['with CRLF for LF', edited(stream => stream.replaceAll('\n', '\r\n'))],
    ['with a byte order mark', stream => concat(Uint8Array.of(0xef, 0xbb, 0xbf), stream)],
    ['without the space after the colon', edited(stream => stream.replaceAll('data: ', 'data:'))],
    [
      'without comments, as when none were wanted',
      edited(stream => stream.replaceAll(/^: countersign-.*\n/gm, '')),
    ],
    ['with comments that keep it alive', edited(stream => stream.replaceAll('\n\n', '\n\n: keep-alive\n\n'))],
    ['with a retry field', edited(stream => `retry: 5000\n\n${stream}`)],
  ])('%s', async (_, response) => {
    expect(await judge({ response })).toEqual({ code: 'pass', field: null });
  });

  it.each<[what: string, response: (stream: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['with what came after the end and is no event', edited(stream => `${stream}data: cut sh`)],
    ['without its last blank line', stream => stream.slice(0, -1)],
    ['with an event more', edited(stream => `${stream}data: more\n\n`)],
    [
      'with an event that has no data but a name',
      edited(stream => stream.replace('data: [DONE]', 'event: end\ndata: [DONE]')),
    ],
    ['with an id', edited(stream => stream.replace('data: [DONE]', 'id: 1\ndata: [DONE]'))],
    ['with a space more', edited(stream => stream.replace('data: [DONE]', 'data:  [DONE]'))],
    ['with one event cut in two', edited(stream => stream.replace('data: {', 'data: {\n\ndata: '))],
    ['with two data fields for one', edited(stream => stream.replace('data: {', 'data: {\ndata: '))],
    [
      'with a block more that has only a name',
      edited(stream => stream.replace('data: [DONE]', 'event: x\n\n$&')),
    ],
    [
      'with a block more that has only an id',
      edited(stream => stream.replace('data: [DONE]', 'id: 1\n\n$&')),
    ],
    [
      'with an event more that only clients see which drop byte order marks',
      edited(stream => stream.replace('data: [DONE]', '\ufeffdata: {}\n\n$&')),
    ],
    ['with a line more of that kind', edited(stream => stream.replace('data: [DONE]', '\ufeffdata: x\n$&'))],
    ['with a second byte order mark', edited(stream => `\ufeff\ufeff${stream}`)],
    ['with two blocks joined', edited(stream => stream.replace('\n\ndata:', '\ndata:'))],
  ])('content/response-mismatch: %s', async (_, response) => {
    expect((await judge({ response })).code).toBe('content/response-mismatch');
  });
});

describe('what the issuer signed inside a stream', () => {
  it.each(['client', 'counter', 'epoch', 'exchange', 'issuer', 'nonce'])(
    'acceptance/mismatch names the member: %s',
    async member => {
      const other = {
        client: 'z'.repeat(26),
        counter: 99,
        epoch: 'z'.repeat(26),
        exchange: 'z'.repeat(26),
        issuer: 'a+00000000',
        nonce: 'f'.repeat(64),
      };
      const value = other[member as keyof typeof other];
      const acceptance: Recipe['acceptance'] = statement => replaced(statement, `predicate.${member}`, value);
      expect(await judge({ acceptance })).toEqual({ code: 'acceptance/mismatch', field: member });
    },
  );

  it.each<[string, Recipe]>([
    ['an acceptance', { acceptance: statement => removed(statement, 'predicate.nonce') }],
    ['a receipt', { statement: statement => removed(statement, 'predicate.request.nonce') }],
  ])('%s without the nonce that the other one has', async (_, recipe) => {
    expect(await judge(recipe)).toEqual({ code: 'acceptance/mismatch', field: 'nonce' });
  });

  it('an acceptance of another request names the subject', async () => {
    const acceptance: Recipe['acceptance'] = statement =>
      replaced(statement, 'subject.0.digest.countersign-commitment-v1', 'f'.repeat(64));
    expect(await judge({ acceptance })).toEqual({ code: 'acceptance/mismatch', field: 'subject' });
  });

  it('an acceptance cannot be judged when nobody is trusted, but what it says must still fit', async () => {
    const acceptanceSeal: Recipe['acceptanceSeal'] = ({ keyId }) => ({ keyId, signer: STRANGER.signer });
    expect((await judge({ acceptanceSeal, trust: null })).code).toBe('pass');
    expect((await judge({ acceptanceSeal })).code).toBe('acceptance/signature-invalid');
    const acceptance: Recipe['acceptance'] = statement => replaced(statement, 'predicate.counter', 8);
    expect((await judge({ acceptance, trust: null })).code).toBe('acceptance/mismatch');
  });

  it('a second receipt inside the stream must be the same too', async () => {
    const again = edited(stream => {
      const [line] = /^: countersign-receipt .*\n/m.exec(stream) ?? [''];
      return stream.replace('data:', `${line}data:`);
    });
    expect((await judge({ response: again })).code).toBe('pass');
    const fake = edited(stream => stream.replace('data:', ': countersign-receipt {}\ndata:'));
    expect((await judge({ response: fake })).code).toBe('content/inline-invalid');
    // Another envelope that the issuer has signed: here its acceptance.
    const other = edited(stream =>
      stream.replace(/^: countersign-acceptance (.*\n)/m, '$&: countersign-receipt $1'),
    );
    expect((await judge({ response: other })).code).toBe('content/inline-mismatch');
    expect((await judge({ response: other, trust: null })).code).toBe('content/inline-invalid');
  });

  it('a comment of ours is one only where every client sees a comment', async () => {
    const response = edited(stream => stream.replace(/^: ?countersign-receipt /m, '\ufeff$&'));
    expect((await judge({ response })).code).toBe('content/response-mismatch');
  });

  it('comments of other kinds say nothing, whatever bytes they hold', async () => {
    const response = (stream: Uint8Array) =>
      concat(utf8(': '), Uint8Array.of(0xff, 0x00), utf8('\n'), stream);
    expect((await judge({ response })).code).toBe('pass');
  });
});
