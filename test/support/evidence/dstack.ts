/** Trust domains of dstack's as the tests have them: a quote whose registers follow from an event log that names a compose file, and what a proxy in it serves. */

import { ed25519 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256, sha256, sha384 } from '../../../src/bytes/cryptography.js';
import { toHex } from '../../../src/bytes/hex.js';
import { concat, concatAll, utf8 } from '../../../src/bytes/octets.js';
import { personalMessageHash } from '../../../src/bytes/secp256k1.js';
import { makeQuote, type QuoteChanges } from './dcap.js';

export const APP_COMPOSE = '{"docker_compose_file":"services: {}","name":"example"}';
export const NONCE = Uint8Array.from({ length: 32 }, (_, at) => at);
export const TLS_KEY = sha256(utf8('a key of TLS'));
const RUNTIME_EVENT = 0x08000001;
const AT = { mrConfigId: 184, rtMr3: 472, reportData: 520 } as const;

export interface TestEvent {
  readonly imr: number;
  readonly event_type: number;
  readonly digest: string;
  readonly event: string;
  readonly event_payload: string;
}

export function runtimeEvent(event: string, payload: Uint8Array): TestEvent {
  const type = Uint8Array.of(1, 0, 0, 8);
  const digest = sha384(concatAll([type, utf8(':'), utf8(event), utf8(':'), payload]));
  return { imr: 3, event_type: RUNTIME_EVENT, digest: toHex(digest), event, event_payload: toHex(payload) };
}

/** Measured by the machine's firmware, in another register and in the same. */
export const OTHER_EVENT: TestEvent = {
  imr: 0,
  event_type: 1,
  digest: 'ab'.repeat(48),
  event: 'firmware',
  event_payload: '',
};
export const RAW_EVENT: TestEvent = { ...OTHER_EVENT, imr: 3 };

export const EVENTS: readonly TestEvent[] = [
  OTHER_EVENT,
  RAW_EVENT,
  runtimeEvent('app-id', utf8('app')),
  runtimeEvent('compose-hash', sha256(utf8(APP_COMPOSE))),
  runtimeEvent('system-ready', new Uint8Array()),
  // What an application may have measured afterwards.
  runtimeEvent('compose-hash', utf8('not the one')),
];

export function registerOf(events: readonly TestEvent[]): Uint8Array {
  let register: Uint8Array = new Uint8Array(48);
  for (const { imr, digest } of events)
    if (imr === 3)
      register = sha384(
        concat(
          register,
          Uint8Array.from(digest.match(/../g) ?? [], pair => Number.parseInt(pair, 16)),
        ),
      );
  return register;
}

export interface TrustDomainOptions extends QuoteChanges {
  readonly reportData?: Uint8Array;
  readonly events?: readonly TestEvent[];
  readonly mrConfigId?: Uint8Array;
}

export function trustDomainQuote({
  reportData,
  events = EVENTS,
  mrConfigId,
  ...changes
}: TrustDomainOptions = {}): Uint8Array {
  return makeQuote({
    ...changes,
    body: body => {
      body.fill(0, AT.reportData, AT.reportData + 64);
      body.set(reportData ?? new Uint8Array(), AT.reportData);
      body.set(registerOf(events), AT.rtMr3);
      body.fill(0, AT.mrConfigId, AT.mrConfigId + 48);
      body.set(mrConfigId ?? concat(Uint8Array.of(1), sha256(utf8(APP_COMPOSE))), AT.mrConfigId);
      changes.body?.(body);
    },
  });
}

const SECRET = new Uint8Array(32).fill(7);
export const ADDRESS = keccak256(secp256k1.getPublicKey(SECRET, false).subarray(1)).subarray(12);
export const EDWARDS_KEY = ed25519.getPublicKey(SECRET);

/** As Ethereum's wallets sign a text: `r ‖ s ‖ v`. */
export function signText(text: string, secret: Uint8Array = SECRET): Uint8Array {
  const signed = secp256k1.sign(personalMessageHash(text), secret, { prehash: false, format: 'recovered' });
  return concat(signed.subarray(1), Uint8Array.of(27 + (signed[0] as number)));
}

export const signTextEdwards = (text: string): Uint8Array => ed25519.sign(utf8(text), SECRET);

export interface ReportOptions {
  readonly algorithm?: 'ecdsa' | 'ed25519';
  /** SHA-256 of a key of TLS; null for a report without. */
  readonly tls?: Uint8Array | null;
  readonly nonce?: Uint8Array;
  /** What the quote carries, in place of what follows from the rest. */
  readonly reportData?: Uint8Array;
  readonly quote?: TrustDomainOptions;
  readonly members?: Readonly<Record<string, unknown>>;
}

/** One component's report, as `/v1/attestation/report` has it. */
export function dstackReport(options: ReportOptions = {}): Record<string, unknown> {
  const { algorithm = 'ecdsa', tls = TLS_KEY, nonce = NONCE } = options;
  const identity = algorithm === 'ecdsa' ? ADDRESS : EDWARDS_KEY;
  const first =
    tls === null ? concat(identity, new Uint8Array(32 - identity.length)) : sha256(concat(identity, tls));
  const reportData = options.reportData ?? concat(first, nonce);
  return {
    intel_quote: toHex(trustDomainQuote({ reportData, ...options.quote })),
    signing_address: `0x${toHex(identity)}`,
    signing_algo: algorithm,
    request_nonce: toHex(nonce),
    ...(tls === null ? {} : { tls_cert_fingerprint: toHex(tls) }),
    event_log: JSON.stringify(options.quote?.events ?? EVENTS),
    info: { tcb_info: JSON.stringify({ app_compose: APP_COMPOSE, mrtd: 'x' }) },
    nvidia_payload: null,
    ...options.members,
  };
}
