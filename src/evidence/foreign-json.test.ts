import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { utf8 } from '../bytes/octets.js';
import { hexBytes, PrefixedDigest, readForeign, textOf } from './foreign-json.js';

const Form = {
  code: 'air/malformed',
  maxBytes: 100_000,
  schema: v.object({ name: textOf(8), inner: v.optional(v.object({ digest: hexBytes(2, 4) })) }),
} as const;
const read = (text: string) => readForeign(utf8(text), Form);

describe("somebody else's JSON", () => {
  it('may have members that we do not know, which stay in the value', () => {
    const {
      read: known,
      value,
      text,
    } = read('{"name":"a","more":[1],"inner":{"digest":"0xABCD","more":null}}');
    expect(known).toEqual({ name: 'a', inner: { digest: Uint8Array.of(0xab, 0xcd) } });
    expect(value).toMatchObject({ more: [1], inner: { more: null } });
    expect(JSON.parse(text)).toEqual(value);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['a member twice', '{"name":"a","name":"b"}'],
    ['a member twice among those that we do not know', '{"name":"a","more":{"x":1,"x":2}}'],
    ['a member that is missing', '{}'],
    ['a member of another kind', '{"name":1}'],
    ['an empty text', '{"name":""}'],
    ['a text that is too long', `{"name":"${'a'.repeat(9)}"}`],
    ['hexadecimal that is too short', '{"name":"a","inner":{"digest":"ab"}}'],
    ['hexadecimal that is too long', '{"name":"a","inner":{"digest":"abababababab"}}'],
    ['hexadecimal that is none', '{"name":"a","inner":{"digest":"xyxy"}}'],
    ['half a byte', '{"name":"a","inner":{"digest":"abcde"}}'],
    ['more bytes than it may have', `{"name":"a","more":"${'a'.repeat(100_000)}"}`],
    ['more lists than any has', `{"name":"a","more":[${'[],'.repeat(25_000)}[]]}`],
  ])('is refused: %s', (_, text) => {
    expect(failureOf(() => read(text)).code).toBe('air/malformed');
  });

  it('is refused where it is no UTF-8, and the member is named where one is wrong', () => {
    expect(failureOf(() => readForeign(Uint8Array.of(0x22, 0xff, 0x22), Form)).code).toBe('air/malformed');
    expect(failureOf(() => read('{"name":"a","inner":{"digest":1}}')).field).toBe('inner.digest');
  });

  it('a prefixed digest is in lower case, whole, and of one function', () => {
    const isDigest = (text: string) => v.safeParse(PrefixedDigest, text).success;
    expect(isDigest(`sha256:${'ab'.repeat(32)}`)).toBe(true);
    for (const text of [
      `sha256:${'AB'.repeat(32)}`,
      `sha256:${'ab'.repeat(31)}`,
      'ab'.repeat(32),
      `sha512:${'ab'.repeat(32)}`,
    ])
      expect(isDigest(text)).toBe(false);
  });
});
