import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '../node.js';
import { makeNitro } from '../../../test/support/evidence/nitro.js';
import { evidenceCarrying } from '../../../test/support/evidence/providers.js';
import { reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { fromHex } from '../../bytes/hex.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import { CommandSource } from './command-source.js';
import { snpCertificates } from './snp-certificates.js';
import { newReportIn, type TsmAttribute, type TsmKind, type TsmReport, TsmSource } from './tsm-report.js';

const CARRIED = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
const NO_ENDORSEMENT = {
  signer: { kind: 'vcek', certificate: new Uint8Array(1) },
  authority: null,
  root: null,
} as const;

/** As the kernel: each write is another generation, and what is read is of the last that was written. */
class KernelReports {
  provider = 'sev_guest\n';
  kind: TsmKind = 'sev-snp';
  open = 0;
  /** Writes of others that come between ours and the reading, one for each that is read. */
  meddling = 0;
  /** What the hardware answers in place of what it was asked for. */
  answered: Uint8Array | null = null;
  #inblob = new Uint8Array();
  #generation = 0;

  readonly newReport = async (name: string): Promise<TsmReport> => {
    expect(name).toMatch(/^countersign-\d+$/);
    this.open++;
    return {
      write: async inblob => {
        // The kernel takes 64 bytes at most, and TDX 64 exactly.
        expect(inblob).toHaveLength(64);
        this.#inblob = new Uint8Array(inblob);
        this.#generation++;
      },
      read: async attribute => this.#read(attribute),
      remove: async () => {
        this.open--;
      },
    };
  };

  #read(attribute: TsmAttribute): Uint8Array | null {
    switch (attribute) {
      case 'provider':
        return utf8(this.provider);
      case 'generation':
        return utf8(`${this.#generation}\n`);
      case 'auxblob':
        return null;
      case 'outblob': {
        if (this.meddling-- > 0) this.#generation++;
        const evidence = evidenceCarrying(this.kind, this.answered ?? this.#inblob);
        return evidence.kind === 'sev-snp'
          ? evidence.report
          : evidence.kind === 'tdx'
            ? evidence.quote
            : null;
      }
    }
  }
}

describe('configfs-tsm', () => {
  const source = (reports: KernelReports) =>
    new TsmSource({
      kind: reports.kind,
      newReport: reports.newReport,
      endorsement: async () => NO_ENDORSEMENT,
    });

  it.each([
    ['sev-snp', 'sev_guest\n'],
    ['tdx', 'tdx_guest'],
  ] as const)(
    '%s: evidence that carries what was asked, and no report is left behind',
    async (kind, provider) => {
      const reports = Object.assign(new KernelReports(), { kind, provider });
      expect((await source(reports).evidence(CARRIED)).kind).toBe(kind);
      expect(reports.open).toBe(0);
    },
  );

  it('a report into which another has come is asked for again, and not for ever', async () => {
    const reports = Object.assign(new KernelReports(), { meddling: 2 });
    expect((await source(reports).evidence(CARRIED)).kind).toBe('sev-snp');
    reports.meddling = Number.POSITIVE_INFINITY;
    expect(await reasonOfAsync(() => source(reports).evidence(CARRIED))).toBe('attester/unavailable');
    expect(reports.open).toBe(0);
  });

  it.each([
    ['other hardware', { provider: 'tdx_guest' }, 'attester/device-missing'],
    ['evidence of something else', { answered: new Uint8Array(64) }, 'attester/evidence-unbound'],
  ] as const)('%s is refused', async (_, change, code) => {
    const reports = Object.assign(new KernelReports(), change);
    expect(await reasonOfAsync(() => source(reports).evidence(CARRIED))).toBe(code);
    expect(reports.open).toBe(0);
  });

  it('where the kernel has no such folder there is no device', async () => {
    const endorsement = async () => NO_ENDORSEMENT;
    const missing = new TsmSource({ kind: 'tdx', newReport: newReportIn('/nowhere/at/all'), endorsement });
    expect(await reasonOfAsync(() => missing.evidence(CARRIED))).toBe('attester/device-missing');
  });

  it('a plain folder is no kernel, and stays as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-tsm-'));
    try {
      const endorsement = async () => NO_ENDORSEMENT;
      const plain = new TsmSource({ kind: 'tdx', newReport: newReportIn(folder), endorsement });
      expect(await reasonOfAsync(() => plain.evidence(CARRIED))).toBe('attester/device-missing');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('certificates that a host gives along', () => {
  const entry = (id: string, offset: number, length: number) => {
    const bytes = new Uint8Array(24);
    bytes.set(fromHex(id) as Uint8Array);
    const view = new DataView(bytes.buffer);
    view.setUint32(16, offset, true);
    view.setUint32(20, length, true);
    return bytes;
  };
  const END = new Uint8Array(24);
  const VCEK = '63da758de6644564adc5f4b93be8accd';

  it.each([
    ['as they are written', VCEK],
    ['with their first fields turned', '8d75da6364e66445adc5f4b93be8accd'],
  ])('are found by their ids %s', (_, id) => {
    const table = concatAll([entry(id, 72, 2), entry('ff'.repeat(16), 74, 1), END, Uint8Array.of(1, 2, 3)]);
    expect([...snpCertificates(table)]).toEqual([['vcek', Uint8Array.of(1, 2)]]);
  });

  it.each([
    ['a table without an end', entry(VCEK, 0, 0)],
    ['no table', new Uint8Array(3)],
    ['a certificate beyond the end', concatAll([entry(VCEK, 40, 9), END])],
    ['an offset that is too large', concatAll([entry(VCEK, 0xffffffff, 0xffffffff), END])],
  ])('%s is none', (_, table) => {
    expect(reasonOf(() => snpCertificates(table))).toBe('attester/unavailable');
  });
});

describe('a program', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-command-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function program(script: string): Promise<string> {
    const path = join(folder, 'program');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it('gets what is to be carried, and gives a document that carries it', async () => {
    await writeFile(join(folder, 'document'), makeNitro({ members: { user_data: CARRIED } }));
    const path = await program(`read line; printf %s "$line" > ${folder}/asked; cat ${folder}/document`);
    expect((await new CommandSource(path).evidence(CARRIED)).kind).toBe('nitro');
    const { readFile } = await import('node:fs/promises');
    expect(fromHex(await readFile(join(folder, 'asked'), 'utf8'))).toEqual(CARRIED);
  });

  it.each([
    ['says nothing', 'exit 0', 'attester/evidence-unbound'],
    ['says something else', 'echo hello', 'attester/evidence-unbound'],
    ['fails', 'exit 3', 'attester/unavailable'],
    ['never ends', 'exec sleep 60', 'attester/unavailable'],
    ['never stops', 'exec cat /dev/zero', 'attester/unavailable'],
    ['does not let itself be ended', 'trap "" TERM; exec sleep 40', 'attester/unavailable'],
    ['leaves another behind that holds its output', 'sleep 30 & exit 3', 'attester/unavailable'],
  ])('one that %s is refused', async (_, script, code) => {
    const path = await program(script);
    expect(await reasonOfAsync(() => new CommandSource(path, 1000).evidence(CARRIED))).toBe(code);
  });

  it('one that is not there is no device', async () => {
    const source = new CommandSource(join(folder, 'missing'));
    expect(await reasonOfAsync(() => source.evidence(CARRIED))).toBe('attester/device-missing');
  });
});
