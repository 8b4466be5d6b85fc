/** `GET /v1/closings/<epoch>[/leaves|/clients|/<client>/<counter>]`: the closing of an epoch, what it stands for, and what it says of a number. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { canonicalize, type Json } from '../../bytes/json.js';
import { parseDecimal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { leafProofJson } from '../../receipt/closing-proof.js';
import { envelopeBytes, envelopeJson } from '../../receipt/envelope.js';
import type { GatewayContext } from './context.js';
import { KeptClosing } from './epochs/kept-closing.js';
import { sendBody } from './respond.js';

/** Below `/v1/closings/`: an epoch, and what of it. */
const PATH = /^\/v1\/closings\/([a-z2-7]{26})(?:\/(leaves|clients)|\/([a-z2-7]{26})\/([0-9]{1,16}))?$/;

/** What a closing says never changes. */
const FOREVER = { 'cache-control': 'public, max-age=31536000, immutable' };

export interface AskedClosing {
  readonly epoch: string;
  readonly tree: 'leaves' | 'clients' | null;
  readonly number: { readonly client: string; readonly counter: number } | null;
}

/** What a path asks for, or null when it is none of these. */
export function askedClosing(path: string): AskedClosing | null {
  const [, epoch, tree, client, digits] = PATH.exec(path) ?? [];
  if (epoch === undefined) return null;
  if (client === undefined || digits === undefined)
    return { epoch, tree: tree === 'leaves' || tree === 'clients' ? tree : null, number: null };
  const counter = parseDecimal(digits);
  return counter === null || counter === 0 ? null : { epoch, tree: null, number: { client, counter } };
}

export async function handleClosing(
  { epochs }: Pick<GatewayContext, 'epochs'>,
  { epoch, tree, number }: AskedClosing,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const kept = await KeptClosing.open(epochs.folder, epoch);
  if (kept === null) throw new Failure('closing/unknown');
  if (tree !== null) return sendFile(kept.file(tree), request, response);
  const body =
    number === null
      ? envelopeBytes(kept.envelope)
      : canonicalize({
          closing: envelopeJson(kept.envelope),
          leaf: leafProofJson(await kept.prove(number.client, number.counter)) as Json,
        });
  sendBody(response, 200, { 'content-type': 'application/json', ...FOREVER }, body);
}

async function sendFile(path: string, { method }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { size } = await stat(path);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': size,
    ...FOREVER,
  });
  if (method === 'HEAD') response.end();
  // A client that leaves ends it; there is nothing to be told.
  else pipeline(createReadStream(path), response, () => undefined);
}
