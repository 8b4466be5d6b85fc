import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { run, type Served, serve, serveWitness } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { ADD_RECOVERY, beginning, changeEntry, nextKey } from '../../../test/support/key-changes.js';
import { type TestKey, testCosigner } from '../../../test/support/keys.js';
import {
  ISSUER,
  LOG,
  STRANGE_WITNESS,
  TRUST_FILE,
  trustWith,
  WITNESSES,
} from '../../../test/support/parties.js';
import { make, SIZE } from '../../../test/support/sample-exchange.js';
import { formatTrust, parseTrust, policyText, type TrustFile } from '../../appraise/trust.js';
import { verify } from '../../appraise/verify.js';
import { utf8 } from '../../bytes/octets.js';
import { formatVerifierKey, keyLabel, verifierKey } from '../../note/key.js';
import { parsePolicy } from '../../note/policy.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { formerWitnesses, readPreviousTrust } from './former-witnesses.js';

const [FIRST, SECOND, THIRD] = WITNESSES as [TestKey, TestKey, TestKey];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-former-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const policyOf = (keys: readonly TestKey[], threshold: number | 'all' = 'all') =>
  policyText(
    LOG.key,
    keys.map(({ key }) => key),
    threshold,
  );
/** What stands under `retired` for a witness that has left the policy. */
const left = ({ key }: TestKey, until: number) => ({
  key: formatVerifierKey(key),
  role: 'witness' as const,
  why: 'rotated' as const,
  until,
});
const former = (
  previous: Partial<TrustFile> | null,
  policy: string,
  size: number,
  history: KeyHistory = beginning(),
) => formerWitnesses(previous === null ? null : trustWith(previous), parsePolicy(policy), history, size);

describe('witnesses that have left the policy', () => {
  it('end at the size at which they leave, and stay there', () => {
    const now = policyOf([STRANGE_WITNESS, THIRD]);
    const first = former({}, now, 20);
    expect(first).toEqual([left(FIRST, 20), left(SECOND, 20)]);
    expect(former({ policy: now, retired: first }, now, 30)).toEqual(first);
    const later = policyOf([THIRD]);
    expect(former({ policy: now, retired: first }, later, 40)).toEqual([...first, left(STRANGE_WITNESS, 40)]);
  });

  it('are none where nobody has left, or where nothing was written before', () => {
    expect(former({}, policyOf(WITNESSES, 2), 20)).toEqual([]);
    expect(former(null, policyOf([THIRD]), 20)).toEqual([]);
  });

  it('are no longer among them when they are named again', () => {
    const previous = { policy: policyOf([THIRD]), retired: [left(FIRST, 20), left(SECOND, 20)] };
    expect(former(previous, policyOf([FIRST, THIRD]), 30)).toEqual([left(SECOND, 20)]);
  });

  it('are left to the key history where that has ended them', async () => {
    const next = nextKey('witness', 1);
    const rotation = {
      change: { action: 'rotate', role: 'witness' },
      key: FIRST,
      successor: next,
      by: ISSUER,
    } as const;
    const named = await beginning().after(0, changeEntry(beginning(), ADD_RECOVERY));
    const history = await named.after(9, changeEntry(named, rotation));
    expect(history.tenure(keyLabel(FIRST.key))?.until).toBe(10);
    expect(former({}, policyOf([next, SECOND]), 20, history)).toEqual([left(THIRD, 20)]);
    // Its successor has left as well: nobody stands in the place of either.
    const afterwards = { policy: policyOf([next, SECOND]), retired: [left(FIRST, 10)] };
    expect(former(afterwards, policyOf([SECOND]), 30, history)).toEqual([left(next, 30)]);
  });

  it('are not taken over where the trust file could not have them beside a key in force', () => {
    const renamed = { ...FIRST, key: verifierKey('renamed.example', FIRST.key.type, FIRST.key.publicKey) };
    expect(former({}, policyOf([renamed, SECOND, THIRD]), 20)).toEqual([]);
  });

  it('are not those of another log', () => {
    const other = testCosigner('other.example', 77);
    expect(former({ policy: policyOf([other]) }, policyOf([FIRST]), 20)).toHaveLength(1);
    const trust = { ...trustWith({ policy: policyOf([other]) }), log: STRANGE_WITNESS.key };
    expect(formerWitnesses(trust, parsePolicy(policyOf([FIRST])), beginning(), 20)).toEqual([]);
  });
});

describe('the trust file of the last start', () => {
  it.each<[string, string | null]>([
    ['is none', null],
    ['is not JSON', 'x'],
    ['has a policy that is none', formatTrust({ ...TRUST_FILE, policy: 'quorum' })],
  ])('is ignored where it %s', async (_, text) => {
    if (text !== null) writeFileSync(at('trust.json'), text);
    expect(await readPreviousTrust(at('trust.json'))).toBeNull();
  });

  it('is read where it is one', async () => {
    writeFileSync(at('trust.json'), formatTrust(TRUST_FILE));
    expect(await readPreviousTrust(at('trust.json'))).toEqual(parseTrust(utf8(formatTrust(TRUST_FILE))));
  });
});

describe('an old bundle under a policy that has changed', () => {
  const judged = async (policy: string, retired: TrustFile['retired']) => {
    const { outcome, checks } = await verify(await make({ trust: trustWith({ policy, retired }) }));
    return { outcome, codes: checks.flatMap(check => (check.status === 'pass' ? [] : [check.code])) };
  };

  it.each<[string, string, string, string[]]>([
    ['passes where enough of its cosigners still count', policyOf([STRANGE_WITNESS, THIRD], 1), 'pass', []],
    [
      'is inconclusive where they do not',
      policyOf([STRANGE_WITNESS, THIRD], 2),
      'inconclusive',
      ['witness/quorum-not-met'],
    ],
    [
      'is inconclusive where none of them is left',
      policyOf([STRANGE_WITNESS]),
      'inconclusive',
      ['witness/quorum-not-met'],
    ],
  ])('%s', async (_, policy, outcome, codes) => {
    const found = await judged(policy, former({}, policy, SIZE));
    expect(found.outcome).toBe(outcome);
    expect(found.codes).toEqual(expect.arrayContaining(codes));
    expect(found.codes).not.toContain('proof/surplus-signature');
    // What it would be if nobody knew the keys of then.
    expect(await judged(policy, [])).toMatchObject({
      outcome: 'fail',
      codes: expect.arrayContaining(['proof/surplus-signature']),
    });
  });
});

describe('a house whose owner names other witnesses', () => {
  const house = () => ['--data', at('house')];
  const codes = (bundle: string) => run(['verify', at(bundle), '--trust', at('house/trust.json')]);
  const trust = () => parseTrust(readFileSync(at('house/trust.json')));
  const exchangeWith = async ({ summary }: Served): Promise<string> =>
    exchangeOf(await ask(summary.address, { body: { ...chat(), model: summary.models[0], max_tokens: 1 } }));
  const keep = async ({ summary }: Served, exchange: string, file: string): Promise<void> =>
    writeFileSync(at(file), await fetchBundle(summary, exchange));

  it('can give out a trust file by which nothing of before fails, now and when they change back', async () => {
    let gateway = await serve(house());
    const exchange = await exchangeWith(gateway);
    await keep(gateway, exchange, 'before.json');
    expect((await gateway.stop()).code).toBe(0);
    const { log, policy } = JSON.parse(readFileSync(at('house/trust.json'), 'utf8')) as TrustFile;
    const own = [...trust().policy.witnesses.values()].map(({ key }) => key);
    expect((await codes('before.json')).code).toBe(0);

    const foreign = await serveWitness(['--data', at('witness'), '--log', log]);
    const { keys, address } = foreign.summary;
    const line = `witness foreign ${keys[0]} ${address}\n`;
    writeFileSync(at('house/witnesses.policy'), `${line}quorum foreign\n`);
    const says = { key: (keys[0] as string).split('+').slice(0, 2).join('+'), says: 'entries-checked' };
    writeFileSync(at('house/statements.json'), JSON.stringify([says]));
    gateway = await serve(house());
    await keep(gateway, await exchangeWith(gateway), 'between.json');
    await keep(gateway, exchange, 'anew.json');
    expect((await gateway.stop()).code).toBe(0);
    const { retired, statements } = trust();
    expect(retired.map(({ key }) => key)).toEqual(own);
    const [{ until } = { until: 0 }] = retired;
    expect(until).toBeGreaterThan(0);
    expect(retired).toEqual(
      own.map(key => ({ key, role: 'witness', why: 'rotated', until, successor: null })),
    );
    expect(statements).toEqual([says]);
    const inconclusive = await codes('before.json');
    expect(inconclusive.code).toBe(20);
    expect(inconclusive.stdout).toContain('witness/quorum-not-met');
    expect((await codes('anew.json')).code).toBe(0);
    const checked = await codes('between.json');
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('every entry was read and checked');

    // A quorum that some of those of before still meet.
    writeFileSync(
      at('house/witnesses.policy'),
      `${line}${policy.replace('group witnesses all ', 'group witnesses any foreign ')}`,
    );
    expect((await run(['key', 'list', ...house()])).code).toBe(0);
    expect(trust().retired).toEqual([]);
    expect((await codes('before.json')).code).toBe(0);
    expect((await codes('between.json')).code).toBe(0);

    // And back to the house's own.
    expect((await foreign.stop()).code).toBe(0);
    rmSync(at('house/witnesses.policy'));
    expect((await run(['key', 'list', ...house()])).code).toBe(0);
    expect(trust().retired).toHaveLength(1);
    expect((await codes('before.json')).code).toBe(0);
    expect((await codes('between.json')).code).toBe(20);
  }, 120_000);

  it.each<[string, string]>([
    ['not JSON', '['],
    ['not a list', '{}'],
    ['a statement that there is not', '[{"key":"a.example+01020304","says":"good"}]'],
    ['a member too many', '[{"key":"a.example+01020304","says":"mirrored","more":1}]'],
  ])('does not start with a file of statements that is %s', async (_, text) => {
    expect((await run(['key', 'list', ...house()])).code).toBe(64);
    const gateway = await serve(house());
    await gateway.stop();
    const before = readFileSync(at('house/trust.json'));
    writeFileSync(at('house/statements.json'), text);
    const { code, stderr } = await run(['key', 'list', ...house()]);
    expect(code).toBe(1);
    expect(stderr).toContain(`trust/member-malformed (${at('house/statements.json')})`);
    expect(readFileSync(at('house/trust.json'))).toEqual(before);
  });
});
