/**
 * Evidence of SEV-SNP and TDX by configfs-tsm, as Linux 6.7 and later has it: a folder is made for one report, `inblob` is written, `outblob` is read. Source:
 * Linux, Documentation/ABI/testing/configfs-tsm-report.
 *
 * It was never run on hardware by us, but against a folder that behaves as the documentation says. The kernel is trusted; other processes of this machine may
 * make reports of their own at the same time, in folders of their own.
 */
import { mkdir, open, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCarried, type EvidenceSource } from '../../evidence/countersign/source.js';
import type { ProviderEvidence } from '../../evidence/providers/provider.js';
import { Failure } from '../../reason.js';

export const TSM_REPORTS = '/sys/kernel/config/tsm/report';

/** What the kernel has of one report. */
export type TsmAttribute = 'provider' | 'generation' | 'outblob' | 'auxblob';

/** One report, in a folder of its own. */
export interface TsmReport {
  write(inblob: Uint8Array): Promise<void>;
  /** Null where the kernel has no such attribute, or nothing in it. */
  read(attribute: TsmAttribute): Promise<Uint8Array | null>;
  remove(): Promise<void>;
}

/** Makes a folder for a report. */
export type NewTsmReport = (name: string) => Promise<TsmReport>;

export const TSM_PROVIDERS = { 'sev-snp': 'sev_guest', tdx: 'tdx_guest' } as const;
export type TsmKind = keyof typeof TSM_PROVIDERS;

/** The certificates that endorse an SNP report. `auxblob`: what the host gave along; null for nothing. */
export type SnpEndorsement = (
  report: Uint8Array,
  auxblob: Uint8Array | null,
) => Promise<Pick<Extract<ProviderEvidence, { kind: 'sev-snp' }>, 'signer' | 'authority' | 'root'>>;

export interface TsmOptions {
  readonly kind: TsmKind;
  readonly newReport?: NewTsmReport;
  readonly endorsement: SnpEndorsement;
}

/** Octets of a report's own choice; a shorter value stands in front, zeros follow. */
const INBLOB = 64;
/** How often a report is asked for again into which another has come. */
const ATTEMPTS = 3;

export class TsmSource implements EvidenceSource {
  readonly about: string;
  readonly #options: TsmOptions;
  readonly #newReport: NewTsmReport;

  constructor(options: TsmOptions) {
    this.#options = options;
    this.#newReport = options.newReport ?? newReportIn(TSM_REPORTS);
    this.about = `${options.kind} by configfs-tsm`;
  }

  async evidence(carried: Uint8Array): Promise<ProviderEvidence> {
    const { kind, endorsement } = this.#options;
    const { outblob, auxblob } = await this.#report(carried);
    const evidence: ProviderEvidence =
      kind === 'tdx'
        ? { kind, quote: outblob }
        : { kind, report: outblob, ...(await endorsement(outblob, auxblob)), revocations: null };
    checkCarried(evidence, carried);
    return evidence;
  }

  async #report(carried: Uint8Array): Promise<{ outblob: Uint8Array; auxblob: Uint8Array | null }> {
    const report = await this.#newReport(`countersign-${process.pid}`);
    try {
      const provider = textOf(await report.read('provider'));
      const expected = TSM_PROVIDERS[this.#options.kind];
      if (provider !== expected)
        throw new Failure('attester/device-missing', { field: expected, detail: provider || 'nothing' });
      const inblob = new Uint8Array(INBLOB);
      inblob.set(carried);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        await report.write(inblob);
        const before = textOf(await report.read('generation'));
        const outblob = await report.read('outblob');
        const auxblob = await report.read('auxblob');
        // Somebody else who has written meanwhile has made it another report.
        if (outblob !== null && textOf(await report.read('generation')) === before)
          return { outblob, auxblob };
      }
      throw new Failure('attester/unavailable', { detail: 'the report changes while it is read' });
    } catch (error) {
      throw unavailable(error);
    } finally {
      await report.remove().catch(() => undefined);
    }
  }
}

/** In the kernel's folder, or in one that behaves so. */
export function newReportIn(reports: string): NewTsmReport {
  return async name => {
    const folder = join(reports, name);
    try {
      // Of a process of the same number that has died.
      await rmdir(folder).catch(() => undefined);
      await mkdir(folder);
    } catch (error) {
      throw new Failure('attester/device-missing', { field: reports, detail: codeOf(error) });
    }
    return {
      write: async inblob => {
        const file = await open(join(folder, 'inblob'), 'w');
        try {
          // In one piece: each write is an inblob of its own.
          await file.write(inblob);
        } finally {
          await file.close();
        }
      },
      read: async attribute => {
        try {
          const bytes = await readFile(join(folder, attribute));
          return bytes.length === 0 ? null : new Uint8Array(bytes);
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return null;
          throw error;
        }
      },
      remove: () => rmdir(folder),
    };
  };
}

function textOf(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array()).trim();
}

function unavailable(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('attester/unavailable', { detail: codeOf(error) });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
