import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { PolicySchema } from '../src/appraise/policy/language.js';
import { TrustSchema } from '../src/appraise/trust.js';
import { AppraisalPolicySchema } from '../src/appraise/verdict/appraisal-policy-schema.js';
import { type Json, parseCanonical } from '../src/bytes/json.js';
import { EvidenceSchema } from '../src/court/misbehaviour/evidence.js';
import { BundleSchema, parseBundle } from '../src/receipt/bundle.js';
import { PriceListSchema } from '../src/receipt/price/price-list.js';
import { RECEIPT } from '../src/receipt/receipt.js';
import { VERBS } from '../src/shell/cli/conformance/verbs.js';
import { RoutesSchema } from '../src/shell/cli/routes-file.js';
import { ConfigSchema } from '../src/shell/cli/settings/config-schema.js';
import { replaced } from './support/edit.js';
import { FULL_TRUST_FILE, TRUST_FILE } from './support/parties.js';
import { make } from './support/sample-exchange.js';
import { wrongs } from './support/strictness.js';

/** What the generator offers to be tested. */
interface Generator {
  jsonSchemas(reasons: readonly string[], schemas: Record<string, unknown>): Record<string, object>;
}
interface Described {
  readonly description?: string;
  readonly properties?: Record<string, Described>;
  readonly anyOf?: readonly Described[];
  readonly items?: Described | false;
  readonly prefixItems?: readonly Described[];
}

const ROOT = new URL('../', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
const { jsonSchemas }: Generator = await import(new URL('scripts/schemas.mjs', ROOT).href);
const NAMES = [
  'appraisal-policy.json',
  'bundle.json',
  'config.json',
  'conformance.json',
  'misbehaviour.json',
  'policy.json',
  'prices.json',
  'receipt.json',
  'routes.json',
  'trust.json',
] as const;
const committed = Object.fromEntries(NAMES.map(name => [name, read(`spec/schemas/${name}`)]));
const validators = Object.fromEntries(
  NAMES.map(name => [name, new Ajv2020({ strict: true, strictTypes: false }).compile(committed[name])]),
);
const fits = (name: (typeof NAMES)[number], value: unknown): boolean => validators[name]?.(value) === true;

const json = (bytes: Uint8Array) => parseCanonical(bytes);
const payloadOf = (bytes: Uint8Array) => json(parseBundle(bytes).envelope.payload);
const { bundle } = await make();

describe('spec/schemas: derived from the code, by `npm run generate`', () => {
  it.each(NAMES)('%s is what would be written now', name => {
    const sources = {
      appraisalPolicy: AppraisalPolicySchema,
      bundle: BundleSchema,
      config: ConfigSchema,
      misbehaviour: EvidenceSchema,
      policy: PolicySchema,
      prices: PriceListSchema,
      receipt: RECEIPT.schema,
      routes: RoutesSchema,
      trust: TrustSchema,
      verbs: VERBS,
    };
    expect(jsonSchemas(Object.keys(read('spec/reasons.json')), sources)[name]).toEqual(committed[name]);
  });

  it.each(NAMES)('%s says what it is', name => {
    expect(committed[name]).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:countersign:schema:${name.replace('.json', '')}:v1`,
      title: expect.stringContaining('Countersign'),
      description: expect.stringMatching(/\.$/),
    });
  });

  it.each(['bundle.json', 'prices.json', 'trust.json'])('%s says what every member means', name => {
    expect(undescribed(committed[name])).toEqual([]);
  });

  it('receipt.json says what every member of the statement means', () => {
    const { predicate } = committed['receipt.json'].properties;
    expect(undescribed({ properties: predicate.properties }, 1)).toEqual([]);
  });
});

describe('genuine files fit', () => {
  it.each(['body', 'stream', 'nothing'] as const)('a bundle and its receipt (%s)', async form => {
    const made = (await make({ form })).bundle;
    expect(fits('bundle.json', json(made))).toBe(true);
    expect(fits('receipt.json', payloadOf(made))).toBe(true);
  });

  it('a bundle without proof', async () => {
    expect(fits('bundle.json', json((await make({ proofText: () => null })).bundle))).toBe(true);
  });

  it('a trust file, with all that it can say, with controllers and without', () => {
    expect(fits('trust.json', FULL_TRUST_FILE)).toBe(true);
    expect(fits('trust.json', TRUST_FILE)).toBe(true);
    const { controllers: _, ...rest } = TRUST_FILE;
    expect(fits('trust.json', rest)).toBe(true);
  });

  it('a configuration, and none with a secret in it', () => {
    const upstream = (key: unknown) => ({
      upstreams: ['openai', { name: 'mine', url: 'https://models.example/v1', key }],
    });
    expect(fits('config.json', { listen: { port: 0 }, retries: 2, ...upstream({ env: 'MINE_KEY' }) })).toBe(
      true,
    );
    expect(fits('config.json', upstream('sk-secret'))).toBe(false);
    expect(fits('config.json', { listen: { prot: 0 } })).toBe(false);
    expect(fits('config.json', { retries: 11 })).toBe(false);
  });

  it('a policy, and none whose names are written down', () => {
    const withRule = (rule: object) => ({ name: 'a', rules: [{ name: 'all', ...rule }] });
    const check = { check: 'usage-known', stage: 'final', onFailure: 'flag' };
    expect(fits('policy.json', withRule({ checks: [check], redact: { names: { file: 'n.txt' } } }))).toBe(
      true,
    );
    expect(fits('policy.json', withRule({ redact: { names: ['Jane Roe'] } }))).toBe(false);
    expect(fits('policy.json', withRule({ checks: [{ ...check, stage: 'later' }] }))).toBe(false);
    expect(fits('policy.json', withRule({ bufer: true }))).toBe(false);
    expect(fits('policy.json', { name: 'a', rules: [] })).toBe(false);
  });

  it('an appraisal policy, and none with a grade that there is not', () => {
    const policy = {
      name: 'a',
      requires: { place: 'hardware' },
      evidence: { kinds: ['tdx'], tdx: { statuses: ['UpToDate'] } },
      releases: [{ name: 'gateway 1.0', measurements: ['ab'.repeat(48)] }],
      quorum: { along: 'cloud', fabricate: 2 },
    };
    expect(fits('appraisal-policy.json', policy)).toBe(true);
    expect(fits('appraisal-policy.json', { ...policy, requires: { place: 'heaven' } })).toBe(false);
    expect(fits('appraisal-policy.json', { ...policy, require: {} })).toBe(false);
    expect(fits('appraisal-policy.json', { ...policy, name: undefined })).toBe(false);
  });

  it('the price list that comes with the gateway', () => {
    expect(fits('prices.json', read('data/prices/list.json'))).toBe(true);
  });

  const kept = new URL('test/receipts/v1/', ROOT);
  const names = existsSync(kept)
    ? readdirSync(kept, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))
    : [];
  it('the bundles that are kept for ever, and their trust file', () => {
    for (const name of names) {
      const bytes = readFileSync(new URL(`${name}/bundle.json`, kept));
      expect(fits('bundle.json', json(bytes)), name).toBe(true);
      expect(fits('receipt.json', payloadOf(bytes)), name).toBe(true);
    }
    if (names.length > 0) expect(fits('trust.json', read('test/receipts/v1/trust.json'))).toBe(true);
  });
});

describe('broken files do not', () => {
  const cases = (sample: Json, freedom = {}) =>
    [...wrongs(sample, freedom)].map(({ what, value }) => [what, value] as const);

  it.each(cases(json(bundle), { nullable: ['proof'] }))('bundle.json: %s', (_, value) => {
    expect(fits('bundle.json', value)).toBe(false);
  });

  const lists = ['issuers', 'controllers', 'controllers.0.keys', 'retired', 'statements'];
  const optional = [
    ...['logCosigner', 'controllers', 'retired', 'statements', 'retired.0.successor', 'retired.1.announced'],
    ...['cloud', 'jurisdiction', 'hardware'].map(name => `controllers.0.${name}`),
  ];
  const trust = JSON.parse(JSON.stringify(FULL_TRUST_FILE)) as Json;
  it.each(cases(trust, { optional, lists }))('trust.json: %s', (_, value) => {
    expect(fits('trust.json', value)).toBe(false);
  });

  it.each<[path: string, value: Json]>([
    ['controllers.0.cloud', ''],
    ['controllers.0.jurisdiction', 'n'.repeat(129)],
    ['retired.0.role', 'gateway'],
    ['retired.0.why', 'lost'],
    ['retired.0.until', -1],
    ['retired.0.until', 1.5],
    ['retired.0.announced', -1],
    ['statements.0.says', 'everything-is-fine'],
  ])('trust.json: %s', (path, value) => {
    expect(fits('trust.json', replaced(trust, path, value))).toBe(false);
  });

  it.each<[path: string, value: Json]>([
    ['_type', 'https://in-toto.io/Statement/v0.1'],
    ['predicateType', 'urn:countersign:receipt:v2'],
    ['subject', []],
    ['subject.0.digest', { sha256: 'a'.repeat(64) }],
    ['predicate.counter', 0],
    ['predicate.client', 'A'.repeat(26)],
    ['predicate.previous', 'A'.repeat(64)],
    ['predicate.issuer', 'issuer'],
    ['predicate.time.completed', 8.64e15 + 1],
    ['predicate.response.reason', 'response/invented'],
    ['predicate.response.status', 'verified'],
    ['predicate.claims.0.status', 'verified'],
    ['predicate.request.parameters', []],
    ['predicate.model.served', {}],
    ['predicate.price', { lines: null }],
    ['predicate.verified', true],
  ])('receipt.json: %s', (path, value) => {
    expect(fits('receipt.json', replaced(payloadOf(bundle), path, value))).toBe(false);
  });
});

/** The paths of members without a description, down to `depth` levels of members. */
function undescribed(schema: Described, depth = Number.POSITIVE_INFINITY, path = ''): string[] {
  if (depth === 0) return [];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    ...(member.description === undefined ? [`${path}${name}`] : []),
    ...undescribed(member, depth - 1, `${path}${name}.`),
  ]);
  const inner = [
    ...(schema.anyOf ?? []),
    ...(schema.prefixItems ?? []),
    ...(schema.items ? [schema.items] : []),
  ];
  return [...own, ...inner.flatMap(form => undescribed(form, depth, path))];
}
