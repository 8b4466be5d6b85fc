import { expect, it } from 'vitest';
import { policyOf } from '../../../test/support/policies.js';
import { explainPolicy } from './explain.js';

it('a policy in words, rule by rule', () => {
  const policy = policyOf([
    {
      name: 'careful',
      for: { keys: ['alice', 'bob'], models: ['gpt-*'] },
      upstreams: { names: ['one', 'far'], clouds: ['Cloud A'] },
      require: { model: 'asserted', onFailure: 'reroute' },
      checks: [
        { check: 'usage-known', stage: 'final', onFailure: 'refund' },
        { check: 'model-pinned', stage: 'before', onFailure: 'block', digests: ['ab'.repeat(32)] },
      ],
      buffer: true,
      redact: { kinds: ['email', 'iban'], names: { file: 'names.txt' } },
      responsibility: [
        { role: 'human-gate', person: 'Jane Roe' },
        { role: 'policy-author', party: 'Example Ltd' },
      ],
      diversity: [{ of: 'controller', atMost: 60, ofLast: 100, onFailure: 'block' }],
    },
    { name: 'rest' },
  ]);
  expect(explainPolicy(policy)).toEqual([
    {
      name: 'careful',
      whom: 'For keys named alice or bob, and only requests for gpt-*.',
      says: [
        'Only upstreams named one or far, and in the cloud of Cloud A may be asked.',
        'Only upstreams that can give model "asserted", or more, are asked; when an answer is there and has less, another upstream is asked, or it is refused where there is none.',
        'When the answer is there, it is checked that the upstream said how many tokens it used; if not, the answer passes, and its price is ordered to be given back.',
        "Before anything is sent, it is checked that the model's files have one of the digests that are listed (abababababababab…); if not, it is refused, and the signed receipt says so.",
        'At most 60 % of the last 100 exchanges go to one controller; beyond that, it is refused, and the signed receipt says so.',
        'Nothing of an answer is passed on before all of it is there and has been checked.',
        'Before a prompt leaves, what looks like email, iban or the names that are listed in a file is taken out of it, and put back into the answer.',
        'As human gate, a person whom only a commitment names answers for it.',
        'As policy author, Example Ltd answers for it.',
      ],
    },
    {
      name: 'rest',
      whom: 'All requests that no rule above is for.',
      says: ['Every upstream may be asked.'],
    },
  ]);
});
