/** P2: a log has signed a tree and later, or earlier, a larger one that does not begin with it. Source: spec/misbehaviour.md, "P2". */
import * as v from 'valibot';
import type { VerifierKey } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import { checkOtherHistory, type Prefix, PrefixSchema, prefixJson, readPrefix } from './fork.js';
import { type ProofType, provenAgainst } from './proof-type.js';
import {
  checkIsLog,
  checkOneSigner,
  checkSigned,
  NoteText,
  parseStated,
  type StatedCheckpoint,
  stateFor,
} from './signed-checkpoint.js';

const TYPE = 'urn:countersign:misbehaviour:p2:v1';

const Schema = v.strictObject({
  /** The smaller tree, then the larger one. */
  checkpoints: v.strictTuple([NoteText, NoteText]),
  prefix: PrefixSchema,
  type: v.literal(TYPE),
});
export type RewrittenLogJson = v.InferOutput<typeof Schema>;

interface Stated {
  readonly pair: readonly [StatedCheckpoint, StatedCheckpoint];
  readonly prefix: Prefix;
}

export const REWRITTEN_LOG: ProofType<typeof Schema, Stated> = {
  type: TYPE,
  schema: Schema,
  read: ({ checkpoints: [older, newer], prefix }) => ({
    pair: [parseStated(older, 'checkpoints.0'), parseStated(newer, 'checkpoints.1')],
    prefix: readPrefix(prefix),
  }),
  check: async ({ pair, prefix }, known) => {
    checkOneSigner(pair);
    checkOtherHistory(pair[0].checkpoint, pair[1].checkpoint, prefix);
    const [older, newer] = await checkSigned(pair, known.logs);
    checkIsLog(older);
    return provenAgainst(
      older.key,
      'misbehaviour/log-forked',
      `The log ${older.checkpoint.origin} has signed a tree of size ${older.checkpoint.size}, and one of size ${newer.checkpoint.size} that does not begin with it.`,
    );
  },
};

/**
 * The evidence that two notes make against one of the log's keys, with the root that the larger tree really has at the smaller one's size;
 * null when the key has not signed both. Nothing is judged here.
 */
export function makeRewrittenLog(
  [older, newer]: readonly [SignedNote, SignedNote],
  prefix: Prefix,
  key: VerifierKey,
): RewrittenLogJson | null {
  const texts = [stateFor(older, key), stateFor(newer, key)] as const;
  if (texts[0] === null || texts[1] === null) return null;
  return { checkpoints: [texts[0], texts[1]], prefix: prefixJson(prefix), type: TYPE };
}
