import { afterEach, describe, expect, it } from 'vitest';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
} from '../../../test/support/log.js';
import type { Signer } from '../../bytes/cryptography.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { parseCoseReceipt, verifyCoseInclusion } from '../../tree/cose-receipt.js';
import { leafHash } from '../../tree/hash.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import { CoseSignatures } from './cose-signatures.js';
import type { FileLog } from './file-log.js';

const checkpointOf = (size: number): Checkpoint => ({
  origin: LOG.key.name,
  size,
  root: new Uint8Array(32).fill(size),
});

describe('one signature for each checkpoint', () => {
  const counting = () => {
    const signer: Signer & { count: number } = {
      publicKey: LOG.signer.publicKey,
      count: 0,
      sign: message => {
        signer.count++;
        return LOG.signer.sign(message);
      },
    };
    return signer;
  };

  it('is made once, whoever asks for it and however often', () => {
    const signer = counting();
    const signatures = new CoseSignatures(LOG.key, signer);
    for (let ask = 0; ask < 10; ask++)
      for (const size of [1, 2])
        expect(signatures.of(checkpointOf(size))).toBe(signatures.of(checkpointOf(size)));
    expect(signer.count).toBe(2);
  });

  it('is forgotten in the end: a log has more checkpoints than there is memory', () => {
    const signer = counting();
    const signatures = new CoseSignatures(LOG.key, signer);
    for (let size = 1; size <= 100; size++) signatures.of(checkpointOf(size));
    signatures.of(checkpointOf(100));
    signatures.of(checkpointOf(93));
    expect(signer.count).toBe(100);
    signatures.of(checkpointOf(1));
    expect(signer.count).toBe(101);
  });
});

describe('FileLog.proveCose', () => {
  const folder = temporaryFolder();
  const opened: FileLog[] = [];
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
    folder.remove();
  });

  it('proves every entry, under the checkpoint of the tlog-proof, and nothing that is not there', async () => {
    const witnesses = await openWitnesses(folder.path);
    const log = await openTestLog(folder.path, { witnesses, quorum: quorumOf(3) });
    opened.push(log);
    await growTo(log, 300);
    await log.reached(299, 'witnessed', 5000);
    for (const index of [0, 255, 256, 299]) {
      const receipt = (await log.proveCose(index)) ?? expect.fail('no receipt');
      const { checkpoint, proof } = await verifyCoseInclusion(receipt, leafHash(testEntry(index)), LOG.key);
      expect(proof).toMatchObject({ kind: 'inclusion', index });
      const shown = parseTlogProof((await log.prove(index)) ?? '').checkpoint.split('\n');
      expect(shown.slice(0, 2)).toEqual([LOG.key.name, String(checkpoint.size)]);
    }
    for (const index of [300, -1, 0.5, Number.NaN]) expect(await log.proveCose(index)).toBeNull();
  });

  it('without witnesses it is the checkpoint that the log has signed', async () => {
    const log = await openTestLog(folder.path);
    opened.push(log);
    await growTo(log, 3);
    const receipt = (await log.proveCose(2)) ?? expect.fail('no receipt');
    expect(parseCoseReceipt(receipt).proof.size).toBeGreaterThanOrEqual(3);
  });
});
