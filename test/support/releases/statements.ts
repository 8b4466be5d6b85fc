/** Statements about releases, as their makers sign them. */
import { createHash } from 'node:crypto';
import type { Json } from '../../../src/bytes/json.js';

export const SNP = '5a'.repeat(48);
export const RTMR1 = '51'.repeat(48);
export const RTMR2 = '52'.repeat(48);
export const MRTD = '3d'.repeat(48);
export const ARTEFACT = 'ab'.repeat(32);

const statement = (
  predicateType: string,
  predicate: Json,
  subject: Json,
): { readonly [name: string]: Json } => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject,
  predicateType,
  predicate,
});
const artefact = [{ name: 'deployment.json', digest: { sha256: ARTEFACT } }];

export const SOFTWARE = statement(
  'https://tinfoil.sh/predicate/snp-tdx-multiplatform/v1',
  { snp_measurement: SNP, tdx_measurement: { rtmr1: RTMR1, rtmr2: RTMR2 }, cmdline: 'ro' },
  artefact,
);

export const HARDWARE = statement(
  'https://tinfoil.sh/predicate/hardware-measurements/v1',
  { 'machine of the tests': { mrtd: MRTD, rtmr0: '30'.repeat(48) } },
  artefact,
);

export const PROVENANCE = statement(
  'https://slsa.dev/provenance/v1',
  {
    buildDefinition: {
      buildType: 'https://forge.example/workflow/v1',
      externalParameters: {
        workflow: { repository: 'https://forge.example/house/gateway', ref: 'refs/tags/v1.0.0' },
      },
      resolvedDependencies: [{ uri: 'git+https://forge.example/house/gateway', digest: { gitCommit: 'ab' } }],
    },
    runDetails: { builder: { id: 'https://forge.example/runner' } },
  },
  [
    { name: 'gateway.tgz', digest: { sha256: ARTEFACT } },
    { name: 'enclave', digest: { sha384: SNP } },
  ],
);

/** Of files by their names and texts, in that order. */
export function modelStatement(
  files: readonly (readonly [string, string])[],
  change: { readonly stated?: string; readonly predicate?: object } = {},
): Json {
  const hash = (data: string | Buffer) => createHash('sha256').update(data);
  const resources = files.map(([name, text]) => ({
    name,
    digest: hash(text).digest('hex'),
    algorithm: 'sha256',
  }));
  const all = hash(Buffer.concat(resources.map(({ digest }) => Buffer.from(digest, 'hex'))));
  return statement(
    'https://model_signing/signature/v1.0',
    {
      resources,
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: ['.git'] },
      ...change.predicate,
    } as Json,
    [{ name: 'model', digest: { sha256: change.stated ?? all.digest('hex') } }],
  );
}
