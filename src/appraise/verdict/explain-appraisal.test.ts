import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { measuresOf } from './appraisal-policy.js';
import { type AppraisalPolicyInput, AppraisalPolicySchema } from './appraisal-policy-schema.js';
import { explainAppraisal } from './explain-appraisal.js';

const explained = (rest: Omit<AppraisalPolicyInput, 'name'>) => {
  const form = v.parse(AppraisalPolicySchema, { name: 'example', ...rest });
  return explainAppraisal(form, measuresOf(form.evidence));
};

const MEASURED = 'ab'.repeat(48);

describe('an appraisal policy in words', () => {
  it('says of one that asks for nothing what is asked all the same', () => {
    expect(explained({})).toEqual([
      'Every check of the bundle has to pass: its form, its signature, its times, and its place in the log as far as the trust file asks for it.',
      'What is unknown, or does not apply, passes nowhere.',
    ]);
  });

  it.each<[string, Omit<AppraisalPolicyInput, 'name'>, string[]]>([
    [
      'grades and their stages',
      { requires: { model: 'asserted', place: 'handoff', record: 'witnessed' }, stages: { place: 'before' } },
      [
        'Which model it was has to be named by the operator ("asserted"), or better (provider-signed, statistical, recomputed, zk, hardware-measured).',
        'Where it ran has to be such that attested software took the request, and handed it on ("handoff"), or better (hardware).',
        'Where it ran has to have been shown before the request came in, by evidence that says when it was made.',
        'The record has to be in the log, as enough witnesses have seen it ("witnessed").',
      ],
    ],
    [
      'vendors, freshness, and the least TCB of each product',
      {
        evidence: {
          vendors: ['amd', 'intel'],
          maximumAgeSeconds: 60,
          'sev-snp': { minimumTcb: { milan: { bootLoader: 4, tee: 0, snp: 24, microcode: 219 } } },
          tdx: { statuses: ['UpToDate', 'SWHardeningNeeded'], minimumTcbDate: '2026-05-01T00:00:00Z' },
        },
      },
      [
        'Of evidence only sev-snp (amd), tdx (intel), sgx (intel) counts; other evidence fails.',
        'Evidence of a machine was at most 60 seconds old when it was relied on, and says so itself.',
        'AMD milan counts from this TCB on: bootLoader 4, tee 0, snp 24, microcode 219; product lines that are not listed do not count.',
        'Intel TDX counts with the status UpToDate or SWHardeningNeeded, with all fixes of 2026-05-01.',
      ],
    ],
    [
      'releases and models, and on whose word they stand',
      {
        releases: [
          { name: 'one', measurements: [MEASURED] },
          {
            name: 'two',
            measurements: [MEASURED],
            signed: [
              {
                bundle: '11'.repeat(32),
                root: '22'.repeat(32),
                issuer: 'https://issuer.example',
                identity: 'https://forge.example/a@refs/tags/v1',
                predicateType: 'https://example.com/v1',
                source: 'https://forge.example/a',
              },
            ],
          },
        ],
        models: [{ name: 'small', digest: 'cd'.repeat(32) }],
      },
      [
        'Evidence of a machine has to be of one of these releases, by everything that it has measured:',
        '"one" (abababababababab…), on the word of the policy\'s author alone.',
        '"two" (abababababababab…), signed by https://forge.example/a@refs/tags/v1, for whom https://issuer.example vouches, built from https://forge.example/a.',
        'The receipt has to name one of these models by the digest of its files, for which its issuer answers:',
        '"small" (cdcdcdcdcdcdcdcd…), on the word of the policy\'s author alone.',
      ],
    ],
    [
      'age, claims, parties and issuers',
      {
        maximumAgeDays: 1,
        claims: {
          asserted: ['model', 'place'],
          notSubstituted: true,
          required: [
            {
              about: 'place',
              sources: ['hardware-proven'],
              coverage: 'run',
              revocableBy: ['issuer', 'vendor'],
            },
            { about: 'model', status: 'asserted' },
          ],
        },
        quorum: { split: 2, block: 1, along: 'cloud' },
        issuers: ['one.example+01234567'],
      },
      [
        'The receipt is at most 1 day old at the time asked about.',
        'The issuer itself has to claim the model and the place.',
        'The issuer must not say that another model answered than was asked for.',
        'The claim about the place is verified, and comes from a source that is hardware-proven, and covers the run, and can be taken back by nobody but issuer, vendor.',
        'The claim about the model is asserted or verified.',
        'It takes at least 2 parties told apart by cloud to show two people two histories.',
        'It takes at least 1 parties told apart by cloud to keep a receipt out of the log.',
        'Only receipts of one.example+01234567 pass.',
      ],
    ],
  ])('says %s', (_, rest, sentences) => {
    expect(explained(rest).slice(1, -1)).toEqual(sentences);
  });
});
