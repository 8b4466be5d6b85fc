/**
 * A witness over HTTP: what logs may ask of it, and what anybody may read. Source: C2SP tlog-witness; submission and monitoring prefix
 * are the same.
 *
 * Nobody who asks is trusted. A request that the log has not signed costs a signature check and changes nothing.
 */
import {
  formatCosignatures,
  formatTreeSize,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  TREE_SIZE_TYPE,
} from '../../note/add-checkpoint.js';
import { formatVerifierKey } from '../../note/key.js';
import { parseSignSubtree } from '../../note/sign-subtree.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { type HttpAnswer, type HttpRequest, type Route, text } from '../http/server.js';
import { originHash } from './kept-state.js';
import type { LocalWitness } from './local-witness.js';
import { type StatementName, statementText } from './statement.js';
import type { SubtreeCosigner } from './subtree-cosigner.js';

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/** `subtrees`: for `sign-subtree`, which is optional; null for a witness that does not have it. */
export function witnessRoutes(
  witness: LocalWitness,
  statement: StatementName,
  subtrees: SubtreeCosigner | null = null,
): Route[] {
  const origins = new Map(witness.origins.map(origin => [originHash(origin), origin]));
  return [
    { method: 'POST', path: '/add-checkpoint', handle: request => addCheckpoint(witness, request) },
    ...(subtrees?.canSign ? [signSubtree(subtrees)] : []),
    {
      method: 'GET',
      path: /^\/([0-9a-f]{64})\/checkpoint$/,
      handle: (_, hash = '') => latestCheckpoint(witness, origins.get(hash)),
    },
    { method: 'GET', path: '/', handle: () => page(describeWitness(witness, statement)) },
    { method: 'GET', path: '/statement', handle: () => page(statementText(statement)) },
  ];
}

/** The status of tlog-witness for each failure; 503 where it has none and the log should ask again. */
export function witnessStatus(code: ReasonCode): number | undefined {
  return STATUS.get(code);
}

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['note/malformed', 400],
  ['checkpoint/malformed', 400],
  ['witness/old-size-too-large', 400],
  ['tree/interval-invalid', 400],
  ['checkpoint/log-signature-missing', 403],
  ['note/signature-invalid', 403],
  ['witness/cosignature-missing', 403],
  ['checkpoint/origin-mismatch', 404],
  ['witness/consistency-invalid', 422],
  ['tree/subtree-invalid', 422],
  ['witness/entry-refused', 422],
  ['witness/entries-mismatch', 422],
  ['witness/entries-unchecked', 503],
  ['witness/busy', 503],
  ['witness/closing', 503],
]);

/** Who the witness is, for people: its keys, its logs, and what its cosignatures say. */
export function describeWitness(witness: LocalWitness, statement: StatementName): string {
  return [
    'This is a transparency log witness (C2SP tlog-witness).',
    '',
    'Keys:',
    ...witness.keys.map(key => `  ${formatVerifierKey(key)}`),
    '',
    'Logs that it cosigns, each with the path of its latest cosigned checkpoint:',
    ...witness.origins.map(origin => `  ${origin}  /${originHash(origin)}/checkpoint`),
    '',
    statementText(statement),
  ].join('\n');
}

async function addCheckpoint(witness: LocalWitness, request: HttpRequest): Promise<HttpAnswer> {
  const asked = parseAddCheckpoint(await request.body(MAX_ADD_CHECKPOINT_BYTES));
  const answer = await witness.addCheckpoint(asked, request.signal);
  return answer.status === 'cosigned'
    ? { status: 200, headers: TEXT, body: formatCosignatures(answer.cosignatures) }
    : {
        status: 409,
        headers: { ...TEXT, 'content-type': TREE_SIZE_TYPE },
        body: formatTreeSize(answer.size),
      };
}

function signSubtree(subtrees: SubtreeCosigner): Route {
  return {
    method: 'POST',
    path: '/sign-subtree',
    handle: async request => {
      const asked = parseSignSubtree(await request.body(MAX_ADD_CHECKPOINT_BYTES));
      return { status: 200, headers: TEXT, body: formatCosignatures(await subtrees.cosign(asked)) };
    },
  };
}

function latestCheckpoint(witness: LocalWitness, origin: string | undefined): HttpAnswer {
  if (origin === undefined) throw new Failure('checkpoint/origin-mismatch');
  const note = witness.cosigned(origin);
  return note === null
    ? text(404, 'This witness has not cosigned a checkpoint of that log yet.')
    : { status: 200, headers: TEXT, body: note };
}

function page(body: string): HttpAnswer {
  return { status: 200, headers: TEXT, body };
}
