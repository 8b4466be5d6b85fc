/** What people name beside files of evidence: with what it is to be judged, and with what it is to be of one run. */
import { type Command, InvalidArgumentError } from 'commander';
import { CARRYING_FIELDS, CONVENTION_NAMES } from '../../../appraise/binding/conventions.js';
import type { Carrying } from '../../../appraise/binding/run.js';
import { fromHex } from '../../../bytes/hex.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { pemBlocks } from '../../../evidence/x509/pem.js';
import { parseVerifierKey, type VerifierKey } from '../../../note/key.js';
import { Failure } from '../../../reason.js';
import { parseBundle } from '../../../receipt/bundle.js';
import { readInput } from '../files.js';
import { timeArgument } from '../time-argument.js';
import type { GivenFiles } from './parts.js';
import { readPolicies } from './policies.js';

export interface MaterialOptions extends VouchedOptions {
  readonly policy?: string;
  /** Milliseconds. */
  readonly asOf?: number;
  readonly nonce?: Uint8Array;
  readonly collateral?: string;
  readonly chain: readonly string[];
  readonly crl: readonly string[];
  readonly ocsp: readonly string[];
  readonly manifest: readonly string[];
  readonly keys?: string;
}

/** Whom whoever asks believes beside the makers: for the keys of NVIDIA's attestation service, and for the status of certificates. */
export interface VouchedOptions {
  readonly responder: readonly Uint8Array[];
  readonly keysRoot?: string;
  readonly keysPin: readonly Uint8Array[];
}

export interface RunOptions {
  readonly carries: readonly Carrying[];
  readonly issuer?: VerifierKey;
  readonly tls?: Uint8Array;
  readonly statement?: string;
  readonly receipt?: string;
}

export const FILES =
  "a Nitro document, an SEV-SNP report, a TDX or SGX quote, evidence of NVIDIA (JSON or one device), or an answer of NVIDIA's attestation service: binary, hexadecimal or base64";

/** The options with which evidence is judged. */
export function withMaterialOptions(command: Command): Command {
  return withVouchedOptions(command)
    .option(
      '--as-of <time>',
      'judge as of this time, such as 2026-11-21T12:00:00Z (default: now)',
      timeArgument,
    )
    .option(
      '--policy <file>',
      'what to require, as JSON by kind: {"nitro": {…}, "snp": {…}, "tdx": {…}, "nvidia": {…}, "nras": {…}}',
    )
    .option(
      '--chain <file>',
      'certificates of evidence that comes without (SEV-SNP; one NVIDIA device), PEM or DER; repeat it in the order of the files',
      collect,
      [],
    )
    .option('--collateral <file>', "what Intel has published about a quote's platform, as JSON")
    .option(
      '--crl <file>',
      "a revocation list of AMD's root or NVIDIA's authorities; repeatable",
      collect,
      [],
    )
    .option('--ocsp <file>', "an OCSP answer about a certificate of NVIDIA's; repeatable", collect, [])
    .option(
      '--manifest <file>',
      "a reference manifest (RIM) of NVIDIA's, of driver or firmware; repeatable",
      collect,
      [],
    )
    .option('--keys <file>', "the keys (JWKS) of NVIDIA's attestation service, for its answers")
    .option('--nonce <hex>', 'the nonce that was asked with', octetsArgument);
}

export function withVouchedOptions(command: Command): Command {
  return command
    .option(
      '--responder <hex>',
      "SHA-256 of the SubjectPublicKeyInfo of an OCSP responder of your own, whose answers count as NVIDIA's; repeatable",
      collectDigest,
      [],
    )
    .option(
      '--keys-root <file>',
      "certificates up to the root that vouches for the keys of NVIDIA's attestation service, PEM or DER",
    )
    .option(
      '--keys-pin <hex>',
      'SHA-256 of the SubjectPublicKeyInfo of one of them that counts as it is; repeatable',
      collectDigest,
      [],
    );
}

/** The options that name the other parts of a run. */
export function withRunOptions(command: Command): Command {
  return command
    .option(
      '--carries <field=convention>',
      'what a field carries (spec/binding.md); repeatable',
      collectCarrying,
      [],
    )
    .option('--issuer <vkey>', 'the key that receipts are signed with', keyArgument)
    .option('--tls <hex>', 'SHA-256 of the SubjectPublicKeyInfo of the TLS connection', digestArgument)
    .option('--statement <file>', "a gateway's statement, whose digest its evidence carries")
    .option('--receipt <bundle>', 'a receipt that is to be of the same run');
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Plain bytes: a slice of a Buffer would share its memory. Throws a usage error for a file that cannot be read. */
export async function readEvidence(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readInput(path, MAX_FILE_BYTES));
}

/** Reads all that was named. Throws `evidence/policy-malformed`, `certificate/malformed`, and what reading a receipt throws. */
export async function givenFiles(
  files: readonly string[],
  options: MaterialOptions & Partial<RunOptions>,
): Promise<GivenFiles> {
  const { policy, statement, receipt, keys, carries = [] } = options;
  const optional = (path: string | undefined) => (path === undefined ? null : readEvidence(path));
  const all = (paths: readonly string[]) => Promise.all(paths.map(readEvidence));
  return {
    files: await Promise.all(files.map(async path => ({ path, bytes: await readEvidence(path) }))),
    chains: await all(options.chain),
    collateral: await optional(options.collateral),
    revocationLists: (await all(options.crl)).map(listIn),
    ocsp: await all(options.ocsp),
    responders: options.responder,
    manifests: await all(options.manifest),
    keys:
      keys === undefined
        ? null
        : {
            set: await readEvidence(keys),
            pins: options.keysPin,
            root: await optional(options.keysRoot),
          },
    policies: policy === undefined ? {} : readPolicies(await readEvidence(policy)),
    carries,
    others: {
      nonce: options.nonce ?? null,
      key: options.issuer === undefined ? null : { kind: 'issuer', key: options.issuer },
      tls: options.tls ?? null,
      epoch: null,
      statement: await optional(statement),
      receipt: receipt === undefined ? null : parseBundle(await readEvidence(receipt)).envelope,
      body: null,
    },
  };
}

/** A list in DER, or one in PEM. */
function listIn(bytes: Uint8Array): Uint8Array {
  const text = fromUtf8(bytes);
  return text?.startsWith('-----BEGIN') ? (pemBlocks(text, 'X509 CRL')[0] as Uint8Array) : bytes;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function collectCarrying(text: string, before: readonly Carrying[]): readonly Carrying[] {
  const [field, name, ...more] = text.split('=');
  const known = CARRYING_FIELDS.find(each => each === field);
  const convention = CONVENTION_NAMES.find(each => each === name);
  if (known === undefined || convention === undefined || more.length > 0)
    throw new InvalidArgumentError(
      `It takes one of ${CARRYING_FIELDS.join(', ')}, = and one of ${CONVENTION_NAMES.join(', ')}.`,
    );
  return [...before, { field: known, convention }];
}

export function octetsArgument(text: string): Uint8Array {
  const octets = fromHex(text.toLowerCase());
  if (octets === null || octets.length === 0) throw new InvalidArgumentError('It takes hexadecimal.');
  return octets;
}

function collectDigest(text: string, before: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...before, digestArgument(text)];
}

function digestArgument(text: string): Uint8Array {
  const digest = octetsArgument(text);
  if (digest.length !== 32) throw new InvalidArgumentError('It takes the 64 digits of a SHA-256.');
  return digest;
}

function keyArgument(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new InvalidArgumentError('It takes a verifier key, as C2SP signed-note writes it.');
  }
}
