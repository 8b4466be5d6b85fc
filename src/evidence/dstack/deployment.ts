/**
 * What ran in a trust domain of dstack's: the log of what was measured into RTMR3, and the compose file that is named in it. Nobody signs the log; it counts because
 * replaying it gives the register that the quote has. Source: `Dstack-TEE/dstack`, attestation guide; `nearai/nearai-cloud-verifier`, which computes the
 * digests of runtime events anew: a log that is only added up can say anything about what it has added.
 */
import * as v from 'valibot';
import { sha256, sha384 } from '../../bytes/cryptography.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { concat, concatAll, equal, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { TdReport } from '../dcap/body.js';
import { parseForeign, readMember } from '../foreign-json.js';

export interface Deployment {
  /** SHA-256 of the compose file: which software, with which images, in which configuration. */
  readonly composeDigest: Uint8Array;
}

export interface DeploymentParts {
  /** Verified. */
  readonly body: TdReport;
  /** JSON, or the text of it. */
  readonly eventLog: Json;
  /** The compose file, as a text of JSON. */
  readonly appCompose: string;
}

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const REGISTER = 3;
/** Of events that dstack measures itself. */
const RUNTIME_EVENT = 0x08000001;
/** What comes after it, the application may have measured. */
const BOOT_IS_OVER = 'system-ready';
/** What the first octet of MRCONFIGID says where the digest of the compose file follows it. */
const COMPOSE_IN_CONFIGURATION = 1;

const Log = {
  code: 'dstack/log-malformed',
  schema: v.pipe(
    v.array(
      v.object({
        imr: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(15)),
        event_type: v.exactOptional(
          v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
          0,
        ),
        digest: v.pipe(v.string(), v.maxLength(128)),
        event: v.exactOptional(v.pipe(v.string(), v.maxLength(1024)), ''),
        event_payload: v.exactOptional(v.pipe(v.string(), v.maxLength(256 * 1024)), ''),
      }),
    ),
    v.minLength(1),
    v.maxLength(4096),
  ),
} as const;

type Event = v.InferOutput<typeof Log.schema>[number];

/** Throws `dstack/log-malformed`, `dstack/log-mismatch` or `dstack/compose-mismatch`. */
export function checkDeployment({ body, eventLog, appCompose }: DeploymentParts): Deployment {
  const value =
    typeof eventLog === 'string'
      ? parseForeign(utf8(eventLog), { code: Log.code, maxBytes: MAX_LOG_BYTES }).value
      : eventLog;
  const events = readMember(value, Log).filter(({ imr }) => imr === REGISTER);
  if (events.length === 0)
    throw new Failure('dstack/log-malformed', { detail: `nothing of RTMR${REGISTER}` });
  let register: Uint8Array = new Uint8Array(48);
  for (const event of events) register = sha384(concat(register, digestOf(event)));
  if (!equal(register, body.rtMr[REGISTER]))
    throw new Failure('dstack/log-mismatch', { field: `RTMR${REGISTER}` });
  const composeDigest = sha256(utf8(appCompose));
  checkCompose(events, composeDigest);
  const [version, ...rest] = body.mrConfigId;
  if (version === COMPOSE_IN_CONFIGURATION && !equal(Uint8Array.from(rest.slice(0, 32)), composeDigest))
    throw new Failure('dstack/compose-mismatch', { field: 'MRCONFIGID' });
  return { composeDigest };
}

/** Of an event of dstack's own the digest follows from what it says; of others it is all there is. */
function digestOf({ event_type, event, event_payload, digest }: Event): Uint8Array {
  const stated = fromHex(digest.toLowerCase());
  if (event_type !== RUNTIME_EVENT) {
    if (stated?.length !== 48) throw new Failure('dstack/log-malformed', { detail: 'a digest that is none' });
    return stated;
  }
  const payload = fromHex(event_payload.toLowerCase());
  if (payload === null) throw new Failure('dstack/log-malformed', { detail: 'a payload that is none' });
  const type = Uint8Array.of(
    RUNTIME_EVENT & 0xff,
    (RUNTIME_EVENT >> 8) & 0xff,
    (RUNTIME_EVENT >> 16) & 0xff,
    RUNTIME_EVENT >>> 24,
  );
  const computed = sha384(concatAll([type, utf8(':'), utf8(event), utf8(':'), payload]));
  if (digest !== '' && (stated === null || !equal(stated, computed)))
    throw new Failure('dstack/log-mismatch', { field: event });
  return computed;
}

/** The one that was measured at boot: an application can measure what it likes after that. */
function checkCompose(events: readonly Event[], composeDigest: Uint8Array): void {
  const ofDstack = events.filter(({ event_type }) => event_type === RUNTIME_EVENT);
  const end = ofDstack.findIndex(({ event }) => event === BOOT_IS_OVER);
  const measured = ofDstack
    .slice(0, end < 0 ? undefined : end)
    .filter(({ event }) => event === 'compose-hash')
    .map(({ event_payload }) => event_payload.toLowerCase());
  if (measured.length !== 1 || measured[0] !== toHex(composeDigest))
    throw new Failure('dstack/compose-mismatch', { field: 'compose-hash' });
}
