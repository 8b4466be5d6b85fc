import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { LOG, openWitnesses, quorumOf, temporaryFolder, WITNESSES } from '../../../test/support/log.js';
import {
  found,
  ISSUER,
  identifier,
  LOG_COSIGNER,
  lookOnce,
  openMonitor,
  openReceiptLog,
  type ServedLog,
  serve,
  shownBy,
  TestIssuer,
  TRUST,
  TRUST_FILE,
} from '../../../test/support/monitored.js';
import { policyOf, SURROUNDINGS } from '../../../test/support/policies.js';
import { DEADLINE } from '../../../test/support/sample-receipt.js';
import { NO_FILES, publishedPolicy } from '../../appraise/policy/publish.js';
import { beginningOf } from '../../appraise/standing.js';
import { parseTrust, policyText } from '../../appraise/trust.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { CHALLENGE_WINDOW } from '../../court/misbehaviour/broken-promise.js';
import { judgeEvidence } from '../../court/misbehaviour/judge.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosign } from '../../note/cosignature.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { formatNote, parseNote, signNote } from '../../note/signed-note.js';
import { payloadDigest, seal } from '../../receipt/envelope.js';
import { erasureStatement } from '../../receipt/erasure.js';
import { KeyHistory } from '../../receipt/key-history.js';
import { loggedPolicyDigest, loggedPolicyStatement, PolicyNames } from '../../receipt/logged-policy.js';
import { type Revocation, revocationStatement } from '../../receipt/revocation.js';
import { stampStatement } from '../../receipt/stamp.js';
import type { FileLog } from '../log/file-log.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let issuer: TestIssuer;
let served: ServedLog;
const logs: FileLog[] = [];

/** A log whose checkpoints are cosigned by three witnesses in folders of their own. */
async function open(path: string, witnesses = path): Promise<FileLog> {
  const opened = await openReceiptLog(path, {
    witnesses: await openWitnesses(witnesses),
    quorum: quorumOf(3),
  });
  logs.push(opened);
  return opened;
}

async function witnessed(of: FileLog): Promise<void> {
  await of.reached(of.signed.size - 1, 'witnessed', 5000);
}

beforeEach(async () => {
  folder = temporaryFolder();
  log = await open(folder.path);
  issuer = new TestIssuer(log);
  await issuer.begin();
  served = await serve(log);
});
afterEach(async () => {
  await served.close();
  for (const opened of logs.splice(0)) await opened.close().catch(() => undefined);
  folder.remove();
});

const look = (changes: Parameters<typeof openMonitor>[2] = {}) =>
  lookOnce(folder.path, served.url, { witnesses: [], ...changes });

const evidenceFiles = () => {
  try {
    return readdirSync(join(folder.path, 'monitor', 'evidence')).sort();
  } catch {
    return [];
  }
};

/** Everything in the evidence folder convinces a stranger who has the trust file alone. */
async function strangerIsConvinced(): Promise<boolean> {
  for (const name of evidenceFiles()) {
    const bytes = new Uint8Array(readFileSync(join(folder.path, 'monitor', 'evidence', name)));
    if ((await judgeEvidence(bytes, knownKeys(TRUST))).outcome !== 'proven') return false;
  }
  return true;
}

/** The log as it is, once more, with the memory that its witnesses have of it. */
function copyOfAll(): string {
  const copy = join(folder.path, `copy-${logs.length}`);
  cpSync(join(folder.path, 'log'), join(copy, 'log'), { recursive: true });
  for (const { key } of WITNESSES) {
    const name = `witness-${WITNESSES.findIndex(witness => witness.key === key)}`;
    cpSync(join(folder.path, name), join(copy, name), { recursive: true });
  }
  return copy;
}

/** A log that goes on from where this one is, in another way. */
async function fork(entries: number): Promise<FileLog> {
  const other = await open(copyOfAll());
  const issuing = new TestIssuer(other);
  await issuing.begin();
  await issuing.append(...Array.from({ length: entries - 1 }, () => issuing.receipt('somebody else')));
  await witnessed(other);
  return other;
}

describe('an honest log', () => {
  it('is checked to its end, and further when it has grown', async () => {
    await issuer.work(300);
    await witnessed(log);
    const first = await look();
    expect(found(first)).toEqual([]);
    expect(first).toMatchObject({ isComplete: true, hasFindings: false });
    expect(first.events.at(-1)).toMatchObject({
      kind: 'checked',
      size: 302,
      receipts: 300,
      epochs: 1,
      openNumbers: 0,
    });
    await issuer.work(300);
    await issuer.beginEpoch();
    await issuer.work(20);
    await witnessed(log);
    const second = await look();
    expect(found(second)).toEqual([]);
    expect(second.events.at(-1)).toMatchObject({ size: 623, receipts: 620, epochs: 2, withheld: 0 });
    expect(evidenceFiles()).toEqual([]);
  });

  it.each(['restarts', 'restarts after entries that no checkpoint of its covers'])('%s', async how => {
    await issuer.work(5);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
    const crashed = how === 'restarts' ? null : copyOfAll();
    if (crashed !== null) {
      const unsigned = issuer.receipt('client 0');
      void issuer.append(unsigned).catch(() => undefined);
    }
    await log.close();
    log = await open(folder.path);
    served.log = log;
    await witnessed(log);
    expect(found(await look())).toEqual([]);
  });

  it('lags, serves an older checkpoint for a while, and catches up', async () => {
    await issuer.work(5);
    await witnessed(log);
    const old = shownBy(log);
    await look();
    await issuer.work(5);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
    served.meddle = path => (path === 'checkpoint' ? old : undefined);
    const { monitor, events } = await openMonitor(folder.path, served.url);
    await monitor.round();
    await monitor.round();
    expect(found({ events })).toEqual(['finding monitor/checkpoint-older']);
    served.meddle = () => undefined;
    await monitor.round();
    await monitor.close();
    expect(found({ events })).toHaveLength(1);
    expect(evidenceFiles()).toEqual([]);
  });

  it('publishes its checkpoint again, with fresh cosignatures and grease', async () => {
    await issuer.work(5);
    await witnessed(log);
    const { monitor, events } = await openMonitor(folder.path, served.url);
    await monitor.round();
    const note = parseNote(shownBy(log));
    for (const later of [10, 20, 20, 5000]) {
      const time = Math.floor(Date.now() / 1000) + later;
      const cosignatures = WITNESSES.map(({ key, signer }) => cosign(note.text, time, key, signer));
      const grease = {
        name: 'grease.invalid',
        keyId: Uint8Array.of(1, 2, 3, later % 256),
        signature: new Uint8Array(9),
      };
      const own = note.signatures.filter(({ name }) => name === LOG.key.name);
      served.meddle = path =>
        path === 'checkpoint'
          ? formatNote({ text: note.text, signatures: [...own, ...cosignatures, grease] })
          : undefined;
      await monitor.round();
    }
    await monitor.close();
    expect(found({ events })).toEqual([]);
    expect(evidenceFiles()).toEqual([]);
  });

  it('is told apart from one that shows fewer numbers: gaps are open, and close', async () => {
    const receipts = [1, 2, 3, 4, 5, 6].map(() => issuer.receipt('one'));
    const [one, two, three, four, five, six] = receipts as [
      (typeof receipts)[number],
      (typeof receipts)[number],
      (typeof receipts)[number],
      (typeof receipts)[number],
      (typeof receipts)[number],
      (typeof receipts)[number],
    ];
    await issuer.append(one, six);
    await witnessed(log);
    expect((await look()).events.at(-1)).toMatchObject({ openNumbers: 1 });
    await issuer.append(three);
    await witnessed(log);
    expect((await look()).events.at(-1)).toMatchObject({ openNumbers: 2 });
    await issuer.append(two, five, four);
    await witnessed(log);
    const looked = await look();
    expect(looked.events.at(-1)).toMatchObject({ openNumbers: 0 });
    expect(evidenceFiles()).toEqual([]);
  });
});

/** What an operator says who has erased the content of a receipt. */
function erasureOf(receipt: string | null) {
  const label = keyLabel(ISSUER.key);
  return seal(
    erasureStatement({ exchange: identifier(`${receipt}`), receipt }, label, 7),
    label,
    ISSUER.signer,
  );
}

function revocationOf(sequence: number, change: Partial<Revocation> = {}) {
  const label = keyLabel(ISSUER.key);
  const model = { field: 'model', reason: 'defective', since: null, value: '7'.repeat(64) };
  const revocation = { ...model, ...change } as Revocation;
  return seal(revocationStatement(revocation, label, 7, sequence), label, ISSUER.signer);
}

describe('findings about entries', () => {
  it('P5: two receipts with one number', async () => {
    await issuer.append(issuer.receipt('one'), issuer.receipt('one', { counter: 1, previous: null }));
    await witnessed(log);
    const looked = await look();
    expect(found(looked)).toEqual(['misbehaviour misbehaviour/receipt-forked']);
    expect(looked.hasFindings).toBe(true);
    expect(await strangerIsConvinced()).toBe(true);
    // It stays on record, as one file.
    expect(await look()).toMatchObject({ hasFindings: true });
    expect(evidenceFiles()).toHaveLength(1);
  });

  it('P5 across many entries, from what the log still serves', async () => {
    const first = issuer.receipt('one');
    await issuer.append(first);
    await issuer.work(600);
    await issuer.append(issuer.receipt('one', { counter: 1 }));
    await witnessed(log);
    expect(found(await look())).toEqual(['misbehaviour misbehaviour/receipt-forked']);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it('the first of two receipts can no longer be read: a finding, and no proof', async () => {
    await issuer.append(issuer.receipt('one'));
    await issuer.work(300);
    await witnessed(log);
    const { monitor, events } = await openMonitor(folder.path, served.url);
    await monitor.round();
    await issuer.append(issuer.receipt('one', { counter: 1 }));
    await witnessed(log);
    served.meddle = path => (path === 'tile/entries/000' ? 410 : undefined);
    await monitor.round();
    await monitor.close();
    expect(found({ events })).toEqual(['finding monitor/counter-repeated 303']);
    expect(evidenceFiles()).toEqual([]);
  });

  const cases: [string, string[], () => Promise<void>][] = [
    [
      'a receipt of an epoch that was never begun',
      ['finding monitor/epoch-missing 2'],
      () => issuer.append(issuer.receipt('one', { epoch: identifier('never') })),
    ],
    [
      'an epoch that is begun twice',
      ['finding monitor/epoch-repeated 3'],
      async () => {
        await issuer.beginEpoch('twice');
        const again = new TestIssuer(log);
        // The payload differs by the time alone.
        const { epochStatement } = await import('../../receipt/epoch.js');
        await again.append(
          seal(epochStatement(ISSUER.key, identifier('twice'), 7), keyLabel(ISSUER.key), ISSUER.signer),
        );
      },
    ],
    [
      'a receipt that names one before it which is not there',
      ['finding monitor/previous-unknown 2'],
      () => issuer.append(issuer.receipt('one', { previous: '5'.repeat(64) })),
    ],
    [
      'receipts out of order: nothing more than a finding',
      ['finding monitor/previous-unknown 2'],
      async () => {
        const [first, second] = [issuer.receipt('one'), issuer.receipt('one')];
        await issuer.append(second, first);
      },
    ],
    [
      'two receipts that name the same one before them',
      ['finding monitor/previous-repeated 3'],
      () => issuer.append(issuer.receipt('one'), issuer.receipt('one', { previous: null })),
    ],
    [
      'a tree that the log never had',
      ['finding monitor/seen-unknown 2'],
      () => issuer.append(issuer.receipt('one', { seen: { size: 1, root: '7'.repeat(64) } })),
    ],
    [
      'a policy that does not stand there',
      ['finding monitor/policy-unknown 2'],
      () => issuer.append(issuer.receipt('one', { policy: { digest: '4'.repeat(64), index: 0 } })),
    ],
    [
      'a policy of the future',
      ['finding receipt/order-impossible 2'],
      () => issuer.append(issuer.receipt('one', { policy: { digest: '4'.repeat(64), index: 2 } })),
    ],
    [
      'another log’s receipt',
      ['finding receipt/log-mismatch 2'],
      () =>
        issuer.append(issuer.receipt('one', { log: { deadline: DEADLINE, origin: 'log.example/other' } })),
    ],
    [
      'an erasure of a receipt that is not there',
      ['finding monitor/erasure-unknown 2'],
      () => issuer.append(erasureOf('7'.repeat(64))),
    ],
    [
      'a revocation before those that it counts',
      ['finding monitor/revocation-misnumbered 3'],
      () => issuer.append(revocationOf(0), revocationOf(2)),
    ],
    [
      'two revocations of one number',
      ['finding monitor/revocation-misnumbered 4'],
      () => issuer.append(revocationOf(0), revocationOf(1), revocationOf(1, { reason: 'compromised' })),
    ],
    [
      'one payload twice',
      ['finding monitor/payload-repeated 3'],
      async () => {
        const receipt = issuer.receipt('one');
        await issuer.append(receipt, receipt);
      },
    ],
    [
      'an issuer whom nobody knows',
      ['finding envelope/issuer-unknown 2'],
      () =>
        new TestIssuer(log, testKey('stranger.example', 77)).append(
          new TestIssuer(log, testKey('stranger.example', 77)).receipt('one'),
        ),
    ],
    [
      'what is no envelope',
      ['finding json/malformed 2'],
      async () => {
        await log.append(utf8('{')).included;
      },
    ],
  ];
  it('none, of revocations in the order of their numbers', async () => {
    await issuer.append(revocationOf(0), revocationOf(1), revocationOf(2));
    await witnessed(log);
    expect(found(await look())).toEqual([]);
  });

  it('none, of an erasure whose receipt is there, or of an exchange that never had one', async () => {
    const receipt = issuer.receipt('one');
    await issuer.append(receipt, erasureOf(toHex(payloadDigest(receipt))), erasureOf(null));
    await witnessed(log);
    const looked = await look();
    expect(found(looked)).toEqual([]);
    expect(looked).toMatchObject({ isComplete: true, hasFindings: false });
  });

  it('none, of a receipt under a rule of a policy that stands there', async () => {
    const rules = publishedPolicy(
      policyOf([{}]),
      SURROUNDINGS,
      NO_FILES,
      new PolicyNames(new Uint8Array(32), utf8('')),
    );
    const index = log.size;
    await issuer.begin(loggedPolicyStatement(rules, issuer.label));
    const policy = { digest: loggedPolicyDigest(rules), index, rule: 'rule-0' };
    await issuer.append(issuer.receipt('one', { policy }));
    await witnessed(log);
    expect(found(await look())).toEqual([]);
  });

  it.each(cases)('%s', async (_, codes, act) => {
    await act();
    await witnessed(log);
    const looked = await look();
    expect(found(looked)).toEqual(codes);
    expect(looked).toMatchObject({ isComplete: true, hasFindings: true });
    expect(evidenceFiles()).toEqual([]);
    // Told once, and on record until somebody moves it away.
    const again = await look();
    expect(found(again)).toEqual([]);
    expect(again.hasFindings).toBe(true);
    rmSync(join(folder.path, 'monitor', 'findings.jsonl'));
    expect(await look()).toMatchObject({ hasFindings: false });
  });
});

describe('forks', () => {
  const provenAgainst = (looked: Parameters<typeof found>[0]) => [
    ...new Set(found(looked).filter(text => text.startsWith('misbehaviour'))),
  ];

  it('P1 and P4: another tree of the same size, from the log itself', async () => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(2);
    await issuer.work(2);
    await witnessed(log);
    expect(other.signed.size).toBe(log.signed.size);
    expect(found(await look())).toEqual([]);
    served.log = other;
    expect(provenAgainst(await look())).toEqual([
      'misbehaviour misbehaviour/log-forked',
      'misbehaviour misbehaviour/witness-forked',
    ]);
    expect(evidenceFiles().map(name => name.slice(0, 2))).toEqual(['p1', 'p1', 'p4', 'p4', 'p4']);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it.each([
    ['a larger one', 1, 4],
    ['a much larger one', 1, 700],
    ['a smaller one', 600, 3],
  ])('P2 and P4: %s', async (_, ours, theirs) => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(theirs);
    await issuer.work(ours);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
    served.log = other;
    expect(provenAgainst(await look())).toEqual([
      'misbehaviour misbehaviour/log-forked',
      'misbehaviour misbehaviour/witness-forked',
    ]);
    expect(evidenceFiles().map(name => name.slice(0, 2))).toEqual(['p2', 'p2', 'p4', 'p4', 'p4']);
    expect(await strangerIsConvinced()).toBe(true);
    // Again, after a restart: the same files.
    await look();
    expect(evidenceFiles()).toHaveLength(5);
  });

  it('what somebody else was given, in a file, when the log shows the monitor a clean face', async () => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(3);
    const given = shownBy(other);
    await issuer.work(900);
    await witnessed(log);
    expect(found(await look())).toEqual([]);
    expect(provenAgainst(await look({ checkpoints: [given] }))).toHaveLength(2);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it('what somebody else was given is larger than all that the log shows: kept until it can be compared', async () => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(9);
    expect(found(await look({ checkpoints: [shownBy(other)] }))).toEqual([]);
    const waiting = await look();
    expect(waiting.events.at(-1)).toMatchObject({ pending: 1 });
    await issuer.work(20);
    await witnessed(log);
    expect(provenAgainst(await look())).toHaveLength(2);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it('P1 and P4: two that others were given of one size, of which the log itself shows neither', async () => {
    await issuer.work(3);
    await witnessed(log);
    const given = [shownBy(await fork(9)), shownBy(await fork(9))];
    expect(found(await look({ checkpoints: given.slice(0, 1) }))).toEqual([]);
    const looked = await look({ checkpoints: given });
    expect(found(looked).every(text => text.startsWith('misbehaviour'))).toBe(true);
    expect(evidenceFiles().map(name => name.slice(0, 2))).toEqual(['p1', 'p1', 'p4', 'p4', 'p4']);
    expect(await strangerIsConvinced()).toBe(true);
    expect(found(await look())).toEqual([]);
  });

  it('what a witness shows (tlog-witness, "Monitor Retrieval Mechanism")', async () => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(2);
    await issuer.work(5);
    await witnessed(log);
    const note = shownBy(other);
    const asked: string[] = [];
    const witness = await serve(log);
    witness.meddle = path => {
      asked.push(path);
      return note;
    };
    const looked = await look({ witnesses: [witness.url] });
    await witness.close();
    expect(asked[0]).toMatch(/^[0-9a-f]{64}\/checkpoint$/);
    expect(provenAgainst(looked)).toHaveLength(2);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it('P4: a witness that went back in time', async () => {
    await issuer.work(3);
    await witnessed(log);
    const sizes = [log.signed];
    await issuer.work(3);
    await witnessed(log);
    sizes.push(log.signed);
    const [witness] = WITNESSES as [(typeof WITNESSES)[number]];
    const notes = sizes.map((checkpoint, at) => {
      const text = formatCheckpoint(checkpoint);
      const time = 2_000_000_000 - at;
      return formatNote({
        text,
        signatures: [signNote(text, LOG.key, LOG.signer), cosign(text, time, witness.key, witness.signer)],
      });
    });
    const looked = await look({ checkpoints: notes });
    expect(provenAgainst(looked)).toEqual(['misbehaviour misbehaviour/witness-time-reversed']);
    expect(await strangerIsConvinced()).toBe(true);
  });

  it('a log that hides its fork by serving nothing of it proves nothing, and is not checked either', async () => {
    await issuer.work(3);
    await witnessed(log);
    const other = await fork(9);
    expect(found(await look())).toEqual([]);
    const note = shownBy(other);
    served.meddle = path => (path === 'checkpoint' ? note : undefined);
    const looked = await look();
    expect(looked).toMatchObject({ isComplete: false });
    expect(found(looked).every(text => text.startsWith('unchecked'))).toBe(true);
    expect(evidenceFiles()).toEqual([]);
  });
});

describe('a log that cannot be checked', () => {
  const troubles: [string, string, (path: string) => Uint8Array | number | undefined][] = [
    ['it shows no checkpoint', 'peer/checkpoint-missing', path => (path === 'checkpoint' ? 404 : undefined)],
    ['it fails', 'peer/answer-unexpected', () => 500],
    [
      'its checkpoint is garbage',
      'note/malformed',
      path => (path === 'checkpoint' ? utf8('<html>') : undefined),
    ],
    [
      'its entries are gone',
      'monitor/entries-withheld',
      path => (path.includes('entries') ? 404 : undefined),
    ],
    [
      'its entries are denied',
      'monitor/entries-withheld',
      path => (path.includes('entries') ? 451 : undefined),
    ],
    [
      'its entries are cut off',
      'peer/answer-malformed',
      path => (path.includes('entries') ? new Uint8Array(9) : undefined),
    ],
    [
      'its entries are others',
      'monitor/tiles-contradicted',
      path => (path.includes('entries') ? new Uint8Array(2 * log.size) : undefined),
    ],
  ];
  it.each(troubles)('%s: %s, and nobody is accused', async (_, code, meddle) => {
    await issuer.work(9);
    await witnessed(log);
    served.meddle = meddle;
    const looked = await look();
    expect(found(looked)).toEqual([`unchecked ${code}`]);
    expect(looked).toMatchObject({ isComplete: false, hasFindings: false });
    served.meddle = () => undefined;
    expect(await look()).toMatchObject({ isComplete: true, hasFindings: false });
  });

  it('it is not there', async () => {
    await served.close();
    const looked = await look();
    expect(found(looked)).toEqual(['unchecked peer/unreachable']);
    served = await serve(log);
  });

  it('it has signed nothing that it shows', async () => {
    await witnessed(log);
    const { text, signatures } = parseNote(shownBy(log));
    const others = signatures.filter(({ name }) => name !== LOG.key.name);
    served.meddle = path => (path === 'checkpoint' ? formatNote({ text, signatures: others }) : undefined);
    expect(found(await look())).toEqual(['unchecked checkpoint/log-signature-missing']);
  });

  it('is another log than the one that was asked for', async () => {
    const text = formatCheckpoint({ ...log.signed, origin: 'log.example/other' });
    const note = formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] });
    served.meddle = path => (path === 'checkpoint' ? note : undefined);
    expect(found(await look())).toEqual(['unchecked checkpoint/origin-mismatch']);
  });

  it('prunes: told to, the monitor goes on with hashes alone, and says so', async () => {
    await issuer.work(600);
    await witnessed(log);
    served.meddle = path => (path === 'tile/entries/000' ? 410 : undefined);
    const looked = await look({ skipMissing: true });
    expect(found(looked)).toEqual([]);
    expect(looked).toMatchObject({ isComplete: false, hasFindings: false });
    expect(looked.events.at(-1)).toMatchObject({ size: 602, withheld: 256, receipts: 346 });
  });

  it('prunes what the monitor has read: it goes on as if nothing had happened', async () => {
    await issuer.work(600);
    await witnessed(log);
    await look();
    await issuer.work(10);
    await witnessed(log);
    const pruned = ['tile/entries/000', 'tile/entries/001', 'tile/0/000', 'tile/0/001'];
    served.meddle = path => (pruned.includes(path) ? 410 : undefined);
    const looked = await look();
    expect(found(looked)).toEqual([]);
    expect(looked.isComplete).toBe(true);
    expect(looked.events.at(-1)).toMatchObject({ size: 612, withheld: 0, receipts: 610 });
  });

  it('prunes what the monitor has read and lost: told to, it goes on with the hashes that it has itself', async () => {
    await issuer.work(600);
    await witnessed(log);
    await look();
    rmSync(join(folder.path, 'monitor', 'keys'), { recursive: true });
    await issuer.work(10);
    await witnessed(log);
    const pruned = ['tile/entries/000', 'tile/entries/001', 'tile/0/000', 'tile/0/001'];
    served.meddle = path => (pruned.includes(path) ? 410 : undefined);
    expect(found(await look())).toEqual(['unchecked monitor/entries-withheld']);
    const looked = await look({ skipMissing: true });
    expect(found(looked)).toEqual([]);
    expect(looked.events.at(-1)).toMatchObject({ size: 612, withheld: 512, receipts: 100 });
  });

  it('fails for a while: nothing counts as withheld, even where that may be skipped', async () => {
    await issuer.work(10);
    await witnessed(log);
    served.meddle = path => (path.startsWith('tile/entries/') ? 503 : undefined);
    expect(found(await look({ skipMissing: true }))).toEqual(['unchecked peer/answer-unexpected']);
    served.meddle = () => undefined;
    expect((await look({ skipMissing: true })).events.at(-1)).toMatchObject({ size: 12, withheld: 0 });
  });

  it('denies one entry: the others of its bundle are checked', async () => {
    await issuer.work(600);
    await witnessed(log);
    served.meddle = path => (path === 'tile/entries/001' || path === 'entries/300' ? 451 : undefined);
    const looked = await look({ skipMissing: true });
    expect(found(looked)).toEqual([]);
    expect(looked.events.at(-1)).toMatchObject({ size: 602, withheld: 1, receipts: 599 });
  });
});

describe('P3: a promise that is watched', () => {
  const stamper = testKey('mirror.example/stamps', 120);
  const submitted = (received: number) => {
    const receipt = issuer.receipt('one');
    const stamp = seal(
      stampStatement(payloadDigest(receipt), LOG.key.name, received, stamper.key),
      keyLabel(stamper.key),
      stamper.signer,
    );
    return { receipt, stamp };
  };
  const late = (checkpoint = log.signed, time = Math.ceil((DEADLINE + 2 * CHALLENGE_WINDOW) / 1000)) => {
    const text = formatCheckpoint(checkpoint);
    const signatures = [
      signNote(text, LOG.key, LOG.signer),
      cosign(text, time, LOG_COSIGNER.key, LOG_COSIGNER.signer),
    ];
    return formatNote({ text, signatures });
  };
  const watch = (promise: ReturnType<typeof submitted>) =>
    look({ promises: [promise], stampers: [stamper.key] });

  it('the log signs on without it: proven, and convincing with the log’s entries', async () => {
    await issuer.work(5);
    const promise = submitted(DEADLINE);
    await issuer.work(5);
    await witnessed(log);
    served.meddle = path => (path === 'checkpoint' ? late() : undefined);
    const looked = await watch(promise);
    expect(found(looked)).toContain('misbehaviour misbehaviour/promise-broken');
    expect(evidenceFiles().map(name => name.slice(0, 2))).toEqual(['p3']);
  });

  it.each([
    ['the log has it', 'misbehaviour/receipt-logged', true, DEADLINE],
    ['the window is open', 'misbehaviour/window-open', false, DEADLINE + 2 * CHALLENGE_WINDOW],
  ])('%s: %s', async (_, code, isLogged, received) => {
    await issuer.work(5);
    const promise = submitted(received);
    if (isLogged) await issuer.append(promise.receipt);
    await issuer.work(5);
    await witnessed(log);
    served.meddle = path => (path === 'checkpoint' ? late() : undefined);
    const looked = await watch(promise);
    expect(found(looked).filter(text => !text.includes('previous'))).toEqual([`promise ${code}`]);
    expect(evidenceFiles()).toEqual([]);
  });
});

describe('its folder', () => {
  it('is used by one monitor at a time', async () => {
    const { monitor } = await openMonitor(folder.path, served.url);
    expect(await reasonOfAsync(() => openMonitor(folder.path, served.url))).toBe('data/locked');
    await monitor.close();
    expect(await look()).toMatchObject({ isComplete: true });
  });

  it.each([
    ['not JSON', '{'],
    ['not its form', '{}'],
    ['not canonical', '{ }'],
  ])('is refused when its state is %s', async (_, text) => {
    await look();
    writeFileSync(join(folder.path, 'monitor', 'state.json'), text);
    expect(await reasonOfAsync(() => look())).toBe('monitor/state-corrupt');
  });

  it('is refused when it is about another log', async () => {
    await look();
    const other = testKey(LOG.key.name, 5).key;
    const beginning = KeyHistory.begin(other.name, [{ role: 'log', key: other }]);
    expect(await reasonOfAsync(() => look({ log: other, beginning }))).toBe('monitor/state-corrupt');
  });

  it('goes on with the trust file that has the log’s new key', async () => {
    await issuer.work(5);
    await witnessed(log);
    const { events } = await look();
    const next = testKey(LOG.key.name, 6).key;
    const rotated = parseTrust(
      utf8(
        JSON.stringify({
          ...TRUST_FILE,
          log: formatVerifierKey(next),
          policy: policyText(
            next,
            WITNESSES.map(({ key }) => key),
            'all',
          ),
          retired: [
            {
              key: formatVerifierKey(LOG.key),
              role: 'log',
              successor: keyLabel(next),
              until: log.signed.size,
              why: 'rotated',
            },
          ],
        }),
      ),
    );
    const again = await look({
      log: rotated.log,
      known: knownKeys(rotated),
      beginning: beginningOf(rotated),
    });
    expect(again).toMatchObject({ isComplete: true, hasFindings: false });
    expect(again.events).toEqual(events);
  });

  it('is refused when the tree in it is damaged', async () => {
    await issuer.work(300);
    await witnessed(log);
    await look();
    const tile = join(folder.path, 'monitor', 'tree', 'tile', '0', '000');
    const damaged = readFileSync(tile);
    damaged[5] = (damaged[5] as number) ^ 1;
    writeFileSync(tile, damaged);
    await issuer.append(issuer.receipt('one', { seen: { size: 3, root: '7'.repeat(64) } }));
    await witnessed(log);
    expect(await reasonOfAsync(() => look())).toBe('monitor/state-corrupt');
  });
});
