import { expect, it } from 'vitest';
import { testCosigner, testMlDsaCosigner } from '../../../test/support/keys.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { parsePolicy } from '../../note/policy.js';
import { whoseWitnesses } from './whose-witnesses.js';

const OWN = [1, 2, 3].map(number => testCosigner(`log.example/witness-${number}`, number).key);
const FOREIGN = testCosigner('witness.example/w1', 4).key;
const SECOND_KEY = testMlDsaCosigner('witness.example/w1', 5).key;
const controllers = [{ name: 'the operator', keys: OWN.map(keyLabel) }];

it.each([
  ['3 witnesses, all of them yours: one controller', OWN],
  ['4 witnesses, 3 of them yours', [...OWN, FOREIGN]],
  ['1 witness, none of them yours', [FOREIGN, SECOND_KEY]],
  ['no witnesses: nobody else vouches for it', []],
] as const)('%s', (says, keys) => {
  const lines = keys.map((key, index) => `witness w${index} ${formatVerifierKey(key)}\n`);
  const policy = parsePolicy(`${lines.join('')}quorum none\n`);
  expect(whoseWitnesses({ policy, controllers })).toBe(says);
});
