/** P1: a log has signed two trees of one size. Source: spec/misbehaviour.md, "P1". */
import * as v from 'valibot';
import { parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import { checkRootOrder, checkSameSizeFork, compareBytes } from './fork.js';
import type { KnownKeys } from './known-keys.js';
import { type ProofType, type Proven, provenAgainst } from './proof-type.js';
import {
  checkIsLog,
  checkOneSigner,
  checkSigned,
  NoteText,
  parseStated,
  type StatedCheckpoint,
  stateFor,
} from './signed-checkpoint.js';

const TYPE = 'urn:countersign:misbehaviour:p1:v1';

const Schema = v.strictObject({
  /** In the order of their roots. */
  checkpoints: v.strictTuple([NoteText, NoteText]),
  type: v.literal(TYPE),
});
export type LogForkJson = v.InferOutput<typeof Schema>;

export const LOG_FORK: ProofType<typeof Schema, readonly [StatedCheckpoint, StatedCheckpoint]> = {
  type: TYPE,
  schema: Schema,
  read: ({ checkpoints: [first, second] }) => {
    const pair = [parseStated(first, 'checkpoints.0'), parseStated(second, 'checkpoints.1')] as const;
    checkRootOrder(pair[0].checkpoint, pair[1].checkpoint);
    return pair;
  },
  check: async (pair, known: KnownKeys): Promise<Proven> => {
    checkOneSigner(pair);
    checkSameSizeFork(pair[0].checkpoint, pair[1].checkpoint);
    const [signed] = await checkSigned(pair, known.logs);
    checkIsLog(signed);
    const { origin, size } = signed.checkpoint;
    return provenAgainst(
      signed.key,
      'misbehaviour/log-forked',
      `The log ${origin} has signed two trees of size ${size}.`,
    );
  },
};

/** The evidence that two notes make against one of the log's keys; null when the key has not signed both. Nothing is judged here. */
export function makeLogFork(notes: readonly [SignedNote, SignedNote], key: VerifierKey): LogForkJson | null {
  const [first, second] = [...notes].sort((a, b) =>
    compareBytes(parseCheckpoint(a.text).root, parseCheckpoint(b.text).root),
  ) as [SignedNote, SignedNote];
  const texts = [stateFor(first, key), stateFor(second, key)] as const;
  return texts[0] === null || texts[1] === null ? null : { checkpoints: [texts[0], texts[1]], type: TYPE };
}
