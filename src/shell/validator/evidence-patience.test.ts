import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { Failure } from '../../reason.js';
import { EVIDENCE_PATIENCE, EvidencePatience } from './evidence-patience.js';
import type { EvidenceSource } from './judge-receipts.js';

/** A source that never answers, asked for the evidence of entries; `at`: milliseconds from the beginning. */
function silent() {
  let now = 0;
  const patience = new EvidencePatience(
    async () => {
      throw new Failure('peer/unreachable');
    },
    () => now,
  );
  return (from: number, at: number) => {
    now = at;
    return (patience.sourceFor(from) as EvidenceSource)(SAMPLE_RECEIPT);
  };
}

const SILENT = { code: 'peer/unreachable' };

describe('patience with a source of evidence', () => {
  it('ends an hour after its first silence, for the entries that wait', async () => {
    const ask = silent();
    await expect(ask(7, 0)).rejects.toMatchObject(SILENT);
    await expect(ask(7, EVIDENCE_PATIENCE)).rejects.toMatchObject(SILENT);
    expect(await ask(7, EVIDENCE_PATIENCE + 1)).toEqual([]);
  });

  it('begins anew for other entries', async () => {
    const ask = silent();
    await expect(ask(7, 0)).rejects.toMatchObject(SILENT);
    await expect(ask(8, 2 * EVIDENCE_PATIENCE)).rejects.toMatchObject(SILENT);
    await expect(ask(8, 3 * EVIDENCE_PATIENCE)).rejects.toMatchObject(SILENT);
  });

  it('has nothing to wait for where nothing is asked for', () => {
    expect(new EvidencePatience(null, Date.now).sourceFor(0)).toBeNull();
  });
});
