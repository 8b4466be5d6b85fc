import { expect, it } from 'vitest';
import { plain } from './plain.js';

it.each<readonly [string, unknown, unknown]>([
  ['bytes', Uint8Array.of(0, 0xab), '00ab'],
  ['a large number', 2n ** 64n, '18446744073709551616'],
  ['a map', new Map([[1, Uint8Array.of(1)]]), { 1: '01' }],
  ['lists, objects and nothing', [{ a: [null, true, 1.5, 'text'] }], [{ a: [null, true, 1.5, 'text'] }]],
  ['a name that is more than a name elsewhere', new Map([['__proto__', 1]]), JSON.parse('{"__proto__":1}')],
])('%s', (_, value, expected) => {
  expect(JSON.stringify(plain(value))).toBe(JSON.stringify(expected));
});

it('is for what evidence can state', () => {
  expect(() => plain({ a: undefined })).toThrow('undefined');
});
