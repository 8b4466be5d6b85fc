/** What a log publishes: its two signatures, its witnesses', grease, and when. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { testMlDsaCosigner } from '../../../test/support/keys.js';
import {
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  WITNESSES,
} from '../../../test/support/log.js';
import { equal, fromUtf8, utf8 } from '../../bytes/octets.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { type Cosigner, cosignerOf } from '../../note/cosignature.js';
import type { VerifierKey } from '../../note/key.js';
import { formatNote, parseNote, verifyNote } from '../../note/signed-note.js';
import type { AddCheckpoint, AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';
import type { Disk } from '../files/disk.js';
import type { FileLog } from './file-log.js';
import type { LogOptions } from './open-log.js';

const OWN = testMlDsaCosigner(LOG.key.name, 2);
const KEYS = [LOG.key, OWN.key, ...WITNESSES.map(({ key }) => key)];
const START = 1_700_000_000;

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog | null;
let honest: Witness[];
let problems: string[];
/** The log's clock, in seconds. */
let clock: number;
beforeEach(async () => {
  folder = temporaryFolder();
  honest = await openWitnesses(folder.path);
  problems = [];
  log = null;
  clock = START;
});
afterEach(async () => {
  await log?.close();
  folder.remove();
});

function open(changes: Partial<LogOptions> = {}): Promise<FileLog> {
  return openTestLog(folder.path, {
    witnesses: honest,
    quorum: quorumOf(3),
    cosigner: cosignerOf(OWN.key, OWN.signer),
    now: () => clock * 1000,
    onProblem: message => problems.push(message),
    ...changes,
  });
}

const kept = () => new Uint8Array(readFileSync(join(folder.path, 'log', 'checkpoint')));
/** Names of the keys that signed, the number of lines that are nobody's, and the log's own time. */
async function linesOf(
  note: Uint8Array | null,
): Promise<{ keys: VerifierKey[]; unknown: number; time: number }> {
  const { verified, unknown } = await verifyNote(parseNote(note ?? new Uint8Array()), KEYS);
  const time = verified.find(({ key }) => key === OWN.key)?.time ?? 0;
  return { keys: verified.map(({ key }) => key), unknown: unknown.length, time };
}
const noteIn = (proof: string | null) => utf8(parseTlogProof(proof ?? '').checkpoint);
const sizeOf = (note: Uint8Array | null) => parseCheckpoint(parseNote(note ?? new Uint8Array()).text).size;
const untilChanged = async (read: () => Uint8Array | null) => {
  const before = read();
  for (const end = Date.now() + 5000; read() === before && Date.now() < end; ) {
    await new Promise(resolve => setTimeout(resolve, 2));
  }
  expect(read()).not.toBe(before);
};

describe('a published checkpoint', () => {
  it('carries both of the log’s signatures, the witnesses’, and grease', async () => {
    log = await open();
    await growTo(log, 3);
    await log.reached(2, 'witnessed', 5000);
    const { keys, unknown, time } = await linesOf(log.checkpointNote);
    expect(keys).toEqual(KEYS);
    expect(unknown).toBeGreaterThan(0);
    expect(time).toBe(START);
  });

  it('is kept, and stands in proofs, without grease', async () => {
    log = await open();
    await growTo(log, 3);
    await log.reached(2, 'witnessed', 5000);
    for (const note of [kept(), noteIn(await log.prove(1))]) {
      expect(await linesOf(note)).toEqual({ keys: KEYS, unknown: 0, time: START });
    }
  });

  it('is the same for everybody until the next one, which has other grease', async () => {
    log = await open();
    const first = log.checkpointNote;
    expect(log.checkpointNote).toBe(first);
    await growTo(log, 1);
    await log.reached(0, 'witnessed', 5000);
    const unknown = async (note: Uint8Array | null) =>
      (await verifyNote(parseNote(note ?? new Uint8Array()), KEYS)).unknown.map(({ signature }) => signature);
    expect(await unknown(first)).not.toEqual(await unknown(log.checkpointNote));
  });

  it('is shown to witnesses under the Ed25519 signature alone', async () => {
    const shown: Uint8Array[] = [];
    const watching = honest.map(witness => ({
      keys: witness.keys,
      addCheckpoint: (request: AddCheckpoint) => {
        shown.push(request.checkpoint);
        return witness.addCheckpoint(request);
      },
    }));
    log = await open({ witnesses: watching });
    for (const note of shown) expect((await linesOf(note)).keys).toEqual([LOG.key]);
    expect(shown).toHaveLength(3);
  });

  it('that only the log has signed has its Ed25519 signature in proofs, and no time', async () => {
    log = await open({ witnesses: [], quorum: { kind: 'none' } });
    await growTo(log, 1);
    expect(await linesOf(noteIn(await log.prove(0)))).toEqual({ keys: [LOG.key], unknown: 0, time: 0 });
  });
});

describe('the log’s own time', () => {
  it('follows the clock, and never goes back, also across a restart', async () => {
    log = await open();
    const grow = async (size: number) => {
      await growTo(log as FileLog, size);
      await log?.reached(size - 1, 'witnessed', 5000);
      return (await linesOf(log?.checkpointNote ?? null)).time;
    };
    clock = START + 50;
    expect(await grow(1)).toBe(START + 50);
    clock = START - 1000;
    expect(await grow(2)).toBe(START + 50);
    await log.close();
    log = await open();
    expect((await linesOf(log.checkpointNote)).time).toBe(START + 50);
    expect(await grow(3)).toBe(START + 50);
    clock = START + 51;
    expect(await grow(4)).toBe(START + 51);
  });

  it('is taken up by a log that had none', async () => {
    log = await open({ cosigner: null });
    await log.close();
    expect((await linesOf(kept())).keys).not.toContain(OWN.key);
    log = await open();
    expect((await linesOf(kept())).keys).toEqual(KEYS);
  });

  it('must be stated in the log’s own name', async () => {
    const other = testMlDsaCosigner('other.example', 2);
    await expect(open({ cosigner: cosignerOf(other.key, other.signer) })).rejects.toThrow(RangeError);
  });

  it.each(['log', 'own', 'witness'])(
    'is kept under every key: a failing %s signature stops the log',
    async whose => {
      log = await open();
      await log.close();
      log = null;
      const note = parseNote(kept());
      const name = { log: LOG.key, own: OWN.key, witness: (WITNESSES[1] as (typeof WITNESSES)[number]).key }[
        whose
      ];
      const signatures = note.signatures.map(line => {
        if (line.name !== name?.name || !equal(line.keyId, name.id)) return line;
        return { ...line, signature: line.signature.map((byte, at) => (at === 20 ? byte ^ 1 : byte)) };
      });
      writeFileSync(join(folder.path, 'log', 'checkpoint'), formatNote({ text: note.text, signatures }));
      await expect(open()).rejects.toMatchObject({ code: 'log/corrupt', field: 'checkpoint' });
    },
  );

  it('cannot be left out: without it nothing is published, and that is said once', async () => {
    let broken = false;
    const own = cosignerOf(OWN.key, OWN.signer);
    const cosigner: Cosigner = {
      key: OWN.key,
      cosign: (text, time) =>
        broken ? Promise.reject(new Failure('log/cosigner-failed')) : own.cosign(text, time),
    };
    log = await open({ cosigner });
    broken = true;
    await growTo(log, 1);
    expect(await log.reached(0, 'witnessed', 50)).toBe(false);
    expect(log.witnessed?.size).toBe(0);
    expect(problems).toEqual([expect.stringContaining('log/cosigner-failed')]);
    broken = false;
    expect(await log.reached(0, 'witnessed', 5000)).toBe(true);
  });
});

describe('publishing', () => {
  /** The third witness, answering only when it is let go. */
  function withSlowThird(): { witnesses: Witness[]; letGo: () => void; hold: () => void } {
    let waiting: (() => void)[] = [];
    let held = false;
    const third = honest[2] as Witness;
    const addCheckpoint = async (request: AddCheckpoint): Promise<AddCheckpointAnswer> => {
      const answer = await third.addCheckpoint(request);
      if (held) await new Promise<void>(resolve => waiting.push(resolve));
      return answer;
    };
    return {
      witnesses: [...honest.slice(0, 2), { keys: third.keys, addCheckpoint }],
      hold: () => {
        held = true;
      },
      letGo: () => {
        held = false;
        for (const resolve of waiting) resolve();
        waiting = [];
      },
    };
  }

  it('does not wait for the slow once a quorum has answered, and adds what they say when it comes', async () => {
    const { witnesses, hold, letGo } = withSlowThird();
    // A log that waited for the slow one would wait longer than this test does.
    log = await open({ witnesses, quorum: quorumOf(2), timing: { patience: 60_000 } });
    hold();
    await growTo(log, 1);
    expect(await log.reached(0, 'witnessed', 15_000)).toBe(true);
    expect((await linesOf(kept())).keys).toEqual(KEYS.slice(0, 4));
    const time = clock;
    clock += 10;
    letGo();
    await untilChanged(() => (log as FileLog).checkpointNote);
    expect(await linesOf(kept())).toEqual({ keys: KEYS, unknown: 0, time });
    expect((await linesOf(noteIn(await log.prove(0)))).keys).toEqual(KEYS);
    expect(problems).toEqual([]);
  });

  it('drops what comes late when the tree has grown since', async () => {
    const { witnesses, hold, letGo } = withSlowThird();
    log = await open({ witnesses, quorum: quorumOf(2) });
    hold();
    await growTo(log, 1);
    await log.reached(0, 'witnessed', 5000);
    await growTo(log, 2);
    await log.reached(1, 'witnessed', 5000);
    letGo();
    await new Promise(resolve => setTimeout(resolve, 30));
    expect(sizeOf(log.checkpointNote)).toBe(2);
    expect((await linesOf(kept())).keys).toEqual(KEYS.slice(0, 4));
    await growTo(log, 3);
    await log.reached(2, 'witnessed', 5000);
    for (const end = Date.now() + 5000; (await linesOf(kept())).keys.length < 5 && Date.now() < end; )
      await new Promise(resolve => setTimeout(resolve, 5));
    expect((await linesOf(kept())).keys).toEqual(KEYS);
    expect(problems).toEqual([]);
  });

  it('happens anew without growth, with new times, so that the log is seen to live', async () => {
    log = await open({
      timing: { refresh: 30, spacing: 1, patience: 1000, patienceAtStart: 1000, longestWait: 10 },
    });
    await growTo(log, 1);
    await log.reached(0, 'witnessed', 5000);
    for (let times = 0; times < 2; times++) {
      clock += 600;
      await untilChanged(() => (log as FileLog).checkpointNote);
      expect(sizeOf(log.checkpointNote)).toBe(1);
      const { keys, time } = await linesOf(log.checkpointNote);
      expect(keys).toEqual(KEYS);
      expect(time).toBe(clock);
    }
  });

  it('happens once more at the end, so that a log at rest is covered by what it has kept', async () => {
    log = await open({ timing: { spacing: 60_000 } });
    await growTo(log, 1);
    await log.reached(0, 'witnessed', 5000);
    await growTo(log, 9);
    expect(sizeOf(kept())).toBe(1);
    await log.close();
    expect(sizeOf(kept())).toBe(9);
    expect(await linesOf(kept())).toEqual({ keys: KEYS, unknown: 0, time: START });
  });

  it('waits until tiles are on disk as they were written, and stops the log when they are not', async () => {
    const paths = new Map<number, string>();
    const disk: Disk = {
      ...hastyDisk,
      open: (path, flags, mode) => {
        const file = hastyDisk.open(path, flags, mode);
        paths.set(file, path);
        return file;
      },
      write: (file, bytes, offset, position) => {
        const isTile = paths.get(file)?.includes('tile/0/000') === true;
        return hastyDisk.write(file, isTile ? bytes.map(byte => byte ^ 1) : bytes, offset, position);
      },
    };
    log = await open({ disk });
    await growTo(log, 256);
    expect(await log.reached(255, 'witnessed', 500)).toBe(false);
    expect(sizeOf(kept())).toBe(0);
    expect(log.writable).toBe(false);
    expect(problems).toEqual([expect.stringContaining('log/corrupt (tile/0/000)')]);
  });

  it('does not happen anew before its time', async () => {
    log = await open();
    const note = log.checkpointNote;
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(log.checkpointNote).toBe(note);
  });

  it.each([
    'checkpoint/origin-mismatch',
    'checkpoint/log-signature-missing',
    'witness/consistency-invalid',
  ] as const)('says once that a witness refuses: %s', async code => {
    let refuses = false;
    const third = honest[2] as Witness;
    const refusing: Witness = {
      keys: third.keys,
      addCheckpoint: request =>
        refuses
          ? Promise.reject(new Failure(code, { detail: `attempt at ${Math.random()}` }))
          : third.addCheckpoint(request),
    };
    log = await open({ witnesses: [...honest.slice(0, 2), refusing], quorum: quorumOf(2) });
    refuses = true;
    for (let size = 1; size < 8; size++) {
      await growTo(log, size);
      await log.reached(size - 1, 'witnessed', 5000);
    }
    expect(problems).toEqual([expect.stringContaining(code)]);
    expect(problems[0]).toContain(third.keys[0]?.name);
  });

  it('of a witness’s word alone stops no log: what it claims to have seen is said and no more', async () => {
    let claims = false;
    const third = honest[2] as Witness;
    const claiming: Witness = {
      keys: third.keys,
      addCheckpoint: request =>
        claims ? Promise.resolve({ status: 'stale', size: 10 ** 9 }) : third.addCheckpoint(request),
    };
    log = await open({ witnesses: [...honest.slice(0, 2), claiming], quorum: quorumOf(2) });
    claims = true;
    await growTo(log, 1);
    expect(await log.reached(0, 'witnessed', 5000)).toBe(true);
    expect(log.writable).toBe(true);
    expect(problems).toEqual([expect.stringContaining('log/behind-witness')]);
  });

  it('reads what it serves back: text and bytes are those of a note', async () => {
    log = await open();
    const note = log.checkpointNote as Uint8Array;
    expect(equal(formatNote(parseNote(note)), note)).toBe(true);
    expect(fromUtf8(note)?.startsWith(`${LOG.key.name}\n0\n`)).toBe(true);
  });
});
