/**
 * P4: a witness has cosigned two trees of different histories, or has stated for a larger tree an earlier time than for a smaller one.
 * Source: spec/misbehaviour.md, "P4"; what a cosignature says is in C2SP tlog-cosignature.
 *
 * Honest: to lag behind, to sign the latest tree again at a later time, two trees in one second. A cosignature with the time 0 says nothing
 * about which tree was the largest, but still that it is of one history with all others.
 */
import * as v from 'valibot';
import { parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import {
  checkOtherHistory,
  checkRootOrder,
  checkSameSizeFork,
  compareBytes,
  type Prefix,
  PrefixSchema,
  prefixJson,
  readPrefix,
} from './fork.js';
import type { KnownKeys } from './known-keys.js';
import { type ProofType, type Proven, provenAgainst } from './proof-type.js';
import {
  checkOneSigner,
  checkSigned,
  NoteText,
  parseStated,
  type StatedCheckpoint,
  stateFor,
} from './signed-checkpoint.js';

const TYPE = 'urn:countersign:misbehaviour:p4:v1';

const Checkpoints = v.strictTuple([NoteText, NoteText]);

const Schema = v.variant('fault', [
  /** In the order of their roots. */
  v.strictObject({ checkpoints: Checkpoints, fault: v.literal('same-size'), type: v.literal(TYPE) }),
  /** The smaller tree, then the larger one. */
  v.strictObject({
    checkpoints: Checkpoints,
    fault: v.literal('other-history'),
    prefix: PrefixSchema,
    type: v.literal(TYPE),
  }),
  /** The smaller tree, then the larger one. */
  v.strictObject({ checkpoints: Checkpoints, fault: v.literal('time'), type: v.literal(TYPE) }),
]);
export type WitnessFaultJson = v.InferOutput<typeof Schema>;

type Pair = readonly [StatedCheckpoint, StatedCheckpoint];
type Stated =
  | { readonly fault: 'same-size' | 'time'; readonly pair: Pair }
  | { readonly fault: 'other-history'; readonly pair: Pair; readonly prefix: Prefix };

export const WITNESS_FAULT: ProofType<typeof Schema, Stated> = {
  type: TYPE,
  schema: Schema,
  read: value => {
    const [first, second] = value.checkpoints;
    const pair = [parseStated(first, 'checkpoints.0'), parseStated(second, 'checkpoints.1')] as const;
    if (value.fault === 'other-history')
      return { fault: value.fault, pair, prefix: readPrefix(value.prefix) };
    if (value.fault === 'same-size') checkRootOrder(pair[0].checkpoint, pair[1].checkpoint);
    return { fault: value.fault, pair };
  },
  check: async (stated, known) => {
    checkOneSigner(stated.pair);
    return stated.fault === 'time' ? checkTimes(stated.pair, known) : checkFork(stated, known);
  },
};

async function checkFork(stated: Exclude<Stated, { fault: 'time' }>, known: KnownKeys): Promise<Proven> {
  const [a, b] = stated.pair.map(({ checkpoint }) => checkpoint) as [
    Pair[0]['checkpoint'],
    Pair[1]['checkpoint'],
  ];
  if (stated.fault === 'other-history') checkOtherHistory(a, b, stated.prefix);
  else checkSameSizeFork(a, b);
  const [{ key }] = await checkSigned(stated.pair, known.witnesses);
  const what = a.size === b.size ? `two trees of size ${a.size}` : `trees of size ${a.size} and ${b.size}`;
  return provenAgainst(
    key,
    'misbehaviour/witness-forked',
    `The witness ${key.name} has cosigned ${what} of the log ${a.origin} that are not one history.`,
  );
}

async function checkTimes(pair: Pair, known: KnownKeys): Promise<Proven> {
  const [smaller, larger] = await checkSigned(pair, known.witnesses);
  const sizes = [smaller.checkpoint.size, larger.checkpoint.size] as const;
  if (sizes[0] >= sizes[1])
    throw new Failure('misbehaviour/sizes-not-ascending', { detail: sizes.join(', ') });
  if (smaller.time === null || larger.time === null) throw new Failure('misbehaviour/time-not-stated');
  if (larger.time >= smaller.time)
    throw new Failure('misbehaviour/times-in-order', { detail: `${smaller.time}, ${larger.time}` });
  return provenAgainst(
    smaller.key,
    'misbehaviour/witness-time-reversed',
    `The witness ${smaller.key.name} has stated at ${smaller.time} that ${sizes[0]} entries were all that it had seen, and at ${larger.time} that ${sizes[1]} were.`,
  );
}

/** The evidence against a witness that has cosigned two trees of one size; null when it has not cosigned both. Nothing is judged here. */
export function makeSameSizeFault(
  notes: readonly [SignedNote, SignedNote],
  key: VerifierKey,
): WitnessFaultJson | null {
  const [first, second] = [...notes].sort((a, b) =>
    compareBytes(parseCheckpoint(a.text).root, parseCheckpoint(b.text).root),
  ) as [SignedNote, SignedNote];
  const checkpoints = statePair([first, second], key);
  return checkpoints && { checkpoints, fault: 'same-size', type: TYPE };
}

/** Likewise of two sizes, the smaller tree first. */
export function makeOtherHistoryFault(
  notes: readonly [SignedNote, SignedNote],
  prefix: Prefix,
  key: VerifierKey,
): WitnessFaultJson | null {
  const checkpoints = statePair(notes, key);
  return checkpoints && { checkpoints, fault: 'other-history', prefix: prefixJson(prefix), type: TYPE };
}

/** Likewise of times that contradict each other, the smaller tree first. */
export function makeTimeFault(
  notes: readonly [SignedNote, SignedNote],
  key: VerifierKey,
): WitnessFaultJson | null {
  const checkpoints = statePair(notes, key);
  return checkpoints && { checkpoints, fault: 'time', type: TYPE };
}

function statePair(
  [first, second]: readonly [SignedNote, SignedNote],
  key: VerifierKey,
): [string, string] | null {
  const texts = [stateFor(first, key), stateFor(second, key)] as const;
  return texts[0] === null || texts[1] === null ? null : [texts[0], texts[1]];
}
