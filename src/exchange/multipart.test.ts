import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../test/support/mutation.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { readForm } from './multipart.js';

const TYPE = 'multipart/form-data; boundary=b';
const form = (...parts: readonly (readonly [headers: string, content: string])[]) =>
  `${parts.map(([headers, content]) => `--b\r\n${headers}\r\n\r\n${content}\r\n`).join('')}--b--\r\n`;
const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const read = (body: string, type = TYPE) =>
  readForm(utf8(body), type).map(({ name, isFile, bytes }) => ({ name, isFile, text: fromUtf8(bytes) }));
const refused = (body: string, type = TYPE) => failureOf(() => read(body, type)).code;
const ONE = form([field('a'), '1']);

describe('a form', () => {
  it('has its parts in their order, with their exact bytes', () => {
    expect(
      read(
        form(
          [field('model'), 'm-1'],
          [`${field('file')}; filename="a \\"b\\".wav"\r\nContent-Type: audio/wav`, '\r\n--a\r\n--\r\n\r\n'],
          [`content-type:text/plain\r\nCONTENT-DISPOSITION:form-data;name="ü"`, ''],
        ),
      ),
    ).toEqual([
      { name: 'model', isFile: false, text: 'm-1' },
      { name: 'file', isFile: true, text: '\r\n--a\r\n--\r\n\r\n' },
      { name: 'ü', isFile: false, text: '' },
    ]);
  });

  it('may hold any bytes at all', () => {
    const content = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const body = concat(utf8(`--b\r\n${field('file')}; filename=""\r\n\r\n`), content, utf8('\r\n--b--'));
    expect(readForm(body, TYPE)).toEqual([{ name: 'file', isFile: true, bytes: content }]);
  });

  it('may hold nothing, the same name twice, and a file’s name in another encoding', () => {
    expect(read('--b--')).toEqual([]);
    expect(read(form([field('a'), '1'], [field('a'), '2'])).map(({ text }) => text)).toEqual(['1', '2']);
    expect(read(form([`${field('a')}; filename*=UTF-8''%c3%bc`, '']))).toMatchObject([{ isFile: true }]);
    expect(read(form([`${field('a')}\r\nContent-Transfer-Encoding: binary`, '1']))).toHaveLength(1);
  });

  it.each([
    'multipart/form-data; boundary=b',
    'Multipart/Form-Data;boundary="b"',
    ' multipart/form-data;  Boundary=b ',
  ])('under %j', type => {
    expect(read(ONE, type)).toHaveLength(1);
  });

  it('is what fetch makes of a FormData', async () => {
    const data = new FormData();
    data.append('model', 'm-1');
    data.append('file', new File(['a\r\nb'], 'a "b".wav', { type: 'audio/wav' }));
    const request = new Request('http://a.example', { method: 'POST', body: data });
    const type = request.headers.get('content-type') ?? '';
    const parts = readForm(new Uint8Array(await request.arrayBuffer()), type);
    expect(parts.map(({ name, isFile, bytes }) => [name, isFile, fromUtf8(bytes)])).toEqual([
      ['model', false, 'm-1'],
      ['file', true, 'a\r\nb'],
    ]);
  });
});

describe('request/malformed', () => {
  it.each([
    '',
    'application/json',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="b',
    'multipart/form-data; boundary=b; boundary=c',
    'multipart/form-data; boundary=b b',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
    'multipart/mixed; boundary=b',
    'multipart/form-data; boundary=B',
  ])('the type %j', type => {
    expect(refused(ONE, type)).toBe('request/malformed');
  });

  it.each<[what: string, body: string]>([
    ['nothing', ''],
    ['JSON', '{}'],
    ['something before the first part', `x\r\n${ONE}`],
    ['a line end before the first part', `\r\n${ONE}`],
    ['something after the last part', `${ONE}x`],
    ['a second end', `${ONE}--b--\r\n`],
    ['no end', `--b\r\n${field('a')}\r\n\r\n1\r\n--b`],
    ['no end of a part', `--b\r\n${field('a')}\r\n\r\n1`],
    ['line feeds alone', ONE.replaceAll('\r\n', '\n')],
    ['a boundary that goes on', form([field('a'), '1\r\n--bc'])],
    ['white space after a boundary', ONE.replace('--b\r\n', '--b \r\n')],
    ['no headers', '--b\r\n\r\n1\r\n--b--'],
    ['headers without end', `--b\r\n${field('a')}\r\n--b--`],
    ['headers that are too long', form([`${field('a')}\r\nx: ${'y'.repeat(8192)}`, ''])],
    ['a header that is none', form([`${field('a')}\r\nnone`, ''])],
    ['a header that is folded', form([`Content-Disposition: form-data;\r\n name="a"`, ''])],
    ['a header with a line feed in it', form([`${field('a')}\r\nx: a\nb: c`, ''])],
    ['a header twice', form([`${field('a')}\r\n${field('b').toLowerCase()}`, ''])],
    ['no name', form(['Content-Disposition: form-data', ''])],
    ['a name without quotation marks', form(['Content-Disposition: form-data; name=a', ''])],
    ['a name with an escape', form(['Content-Disposition: form-data; name="a\\"b"', ''])],
    ['two names', form([`${field('a')}; name="b"`, ''])],
    ['a name in another encoding', form([`${field('a')}; name*=UTF-8''b`, ''])],
    ['an attachment', form(['Content-Disposition: attachment; name="a"', ''])],
    ['an encoded part', form([`${field('a')}\r\nContent-Transfer-Encoding: base64`, 'AA=='])],
    ['over 1000 parts', form(...Array.from({ length: 1001 }, () => [field('a'), ''] as const))],
  ])('%s', (_, body) => {
    expect(refused(body)).toBe('request/malformed');
  });

  it('headers that are not UTF-8', () => {
    const body = Uint8Array.from(form([field('\u00e9'), '']), character => character.charCodeAt(0));
    expect(failureOf(() => readForm(body, TYPE)).code).toBe('request/malformed');
  });
});

it('any bytes are read or refused; what is read is what is between the boundaries', () => {
  const sample = utf8(form([field('model'), 'm'], [`${field('file')}; filename="a"`, '\r\n--\r\n--b']));
  fc.assert(
    fc.property(mutants([utf8(ONE), sample]), bytes => {
      const parts = parseOrRefuse(() => readForm(bytes, TYPE), ['request/malformed']);
      for (const part of parts ?? []) expect(fromUtf8(part.bytes) ?? '').not.toContain('\r\n--b');
    }),
    { numRuns: 1000 },
  );
});
