/**
 * A witness that somebody else runs, asked over HTTP. Source: C2SP tlog-witness.
 *
 * Its answers are not trusted: they may be late, endless or wrong. What it returns as cosignatures is read here and judged by the log,
 * which knows the text that they have to be of.
 */
import { equal, fromUtf8 } from '../../bytes/octets.js';
import {
  formatAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
  TREE_SIZE_TYPE,
} from '../../note/add-checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { WitnessPolicy } from '../../note/policy.js';
import type { AddCheckpointAnswer, Witness } from '../../note/witness.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { type Asked, ask } from '../http/client.js';

export interface RemoteWitnessOptions {
  /** The submission prefix: `<url>/add-checkpoint` is what is asked. */
  readonly url: string;
  /** Of one party, at least one. */
  readonly keys: readonly VerifierKey[];
  /** For a whole question and answer, in milliseconds. */
  readonly timeout: number;
}

/** Room for cosignatures by many keys, those of ML-DSA-44 included. */
const MAX_ANSWER_BYTES = 1 << 17;
/** What is shown of a refusal's text. */
const MAX_SHOWN = 200;

/**
 * Asks nothing yet. The witness throws, besides what {@link Witness} says, `peer/unreachable`, `peer/answer-too-large`,
 * `peer/answer-malformed` and `peer/answer-unexpected`, and of what other witnesses of ours refuse with: `witness/busy`,
 * `witness/closing`, `witness/entry-refused`, `witness/entries-mismatch` and `witness/entries-unchecked`.
 */
export function openRemoteWitness({ url, keys, timeout }: RemoteWitnessOptions): Witness {
  const endpoint = `${url.replace(/\/+$/, '')}/add-checkpoint`;
  return {
    keys,
    addCheckpoint: async request => {
      const body = formatAddCheckpoint(request);
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      const asked = await ask(endpoint, { method: 'POST', headers, body, limit: MAX_ANSWER_BYTES, timeout });
      return readAnswer(asked, keys, endpoint);
    },
  };
}

/**
 * The witnesses of a policy that has their URLs. Members with one URL are one witness with several keys; members without are left out,
 * since nobody can ask them.
 *
 * @param timeout for a whole question and answer, in milliseconds
 */
export function remoteWitnessesOf(policy: WitnessPolicy, timeout: number): Witness[] {
  const keys = new Map<string, VerifierKey[]>();
  for (const { key, url } of policy.witnesses.values()) {
    if (url === null) continue;
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new Failure('policy/malformed', { field: key.name, detail: 'a URL that is not http: or https:' });
    const prefix = url.replace(/\/+$/, '');
    keys.set(prefix, [...(keys.get(prefix) ?? []), key]);
  }
  return [...keys].map(([url, ownKeys]) => openRemoteWitness({ url, keys: ownKeys, timeout }));
}

/** The failures that a status may stand for. The first is meant when the witness does not say, in our header, that it is another. */
const FAILURES: ReadonlyMap<number, readonly [ReasonCode, ...ReasonCode[]]> = new Map<
  number,
  readonly [ReasonCode, ...ReasonCode[]]
>([
  [400, ['witness/old-size-too-large', 'note/malformed', 'checkpoint/malformed', 'request/body-malformed']],
  [403, ['checkpoint/log-signature-missing', 'note/signature-invalid', 'request/host-refused']],
  [404, ['checkpoint/origin-mismatch', 'request/route-unknown']],
  [422, ['witness/consistency-invalid', 'witness/entry-refused', 'witness/entries-mismatch']],
  [503, ['peer/answer-unexpected', 'witness/busy', 'witness/closing', 'witness/entries-unchecked']],
]);

function readAnswer(asked: Asked, keys: readonly VerifierKey[], endpoint: string): AddCheckpointAnswer {
  const { status, headers, body } = asked;
  if (status === 200) {
    const isOurs = ({ name, keyId }: { readonly name: string; readonly keyId: Uint8Array }) =>
      keys.some(key => key.name === name && equal(key.id, keyId));
    const cosignatures = parseCosignatures(body).filter(isOurs);
    if (cosignatures.length > 0) return { status: 'cosigned', cosignatures };
    throw new Failure('peer/answer-malformed', { field: endpoint, detail: 'no line by a known key' });
  }
  if (status === 409) {
    // Another kind of conflict is not about sizes.
    if (headers['content-type'] !== TREE_SIZE_TYPE)
      throw new Failure('peer/answer-malformed', { field: endpoint, detail: 'a conflict without a size' });
    return { status: 'stale', size: parseTreeSize(body) };
  }
  const codes = FAILURES.get(status) ?? ['peer/answer-unexpected'];
  const stated = String(headers['countersign-reason']);
  const code = codes.find(known => known === stated) ?? codes[0];
  throw new Failure(code, { field: endpoint, detail: `HTTP ${status}: ${firstLine(body)}` });
}

/** What the witness says to a person: its first line, without anything that is not plain text. */
function firstLine(body: Uint8Array): string {
  const [line = ''] = (fromUtf8(body.subarray(0, 4 * MAX_SHOWN)) ?? '').split('\n');
  return line.replaceAll(/[^ -~]/g, '?').slice(0, MAX_SHOWN);
}
