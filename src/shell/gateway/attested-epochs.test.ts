import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestMachine, testKeeping } from '../../../test/end-to-end/attested-machine.js';
import { goodTimes } from '../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../test/end-to-end/client.js';
import {
  CANNED_MODEL,
  type GatewayOptions,
  openGateway,
  type TestGateway,
} from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { ATTESTING_MACHINES, type AttestingMachine, RUN_ROOTS } from '../../../test/support/attested-runs.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { ISSUER } from '../../../test/support/parties.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import { lossOf } from '../../appraise/kept/stakes.js';
import { attestationEvidence } from '../../appraise/verdict/attestation-evidence.js';
import { parseGatewayAttestation } from '../../appraise/verdict/gateway-attestation.js';
import { toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseAttested } from '../../evidence/countersign/statement.js';
import type { NamedEvidence } from '../../exchange/upstream.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import '../node.js';
import { CHIP_ID } from '../../../test/support/evidence/snp.js';
import { evidenceFacts, type Fact } from '../../appraise/kept/facts.js';
import { Archive } from '../archive/archive.js';
import { EvidenceRecords } from '../archive/evidence-records.js';
import { FactIndex, type IndexedReceipt } from '../archive/fact-index.js';
import { indexLog } from '../archive/index-log.js';
import { openCopy } from '../monitor/log-copies.js';
import { AttestedEpochs } from './attested-epochs.js';
import { OwnAttestation } from './own-attestation.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const epochNumbered = (number: number) => toBase32(new Uint8Array(16).fill(number));
const [EPOCH, NEXT] = [epochNumbered(1), epochNumbered(2)];
const COLLATERAL = makeCollateral();
const QUESTION = { body: chat({ model: CANNED_MODEL }) };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-attested-epochs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a promise waits for, and how it is let go on. */
function held(): { readonly until: Promise<void>; readonly release: () => void } {
  let release = () => {};
  const until = new Promise<void>(resolve => {
    release = resolve;
  });
  return { until, release };
}

describe('the evidence of each epoch', () => {
  let machine: TestMachine;
  let problems: string[];
  let clock: { now: number; epoch: string };
  let attestation: OwnAttestation;
  let epochs: AttestedEpochs;

  function open(kind: AttestingMachine = 'sev-snp', collateral: Uint8Array | null = COLLATERAL): void {
    machine = new TestMachine(kind);
    problems = [];
    clock = { now: DURING * 1000, epoch: EPOCH };
    const circumstances = { now: () => clock.now, epoch: () => clock.epoch };
    attestation = new OwnAttestation({ source: machine, issuer: ISSUER.key, tls: null, ...circumstances });
    const keeping = testKeeping(join(folder, 'archive'), { collateral, problems });
    epochs = new AttestedEpochs({ attestation, keeping, ...circumstances, spacing: HOUR });
  }
  afterEach(() => epochs.close());

  const later = (time: number) => {
    clock.now += time;
    return epochs.look();
  };
  const named = (received = clock.now, epoch = clock.epoch) => epochs.namedBy(epoch, received);
  const documentOf = ({ digest }: NamedEvidence) => new Archive(join(folder, 'archive')).get(digest);

  it.each(ATTESTING_MACHINES)('is kept in one document with all that it is judged with: %s', async kind => {
    open(kind);
    expect(named()).toBeNull();
    await epochs.look();
    const item = named() as NamedEvidence;
    const document = documentOf(item);
    expect(item).toEqual({
      digest: toHex(sha256(document)),
      mediaType: 'application/json',
      signedDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      type: 'gateway-attestation',
    });
    const { pieces, statement, ...rest } = parseGatewayAttestation(document);
    expect(rest.kind).toBe(kind);
    // What is answered to whoever asks, and what its makers had published.
    const asked = attestationEvidence(await attestation.answer(null));
    const collateral = kind === 'tdx' ? [{ role: 'collateral', bytes: COLLATERAL }] : [];
    expect(pieces).toEqual([...asked.pieces, ...collateral]);
    const stated = parseAttested(statement);
    expect([keyLabel(stated.issuer), stated.epoch]).toEqual([keyLabel(ISSUER.key), EPOCH]);
    expect([stated.nonce, stated.tls]).toEqual([null, null]);
    const { records } = await new EvidenceRecords(join(folder, 'archive')).find(item.signedDigest);
    // What it is of is read from the record, which takes what its makers had published.
    const roles = records.map(({ record }) => record.pieces.map(({ role }) => role).sort());
    expect(roles).toEqual([[...pieces.map(({ role }) => role), 'policy'].sort()]);
    expect(problems).toEqual([]);
  });

  it('is made again on a clock, and a receipt names the one from before its request', async () => {
    open();
    await epochs.look();
    const first = named();
    for (const time of [MINUTE, HOUR - MINUTE - 1]) await later(time);
    expect([machine.asked, named()]).toEqual([1, first]);
    const received = clock.now;
    await later(1);
    expect(machine.asked).toBe(2);
    expect(named()).not.toEqual(first);
    expect(named(received)).toEqual(first);
    // That which was there first, where there was none when the request came.
    expect(named(0)).toEqual(first);
  });

  it('is named no longer than its clock allows', async () => {
    open();
    await epochs.look();
    machine.failing = new Failure('attester/unavailable');
    await later(2 * HOUR - 1);
    expect(named(0)).not.toBeNull();
    clock.now += 1;
    expect(named(0)).toBeNull();
  });

  it('is another one in another epoch', async () => {
    open();
    await epochs.look();
    const first = named();
    clock.epoch = NEXT;
    expect(named()).toBeNull();
    await later(1);
    const second = named() as NamedEvidence;
    expect(parseAttested(parseGatewayAttestation(documentOf(second)).statement).epoch).toBe(NEXT);
    // Of the epoch before, whose last exchanges still run.
    expect(named(clock.now, EPOCH)).toEqual(first);
  });

  it('is of the last few epochs, however many begin', async () => {
    open();
    const begun = Array.from({ length: 9 }, (_, at) => epochNumbered(at));
    for (const epoch of begun) {
      clock.epoch = epoch;
      await later(1);
    }
    expect(begun.map(epoch => named(clock.now, epoch) !== null)).toEqual([
      ...Array<boolean>(5).fill(false),
      ...Array<boolean>(4).fill(true),
    ]);
  });

  it('where the machine fails, is said once and asked for again after a while', async () => {
    open();
    machine.failing = new Failure('attester/device-missing', { detail: 'a path of the machine' });
    await later(1);
    await later(MINUTE - 1);
    expect(machine.asked).toBe(1);
    await later(1);
    expect([machine.asked, named()]).toEqual([2, null]);
    expect(problems).toMatchObject([expect.stringContaining('a path of the machine')]);
    machine.failing = null;
    await later(MINUTE);
    expect(named()).not.toBeNull();
  });

  it('goes without collateral that is not to be had, and says so', async () => {
    open('tdx', null);
    await epochs.look();
    const { pieces } = parseGatewayAttestation(documentOf(named() as NamedEvidence));
    expect(pieces.map(({ role }) => role)).toEqual(['quote']);
    expect(problems).toEqual(['Intel is away']);
  });

  it('is made however many ask for answers of their own', async () => {
    open();
    await epochs.look();
    const { until, release } = held();
    machine.until = until;
    const answers = Array.from({ length: 16 }, (_, at) => attestation.answer(new Uint8Array(16).fill(at)));
    await expect(attestation.answer(new Uint8Array(16).fill(99))).rejects.toMatchObject({
      code: 'gateway/busy',
    });
    const first = named();
    const made = later(HOUR);
    release();
    await Promise.all([made, ...answers]);
    expect(named()).not.toEqual(first);
    expect(problems).toEqual([]);
  });

  it('is not written any more when it is closed', async () => {
    open();
    const { until, release } = held();
    machine.until = until;
    const made = later(1);
    await epochs.close();
    rmSync(folder, { recursive: true, force: true });
    release();
    await made;
    expect(named()).toBeNull();
    expect(() => documentOf({ digest: '0'.repeat(64) } as NamedEvidence)).toThrow();
  });
});

describe('the receipts of a gateway that attests itself', () => {
  async function withGateway(
    machine: TestMachine,
    use: (gateway: TestGateway) => Promise<void>,
    options: GatewayOptions = {},
  ): Promise<void> {
    const keeping = testKeeping(join(folder, 'archive'));
    const gateway = await openGateway({ folder, evidence: machine, keeping, now: goodTimes(), ...options });
    try {
      await use(gateway);
    } finally {
      await gateway.close();
    }
  }
  const answered = async (gateway: TestGateway) => receiptOf(gateway, await ask(gateway.address, QUESTION));

  it('name it once it is there, and wait for nothing', async () => {
    const machine = new TestMachine('tdx');
    const { until, release } = held();
    machine.until = until;
    await withGateway(machine, async gateway => {
      expect((await answered(gateway)).evidence).toEqual([]);
      release();
      await gateway.attested?.look();
      const { epoch, evidence } = await answered(gateway);
      expect(evidence).toMatchObject([{ type: 'gateway-attestation' }]);
      expect((await answered(gateway)).evidence).toEqual(evidence);
      const { status, body } = await ask(gateway.address, { path: `/v1/evidence/${evidence[0]?.digest}` });
      expect([status, toHex(sha256(body))]).toEqual([200, evidence[0]?.digest]);
      expect(parseAttested(parseGatewayAttestation(body).statement).epoch).toBe(epoch);
      expect(machine.asked).toBe(1);
    });
  });

  it('name that of their own epoch', async () => {
    const [times, clock] = [goodTimes(), { later: 0 }];
    const now = () => times() + clock.later;
    await withGateway(
      new TestMachine('sev-snp'),
      async gateway => {
        await gateway.attested?.look();
        const first = await answered(gateway);
        clock.later = 24 * HOUR;
        const next = await answered(gateway);
        expect(next.epoch).not.toBe(first.epoch);
        expect(next.evidence).toEqual([]);
        await gateway.attested?.look();
        const { evidence } = await answered(gateway);
        expect(evidence).toMatchObject([{ type: 'gateway-attestation' }]);
        expect(evidence).not.toEqual(first.evidence);
      },
      { now },
    );
  });

  it('are found by what the machine is, with what they lose when that is revoked', async () => {
    await withGateway(new TestMachine('sev-snp'), async gateway => {
      await gateway.attested?.look();
      const { evidence, exchange } = await answered(gateway);
      const [item] = evidence as [NamedEvidence];
      const archive = new EvidenceRecords(join(folder, 'archive'));
      const { records } = await archive.find(item.signedDigest);
      const [{ record }] = records as [(typeof records)[number]];
      const { report } = await judgeEvidence(archive.materialOf(record), record.asOf, RUN_ROOTS);
      const index = await FactIndex.open(join(folder, 'facts'));
      // The policy, the epoch, and the receipt.
      await indexLog(index, 3, { log: openCopy(join(folder, 'log')), archive, trust: RUN_ROOTS });
      const all: { readonly fact: Fact; readonly each: IndexedReceipt }[] = [];
      for (const fact of evidenceFacts(report))
        for await (const receipts of index.receiptsOf(fact))
          all.push(...receipts.map(each => ({ fact, each })));
      const fields = new Set(all.map(({ fact }) => fact.field));
      expect([...fields].sort()).toEqual(['chip', 'measurement', 'tcb']);
      const chip = all.find(({ fact }) => fact.field === 'chip');
      expect(chip?.fact.value).toBe(toHex(CHIP_ID));
      expect(chip?.each.exchange).toBe(exchange);
      expect(lossOf(chip?.each as IndexedReceipt, 'chip')).toEqual({
        fact: 'place',
        from: 'hardware',
        to: 'asserted',
      });
    });
  });
});
