import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { equal } from '../../src/bytes/octets.js';
import { Failure } from '../../src/reason.js';
import { leafHash } from '../../src/tree/hash.js';
import { verifyConsistency, verifyInclusion } from '../../src/tree/merkle.js';
import { proveConsistency, proveInclusion, rootHash } from '../../src/tree/prove.js';
import { parseTilePath, tilePath } from '../../src/tree/tile.js';
import { entryAt, ReferenceTree } from '../support/reference-tree.js';
import { type Answer, ask, askAll, encode, missing, type ProofKind } from './peer.js';

const SIZES = 300;
const entries = Array.from({ length: SIZES }, (_, i) => entryAt(i));
const tree = new ReferenceTree(entries);

/** All proofs of small trees, and those of some sizes around a tile's width. */
function* questions(): Generator<{ kind: ProofKind; old: number; size: number }> {
  for (let size = 1; size <= 20; size++) {
    for (let old = 0; old < size; old++) yield { kind: 'inclusion', old, size };
    for (let old = 1; old <= size; old++) yield { kind: 'consistency', old, size };
  }
  for (const size of [63, 64, 65, 127, 128, 255, 256, 257, 300]) {
    for (let old = 1; old < size; old += 13) {
      yield { kind: 'inclusion', old, size };
      yield { kind: 'consistency', old, size };
    }
  }
}
const proofs = [...questions()];

function prove({ kind, old, size }: (typeof proofs)[number]): Promise<Uint8Array[]> {
  return kind === 'inclusion' ? proveInclusion(old, size, tree.read) : proveConsistency(old, size, tree.read);
}

function oldHash({ kind, old }: (typeof proofs)[number]): Uint8Array {
  return kind === 'inclusion' ? leafHash(entryAt(old)) : tree.hash(0, old);
}

describe.skipIf(missing !== null)(`golang.org/x/mod/sumdb/tlog ${missing ?? ''}`, () => {
  it('roots and proofs are the same, byte for byte', async () => {
    const answer = ask('tree/prove', { entries: encode(entries), proofs });
    for (let size = 0; size <= SIZES; size++)
      // tlog has no hash for the empty tree; RFC 6962 has.
      if (size > 0) expect(toBase64(await rootHash(size, tree.read))).toBe(answer.roots[size]);
    for (const [i, proof] of proofs.entries())
      expect(encode(await prove(proof)), JSON.stringify(proof)).toEqual(answer.proofs[i]);
  });

  it('what we prove, Go checks', async () => {
    const given = await Promise.all(
      proofs.map(async proof => ({
        ...proof,
        hashes: encode(await prove(proof)),
        oldHash: toBase64(oldHash(proof)),
        root: toBase64(tree.hash(0, proof.size)),
      })),
    );
    expect(ask('tree/check', { proofs: given })).toEqual(given.map(() => true));
  });

  it('on damaged proofs, and on true ones under other sizes and indexes, both give the same verdict', async () => {
    const claims: {
      proof: (typeof proofs)[number];
      hashes: Uint8Array[];
      root: Uint8Array;
      hash: Uint8Array;
    }[] = [];
    for (const proof of proofs.filter(({ size }) => size <= 20 || size % 64 === 1)) {
      const [hashes, root, hash] = [await prove(proof), tree.hash(0, proof.size), oldHash(proof)];
      const claim = (change: Partial<(typeof claims)[number]>) =>
        claims.push({ proof, hashes, root, hash, ...change });
      claim({ hashes: hashes.slice(1) });
      claim({ hashes: [...hashes, root] });
      claim({ hashes: hashes.toReversed() });
      claim({ root: tree.hash(0, proof.size - 1) });
      claim({ hash: root });
      for (const by of [-1, 1]) {
        if (proof.old + by >= 0) claim({ proof: { ...proof, old: proof.old + by } });
        claim({ proof: { ...proof, size: proof.size + by } });
      }
    }
    const verdicts = ask('tree/check', {
      proofs: claims.map(({ proof, hashes, root, hash }) => ({
        ...proof,
        hashes: encode(hashes),
        root: toBase64(root),
        oldHash: toBase64(hash),
      })),
    });
    let differences = 0;
    for (const [i, { proof, hashes, root, hash }] of claims.entries()) {
      const ours = accepts(() =>
        proof.kind === 'inclusion'
          ? verifyInclusion(proof.old, proof.size, hash, hashes, root)
          : verifyConsistency(proof.old, proof.size, hash, root, hashes),
      );
      // tlog has no consistency with the empty tree; we accept it with its true root and no proof.
      const empty = proof.kind === 'consistency' && proof.old === 0;
      if (empty) expect(ours).toBe(hashes.length === 0 && equal(hash, tree.hash(0, 0)));
      else if (ours !== verdicts[i]) differences++;
    }
    expect(claims.length).toBeGreaterThan(2000);
    expect(differences).toBe(0);
  });
});

describe.skipIf(missing !== null)(`tile paths of golang.org/x/mod/sumdb/tlog ${missing ?? ''}`, () => {
  const tiles = [0, 1, 999, 1000, 1_234_067, 2 ** 32, Number.MAX_SAFE_INTEGER].flatMap(index =>
    ([0, 1, 63, 'entries'] as const).flatMap(level =>
      [1, 17, 255, 256].map(width => ({ level, index, width })),
    ),
  );

  it('are the same both ways', () => {
    const inGo = tiles.map(tile => ({ ...tile, level: tile.level === 'entries' ? -1 : tile.level }));
    expect(askAll('tile/path', inGo)).toEqual(tiles.map(tile => ({ value: tilePath(tile) })));
    expect(
      askAll(
        'tile/parse',
        tiles.map(tile => ({ path: tilePath(tile) })),
      ),
    ).toEqual(inGo.map(value => ({ value })));
  });

  it('are refused alike, except for a level over 63, which tlog-tiles does not allow', () => {
    const paths = [
      'tile/0/0',
      'tile/0/1000',
      'tile/0/x000/001',
      'tile/0/001/000',
      'tile/0/x001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/00/000',
      'tile/-1/000',
      'tile/0/000/',
      'tile/0/',
      'tile/64/000',
    ];
    const verdicts = askAll(
      'tile/parse',
      paths.map(path => ({ path })),
    ) as Answer<unknown>[];
    const accepted = paths.filter((_, i) => verdicts[i]?.error === undefined);
    expect(accepted).toEqual(['tile/64/000']);
    expect(paths.filter(path => parseTilePath(path) !== null)).toEqual([]);
  });
});

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
