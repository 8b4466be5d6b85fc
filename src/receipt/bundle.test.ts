import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { mutants, neighbours, parseOrRefuse } from '../../test/support/mutation.js';
import { carriedRevocation, carrying, OF_MODEL } from '../../test/support/revocations.js';
import { make } from '../../test/support/sample-exchange.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concat, equal, fromUtf8, utf8 } from '../bytes/octets.js';
import type { ReasonCode } from '../reason.js';
import { formatBundle, MAX_BUNDLE_BYTES, MAX_CARRIED_REVOCATIONS, parseBundle } from './bundle.js';

const { bundle: bytes } = await make();
const unproven = (await make({ proofText: () => null })).bundle;
const json = parseCanonical(bytes);
const withCarried = parseCanonical((await make(carrying(await carriedRevocation(OF_MODEL)))).bundle);
/** Everything with which `parseBundle` may refuse, as its comment says. */
const CODES: readonly ReasonCode[] = [
  'bundle/too-large',
  'bundle/malformed',
  'json/malformed',
  'json/not-canonical',
  'envelope/malformed',
  'envelope/type-unknown',
];

describe('spec/receipt.md §7: the bundle', () => {
  it('envelope and proof come back, and are written as the same bytes', () => {
    for (const sample of [bytes, unproven]) expect(formatBundle(parseBundle(sample))).toEqual(sample);
    expect(parseBundle(unproven).proof).toBeNull();
    expect(parseBundle(bytes).proof).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 5\n/);
  });

  it.each([...wrongs(json, { nullable: ['proof'] })].map(({ what, ...wrong }) => [what, wrong] as const))(
    '%s',
    (_, { path, value }) => {
      const { code, field } = failureOf(() => parseBundle(canonicalize(value)));
      const inEnvelope = path.startsWith('envelope.') || (path === 'envelope' && hasEnvelope(value));
      expect(code).toBe(inEnvelope ? 'envelope/malformed' : 'bundle/malformed');
      if (path !== 'envelope' && path.includes('.'))
        expect(isAbout(field, path.replace(/^envelope\./, ''))).toBe(true);
    },
  );

  it('may carry revocations, one for each field, which come back as well', async () => {
    const carried = await carriedRevocation(OF_MODEL);
    const { bundle } = await make(
      carrying(...Array.from({ length: MAX_CARRIED_REVOCATIONS }, () => carried)),
    );
    expect(formatBundle(parseBundle(bundle))).toEqual(bundle);
    expect(parseBundle(bundle).revocations).toHaveLength(MAX_CARRIED_REVOCATIONS);
    expect(parseBundle(bytes)).not.toHaveProperty('revocations');
  });

  it.each(
    [...wrongs(withCarried, { optional: ['revocations'], nullable: ['proof'] })]
      .filter(({ path }) => path.startsWith('revocations'))
      .map(({ what, ...wrong }) => [what, wrong] as const),
  )('%s', (_, { value }) => {
    expect(['bundle/malformed', 'envelope/malformed']).toContain(
      failureOf(() => parseBundle(canonicalize(value))).code,
    );
  });

  it('bundle/malformed: none of them, and one too many', async () => {
    const carried = await carriedRevocation(OF_MODEL);
    for (const length of [0, MAX_CARRIED_REVOCATIONS + 1]) {
      const { bundle } = await make(carrying(...Array.from({ length }, () => carried)));
      expect(failureOf(() => parseBundle(bundle))).toMatchObject({
        code: 'bundle/malformed',
        field: 'revocations',
      });
    }
  });

  it.each<[string, string, ReasonCode]>([
    ['nothing', '', 'json/malformed'],
    ['null', 'null', 'bundle/malformed'],
    ['an array', '[]', 'bundle/malformed'],
    ['a member twice', `${text(bytes).slice(0, -1)},"proof":null}`, 'json/not-canonical'],
    ['members in another order', reordered(), 'json/not-canonical'],
    ['white space', ` ${text(bytes)}`, 'json/not-canonical'],
    ['a letter written as an escape', text(bytes).replace('payload', '\\u0070ayload'), 'json/not-canonical'],
    ['a lone surrogate', text(bytes).replace('index 5', 'index \\ud800'), 'json/not-canonical'],
  ])('%s', (_, wrong, code) => {
    expect(reasonOf(() => parseBundle(utf8(wrong)))).toBe(code);
  });

  it('bundle/too-large: at 256 KiB and one byte, whatever the bytes are', () => {
    expect(reasonOf(() => parseBundle(new Uint8Array(MAX_BUNDLE_BYTES + 1)))).toBe('bundle/too-large');
    expect(reasonOf(() => parseBundle(new Uint8Array(MAX_BUNDLE_BYTES)))).toBe('json/malformed');
  });

  it('no two byte strings are one bundle: every neighbour is refused or written as itself', () => {
    // The middle of the long base64 texts is like their ends.
    for (const sample of [shortened(bytes), shortened(unproven)]) {
      for (const neighbour of neighbours(sample)) {
        const bundle = parseOrRefuse(() => parseBundle(neighbour), CODES);
        if (bundle !== undefined) expect(equal(formatBundle(bundle), neighbour)).toBe(true);
      }
    }
  });

  it('any damage is refused with one of its codes, or is another bundle that is written as it was read', () => {
    fc.assert(
      fc.property(mutants([bytes, unproven, concat(bytes, unproven)]), damaged => {
        const bundle = parseOrRefuse(() => parseBundle(damaged), CODES);
        return bundle === undefined || equal(formatBundle(bundle), damaged);
      }),
      { numRuns: 1000 },
    );
  });
});

function text(sample: Uint8Array): string {
  return fromUtf8(sample) ?? '';
}

function hasEnvelope(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'envelope');
}

function reordered(): string {
  const { envelope, proof } = json as { envelope: Json; proof: Json };
  return `{"proof":${JSON.stringify(proof)},"envelope":${text(canonicalize(envelope))}}`;
}

function shortened(sample: Uint8Array): Uint8Array {
  return utf8(
    text(sample)
      .replace(/"payload":"[^"]*"/, '"payload":"e30="')
      .replace(/"proof":"[^"]*"/, '"proof":"p"'),
  );
}
