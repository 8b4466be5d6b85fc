/**
 * The admin API of a running gateway: what its owner alone may ask, on a port of its own, which is on the loopback interface unless he says otherwise.
 *
 * Two tokens open it: the admin key, a file of the owner's that stays the same; and one that is made for each run and lies in the data folder beside
 * the address, for the commands that look after that folder. They do not show the key: what a gateway that was killed has left there may lead to a
 * stranger.
 *
 * Clients are not trusted before they have shown one: any process of this machine, and any web page in its browsers, can reach the port.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import type { Revocation } from '../../receipt/revocation.js';
import { Count } from '../../receipt/shapes.js';
import { createPrivate, readPrivate } from '../files/private-file.js';
import { ask } from '../http/client.js';
import { HttpServer, type Route } from '../http/server.js';
import {
  type ReloadedAnswer,
  ReloadsSchema,
  type RevokedAnswer,
  RevokedSchema,
  type StatusAnswer,
  StatusSchema,
} from './admin/answers.js';
import { guarded } from './admin/authorization.js';
import { Erased } from './erasures.js';

const TOKEN_BYTES = 32;
const MAX_ANSWER_BYTES = 64 * 1024;
/** An erasure waits for the log's commit, in milliseconds. */
const PATIENCE = 30_000;

const ControlFile = v.strictObject({
  address: v.pipe(v.string(), v.regex(/^http:\/\/[0-9A-Za-z.:[\]-]{1,255}:[0-9]{1,5}$/)),
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export interface ControlOptions {
  /** Where the address and the token of this run are left. */
  readonly file: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The admin key, as it is shown. */
  readonly key: string;
  readonly routes: readonly Route[];
  readonly onProblem: (message: string) => void;
}

/** An admin API that listens. */
export interface Control {
  /** Such as `http://127.0.0.1:8788`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Removes what a gateway that was killed has left: nobody listens at that address any more, or a stranger. For whoever has just got the data
 * folder's lock.
 */
export function forgetControl(file: string): Promise<void> {
  return rm(file, { force: true });
}

/** Listens until it is closed. The caller holds the data folder's lock and has called {@link forgetControl}. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const { file, host, port, key, routes, onProblem } = options;
  const token = toHex(randomBytes(TOKEN_BYTES));
  const server = new HttpServer({
    host,
    port,
    connections: 64,
    routes: guarded(routes, [token, key]),
    statusOf: code => STATUS.get(code),
    onProblem,
  });
  const listening = await server.listen();
  // Whoever listens everywhere is asked here.
  const address = listening.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  await createPrivate(file, fromUtf8(canonicalize({ address, token })) as string);
  return {
    address: listening,
    close: async () => {
      await forgetControl(file);
      await server.close();
    },
  };
}

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['control/refused', 401],
  ['request/malformed', 400],
  ['access/name-unknown', 404],
  ['access/name-taken', 409],
  ['data/locked', 503],
  ['log/unavailable', 503],
  ['revocation/full', 409],
  ['revocation/repeated', 409],
  ['revocation/since-future', 400],
  ['revocation/value-malformed', 400],
  ['vault/unknown', 404],
  ['vault/unavailable', 503],
  ['access/file-malformed', 500],
  ['data/key-exposed', 500],
]);

/**
 * Asks the gateway that runs on a data folder to erase an exchange; null when none answers there, as when it is just starting. Throws what the
 * gateway throws, `data/key-exposed` when others may read the token, or `peer/…` for an answer that is none.
 */
export async function askToErase(file: string, exchange: string): Promise<Erased | null> {
  const erased = await askControl(file, `/admin/erasures/${exchange}`, Erased);
  if (erased === null || erased.exchange === exchange) return erased;
  throw new Failure('peer/answer-malformed', { field: file });
}

/** Has the gateway that runs on a data folder revoke something; null when none answers there. Throws as {@link askToErase} does. */
export function askToRevoke(file: string, wish: Revocation): Promise<RevokedAnswer | null> {
  return askControl(file, '/admin/revocations', RevokedSchema, 'POST', canonicalize(wish));
}

/** Tells the gateway that runs on a data folder that its virtual keys have changed; null when none answers there. Throws as {@link askToErase} does. */
export async function tellOfKeys(file: string): Promise<number | null> {
  return (await askControl(file, '/admin/keys/reload', Reloaded))?.keys ?? null;
}

const Reloaded = v.strictObject({ keys: Count });

/** Has the gateway that runs on a data folder read again what can be read again; null when none answers there. Throws as {@link askToErase} does. */
export async function askToReload(file: string): Promise<readonly ReloadedAnswer[] | null> {
  return (await askControl(file, '/admin/reload', ReloadsSchema))?.reloaded ?? null;
}

/** How the gateway that runs on a data folder is; null when none answers there. Throws as {@link askToErase} does. */
export function askForStatus(file: string): Promise<StatusAnswer | null> {
  return askControl(file, '/admin/status', StatusSchema, 'GET');
}

async function askControl<S extends v.GenericSchema>(
  file: string,
  path: string,
  schema: S,
  method: 'GET' | 'POST' = 'POST',
  body: Uint8Array = new Uint8Array(0),
): Promise<v.InferOutput<S> | null> {
  const text = await readPrivate(file);
  const control = text === null ? null : read(ControlFile, utf8(text));
  if (control === null) return null;
  const url = `${control.address}${path}`;
  try {
    const headers = { authorization: `Bearer ${control.token}` };
    const question = { method, headers, ...(body.length === 0 ? {} : { body }) };
    const answer = await ask(url, { ...question, limit: MAX_ANSWER_BYTES, timeout: PATIENCE });
    if (answer.status === 200 || answer.status === 201) {
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
