import { expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { beginning, nextKey, sealed } from '../../test/support/key-changes.js';
import { ISSUER, ORIGIN } from '../../test/support/parties.js';
import { utf8 } from '../bytes/octets.js';
import { keyLabel } from '../note/key.js';
import { type ProposedKeyChange, provenPayload } from './key-change.js';
import { agreeTo, formatProposal, type KeyProposal, readProposal } from './key-proposal.js';

const VALIDATOR = nextKey('validator', 1);
const change: ProposedKeyChange = {
  action: 'add',
  role: 'validator',
  origin: ORIGIN,
  sequence: 0,
  previous: null,
  key: VALIDATOR.key,
  successor: null,
  from: null,
  signer: keyLabel(ISSUER.key),
  time: 1_800_000_000_000,
};
const proposal: KeyProposal = { change, proofs: { key: null, successor: null } };

it('goes from the operator to the validator and back as a file, and enters the log with the agreement of both', async () => {
  const received = readProposal(formatProposal(proposal));
  expect(received).toEqual(proposal);
  const agreed = readProposal(formatProposal(agreeTo(received, { key: VALIDATOR.signer, successor: null })));
  const entry = sealed(provenPayload(agreed.change, agreed.proofs), ISSUER);
  const history = await beginning().after(4, entry);
  expect(history.inForce('validator')).toEqual([VALIDATOR.key]);
});

it('an agreement to one thing is none to another', async () => {
  const { proofs } = agreeTo(proposal, { key: VALIDATOR.signer, successor: null });
  const other = { ...change, time: change.time + 1 };
  await expect(beginning().after(4, sealed(provenPayload(other, proofs), ISSUER))).rejects.toMatchObject({
    code: 'key/proof-invalid',
  });
});

it.each([
  ['nothing', ''],
  ['no JSON', 'agreed\n'],
  ['more than a line', `${new TextDecoder().decode(formatProposal(proposal))}\n`],
  ['without a line end', new TextDecoder().decode(formatProposal(proposal)).trimEnd()],
  ['something else', '{"action":"add"}\n'],
  ['without end', `${' '.repeat(70_000)}\n`],
])('refused: %s', (_, text) => {
  expect(reasonOf(() => readProposal(utf8(text)))).toBe('key/change-malformed');
});
