/**
 * What a validator shows to everybody: how it stands, its batches with all that they were made from, and its record of wrong verdicts. It takes proofs against
 * itself from anybody; nobody who asks is trusted, and a proof is judged before it is kept.
 */
import { join } from 'node:path';
import { canonicalize, type Json } from '../../bytes/json.js';
import { MAX_LARGE_EVIDENCE_BYTES } from '../../court/misbehaviour/evidence.js';
import type { ReasonCode } from '../../reason.js';
import { readIfPresent } from '../files/durable.js';
import { type HttpAnswer, type HttpRequest, type Route, text } from '../http/server.js';
import type { Validator } from './validator.js';

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const LINES = { 'content-type': 'application/jsonl', 'cache-control': 'public, max-age=31536000, immutable' };
const OCTETS = {
  'content-type': 'application/octet-stream',
  'cache-control': 'public, max-age=31536000, immutable',
};

export function validatorRoutes(validator: Validator, folder: string, isWell: () => boolean): Route[] {
  const artefacts = join(folder, 'artefacts');
  return [
    { method: 'GET', path: '/', handle: () => json(200, standing(validator)) },
    {
      method: 'GET',
      path: /^\/batches\/(0|[1-9][0-9]{0,15})$/,
      handle: async (_, sequence = '') => file(LINES, await validator.packages.bytes(Number(sequence))),
    },
    {
      method: 'GET',
      path: /^\/artefacts\/([0-9a-f]{64})$/,
      handle: async (_, digest = '') => file(OCTETS, await readIfPresent(join(artefacts, digest))),
    },
    {
      method: 'GET',
      path: /^\/entries\/(batch-(?:0|[1-9][0-9]{0,15})|policy-[0-9a-f]{64})$/,
      handle: async (_, name = '') =>
        file(JSON_TYPE, await readIfPresent(join(folder, 'entries', `${name}.json`))),
    },
    { method: 'GET', path: '/record', handle: () => json(200, { overturned: [...validator.record.names] }) },
    {
      method: 'GET',
      path: /^\/record\/([0-9]{6}-p11-[0-9a-f]{32}\.json)$/,
      handle: async (_, name = '') => file(JSON_TYPE, await validator.record.read(name)),
    },
    { method: 'POST', path: '/misbehaviour', handle: request => take(validator, request) },
    {
      method: 'GET',
      path: '/healthz',
      handle: () => (isWell() ? text(200, 'well') : text(503, 'the last look could not be finished')),
    },
    { method: 'GET', path: '/metrics', handle: () => metrics(validator) },
  ];
}

/** How a validator stands, for programs. */
export function standing(validator: Validator): Json {
  const { overturned, ...rest } = validator.standing;
  return { ...rest, overturned: [...overturned] };
}

export function validatorStatus(code: ReasonCode): number | undefined {
  return code === 'request/too-large' ? 413 : code.startsWith('request/') ? 400 : undefined;
}

/** 201 for one that is new, 200 for one that was there, 422 for what proves nothing against this validator. */
async function take(validator: Validator, request: HttpRequest): Promise<HttpAnswer> {
  const { judgement, name, isNew } = await validator.overturn(await request.body(MAX_LARGE_EVIDENCE_BYTES));
  if (name !== null) return json(isNew ? 201 : 200, { name });
  const { outcome, code } = judgement;
  return json(422, { outcome, reason: code });
}

function metrics(validator: Validator): HttpAnswer {
  const { size, batches, submitted, overturned } = validator.standing;
  const rows: [string, string, string, number][] = [
    ['entries_read', 'gauge', 'Entries of the log that have been read.', size],
    ['batches_total', 'counter', 'Batches of verdicts that were signed.', batches],
    ['batches_submitted_total', 'counter', 'Batches that the log has.', submitted],
    ['overturned_total', 'counter', 'Verdicts that were proven wrong.', overturned.length],
  ];
  const body = rows.map(
    ([name, type, says, value]) =>
      `# HELP countersign_validator_${name} ${says}\n# TYPE countersign_validator_${name} ${type}\ncountersign_validator_${name} ${value}\n`,
  );
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body: body.join('') };
}

function file(headers: Readonly<Record<string, string>>, bytes: Uint8Array | null): HttpAnswer {
  return bytes === null ? text(404, 'There is no such thing here.') : { status: 200, headers, body: bytes };
}

function json(status: number, value: Json): HttpAnswer {
  return { status, headers: JSON_TYPE, body: canonicalize(value) };
}
