import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.js';
import { utf8 } from '../bytes/octets.js';
import { StreamChain } from './stream-chain.js';

const opening = new Uint8Array(32).fill(9);
const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The formula of spec/receipt.md §3, written recursively and with other primitives. */
function reference(secret: Uint8Array, events: readonly Uint8Array[]): Buffer {
  const last = events.at(-1);
  return last === undefined
    ? createHmac('sha256', secret).update('stream').digest()
    : sha256(reference(secret, events.slice(0, -1)), sha256(last));
}

function linkOf(events: readonly Uint8Array[], secret = opening): string {
  const chain = new StreamChain(secret);
  for (const event of events) chain.add(event);
  return toHex(chain.link);
}

const texts = (...events: readonly string[]) => events.map(utf8);

describe('spec/receipt.md §3: the stream chain', () => {
  it('h(0) = HMAC-SHA-256(opening, "stream"), h(i) = SHA-256(h(i-1) ‖ SHA-256(event))', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        (secret, events) => linkOf(events, secret) === reference(secret, events).toString('hex'),
      ),
    );
  });

  it('can be read on the way: each link is that of the answer so far', () => {
    const events = texts('one', 'two', 'three');
    const chain = new StreamChain(opening);
    for (const [at, event] of events.entries()) {
      expect(toHex(chain.link)).toBe(linkOf(events.slice(0, at)));
      chain.add(event);
    }
  });

  it.each([
    ['no event', texts()],
    ['the first event alone', texts('one')],
    ['another order', texts('two', 'one')],
    ['one event twice', texts('one', 'two', 'two')],
    ['two events as one', texts('onetwo')],
    ['an empty event more', texts('one', '', 'two')],
    ['the same bytes, cut elsewhere', texts('on', 'etwo')],
  ])('tells apart: %s', (_, events) => {
    expect(linkOf(events)).not.toBe(linkOf(texts('one', 'two')));
  });

  it('a link already given out does not change when the chain goes on', () => {
    const chain = new StreamChain(opening);
    const before = chain.link;
    const copy = Uint8Array.from(before);
    chain.add(utf8('one'));
    expect(before).toEqual(copy);
  });

  it('starts elsewhere for another opening', () => {
    expect(linkOf(texts('yes'), new Uint8Array(32))).not.toBe(linkOf(texts('yes')));
  });
});
