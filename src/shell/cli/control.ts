/**
 * How the owner of a data folder asks the gateway that runs on it for what nobody else may ask: over the loopback interface, on a port of its own that
 * no proxy leads to, with a token that lies in the data folder for its owner alone to read.
 *
 * Clients are not trusted before they have shown the token: any process of this machine, and any web page in its browsers, can reach the port.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import { Count } from '../../receipt/shapes.js';
import { createPrivate, readPrivate } from '../files/private-file.js';
import { ask } from '../http/client.js';
import { type HttpRequest, HttpServer } from '../http/server.js';
import { Erased, type Erasures } from './erasures.js';
import type { HouseAdmission } from './house-money.js';

const TOKEN_BYTES = 32;
const MAX_ANSWER_BYTES = 4096;
/** An erasure waits for the log's commit, in milliseconds. */
const PATIENCE = 30_000;

const ControlFile = v.strictObject({
  address: v.pipe(v.string(), v.regex(/^http:\/\/127\.0\.0\.1:[0-9]{1,5}$/)),
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export interface ControlOptions {
  /** Where the address and the token are left. */
  readonly file: string;
  readonly erasures: Erasures;
  readonly access: Pick<HouseAdmission, 'reload'>;
  readonly onProblem: (message: string) => void;
}

/**
 * Removes what a gateway that was killed has left: nobody listens at that address any more, or a stranger. For whoever has just got the data
 * folder's lock.
 */
export function forgetControl(file: string): Promise<void> {
  return rm(file, { force: true });
}

/** Listens until it is closed. The caller holds the data folder's lock and has called {@link forgetControl}. */
export async function openControl({
  file,
  erasures,
  access,
  onProblem,
}: ControlOptions): Promise<{ close(): Promise<void> }> {
  const token = toHex(randomBytes(TOKEN_BYTES));
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    connections: 16,
    routes: [
      {
        method: 'POST',
        path: /^\/erasures\/([a-z2-7]{26})$/,
        handle: async (request, exchange = '') => {
          checkToken(request, token);
          const erased = await erasures.erase(exchange);
          return { status: 200, headers: JSON_TYPE, body: canonicalize({ ...erased } as Json) };
        },
      },
      {
        method: 'POST',
        path: /^\/access$/,
        handle: async request => {
          checkToken(request, token);
          return { status: 200, headers: JSON_TYPE, body: canonicalize({ keys: await access.reload() }) };
        },
      },
    ],
    statusOf: code => STATUS.get(code),
    onProblem,
  });
  const address = await server.listen();
  await createPrivate(file, fromUtf8(canonicalize({ address, token })) as string);
  return {
    close: async () => {
      await forgetControl(file);
      await server.close();
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['control/refused', 403],
  ['vault/unknown', 404],
  ['vault/unavailable', 503],
  ['access/file-malformed', 500],
  ['data/key-exposed', 500],
]);

function checkToken({ headers }: HttpRequest, token: string): void {
  const given = sha256(utf8(headers.authorization ?? ''));
  if (!timingSafeEqual(given, sha256(utf8(`Bearer ${token}`)))) throw new Failure('control/refused');
}

/**
 * Asks the gateway that runs on a data folder to erase an exchange; null when none answers there, as when it is just starting. Throws what the
 * gateway throws, `data/key-exposed` when others may read the token, or `peer/…` for an answer that is none.
 */
export async function askToErase(file: string, exchange: string): Promise<Erased | null> {
  const erased = await askControl(file, `/erasures/${exchange}`, Erased);
  if (erased === null || erased.exchange === exchange) return erased;
  throw new Failure('peer/answer-malformed', { field: file });
}

/** Tells the gateway that runs on a data folder that its virtual keys have changed; null when none answers there. Throws as {@link askToErase} does. */
export async function tellOfKeys(file: string): Promise<number | null> {
  return (await askControl(file, '/access', Reloaded))?.keys ?? null;
}

const Reloaded = v.strictObject({ keys: Count });

async function askControl<S extends v.GenericSchema>(
  file: string,
  path: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  const text = await readPrivate(file);
  const control = text === null ? null : read(ControlFile, utf8(text));
  if (control === null) return null;
  const url = `${control.address}${path}`;
  try {
    const headers = { authorization: `Bearer ${control.token}` };
    const answer = await ask(url, { method: 'POST', headers, limit: MAX_ANSWER_BYTES, timeout: PATIENCE });
    if (answer.status === 200) {
      const value = read(schema, answer.body);
      if (value !== null) return value;
      throw new Failure('peer/answer-malformed', { field: url });
    }
    const reason = answer.headers['countersign-reason'];
    if (typeof reason === 'string' && isReasonCode(reason)) throw new Failure(reason);
    throw new Failure('peer/answer-unexpected', { field: url, detail: `HTTP ${answer.status}` });
  } catch (error) {
    // Nobody listens there any more: the file is of a gateway that was killed.
    if (error instanceof Failure && error.code === 'peer/unreachable') return null;
    throw error;
  }
}

function read<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> | null {
  try {
    return v.parse(schema, parseCanonical(bytes));
  } catch {
    return null;
  }
}
