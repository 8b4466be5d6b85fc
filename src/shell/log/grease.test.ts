import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testKey, testMlDsaCosigner } from '../../../test/support/keys.js';
import { LOG, WITNESSES } from '../../../test/support/log.js';
import { equal } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { cosign } from '../../note/cosignature.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../note/signed-note.js';
import { emptyRoot } from '../../tree/hash.js';
import { greased, type Random } from './grease.js';

const TEXT = formatCheckpoint({ origin: LOG.key.name, size: 0, root: emptyRoot() });
const witness = WITNESSES[0] as (typeof WITNESSES)[number];
const LINES = [signNote(TEXT, LOG.key, LOG.signer), cosign(TEXT, 1_700_000_000, witness.key, witness.signer)];
const KNOWN = [LOG.key, witness.key];

/** Bytes that look random and are the same each time. */
function seeded(seed: number): Random {
  let count = 0;
  return length => {
    const hash = createHash('shake128', { outputLength: length });
    return new Uint8Array(hash.update(`${seed} ${count++}`).digest());
  };
}

describe('a greased note', () => {
  it('verifies as before for whoever ignores unknown keys, and has at least one line more', async () => {
    for (let seed = 0; seed < 300; seed++) {
      const note = parseNote(
        formatNote({ text: TEXT, signatures: greased(LINES, LOG.key, 1_700_000_000, seeded(seed)) }),
      );
      const { verified, unknown } = await verifyNote(note, KNOWN);
      expect(verified.map(({ key }) => key)).toEqual(KNOWN);
      expect(unknown.length).toBeGreaterThan(0);
      expect(unknown.length).toBeLessThan(3);
      expect(note.signatures).toHaveLength(LINES.length + unknown.length);
    }
  });

  it('has lines of every kind and in every place, and now and then ones that share a name or an id with the log', () => {
    const added = Array.from({ length: 300 }, (_, seed) =>
      greased(LINES, LOG.key, 1_700_000_000, seeded(seed)),
    );
    const lines = added.flat().filter(line => !LINES.includes(line));
    expect(new Set(lines.map(({ signature }) => signature.length))).toEqual(new Set([64, 71, 72, 2428, 197]));
    expect(lines.some(({ name }) => name === LOG.key.name)).toBe(true);
    expect(lines.some(({ keyId }) => equal(keyId, LOG.key.id))).toBe(true);
    expect(lines.some(({ name, keyId }) => name === LOG.key.name && equal(keyId, LOG.key.id))).toBe(false);
    const places = added.map(all => all.findIndex(line => !LINES.includes(line)));
    expect(new Set(places)).toEqual(new Set([0, 1, 2]));
  });

  it('never has the name and the id of the log, whatever the dice say', () => {
    const id = LOG.key.id;
    const other = testKey('other.example', 3).key;
    for (const key of [LOG.key, other]) {
      for (let first = 0; first < 256; first++) {
        const loaded: Random = count => (count === 4 ? id : new Uint8Array(count).fill(first));
        for (const line of greased([], key, 1, loaded)) {
          expect(line.name === key.name && equal(line.keyId, key.id)).toBe(false);
        }
      }
    }
  });

  it('never has the name and the id of another key of the log, under which it would be a failing signature', async () => {
    const own = testMlDsaCosigner(LOG.key.name, 4);
    const lines = [...LINES, cosign(TEXT, 1, own.key, own.signer)];
    for (let first = 0; first < 256; first++) {
      const loaded: Random = count => (count === 4 ? own.key.id : new Uint8Array(count).fill(first));
      const signatures = greased(lines, LOG.key, 1, loaded);
      const { verified } = await verifyNote({ text: TEXT, signatures }, [...KNOWN, own.key]);
      expect(verified).toHaveLength(3);
    }
  });

  it('is another one each time', () => {
    const twice = [1, 2].map(() => formatNote({ text: TEXT, signatures: greased(LINES, LOG.key, 1) }));
    expect(equal(twice[0] as Uint8Array, twice[1] as Uint8Array)).toBe(false);
  });
});
