import { describe, expect, it, vi } from 'vitest';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make, type Recipe } from '../../../test/support/sample-exchange.js';
import { parseTrust } from '../../appraise/trust.js';
import { verify } from '../../appraise/verify.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { hang, printable, printJson } from './print.js';
import { report } from './report.js';

/** What can move a cursor, hide a word, turn its direction or break a line. */
const HOSTILE = [
  ['an escape sequence', '\u001b[2J'],
  ['a C1 control sequence', '\u009b2J'],
  ['a C1 string command', '\u0090q\u009c'],
  ['a bell', '\u0007'],
  ['a backspace', 'a\b'],
  ['a delete', '\u007f'],
  ['NUL', '\u0000'],
  ['a carriage return', 'FAIL\rPASS'],
  ['a line feed', 'a\nPASS'],
  ['a tab', 'a\tb'],
  ['a right-to-left override', '\u202egpj'],
  ['an isolate', '\u2066a\u2069'],
  ['a zero-width joiner', 'a\u200db'],
  ['a soft hyphen', 'a\u00adb'],
  ['a byte order mark', '\ufeffa'],
  ['a line separator', 'a\u2028b'],
  ['a paragraph separator', 'a\u2029b'],
  ['a tag character', 'a\u{e0041}'],
] as const;
/** As Unicode names them, and not as the code does, so that one of the two can be wrong. */
const UNSAFE =
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0001}-\u{e007f}]/u;

describe('printable', () => {
  it.each(HOSTILE)('%s is made harmless', (_, text) => {
    expect(text).toMatch(UNSAFE);
    expect(printable(text)).not.toMatch(UNSAFE);
    expect(printable(text)).toContain('\ufffd');
  });

  it.each([
    ['', ''],
    ['Test Operator (EU) [1]', 'Test Operator (EU) [1]'],
    ['日本語, Ελληνικά, עברית, e\u0301, 🙂', '日本語, Ελληνικά, עברית, e\u0301, 🙂'],
    ['a\u001bb\u001bc', 'a\ufffdb\ufffdc'],
    ['\ufffd', '\ufffd'],
  ])('%j is printed as %j', (text, printed) => {
    expect(printable(text)).toBe(printed);
  });

  it('in a hanging text the only line ends are its own', () => {
    for (const [, text] of HOSTILE) {
      const lines = hang(`${'word '.repeat(30)}${text}`, 4).split('\n');
      expect(lines.length).toBeLessThan(4);
      expect(lines.join('')).not.toMatch(UNSAFE);
    }
  });
});

describe('a report on a bundle that a stranger has made', () => {
  /** Every place where text of a stranger's could come to stand in a report. */
  const places: readonly [where: string, recipe: (text: string) => Recipe][] = [
    ['a surplus member of the bundle', text => ({ bundle: whole => ({ ...(whole as object), [text]: 1 }) })],
    [
      'a surplus member of the envelope',
      text => ({ envelope: whole => ({ ...(whole as object), [text]: 1 }) }),
    ],
    [
      'a surplus member of the receipt',
      text => ({ statement: whole => within(whole, 'predicate', { [text]: 1 }) }),
    ],
    [
      'the issuer',
      text => ({ statement: whole => within(whole, 'predicate', { issuer: `${text}+abcdef01` }) }),
    ],
    [
      'a party',
      text => ({
        statement: whole =>
          within(whole, 'predicate', { responsibility: [{ key: null, party: text, role: 'operator' }] }),
      }),
    ],
    [
      'a key',
      text => ({
        statement: whole =>
          within(whole, 'predicate', {
            responsibility: [{ key: `${text}+abcdef01`, party: 'A', role: 'operator' }],
          }),
      }),
    ],
    [
      'the model',
      text => ({
        statement: whole =>
          within(whole, 'predicate', { model: { digest: null, requested: null, served: { name: text } } }),
      }),
    ],
    [
      'the upstream',
      text => ({
        statement: whole =>
          within(whole, 'predicate', {
            upstream: { origin: `https:${text}`, requestId: null, signature: null, tlsSpki: null },
          }),
      }),
    ],
    ['the key id', text => ({ seal: ({ signer }) => ({ keyId: text, signer }) })],
    ['the log’s origin', text => ({ checkpoint: genuine => ({ ...genuine, origin: text }) })],
    ['the proof', text => ({ proofText: () => text })],
  ];
  const within = (whole: Json, member: string, change: object): Json => {
    const parts = whole as { [name: string]: Json };
    return { ...parts, [member]: { ...(parts[member] as object), ...change } };
  };

  it.each(places)('%s', async (_, recipe) => {
    for (const [what, text] of HOSTILE) {
      for (const trust of [{}, { trust: null }]) {
        let input: Awaited<ReturnType<typeof make>>;
        try {
          input = await make({ ...recipe(text), ...trust });
        } catch {
          // Our own writer would not make such a thing.
          continue;
        }
        const lines = report(await verify(input));
        expect(lines.join('').replaceAll('\n', ''), what).not.toMatch(UNSAFE);
        expect(lines.filter(line => /^(?:PASS|INCONCLUSIVE)/.test(line)).length, what).toBeLessThanOrEqual(1);
      }
    }
  });

  it('a controller in a trust file', async () => {
    for (const [what, name] of HOSTILE) {
      const controllers = (TRUST_FILE.controllers ?? []).map(({ keys }) => ({ name, keys }));
      const trust = parseTrust(utf8(JSON.stringify({ ...TRUST_FILE, controllers })));
      const verification = await verify(await make({ trust }));
      expect(verification.outcome).toBe('pass');
      expect(report(verification).join('').replaceAll('\n', ''), what).not.toMatch(UNSAFE);
    }
  });
});

it('the samples of these tests can be written as canonical JSON', () => {
  for (const [, text] of HOSTILE)
    expect(parseCanonical(canonicalize({ [text]: text }))).toEqual({ [text]: text });
});

it('JSON for machines is safe for terminals too, and reads back as it was', () => {
  const value = { field: '\u001b[2J\u009b2J\u202e\u2028\u200b\ufeffé€' };
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  printJson(value);
  const [[line]] = write.mock.calls as [[string]];
  write.mockRestore();
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(line)).toEqual(value);
});
