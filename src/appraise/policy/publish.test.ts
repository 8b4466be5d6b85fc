import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { policyOf, SURROUNDINGS } from '../../../test/support/policies.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { checkEntry } from '../../receipt/entry-rules.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import {
  loggedPolicyDigest,
  loggedPolicyStatement,
  POLICY_V2,
  PolicyNames,
} from '../../receipt/logged-policy.js';
import { commit } from '../../receipt/opening.js';
import { writeStatement } from '../../receipt/statement.js';
import { publishedPolicy } from './publish.js';

const SECRET = new Uint8Array(32).fill(9);
const SOURCE = utf8('the file');
const FILES = {
  names: new Map([['names.txt', ['Jane Roe', 'Ada L.']]]),
  trust: new Map([['far.json', utf8('{}')]]),
};
const POLICY = policyOf([
  {
    name: 'some',
    for: { keys: ['alice'], teams: ['research'], models: ['gpt-*'] },
    upstreams: { clouds: ['Cloud A'] },
    redact: { kinds: ['email'], names: { file: 'names.txt' } },
    responsibility: [{ role: 'human-gate', person: 'Jane Roe' }],
  },
  { name: 'all', require: { place: 'asserted' } },
]);
const published = (names = new PolicyNames(SECRET, SOURCE), files = FILES) =>
  publishedPolicy(POLICY, SURROUNDINGS, files, names);
const ISSUER = testKey('gateway.example/log/issuer', 2);
const LABEL = keyLabel(ISSUER.key);
const entryOf = (statement: Uint8Array) => envelopeBytes(seal(statement, LABEL, ISSUER.signer));

describe('a policy in the log', () => {
  it('says whom each rule lets be asked, and who stands behind them', () => {
    const { rules, upstreams } = published();
    expect(rules.map(rule => rule.upstreams)).toEqual([
      ['one', 'two'],
      ['built-in', 'one', 'two', 'far'],
    ]);
    expect(upstreams.at(-1)).toEqual({
      cloud: null,
      controller: 'Example Far',
      name: 'far',
      trust: toHex(sha256(utf8('{}'))),
    });
    expect(rules[1]).toMatchObject({ for: { keys: null, models: null, teams: null }, redact: null });
  });

  it('is an entry that every log takes, and no other', async () => {
    const statement = loggedPolicyStatement(published(), LABEL);
    const { predicateType } = await checkEntry(entryOf(statement), [ISSUER.key]);
    expect(predicateType).toBe('urn:countersign:policy:v2');
    const forged = writeStatement(POLICY_V2, {
      subject: [{ digest: { sha256: 'ab'.repeat(32) }, name: 'policy' }],
      predicate: { issuer: LABEL, policy: published() },
    });
    expect(await reasonOfAsync(() => checkEntry(entryOf(forged), [ISSUER.key]))).toBe('entry/malformed');
    const other = loggedPolicyStatement(published(), 'other.example+00000000');
    expect(await reasonOfAsync(() => checkEntry(entryOf(other), [ISSUER.key]))).toBe(
      'envelope/issuer-mismatch',
    );
  });

  it('has commitments in the place of names, each of which its opening bears out', () => {
    const text = fromUtf8(loggedPolicyStatement(published(), LABEL)) ?? '';
    for (const name of ['alice', 'research', 'Jane', 'Ada', 'names.txt', 'far.json'])
      expect(text).not.toContain(name);
    const names = new PolicyNames(SECRET, SOURCE);
    const [rule] = published().rules;
    expect(rule?.for.keys).toEqual([
      { commitment: toHex(commit(names.opening('key', 'alice'), 'policy/key', utf8('alice'))) },
    ]);
    // Whoever holds the opening of one name learns nothing of another.
    expect(names.opening('key', 'alice')).not.toEqual(names.opening('key', 'bob'));
    expect(names.commitment('key', 'alice')).not.toBe(names.commitment('team', 'alice'));
  });

  it('is the same for the same file, and nobody can be followed to the next', () => {
    expect(loggedPolicyDigest(published())).toBe(loggedPolicyDigest(published()));
    const next = published(new PolicyNames(SECRET, utf8('the file.')));
    expect(next.rules[0]?.for.keys).not.toEqual(published().rules[0]?.for.keys);
    const stranger = published(new PolicyNames(new Uint8Array(32), SOURCE));
    expect(stranger.rules[0]?.for.keys).not.toEqual(published().rules[0]?.for.keys);
  });

  it('tells of a list of names neither the order nor the length', () => {
    const reordered = { ...FILES, names: new Map([['names.txt', ['Ada L.', 'Jane Roe']]]) };
    expect(published(undefined, reordered)).toEqual(published());
    const shorter = { ...FILES, names: new Map([['names.txt', ['Ada L.']]]) };
    expect(published(undefined, shorter).rules[0]?.redact?.names).not.toEqual(
      published().rules[0]?.redact?.names,
    );
  });
});
