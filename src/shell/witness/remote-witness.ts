/**
 * A witness that somebody else runs, asked over HTTP, or a mirror. Source: C2SP tlog-witness and tlog-mirror.
 *
 * A policy does not say which of the two a member is; its answers do. Who takes a checkpoint (200) without a line by a key of the member
 * is a mirror, which cosigns when it has the entries: they are brought to it, if there is somebody to do it. Where one URL serves a
 * witness and a mirror, they have two names, and are asked apart.
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
import { parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { WitnessPolicy } from '../../note/policy.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { parseNote } from '../../note/signed-note.js';
import type { AddCheckpointAnswer } from '../../note/witness.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { FillMirror, PolicyMember, SuppliedCheckpoint } from '../../tree/policy-member.js';
import { type Asked, ask } from '../http/client.js';

export interface RemoteWitnessOptions {
  /** The submission prefix: `<url>/add-checkpoint` is what is asked. */
  readonly url: string;
  /** Of one party, at least one. */
  readonly keys: readonly VerifierKey[];
  /** For a whole question and answer, in milliseconds. */
  readonly timeout: number;
  /** What fills it if it is a mirror. Without it, or without a supply, a mirror's answer is malformed. */
  readonly fill?: FillMirror | undefined;
}

/** Room for cosignatures by many keys, those of ML-DSA-44 included. */
const MAX_ANSWER_BYTES = 1 << 17;
/** What is shown of a refusal's text. */
const MAX_SHOWN = 200;

/**
 * Asks nothing yet. The witness throws, besides what `Witness` says, `peer/unreachable`, `peer/answer-too-large`,
 * `peer/answer-malformed` and `peer/answer-unexpected`, and of what other witnesses of ours refuse with: `witness/busy`,
 * `witness/closing`, `witness/entry-refused`, `witness/entries-mismatch` and `witness/entries-unchecked`.
 * A mirror throws what {@link FillMirror} does.
 */
export function openRemoteWitness({ url, keys, timeout, fill }: RemoteWitnessOptions): PolicyMember {
  const endpoint = `${url.replace(/\/+$/, '')}/add-checkpoint`;
  const isOurs = ({ name, keyId }: NoteSignature) =>
    keys.some(key => key.name === name && equal(key.id, keyId));
  const fromMirror = async (isSilent: boolean, { checkpoint, supply }: SuppliedCheckpoint) => {
    if (fill === undefined || supply === undefined) throw noKnownLine(endpoint);
    try {
      return await fill(parseCheckpoint(parseNote(checkpoint).text), supply);
    } catch (error) {
      // Who cosigns in other names and takes no entries is no mirror, but a witness under keys that the policy does not have.
      if (!isSilent && error instanceof Failure && error.code === 'peer/answer-unexpected')
        throw noKnownLine(endpoint);
      throw error;
    }
  };
  return {
    keys,
    addCheckpoint: async request => {
      const asked = await ask(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: formatAddCheckpoint(request),
        limit: MAX_ANSWER_BYTES,
        timeout,
        ...(request.supply && { signal: request.supply.signal }),
      });
      const answer = readAnswer(asked, endpoint);
      if (answer.status === 'stale') return answer;
      const first = answer.cosignatures.filter(isOurs);
      if (first.length > 0) return { status: 'cosigned', cosignatures: first };
      const isSilent = answer.cosignatures.length === 0;
      const later = (await fromMirror(isSilent, request)).filter(isOurs);
      if (later.length === 0) throw noKnownLine(endpoint);
      return { status: 'cosigned', cosignatures: later };
    },
  };
}

/**
 * The witnesses and mirrors of a policy that has their URLs. Keys of one name at one URL are those of one member; members without a URL are
 * left out, since nobody can ask them.
 *
 * @param timeout for a whole question and answer of a witness, in milliseconds
 * @param fillerOf what fills a mirror with this submission prefix; without it no mirror's cosignature is had
 */
export function remoteWitnessesOf(
  policy: WitnessPolicy,
  timeout: number,
  fillerOf?: (url: string) => FillMirror,
): PolicyMember[] {
  const members = new Map<string, { readonly url: string; readonly keys: VerifierKey[] }>();
  for (const { key, url } of policy.witnesses.values()) {
    if (url === null) continue;
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new Failure('policy/malformed', {
        field: key.name,
        detail: `${JSON.stringify(url)} is no http: or https: URL`,
      });
    const prefix = url.replace(/\/+$/, '');
    // Neither has a space.
    const known = members.get(`${prefix} ${key.name}`);
    if (known === undefined) members.set(`${prefix} ${key.name}`, { url: prefix, keys: [key] });
    else known.keys.push(key);
  }
  return [...members.values()].map(member =>
    openRemoteWitness({ ...member, timeout, fill: fillerOf?.(member.url) }),
  );
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

/** With whatever lines there are; none in a mirror's answer. */
function readAnswer({ status, headers, body }: Asked, endpoint: string): AddCheckpointAnswer {
  if (status === 200)
    return { status: 'cosigned', cosignatures: body.length === 0 ? [] : parseCosignatures(body) };
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

function noKnownLine(endpoint: string): Failure {
  return new Failure('peer/answer-malformed', { field: endpoint, detail: 'no line by a known key' });
}

/** What the witness says to a person: its first line, without anything that is not plain text. */
function firstLine(body: Uint8Array): string {
  const [line = ''] = (fromUtf8(body.subarray(0, 4 * MAX_SHOWN)) ?? '').split('\n');
  const plain = line.replaceAll(/[^ -~]/g, '?');
  if (plain.length <= MAX_SHOWN) return plain;
  // Whole words, unless there are none.
  return `${plain.slice(0, MAX_SHOWN).replace(/(?<=.) [^ ]*$/, '')} ...`;
}
