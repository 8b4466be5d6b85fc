import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../test/support/keys.js';
import { mutants, parseOrRefuse } from '../../test/support/mutation.js';
import {
  FULL_TRUST_FILE,
  ISSUER,
  LOG,
  LOG_COSIGNER,
  OPERATOR,
  STRANGE_WITNESS,
  STRANGER,
  TRUST_FILE,
  WITNESSES,
} from '../../test/support/parties.js';
import type { Json } from '../bytes/json.js';
import { concat, utf8 } from '../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { satisfies } from '../note/policy.js';
import type { ReasonCode } from '../reason.js';
import { controllerOf, formatTrust, parseTrust, policyText, type TrustFile } from './trust.js';

const file = (change: Record<string, Json> = {}) => utf8(JSON.stringify({ ...TRUST_FILE, ...change }));
const without = (member: keyof TrustFile) => {
  const { [member]: _, ...rest } = TRUST_FILE;
  return utf8(JSON.stringify(rest));
};
const refusal = (bytes: Uint8Array) => {
  const { code, field, detail } = failureOf(() => parseTrust(bytes));
  return { code, field, detail };
};
const log = formatVerifierKey(LOG.key);
const issuer = formatVerifierKey(ISSUER.key);
const [witness] = WITNESSES.map(({ key }) => formatVerifierKey(key)) as [string];
const keys = WITNESSES.map(({ key }) => key);
const retirement = { key: formatVerifierKey(STRANGER.key), role: 'issuer', why: 'rotated', until: 7 };
const revocation = { field: 'tcb', value: 'OutOfDate', reason: 'vulnerable', since: 5, decided: 7, entry: 3 };
const wrongRevocation = {
  field: ['evidence', 1],
  value: ['', 'outofdate', 1, 'ab'.repeat(32)],
  reason: ['because', null],
  since: [8, -1, null, '5'],
  decided: [-1, 1.5, null, 8.64e15 + 1],
  entry: [-1, null, '3'],
  more: [1],
};
const wrongRetirement = {
  role: ['gateway', 1],
  why: ['lost', null],
  until: [-1, 1.5, 2 ** 53, '7'],
  key: [keyLabel(STRANGER.key), 1],
  successor: [null, 1],
};

describe('the trust file', () => {
  it('is read as it was written', () => {
    const trust = parseTrust(utf8(formatTrust(TRUST_FILE)));
    expect(trust.log).toEqual(LOG.key);
    expect(trust.issuers).toEqual([ISSUER.key]);
    expect([...trust.policy.witnesses.values()].map(({ key }) => key)).toEqual(keys);
    expect(trust.controllers).toEqual(TRUST_FILE.controllers);
  });

  it('white space and the order of members are free: people edit it', () => {
    const reversed = Object.fromEntries(Object.entries(TRUST_FILE).reverse());
    expect(parseTrust(utf8(JSON.stringify(reversed, null, 4)))).toEqual(parseTrust(file()));
  });

  it('a file without controllers is one in which nobody stands for any key', () => {
    const trust = parseTrust(without('controllers'));
    expect(trust.controllers).toEqual([]);
    expect(controllerOf(trust, LOG.key)).toBeNull();
  });

  it('says who controls a key, by the key and not by its name', () => {
    const trust = parseTrust(file());
    for (const { key } of [LOG, ISSUER, ...WITNESSES]) expect(controllerOf(trust, key)).toBe(OPERATOR);
    expect(controllerOf(trust, STRANGER.key)).toBeNull();
    expect(controllerOf(trust, testKey(LOG.key.name, 200).key)).toBeNull();
  });

  it('may say more: when the log signs, where controllers are, which keys are retired, what witnesses state', () => {
    const trust = parseTrust(utf8(formatTrust(FULL_TRUST_FILE)));
    expect(trust.logCosigner).toEqual(LOG_COSIGNER.key);
    expect(trust.controllers).toEqual(FULL_TRUST_FILE.controllers);
    expect(trust.retired).toEqual([
      { key: STRANGER.key, role: 'issuer', why: 'rotated', until: 7, successor: keyLabel(ISSUER.key) },
      { key: STRANGE_WITNESS.key, role: 'witness', why: 'revoked', until: 0, announced: 9, successor: null },
    ]);
    expect(trust.statements).toEqual(FULL_TRUST_FILE.statements);
  });

  it('that says none of it is one in which none of it holds', () => {
    const full = parseTrust(
      file({ revocations: [revocation, { ...revocation, since: undefined, entry: undefined }] as never }),
    );
    expect(full.revocations).toEqual([
      {
        revocation: { field: 'tcb', value: 'OutOfDate', reason: 'vulnerable', since: 5 },
        decided: 7,
        entry: 3,
      },
      {
        revocation: { field: 'tcb', value: 'OutOfDate', reason: 'vulnerable', since: null },
        decided: 7,
        entry: null,
      },
    ]);
    const { logCosigner, retired, statements } = parseTrust(file());
    expect({ logCosigner, retired, statements }).toEqual({ logCosigner: null, retired: [], statements: [] });
  });

  it("a policy may name the log by its cosigner's key, or by both", () => {
    const cosigner = formatVerifierKey(LOG_COSIGNER.key);
    for (const lines of [`log ${cosigner}`, `log ${log}\nlog ${cosigner}`]) {
      const policy = `${lines}\nquorum none\n`;
      expect(parseTrust(file({ policy, logCosigner: cosigner })).logCosigner).toEqual(LOG_COSIGNER.key);
      expect(refusal(file({ policy }))).toMatchObject({ code: 'trust/malformed', field: 'policy' });
    }
  });

  it('a policy may leave the log out', () => {
    expect(parseTrust(file({ policy: `witness A ${witness}\nquorum A\n` })).policy.logs).toEqual([]);
  });
});

describe('trust/malformed', () => {
  it.each<[what: string, bytes: Uint8Array, detail: string]>([
    ['over 1 MiB', new Uint8Array((1 << 20) + 1).fill(0x20), 'over 1 MiB'],
    ['nothing', utf8(''), 'not JSON'],
    ['not JSON', utf8('{'), 'not JSON'],
    ['not UTF-8', concat(file(), Uint8Array.of(0xff)), 'not UTF-8'],
    ['a byte order mark', concat(Uint8Array.of(0xef, 0xbb, 0xbf), file()), 'not JSON'],
  ])('%s', (_, bytes, detail) => {
    expect(refusal(bytes)).toEqual({ code: 'trust/malformed', field: undefined, detail });
  });

  it.each<[what: string, bytes: Uint8Array, field: string, detail: string]>([
    ['lacks a member', without('log'), 'log', 'nothing, where there has to be something'],
    ['has one more', file({ more: 1 }), 'more', 'a member that does not belong there'],
    ['has one of the wrong kind', file({ log: null }), 'log', 'a value that cannot stand there'],
    ['has a key that is none', file({ log: 'log.example' }), 'log', 'not a verifier key'],
    [
      "has a witness's key for the log's",
      file({ log: witness }),
      'log',
      'a key of another kind than Ed25519',
    ],
  ])('says which: it %s', (_, bytes, field, detail) => {
    expect(refusal(bytes)).toEqual({ code: 'trust/malformed', field, detail });
  });

  it.each<[field: string, what: string, bytes: Uint8Array]>([
    ['file', 'null', utf8('null')],
    ['file', 'a text', utf8('"trust"')],
    ['log', 'no log', without('log')],
    ['log', 'null', file({ log: null })],
    ['log', 'not a key', file({ log: 'log.example' })],
    ['log', "a witness's key", file({ log: witness })],
    ['log', 'white space around it', file({ log: ` ${log}` })],
    ['log', 'a key id that is not its own', file({ log: log.replace(/\+[0-9a-f]{8}\+/, '+00000000+') })],
    ['issuers', 'no issuers', without('issuers')],
    ['issuers', 'an empty list', file({ issuers: [] })],
    ['issuers', 'a text', file({ issuers: issuer })],
    ['issuers', '1001 of them', file({ issuers: Array.from({ length: 1001 }, () => issuer) })],
    ['issuers', 'one key twice', file({ issuers: [issuer, issuer] })],
    ['issuers.0', 'a number', file({ issuers: [1] })],
    ['issuers.0', 'a label in place of the key', file({ issuers: [keyLabel(ISSUER.key)] })],
    ['issuers.1', "a witness's key", file({ issuers: [issuer, witness] })],
    ['policy', 'no policy', without('policy')],
    ['policy', 'null', file({ policy: null })],
    [
      'policy',
      'the line of another log',
      file({ policy: `log ${formatVerifierKey(STRANGER.key)}\nquorum none\n` }),
    ],
    [
      'policy',
      'the line of another log, after the right one',
      file({ policy: `log ${log}\nlog ${formatVerifierKey(STRANGER.key)}\nquorum none\n` }),
    ],
    ['logCosigner', 'null', file({ logCosigner: null })],
    ['logCosigner', 'not a key', file({ logCosigner: 'log.example' })],
    ['logCosigner', "the log's own key", file({ logCosigner: log })],
    [
      'logCosigner',
      'a cosigner of Ed25519',
      file({ logCosigner: formatVerifierKey(testCosigner(LOG.key.name, 9).key) }),
    ],
    [
      'logCosigner',
      'an ML-DSA-44 key under another name',
      file({ logCosigner: formatVerifierKey(testMlDsaCosigner('other.example', 9).key) }),
    ],
    [
      'policy',
      "a witness with the key of the log's cosigner",
      file({
        logCosigner: formatVerifierKey(LOG_COSIGNER.key),
        policy: `witness A ${formatVerifierKey(LOG_COSIGNER.key)}\nquorum A\n`,
      }),
    ],
    [
      'policy',
      'a witness with the key of an issuer',
      file({ policy: `witness A ${formatVerifierKey(testCosigner('w', 102).key)}\nquorum A\n` }),
    ],
    [
      'controllers',
      'one key under two controllers',
      file({ controllers: ['A', 'B'].map(name => ({ name, keys: [keyLabel(LOG.key)] })) }),
    ],
    [
      'controllers.0.cloud',
      'a cloud without a name',
      file({ controllers: [{ name: OPERATOR, keys: [], cloud: '' }] }),
    ],
    ...(['role', 'why', 'until', 'key', 'successor'] as const).flatMap(member =>
      wrongRetirement[member].map(
        value =>
          [
            `retired.1.${member}`,
            JSON.stringify(value),
            file({ retired: [retirement, { ...retirement, [member]: value }] }),
          ] as [string, string, Uint8Array],
      ),
    ),
    ...Object.entries(wrongRevocation).flatMap(([member, values]) =>
      values.map((value): [string, string, Uint8Array] => [
        `revocations.1.${member}`,
        `${JSON.stringify(value)} for ${member}`,
        file({ revocations: [revocation, { ...revocation, [member]: value }] }),
      ]),
    ),
    ['revocations', '1001 of them', file({ revocations: Array.from({ length: 1001 }, () => revocation) })],
    ['retired', '1001 of them', file({ retired: Array.from({ length: 1001 }, () => retirement) })],
    ['statements.0.says', 'anything', file({ statements: [{ key: witness, says: 'anything' }] })],
    ['controllers', 'null', file({ controllers: null })],
    ['controllers', 'an object', file({ controllers: { name: OPERATOR, keys: [] } })],
    ['controllers.0.name', 'no name', file({ controllers: [{ keys: [] }] })],
    ['controllers.0.name', 'an empty name', file({ controllers: [{ name: '', keys: [] }] })],
    ['controllers.0.name', '129 characters', file({ controllers: [{ name: 'n'.repeat(129), keys: [] }] })],
    ['controllers.0.keys', 'no keys', file({ controllers: [{ name: OPERATOR }] })],
    ['controllers.0.keys.0', 'a number', file({ controllers: [{ name: OPERATOR, keys: [1] }] })],
    [
      'controllers.0.verified',
      'a member more',
      file({ controllers: [{ name: OPERATOR, keys: [], verified: true }] }),
    ],
    ['skip', 'a member that would loosen it', file({ skip: true })],
    ['constructor', 'a member that every object has', file({ constructor: {} })],
    [
      '__proto__',
      'a member that every object has',
      utf8(`{"__proto__":{},${JSON.stringify(TRUST_FILE).slice(1)}`),
    ],
  ])('%s: %s', (field, _, bytes) => {
    expect(refusal(bytes)).toMatchObject({ code: 'trust/malformed', field });
  });

  it('the largest file that is read', () => {
    const padded = new Uint8Array(1 << 20).fill(0x20);
    padded.set(file());
    expect(parseTrust(padded).log).toEqual(LOG.key);
  });
});

describe('the policy in it', () => {
  it.each<[code: ReasonCode, policy: string]>([
    ['policy/malformed', ''],
    ['policy/malformed', 'quorum none\nquorum none\n'],
    ['policy/malformed', `witness A ${log}\nquorum A\n`],
    ['policy/key-duplicate', `witness A ${witness}\nwitness B ${witness}\nquorum A\n`],
    ['policy/name-duplicate', `witness none ${witness}\nquorum none\n`],
    ['policy/name-unknown', 'quorum A\n'],
    ['policy/member-reused', `witness A ${witness}\ngroup B any A A\nquorum B\n`],
  ])('%s: %j', (code, policy) => {
    expect(refusal(file({ policy })).code).toBe(code);
  });

  it.each([
    ['all', 3],
    [2, 2],
    [1, 1],
  ] as const)('is written for a quorum of %s', (threshold, needed) => {
    const { policy } = parseTrust(file({ policy: policyText(LOG.key, keys, threshold) }));
    const named = [...policy.witnesses.values()].map(({ key }) => key);
    for (let count = 0; count <= named.length; count++)
      expect(satisfies(policy.quorum, named.slice(0, count)), `${count} of 3`).toBe(count >= needed);
    expect(policy.logs).toEqual([{ key: LOG.key, url: null }]);
  });

  it('a witness whom it does not name counts for nothing', () => {
    const { policy } = parseTrust(file({ policy: policyText(LOG.key, keys, 1) }));
    expect(satisfies(policy.quorum, [testCosigner('another.example', 201).key])).toBe(false);
  });
});

describe('any damage', () => {
  it('is refused with a code, or leaves a file that says who is trusted', () => {
    fc.assert(
      fc.property(mutants([file(), utf8(formatTrust(TRUST_FILE))]), bytes => {
        const trust = parseOrRefuse(
          () => parseTrust(bytes),
          [
            'trust/malformed',
            'policy/malformed',
            'policy/name-duplicate',
            'policy/key-duplicate',
            'policy/name-unknown',
            'policy/member-reused',
            'note/key-malformed',
          ],
        );
        if (trust !== undefined) expect(trust.issuers.length).toBeGreaterThan(0);
      }),
      { numRuns: 250 },
    );
  });
});
