import { describe, expect, it } from 'vitest';
import { branch, signed, signedRoot } from '../../test/support/histories.js';
import { testKey } from '../../test/support/keys.js';
import { PaperNetwork, type Place } from '../../test/support/paper-network.js';
import { LOG, STRANGER, trustWith, WITNESSES } from '../../test/support/parties.js';
import type { ReferenceTree } from '../../test/support/reference-tree.js';
import type { TrustFile } from '../appraise/trust.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { formatNote, parseNote, type SignedNote } from '../note/signed-note.js';
import { CheckpointWatch } from './checkpoint-watch.js';
import { KeptExchanges } from './kept-exchanges.js';
import { memoryStore } from './memory-store.js';

const GATEWAY = 'https://gateway.example/log';
const MIRROR = 'https://mirror.example/copy';

type RetiredFile = NonNullable<TrustFile['retired']>[number];

const HONEST = branch('honest', 600);
const ATTACK = branch('attack', 600, 300);

const by = { by: [LOG] };
const at = (tree: ReferenceTree, size: number): Place => ({ tree, checkpoint: signed(tree, size, by) });
const noteText = (note: SignedNote) => fromUtf8(formatNote(note)) as string;

/** Looks at the places in turn, in one check for each of these networks, with one store. */
async function watching(...checks: readonly Readonly<Record<string, Place>>[]): Promise<{
  findings: Awaited<ReturnType<CheckpointWatch['compare']>>;
  size: number | null;
  asked: string[];
}> {
  const kept = new KeptExchanges(memoryStore());
  const trust = trustWith();
  let findings: Awaited<ReturnType<CheckpointWatch['compare']>> = [];
  let asked: string[] = [];
  for (const places of checks) {
    const network = new PaperNetwork(places);
    const watch = new CheckpointWatch(trust, network.ask);
    for (const log of Object.keys(places)) await watch.look(log);
    findings = await watch.compare(kept);
    asked = network.paths();
  }
  const text = await kept.checkpoint(LOG.key.name);
  return { findings, size: text === null ? null : parseCheckpoint(parseNote(utf8(text)).text).size, asked };
}

describe('checkpoints of one history', () => {
  it.each([
    ['one', [{ [GATEWAY]: at(HONEST, 5) }], 5],
    ['the same twice', [{ [GATEWAY]: at(HONEST, 5), [MIRROR]: at(HONEST, 5) }], 5],
    [
      'two, of which the larger goes on from the smaller',
      [{ [GATEWAY]: at(HONEST, 5), [MIRROR]: at(HONEST, 300) }],
      300,
    ],
    [
      'one that has grown since the last check',
      [{ [GATEWAY]: at(HONEST, 257) }, { [GATEWAY]: at(HONEST, 599) }],
      599,
    ],
    [
      'one that is older than that of the last check',
      [{ [GATEWAY]: at(HONEST, 300) }, { [GATEWAY]: at(HONEST, 299) }],
      300,
    ],
    ['the empty tree and another', [{ [GATEWAY]: at(HONEST, 0) }, { [GATEWAY]: at(HONEST, 3) }], 3],
    ['a log of whole tiles', [{ [GATEWAY]: at(HONEST, 256) }, { [GATEWAY]: at(HONEST, 512) }], 512],
  ])('%s: nothing is found, and the largest is kept', async (_, checks, size) => {
    expect(await watching(...checks)).toMatchObject({ findings: [], size });
  });

  it('nobody shows any: nothing is kept', async () => {
    expect(await watching({ [GATEWAY]: {} })).toMatchObject({ findings: [], size: null });
  });

  it.each([
    ['by a stranger', signed(ATTACK, 400, { by: [STRANGER] })],
    ['by witnesses alone', signed(ATTACK, 400, { by: WITNESSES })],
    ['of another log', signed(ATTACK, 400, { by: [LOG], origin: 'other.example' })],
    [
      'with a signature that fails',
      { ...signed(ATTACK, 400, by), signatures: signed(ATTACK, 399, by).signatures },
    ],
    ['of no checkpoint', { text: 'hello\n', signatures: signed(ATTACK, 399, by).signatures }],
  ])('what the log has not signed is nobody’s: %s', async (_, checkpoint) => {
    const places = { [GATEWAY]: at(HONEST, 500), [MIRROR]: { tree: ATTACK, checkpoint } };
    expect(await watching(places)).toMatchObject({ findings: [], size: 500 });
  });
});

describe('checkpoints of two histories', () => {
  it.each([
    ['two of one size', [{ [GATEWAY]: at(HONEST, 400), [MIRROR]: at(ATTACK, 400) }]],
    [
      'two of one size, one after the other',
      [{ [GATEWAY]: at(HONEST, 400) }, { [GATEWAY]: at(ATTACK, 400) }],
    ],
    ['two sizes', [{ [GATEWAY]: at(HONEST, 400), [MIRROR]: at(ATTACK, 500) }]],
    ['two sizes, one after the other', [{ [GATEWAY]: at(HONEST, 400) }, { [GATEWAY]: at(ATTACK, 600) }]],
    [
      'the larger one first',
      [{ [GATEWAY]: at(HONEST, 600) }, { [GATEWAY]: at(ATTACK, 400), [MIRROR]: at(HONEST, 600) }],
    ],
  ])('%s: a fork, with a file that proves it to anybody', async (_, checks) => {
    const { findings } = await watching(...checks);
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(finding).toMatchObject({ kind: 'fork', code: 'misbehaviour/log-forked', exchange: null });
    const known = knownKeys(trustWith());
    const judgement = await judgeEvidence(finding?.evidence ?? new Uint8Array(), known);
    expect(judgement).toMatchObject({ outcome: 'proven', accused: keyLabel(LOG.key) });
  });

  it('what was kept stays: the log is held to it in the next check as well', async () => {
    const fork = { [GATEWAY]: at(ATTACK, 600) };
    const { findings, size } = await watching({ [GATEWAY]: at(HONEST, 400) }, fork, fork);
    expect(findings).toHaveLength(1);
    expect(size).toBe(400);
  });

  describe('under two keys of the log, of which one has ended', () => {
    const earlier = testKey(LOG.key.name, 120);
    const comparing = async (retired: Pick<RetiredFile, 'why' | 'until'>) => {
      const key = formatVerifierKey(earlier.key);
      const trust = trustWith({ retired: [{ key, role: 'log', ...retired }] });
      const watch = new CheckpointWatch(trust, new PaperNetwork({}).ask);
      await watch.add(noteText(signed(HONEST, 400, by)), GATEWAY);
      await watch.add(noteText(signed(ATTACK, 400, { by: [earlier] })), GATEWAY);
      return watch.compare(new KeptExchanges(memoryStore()));
    };

    it('in trees where both count: a fork that no file proves', async () => {
      expect(await comparing({ why: 'rotated', until: 400 })).toMatchObject([
        { kind: 'fork', code: 'client/checkpoints-unreconciled', evidence: null },
      ]);
    });

    it.each([
      { why: 'rotated', until: 399 },
      { why: 'revoked', until: 0 },
    ] as const)('whose end, $why at $until, was before: what it signs says nothing', async retired => {
      expect(await comparing(retired)).toEqual([]);
    });
  });
});

describe('checkpoints that cannot be compared', () => {
  const unresolved = [{ kind: 'unresolved', code: 'client/checkpoints-unreconciled', evidence: null }];

  it.each([
    ['no tiles', {}],
    ['tiles of another tree', { tree: ATTACK }],
    ['tiles of a tree that is too small', { tree: branch('honest', 410) }],
  ])('for %s: nothing is proven, and what was kept stays', async (_, change) => {
    const shown = { checkpoint: signed(HONEST, 599, by), ...change };
    const { findings, size } = await watching({ [GATEWAY]: at(HONEST, 400) }, { [GATEWAY]: shown });
    expect(findings).toMatchObject(unresolved);
    expect(size).toBe(400);
  });

  it('tiles with a byte more or less than their hashes have', async () => {
    const kept = new KeptExchanges(memoryStore());
    const { ask } = new PaperNetwork({ [GATEWAY]: at(HONEST, 599) });
    for (const change of [
      (bytes: Uint8Array) => bytes.subarray(1),
      (bytes: Uint8Array) => new Uint8Array([...bytes, 0]),
    ]) {
      const watch = new CheckpointWatch(trustWith(), async (url, init) => {
        const response = await ask(url, init);
        if (!url.includes('/tile/') || response.status !== 200) return response;
        return new Response(new Uint8Array(change(new Uint8Array(await response.arrayBuffer()))));
      });
      await watch.add(noteText(signed(HONEST, 400, by)), GATEWAY);
      await watch.add(noteText(signed(HONEST, 599, by)), GATEWAY);
      expect(await watch.compare(kept)).toMatchObject(unresolved);
    }
  });

  it('a root that the log has signed and that no tree has', async () => {
    const made = signedRoot(new Uint8Array(32), 599, by);
    const places = { [GATEWAY]: { tree: HONEST, checkpoint: made }, [MIRROR]: at(HONEST, 400) };
    expect((await watching(places)).findings).toMatchObject(unresolved);
  });
});
