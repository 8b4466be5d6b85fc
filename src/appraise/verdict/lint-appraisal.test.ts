import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { ISSUER } from '../../../test/support/parties.js';
import type { Json } from '../../bytes/json.js';
import { formatVerifierKey } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { appraisalPolicyOf, measuresOf } from './appraisal-policy.js';
import { type AppraisalPolicyInput, AppraisalPolicySchema } from './appraisal-policy-schema.js';
import { lintAppraisal } from './lint-appraisal.js';

type Rest = Omit<AppraisalPolicyInput, 'name'>;

const found = (rest: Rest) => {
  const form = v.parse(AppraisalPolicySchema, { name: 'example', ...rest });
  return lintAppraisal(form, measuresOf(form.evidence));
};

const MEASURED = 'ab'.repeat(48);
const SIGNED = {
  bundle: '11'.repeat(32),
  root: '22'.repeat(32),
  issuer: 'https://issuer.example',
  identity: 'https://forge.example/a/b',
  predicateType: 'https://example.com/v1',
  source: null,
};
const RELEASE = { name: 'one', measurements: [MEASURED], signed: [SIGNED] };
const TCB = { bootLoader: 7, tee: 0, snp: 14, microcode: 72 };

/** A policy that leaves nothing open. */
const GOOD = {
  requires: { place: 'hardware', record: 'witnessed' },
  stages: { place: 'before' },
  maximumAgeDays: 30,
  evidence: { 'sev-snp': { minimumTcb: { milan: TCB } } },
  releases: [RELEASE],
  models: [{ name: 'one', digest: 'cd'.repeat(32), signed: [SIGNED] }],
  claims: { required: [{ about: 'place' }, { about: 'record', coverage: 'exchange' }] },
} as const satisfies Rest;

describe('a policy that leaves nothing open', () => {
  it('is found nothing wrong with', () => {
    expect(found(GOOD)).toEqual([]);
  });
});

const REFUSALS: readonly [string, ReasonCode, string, Rest][] = [
  ...(['statistical', 'recomputed', 'zk', 'hardware-measured'] as const).map(
    model =>
      [
        `a model that is ${model}`,
        'appraisal/grade-unreachable',
        'requires.model',
        { requires: { model } },
      ] as [string, ReasonCode, string, Rest],
  ),
  [
    'an answer that was recomputed',
    'appraisal/grade-unreachable',
    'requires.answer',
    { requires: { answer: 'recomputed' } },
  ],
  [
    'providers of whom none counts',
    'appraisal/provider-missing',
    'requires.model',
    { requires: { model: 'provider-signed' } },
  ],
  [
    'kinds of other vendors than those that count',
    'appraisal/kinds-none',
    'evidence.kinds',
    { evidence: { kinds: ['tdx'], vendors: ['amd'] } },
  ],
  [
    'a place of a GPU',
    'appraisal/machine-missing',
    'evidence.kinds',
    { requires: { place: 'hardware' }, evidence: { kinds: ['nvidia'] } },
  ],
  [
    'a place of hardware by NVIDIA',
    'appraisal/machine-missing',
    'evidence.vendors',
    { requires: { place: 'handoff' }, evidence: { vendors: ['nvidia'] } },
  ],
  [
    'releases, and no machine',
    'appraisal/release-useless',
    'releases',
    { evidence: { kinds: ['nvidia'] }, releases: [RELEASE] },
  ],
  ...(['handoff', 'hardware'] as const).map(
    place =>
      [
        `${place} of whatever software`,
        'appraisal/software-unnamed',
        'requires.place',
        { requires: { place } },
      ] as [string, ReasonCode, string, Rest],
  ),
  [
    'software of a kind that does not count',
    'appraisal/software-unnamed',
    'requires.place',
    {
      requires: { place: 'hardware' },
      evidence: { kinds: ['tdx'], nitro: { pcrs: { '0': [MEASURED] } } },
    },
  ],
  ...(['model', 'record', 'answer'] as const).map(
    fact =>
      [
        `${fact} before anything is sent`,
        'appraisal/stage-impossible',
        `stages.${fact}`,
        {
          requires: { model: 'asserted', record: 'signed', answer: 'not-recomputed' },
          stages: { [fact]: 'before' },
        },
      ] as [string, ReasonCode, string, Rest],
  ),
  [
    'a place before anything is sent, by evidence that has no time',
    'appraisal/stage-impossible',
    'stages.place',
    { ...GOOD, evidence: { kinds: ['tdx', 'sev-snp'] } },
  ],
  [
    'fresh evidence of kinds that have no time',
    'appraisal/freshness-unreachable',
    'evidence.maximumAgeSeconds',
    { evidence: { kinds: ['tdx'], maximumAgeSeconds: 60 } },
  ],
  [
    'one name of two releases',
    'appraisal/name-repeated',
    'releases.1.name',
    { releases: [RELEASE, { ...RELEASE, measurements: ['cd'.repeat(48)] }] },
  ],
  [
    'one name of two models',
    'appraisal/name-repeated',
    'models.2.name',
    {
      models: ['one', 'two', 'one'].map((name, at) => ({ name, digest: `${at}${'a'.repeat(63)}` })),
    },
  ],
  [
    'an answer that is verified',
    'appraisal/claim-impossible',
    'claims.required.0',
    { claims: { required: [{ about: 'answer', status: 'verified' }] } },
  ],
  [
    'a model that hardware proves',
    'appraisal/claim-impossible',
    'claims.required.1',
    {
      claims: {
        required: [{ about: 'place' }, { about: 'model', status: 'asserted', sources: ['hardware-proven'] }],
      },
    },
  ],
  [
    'a record that nobody can take back',
    'appraisal/claim-impossible',
    'claims.required.0',
    { claims: { required: [{ about: 'record', revocableBy: ['vendor'] }] } },
  ],
];

describe('a policy is refused that asks for', () => {
  it.each(REFUSALS)('%s: %s', (_, code, path, rest) => {
    const refusals = found(rest).filter(({ weight }) => weight === 'refusal');
    expect(refusals.map(each => [each.code, each.path.join('.')])).toEqual([[code, path]]);
    expect(() => appraisalPolicyOf({ name: 'example', ...rest } as unknown as Json)).toThrow(
      expect.objectContaining({ code, field: path }),
    );
  });
});

const { maximumAgeDays: _, ...AGELESS } = GOOD;
const CAUTIONS: readonly [string, ReasonCode, string, Rest][] = [
  ['that asks for nothing', 'appraisal/policy-lenient', '', {}],
  ['that lets a receipt of any age pass', 'appraisal/age-open', '', AGELESS],
  [
    'that lets firmware of any age pass',
    'appraisal/tcb-open',
    'evidence',
    { ...GOOD, evidence: { kinds: ['sev-snp', 'nitro'] } },
  ],
  [
    'whose releases rest on nobody’s signature',
    'appraisal/release-unsigned',
    'releases.0',
    { ...GOOD, releases: [{ name: 'one', measurements: [MEASURED] }] },
  ],
  [
    'whose models rest on nobody’s signature',
    'appraisal/release-unsigned',
    'models.0',
    { ...GOOD, models: [{ name: 'one', digest: 'cd'.repeat(32) }] },
  ],
  [
    'with a measure for what does not count',
    'appraisal/member-idle',
    'evidence.tdx',
    { ...GOOD, evidence: { vendors: ['aws'], tdx: { statuses: ['UpToDate'] } } },
  ],
  [
    'with a stage of what is not required',
    'appraisal/member-idle',
    'stages.model',
    { ...GOOD, stages: { place: 'before', model: 'final' } },
  ],
];

describe('a policy is warned of', () => {
  it.each(CAUTIONS)('%s: %s', (_, code, path, rest) => {
    expect(found(rest).map(each => [each.weight, each.code, each.path.join('.')])).toEqual([
      ['caution', code, path],
    ]);
    expect(appraisalPolicyOf({ name: 'example', ...rest } as unknown as Json).name).toBe('example');
  });
});

describe('providers', () => {
  it('make a signature of theirs something to ask for', () => {
    const providers = [formatVerifierKey(ISSUER.key)];
    expect(found({ requires: { model: 'provider-signed' }, providers, maximumAgeDays: 1 })).toEqual([]);
  });
});
