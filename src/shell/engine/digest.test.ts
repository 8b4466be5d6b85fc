import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { subjectDigest } from './digest.js';

const file = (path: string) => ({ path, bytes: Buffer.from(`content of ${path}`) });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

describe('subject digest (OpenSSF model signing)', () => {
  it('repeats what the reference implementation, version 1.1.1, signs for a folder', () => {
    const paths = 'q-r 😀 B a.txt ～ z.1 q/r.s a/b é a-c z/1 q/r/s'.split(' ');
    expect(subjectDigest(paths.map(file))).toBe(
      '0b56fba361b38faa532d9f7eba173e457c7b8aabe4c52dc873dd1e783c7e6cf0',
    );
  });

  it('hashes the raw digests of the files one after the other', () => {
    const [one, two] = [file('a'), file('b')];
    const expected = sha256(Buffer.concat([sha256(one.bytes), sha256(two.bytes)])).toString('hex');
    expect(subjectDigest([two, one])).toBe(expected);
  });

  it('depends on the content of every file and on their order by path, not on the order given', () => {
    const files = [file('a'), file('b'), file('c')];
    const digest = subjectDigest(files);
    expect(subjectDigest(files.toReversed())).toBe(digest);
    expect(subjectDigest(files.slice(1))).not.toBe(digest);
    expect(subjectDigest([...files.slice(1), { path: 'a', bytes: Buffer.from('other') }])).not.toBe(digest);
  });

  it('puts a folder before a longer name that begins like it, whatever the next character', () => {
    const bytes = (text: string) => Buffer.from(text);
    const inOrder = ['a', 'b', 'c'].map(bytes);
    const expected = sha256(Buffer.concat(inOrder.map(sha256))).toString('hex');
    const files = ['a/x', 'a-x', 'a.x'].map((path, at) => ({ path, bytes: inOrder[at] ?? bytes('') }));
    expect(subjectDigest(files.toReversed())).toBe(expected);
  });
});
