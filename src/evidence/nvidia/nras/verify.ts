/**
 * What NVIDIA's remote attestation service says of devices (NRAS): it has checked their evidence itself, and signs what it found. Who relies on it
 * trusts the service; nothing of the evidence is in the tokens but the nonce. Judging what it says is for `appraise/evidence/nras-policy.ts`.
 */
import { sha256, verifyForeign } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import { arePassed, type EvidenceCheck, type EvidenceReport, made, notMade, relying } from '../../report.js';
import type { PinnedRoot } from '../../x509/chain.js';
import { parseAnswer } from './answer.js';
import { checkKey, type NrasKey, type NrasTrust, parseKeySet } from './key-set.js';
import { type NrasToken, textOf, timeOf } from './token.js';

export type NrasCheckName = 'key' | 'signature' | 'issuer' | 'time' | 'devices' | 'nonce';

/** The service itself. Source: `NVIDIA/attestation-sdk`. */
export const NRAS_ISSUER = 'https://nras.attestation.nvidia.com';

export interface NrasInput {
  /** The service's answer: JSON, as it came. */
  readonly answer: Uint8Array;
  /** The service's key set of the time: JSON. */
  readonly keys: Uint8Array;
  readonly trust: NrasTrust;
  /** Unix seconds. */
  readonly asOf: number;
  readonly nonce?: Uint8Array;
  readonly issuer?: string;
}

export interface NrasFields {
  readonly issuer: string | null;
  /** The version of the claims. */
  readonly version: string | null;
  /** Whether all devices passed, as the service says it. */
  readonly result: boolean;
  /** Unix seconds. */
  readonly issued: number | null;
  readonly expires: number | null;
  /** Hexadecimal. */
  readonly nonce: string | null;
  readonly devices: readonly NrasDevice[];
}

export interface NrasDevice {
  /** `GPU-0`, `SWITCH-1`. */
  readonly name: string;
  readonly model: string | null;
  readonly ueid: string | null;
  readonly driverVersion: string | null;
  readonly biosVersion: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

export type NrasReport = EvidenceReport<'nras', NrasFields, NrasCheckName>;

/**
 * Checks the overall token and every device's, in the order of {@link NrasCheckName}. Each check goes on after another has failed; what tokens
 * say that nobody known has signed is not passed (`evidence/prerequisite-failed`).
 *
 * Throws `nras/malformed` or `nras/keys-malformed` for what cannot be read at all. The codes of failed checks: `nras/key-unknown` and those of
 * `checkKey`; `nras/algorithm-unsupported`, `nras/signature-invalid`; `nras/issuer-mismatch`; `nras/not-yet-valid`, `nras/expired`;
 * `nras/devices-mismatch`; `nras/nonce-mismatch`. Of checks that were not made: `nras/key-unknown` and `nras/nonce-not-given`.
 */
export async function verifyNras(input: NrasInput): Promise<NrasReport> {
  const { overall, devices, uncovered } = parseAnswer(input.answer);
  const keys = parseKeySet(input.keys);
  const tokens = [overall, ...devices];
  let root: PinnedRoot | null = null;
  const signed = [
    await made<NrasCheckName>(
      'key',
      'Every token names a key for which somebody trusted vouches.',
      async () => {
        for (const key of keysOf(tokens, keys)) root = (await checkKey(key, input.trust, input.asOf)) ?? root;
      },
    ),
    tokens.every(({ keyName }) => keys.has(keyName))
      ? await made<NrasCheckName>('signature', 'Those keys have signed every token.', () =>
          checkSignatures(tokens, keys),
        )
      : notMade<NrasCheckName>('signature', 'nras/key-unknown'),
  ];
  const said = [
    await made<NrasCheckName>('issuer', 'The service that was asked has issued every token.', () =>
      checkIssuer(tokens, input.issuer ?? NRAS_ISSUER),
    ),
    await made<NrasCheckName>('time', 'The tokens count at that time.', () => checkTimes(tokens, input.asOf)),
    await made<NrasCheckName>('devices', 'The overall token lists exactly these tokens of devices.', () =>
      checkDevices(overall, devices),
    ),
    await nonceCheck(tokens, input.nonce ?? null),
  ];
  const isSigned = arePassed(signed, 'key', 'signature');
  const checks = [...signed, ...said.map(check => relying(isSigned, check))];
  return {
    kind: 'nras',
    signedRegion: sha256(overall.signedBytes),
    whole: sha256(input.answer),
    uncovered,
    checks,
    fields: fieldsOf(overall, devices),
    root: rootOf(root),
  };
}

function rootOf(root: PinnedRoot | null): NrasReport['root'] {
  return root === null ? null : { name: root.name, simulated: root.simulated === true };
}

/** Each key once. */
function keysOf(tokens: readonly NrasToken[], keys: ReadonlyMap<string, NrasKey>): ReadonlySet<NrasKey> {
  return new Set(
    tokens.map(({ name, keyName }) => {
      const key = keys.get(keyName);
      if (key === undefined) throw new Failure('nras/key-unknown', { field: name });
      return key;
    }),
  );
}

async function checkSignatures(
  tokens: readonly NrasToken[],
  keys: ReadonlyMap<string, NrasKey>,
): Promise<void> {
  for (const { name, algorithm, keyName, signedBytes, signature } of tokens) {
    if (algorithm !== 'ES384') throw new Failure('nras/algorithm-unsupported', { field: name });
    const scheme = { name: 'ECDSA', curve: 'P-384', hash: 'SHA-384' } as const;
    const { spki } = keys.get(keyName) as NrasKey;
    if (!(await verifyForeign(scheme, spki, signedBytes, signature)))
      throw new Failure('nras/signature-invalid', { field: name });
  }
}

function checkIssuer(tokens: readonly NrasToken[], issuer: string): void {
  for (const token of tokens)
    if (textOf(token, 'iss') !== issuer) throw new Failure('nras/issuer-mismatch', { field: token.name });
}

function checkTimes(tokens: readonly NrasToken[], asOf: number): void {
  for (const token of tokens) {
    const [issued, begins, ends] = (['iat', 'nbf', 'exp'] as const).map(claim => timeOf(token, claim));
    // A token may leave out when it begins to count; when it was issued and when it ends has to be said. A time that is no number is in no span.
    const start = Object.hasOwn(token.claims, 'nbf') ? begins : issued;
    if (!isNumber(issued) || !isNumber(start) || !(asOf >= Math.max(issued, start)))
      throw new Failure('nras/not-yet-valid', { field: token.name });
    if (!isNumber(ends) || !(asOf < ends)) throw new Failure('nras/expired', { field: token.name });
  }
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

/** Source of the digests' form: RFC 9711 §4.2.18.2; they are of a token's text. */
function checkDevices({ claims }: NrasToken, devices: readonly NrasToken[]): void {
  const listed: ReadonlyMap<string, unknown> = new Map(Object.entries(Object(claims.submods)));
  if (listed.size !== devices.length)
    throw new Failure('nras/devices-mismatch', { detail: `${listed.size} listed, ${devices.length} given` });
  for (const { name, text } of devices) {
    const digest = toHex(sha256(utf8(text)));
    const expected = JSON.stringify(['DIGEST', ['SHA-256', digest]]);
    if (JSON.stringify(listed.get(name)) !== expected)
      throw new Failure('nras/devices-mismatch', { field: name });
  }
}

async function nonceCheck(
  tokens: readonly NrasToken[],
  nonce: Uint8Array | null,
): Promise<EvidenceCheck<NrasCheckName>> {
  const stated = tokens.map(token => textOf(token, 'eat_nonce'));
  const expected = nonce === null ? (stated[0] ?? null) : toHex(nonce);
  const check = await made<NrasCheckName>(
    'nonce',
    'Every token answers the nonce that was asked with.',
    () => {
      const other = stated.findIndex(own => own === null || own !== expected);
      if (other !== -1) throw new Failure('nras/nonce-mismatch', { field: tokens[other]?.name ?? 'overall' });
    },
  );
  return nonce === null && check.status === 'pass' ? notMade('nonce', 'nras/nonce-not-given') : check;
}

function fieldsOf(overall: NrasToken, devices: readonly NrasToken[]): NrasFields {
  return {
    issuer: textOf(overall, 'iss'),
    version: textOf(overall, 'x-nvidia-ver'),
    result: overall.claims['x-nvidia-overall-att-result'] === true,
    issued: timeOf(overall, 'iat'),
    expires: timeOf(overall, 'exp'),
    nonce: textOf(overall, 'eat_nonce'),
    devices: devices.map(device => ({
      name: device.name,
      model: textOf(device, 'hwmodel'),
      ueid: textOf(device, 'ueid'),
      driverVersion: textOf(device, 'x-nvidia-gpu-driver-version'),
      biosVersion:
        textOf(device, 'x-nvidia-gpu-vbios-version') ?? textOf(device, 'x-nvidia-switch-bios-version'),
      claims: device.claims,
    })),
  };
}
