/**
 * What a monitor has found, for ever: evidence as one file each, and the findings that are none as lines of JSON. Whoever has dealt with
 * them may move them away.
 */
import { closeSync, fsyncSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type EvidenceJson, evidenceName, formatEvidence } from '../../court/misbehaviour/evidence.js';
import { type Judgement, judgeEvidence } from '../../court/misbehaviour/judge.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import type { ReasonCode } from '../../reason.js';
import type { Disk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';

/** A log that breaks rules without end shall not fill the disk. */
const MAX_FINDINGS_BYTES = 1 << 24;

export interface Judged {
  readonly judgement: Judgement;
  /** Where the evidence is kept; null when it is no proof. */
  readonly file: string | null;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/** What is wrong, and with which entry, if with any. */
export interface KeptFinding {
  readonly code: ReasonCode;
  readonly index: number | null;
  readonly detail: string | null;
}

export class Records {
  readonly #folder: string;
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Whether anything has been found and not been moved away. */
  get hasAny(): boolean {
    return this.#findingsBytes() > 0 || this.#evidenceFiles().length > 0;
  }

  /** Judges evidence as a stranger would, and keeps it when it is a proof. */
  async judge(evidence: EvidenceJson, known: KnownKeys, copy: LogCopy | null = null): Promise<Judged> {
    const bytes = formatEvidence(evidence);
    const judgement = await judgeEvidence(bytes, known, copy);
    if (judgement.outcome !== 'proven') return { judgement, file: null, isNew: false };
    const folder = join(this.#folder, 'evidence');
    const file = join(folder, `${evidenceName(bytes, evidence.type)}.json`);
    const isNew = (await readIfPresent(file)) === null;
    if (isNew) {
      await makeFoldersDurably(folder, this.#disk);
      await writeDurably(file, bytes, 0o644, this.#disk);
    }
    return { judgement, file, isNew };
  }

  /** Keeps findings, durably, as long as there is room. */
  keep(findings: readonly KeptFinding[]): void {
    if (findings.length === 0 || this.#findingsBytes() > MAX_FINDINGS_BYTES) return;
    const file = openSync(this.#findingsPath, 'a', 0o644);
    try {
      writeSync(
        file,
        findings.map(({ code, index, detail }) => `${JSON.stringify({ code, index, detail })}\n`).join(''),
      );
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  get #findingsPath(): string {
    return join(this.#folder, 'findings.jsonl');
  }

  #findingsBytes(): number {
    return statSync(this.#findingsPath, { throwIfNoEntry: false })?.size ?? 0;
  }

  #evidenceFiles(): string[] {
    const folder = join(this.#folder, 'evidence');
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(folder).filter(name => name.endsWith('.json'));
  }
}
