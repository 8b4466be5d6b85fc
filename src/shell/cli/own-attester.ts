/** What a gateway shows of its own machine, put together from the shells that know: who is asked for evidence, and the key at which its TLS ends. */
import { createPrivateKey, hash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import { parseSnpReport } from '../../evidence/snp/layout.js';
import { productOfCpu } from '../../evidence/snp/product.js';
import { Failure } from '../../reason.js';
import type { SnpEndorsement } from '../attester/tsm-report.js';
import type { DataFolder } from './data-folder.js';
import { UsageError } from './exit-code.js';
import type { AttesterKind } from './settings/config-schema.js';

/** With what TLS ends in this process, in PEM. */
export interface ListenerTls {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate's SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

/** Throws a usage error for one file without the other, and for two that do not belong together. */
export async function readListenerTls(
  certificateFile: string | undefined,
  keyFile: string | undefined,
): Promise<ListenerTls | null> {
  if (certificateFile === undefined && keyFile === undefined) return null;
  if (certificateFile === undefined || keyFile === undefined)
    throw new UsageError(
      'A TLS certificate and its key are given together: --tls-certificate and --tls-key.',
    );
  const [certificate, key] = await Promise.all([readPem(certificateFile), readPem(keyFile)]);
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificate);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error('another key');
  } catch {
    throw new UsageError(`${certificateFile} and ${keyFile} are no certificate and its key in PEM.`);
  }
  const spki = leaf.publicKey.export({ type: 'spki', format: 'der' });
  return { certificate, key, spki: new Uint8Array(hash('sha256', spki, 'buffer')) };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`);
  }
}

export interface OwnAttesterOptions {
  readonly attester: AttesterKind;
  readonly command: string | undefined;
  readonly folder: DataFolder;
  /** Whom to ask in place of the makers. */
  readonly collateral: { readonly pccs?: string; readonly kds?: string };
  readonly onProblem: (message: string) => void;
}

/** Throws a usage error for hardware that takes a program, and none is named. */
export async function openEvidenceSource(options: OwnAttesterOptions): Promise<EvidenceSource> {
  const { attester, command, folder } = options;
  if (attester === 'nitro') {
    if (command === undefined)
      throw new UsageError('Nitro is asked by a program: --attester nitro --attester-command <program>.');
    const { CommandSource } = await import('../attester/command-source.js');
    return new CommandSource(command);
  }
  if (command !== undefined) throw new UsageError('--attester-command is for --attester nitro.');
  if (attester === 'simulated') {
    const [{ SimulatedSource }, { openAttester }] = await Promise.all([
      import('../attester/simulated-source.js'),
      import('../attester/attester.js'),
    ]);
    return new SimulatedSource(await openAttester(folder.path));
  }
  const { TsmSource } = await import('../attester/tsm-report.js');
  return new TsmSource({ kind: attester, endorsement: await endorsementOf(options) });
}

/** What the host has given along comes first; what is missing then, AMD is asked for. */
async function endorsementOf({ folder, collateral, onProblem }: OwnAttesterOptions): Promise<SnpEndorsement> {
  const [{ snpCertificates }, { openMakers }] = await Promise.all([
    import('../attester/snp-certificates.js'),
    import('./evidence/makers.js'),
  ]);
  const told = ({ message }: Error) => onProblem(message);
  const { amd } = await openMakers(folder, collateral, { offline: false, onProblem: told });
  return async (report, auxblob) => {
    const given = auxblob === null ? new Map<string, Uint8Array>() : snpCertificates(auxblob);
    const { cpu, signingKey } = parseSnpReport(report).stated;
    const kind = signingKey === 'vlek' ? 'vlek' : 'vcek';
    const own = given.get(kind);
    // What is lent to a cloud only that cloud has.
    if (own === undefined && kind === 'vlek')
      throw new Failure('attester/unavailable', { detail: 'no VLEK' });
    const certificate = own ?? (await amd.vcek(report)).bytes;
    const line = cpu === null ? null : productOfCpu(cpu);
    const isComplete = given.has('ask') && given.has('ark');
    if (!isComplete && line === null) throw new Failure('attester/unavailable', { detail: 'no chain' });
    const fetched = isComplete || line === null ? null : await amd.signers(line, kind);
    return {
      signer: { kind, certificate },
      authority: fetched?.authority ?? given.get('ask') ?? null,
      root: fetched?.root ?? given.get('ark') ?? null,
    };
  };
}
