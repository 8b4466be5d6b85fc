import { describe, expect, it } from 'vitest';
import {
  keyUsage,
  makeAuthority,
  makeCertificate,
  pem,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import '../node.js';
import {
  ISSUER_NAME,
  type MutableBundle,
  makeSigstore,
  SIGNED_AT,
  type SigningOptions,
  signBundle,
  signPlainly,
  WORKFLOW,
} from '../../../test/support/releases/sigstore-maker.js';
import {
  ARTEFACT,
  HARDWARE,
  MRTD,
  modelStatement,
  PROVENANCE,
  RTMR1,
  RTMR2,
  SNP,
  SOFTWARE,
} from '../../../test/support/releases/statements.js';
import type { Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import type { ReleasePolicy } from '../../evidence/release/release.js';
import { formatPem } from '../../evidence/x509/pem.js';
import type { ReasonCode } from '../../reason.js';
import { subjectDigest } from '../engine/digest.js';
import { type ReleaseTrust, verifyRelease } from './verify-release.js';

const SIGSTORE = makeSigstore();
const OTHER = makeSigstore();
const ROOT = utf8(JSON.stringify(SIGSTORE.root));
const ANY: ReleasePolicy = { predicateType: null, measured: [], subject: null, builder: null, source: null };
const TRUST: ReleaseTrust = { by: 'sigstore', bytes: ROOT, issuer: ISSUER_NAME, identity: WORKFLOW };

const verified = (
  statement: Json | Uint8Array,
  options: SigningOptions = {},
  policy: Partial<ReleasePolicy> = {},
  trust: ReleaseTrust = TRUST,
) => verifyRelease(signBundle(SIGSTORE, statement, options), trust, { ...ANY, ...policy });

describe('a release that is signed through Sigstore', () => {
  it('says who has signed what it measures', async () => {
    expect(await verified(SOFTWARE)).toMatchObject({
      what: { kind: 'software', measurements: [RTMR1, RTMR2, SNP].sort() },
      signer: { issuer: ISSUER_NAME, identity: WORKFLOW },
      subjects: ['deployment.json'],
      provenance: null,
    });
    expect((await verified(HARDWARE)).what).toEqual({ kind: 'software', measurements: [MRTD] });
  });

  it('is of whichever release of a workflow, where that is left open', async () => {
    const open = WORKFLOW.replace('v1.0.0', '*');
    const trust = { ...TRUST, identity: open } as ReleaseTrust;
    expect((await verified(SOFTWARE, {}, {}, trust)).signer.identity).toBe(WORKFLOW);
    const branch = { identity: WORKFLOW.replace('refs/tags/v1.0.0', 'refs/heads/main') };
    await expect(verified(SOFTWARE, branch, {}, trust)).rejects.toMatchObject({
      code: 'sigstore/identity-refused',
    });
  });

  it('says who has built it from what, and takes a subject for a measurement that is named as one', async () => {
    const policy = {
      measured: ['enclave'],
      builder: 'https://forge.example/runner',
      source: 'https://forge.example/house/gateway',
      subject: ARTEFACT,
    };
    expect(await verified(PROVENANCE, {}, policy)).toMatchObject({
      what: { kind: 'software', measurements: [SNP] },
      provenance: {
        builder: 'https://forge.example/runner',
        source: 'https://forge.example/house/gateway@refs/tags/v1.0.0',
      },
    });
  });

  it('of a model has the digest that receipts of ours have of the same files', async () => {
    const files = [
      ['config.json', '{}'],
      ['weights/a.bin', 'weights'],
    ] as const;
    const { what } = await verified(modelStatement(files));
    const digest = subjectDigest(files.map(([path, text]) => ({ path, bytes: utf8(text) })));
    expect(what).toEqual({
      kind: 'model',
      model: { digest, name: 'model', files: 2, asReceiptsHaveIt: true },
    });
  });
});

const entryOf = (bundle: MutableBundle) => bundle.verificationMaterial.tlogEntries[0];
const otherBase64 = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
const withStatement = (bundle: MutableBundle, statement: Json) => {
  bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
};

const REFUSED: readonly [string, ReasonCode, SigningOptions][] = [
  ['by another workflow', 'sigstore/identity-refused', { identity: WORKFLOW.replace('house', 'mouse') }],
  ['by a workflow whose name goes on', 'sigstore/identity-refused', { identity: `${WORKFLOW}-and-more` }],
  ['through another issuer', 'sigstore/issuer-refused', { issuer: 'https://issuer.example.evil' }],
  [
    'by a certificate that had expired when it was logged',
    'sigstore/certificate-expired',
    { loggedAt: SIGNED_AT + 3600 },
  ],
  ['by a certificate that began later', 'sigstore/certificate-expired', { notBefore: SIGNED_AT + 60 }],
  ['by a certificate of another authority', 'sigstore/certificate-unknown', { authority: OTHER.authority }],
  ['by a certificate that no log has seen', 'sigstore/certificate-unlogged', { isCertificateLogged: false }],
  [
    'by a certificate that another log has seen',
    'sigstore/certificate-unlogged',
    { certificateLog: OTHER.certificateLog },
  ],
  ['by a certificate for servers', 'sigstore/certificate-unfit', { purpose: '1.3.6.1.5.5.7.3.1' }],
  ['by another key', 'sigstore/signature-invalid', { signer: testKeys('P-256') }],
  [
    'and changed',
    'sigstore/entry-differs',
    { changed: bundle => withStatement(bundle, { ...SOFTWARE, predicateType: 'https://example.com/other' }) },
  ],
  [
    'with the signature of another',
    'sigstore/entry-differs',
    {
      changed: bundle => {
        const [signature] = bundle.dsseEnvelope.signatures;
        signature.sig = otherBase64(signature.sig);
      },
    },
  ],
  [
    'and logged as another statement',
    'sigstore/entry-differs',
    {
      logged: body => ({
        ...body,
        spec: { ...(body.spec as object), payloadHash: { algorithm: 'sha256', value: '00'.repeat(32) } },
      }),
    },
  ],
  ['in another log', 'sigstore/promise-invalid', { log: OTHER.log }],
  [
    'with a promise of another time',
    'sigstore/promise-invalid',
    {
      changed: bundle => {
        entryOf(bundle).integratedTime = `${SIGNED_AT + 1}`;
      },
    },
  ],
  [
    'with a proof of another entry',
    'sigstore/proof-invalid',
    {
      changed: bundle => {
        entryOf(bundle).inclusionProof.logIndex = '1';
      },
    },
  ],
  [
    'with a proof through other hashes',
    'sigstore/proof-invalid',
    {
      changed: bundle => {
        const { hashes } = entryOf(bundle).inclusionProof;
        hashes[0] = otherBase64(hashes[0]);
      },
    },
  ],
  [
    'with a checkpoint that somebody else has signed',
    'sigstore/proof-invalid',
    {
      changed: bundle => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace(
          / ([A-Za-z0-9+/=]+)\n$/,
          (_: string, text: string) => {
            const bytes = Buffer.from(text, 'base64');
            bytes[20] = (bytes[20] ?? 0) ^ 1;
            return ` ${bytes.toString('base64')}\n`;
          },
        );
      },
    },
  ],
  [
    'with a checkpoint of another tree than its proof',
    'sigstore/checkpoint-differs',
    {
      changed: bundle => {
        entryOf(bundle).inclusionProof.treeSize = '5';
      },
    },
  ],
  [
    'with a checkpoint of another log than has signed it',
    'sigstore/checkpoint-differs',
    {
      changed: bundle => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace('rekor.example - 42', 'rekor.evil - 42');
      },
    },
  ],
  [
    'that nobody has stamped',
    'sigstore/time-missing',
    {
      changed: bundle => {
        delete entryOf(bundle).inclusionPromise;
      },
    },
  ],
  [
    'in no log',
    'sigstore/entry-missing',
    {
      changed: bundle => {
        bundle.verificationMaterial.tlogEntries = [];
      },
    },
  ],
  [
    'of version 0.2',
    'sigstore/version-unsupported',
    {
      changed: bundle => {
        bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2';
      },
    },
  ],
  [
    'of bytes that are elsewhere',
    'sigstore/content-unsupported',
    {
      changed: bundle => {
        bundle.messageSignature = { messageDigest: {}, signature: '' };
        delete bundle.dsseEnvelope;
      },
    },
  ],
  [
    'by a key',
    'sigstore/signer-differs',
    {
      changed: bundle => {
        delete bundle.verificationMaterial.certificate;
        bundle.verificationMaterial.publicKey = { hint: 'one' };
      },
    },
  ],
  [
    'with a member that nobody knows',
    'sigstore/bundle-malformed',
    {
      changed: bundle => {
        bundle.verificationMaterial.trusted = true;
      },
    },
  ],
  [
    'with base64 that nobody writes',
    'sigstore/bundle-malformed',
    {
      changed: bundle => {
        bundle.dsseEnvelope.payload = `${bundle.dsseEnvelope.payload} `;
      },
    },
  ],
  [
    'with a name that is a pattern',
    'sigstore/bundle-malformed',
    {
      changed: bundle => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace('\u2014 rekor.example', '\u2014 (([a-z./:]+)+)+!');
      },
    },
  ],
];

describe('a bundle is refused that is signed', () => {
  it.each(REFUSED)('%s: %s', async (_, code, options) => {
    await expect(verified(SOFTWARE, options)).rejects.toMatchObject({ name: 'Failure', code });
  });
});

describe('a statement is refused', () => {
  it.each<[string, ReasonCode, Json, Partial<ReleasePolicy>, SigningOptions]>([
    [
      'of another type of payload',
      'release/payload-unsupported',
      SOFTWARE,
      {},
      { payloadType: 'text/plain' },
    ],
    ['of an older form', 'release/statement-malformed', { ...SOFTWARE, _type: 'v0.1' }, {}, {}],
    ['with a member that nobody knows', 'release/statement-malformed', { ...SOFTWARE, more: 1 }, {}, {}],
    ['about nothing', 'release/subject-missing', { ...SOFTWARE, subject: [] }, {}, {}],
    [
      'about something without a digest',
      'release/subject-missing',
      { ...SOFTWARE, subject: [{ name: 'a', digest: {} }] },
      {},
      {},
    ],
    ['about something else', 'release/subject-differs', SOFTWARE, { subject: 'cd'.repeat(32) }, {}],
    [
      'of another kind',
      'release/predicate-refused',
      SOFTWARE,
      { predicateType: 'https://slsa.dev/provenance/v1' },
      {},
    ],
    [
      'without measurements',
      'release/measurement-missing',
      { ...SOFTWARE, predicate: { snp_measurement: SNP } },
      {},
      {},
    ],
    ['of a kind that has none', 'release/measurement-missing', PROVENANCE, {}, {}],
    ['without a subject that is named', 'release/measurement-missing', PROVENANCE, { measured: ['vm'] }, {}],
    [
      'with a digest of another length than its hash has',
      'release/measurement-missing',
      { ...PROVENANCE, subject: [{ name: 'vm', digest: { sha384: 'ab'.repeat(32) } }] },
      { measured: ['vm'] },
      {},
    ],
    ['of another builder', 'release/builder-refused', PROVENANCE, { builder: 'https://forge.example' }, {}],
    ['that names no builder', 'release/builder-refused', SOFTWARE, { builder: 'https://forge.example' }, {}],
    [
      'from another source',
      'release/source-refused',
      PROVENANCE,
      { source: 'https://forge.example/house/gate' },
      {},
    ],
    ['with half a provenance', 'release/statement-malformed', { ...PROVENANCE, predicate: {} }, {}, {}],
    [
      'of a model whose digest is of other files',
      'release/manifest-differs',
      modelStatement([['a', 'b']], { stated: 'ab'.repeat(32) }),
      {},
      {},
    ],
    ['of a model without files', 'release/manifest-malformed', modelStatement([]), {}, {}],
    [
      'of a model with a file outside of it',
      'release/manifest-malformed',
      modelStatement([['../a', 'b']]),
      {},
      {},
    ],
    [
      'of a model with a file twice',
      'release/manifest-malformed',
      modelStatement([
        ['a', 'b'],
        ['a', 'c'],
      ]),
      {},
      {},
    ],
    [
      'of a model with digests of another length',
      'release/manifest-malformed',
      modelStatement([['a', 'b']], {
        predicate: { serialization: { method: 'files', hash_type: 'blake2b', allow_symlinks: false } },
      }),
      {},
      {},
    ],
  ])('%s: %s', async (_, code, statement, policy, options) => {
    await expect(verified(statement, options, policy)).rejects.toMatchObject({ name: 'Failure', code });
  });
});

describe('a release that is signed by a key', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)('of %s is what that key has signed', async type => {
    const keys = testKeys(type);
    const bytes = utf8(formatPem('PUBLIC KEY', [keys.spki]));
    const release = await verifyRelease(
      signPlainly(keys, modelStatement([['a', 'b']])),
      { by: 'key', bytes },
      ANY,
    );
    expect(release.signer).toEqual({
      issuer: null,
      identity: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    const other = utf8(formatPem('PUBLIC KEY', [testKeys(type).spki]));
    await expect(
      verifyRelease(signPlainly(keys, SOFTWARE), { by: 'key', bytes: other }, ANY),
    ).rejects.toMatchObject({ code: 'sigstore/signature-invalid' });
  });

  it('is not one that is signed through Sigstore, nor by a key that signs nothing here', async () => {
    const bytes = utf8(formatPem('PUBLIC KEY', [testKeys('P-256').spki]));
    await expect(
      verifyRelease(signBundle(SIGSTORE, SOFTWARE), { by: 'key', bytes }, ANY),
    ).rejects.toMatchObject({ code: 'sigstore/signer-differs' });
    const keys = testKeys('RSA-2048');
    const rsa = utf8(formatPem('PUBLIC KEY', [keys.spki]));
    await expect(
      verifyRelease(signPlainly(testKeys('P-256'), SOFTWARE), { by: 'key', bytes: rsa }, ANY),
    ).rejects.toMatchObject({ code: 'sigstore/certificate-unfit' });
    for (const text of ['', 'hello', formatPem('PUBLIC KEY', [keys.spki, keys.spki])])
      await expect(
        verifyRelease(signPlainly(testKeys('P-256'), SOFTWARE), { by: 'key', bytes: utf8(text) }, ANY),
      ).rejects.toMatchObject({ name: 'Failure' });
  });
});

describe('a release that is signed by a certificate of an authority', () => {
  const root = makeAuthority({ subject: 'root of the tests' });
  const between = makeAuthority({ subject: 'between', issuer: root });
  const keys = testKeys('P-384');
  const signer = makeCertificate({
    subject: 'releases of the house',
    keys,
    issuer: between,
    extensions: [keyUsage('digitalSignature')],
  });
  const trust: ReleaseTrust = {
    by: 'authority',
    bytes: utf8(pem(root.certificate)),
    identity: 'releases of the house',
    asOf: SIGNED_AT * 1000,
  };
  const signed = signPlainly(keys, SOFTWARE, [signer.certificate, between.certificate]);

  it('is what its holder has signed, with the root in the bundle or not', async () => {
    const whole = signPlainly(
      keys,
      SOFTWARE,
      [signer, between, root].map(({ certificate }) => certificate),
    );
    for (const bundle of [signed, whole])
      expect((await verifyRelease(bundle, trust, ANY)).signer).toEqual({
        issuer: 'root of the tests',
        identity: 'releases of the house',
      });
  });

  it.each<[string, ReasonCode, Uint8Array, Partial<ReleaseTrust>]>([
    ['another holder', 'sigstore/identity-refused', signed, { identity: 'releases' }],
    [
      'another root of the same name',
      'certificate/signature-invalid',
      signed,
      { bytes: utf8(pem(makeAuthority({ subject: 'root of the tests' }).certificate)) },
    ],
    [
      'another root',
      'certificate/root-unknown',
      signed,
      { bytes: utf8(pem(makeAuthority({ subject: 'other' }).certificate)) },
    ],
    ['a later time', 'certificate/expired', signed, { asOf: Date.UTC(2035, 0, 1) }],
    [
      'another key',
      'sigstore/signature-invalid',
      signPlainly(testKeys('P-384'), SOFTWARE, [signer.certificate, between.certificate]),
      {},
    ],
    [
      'an authority',
      'sigstore/certificate-unfit',
      signPlainly(between.keys, SOFTWARE, [between.certificate, root.certificate]),
      { identity: 'between' },
    ],
    ['a bare key', 'sigstore/signer-differs', signPlainly(keys, SOFTWARE), {}],
  ])('is refused of %s: %s', async (_, code, bundle, change) => {
    await expect(verifyRelease(bundle, { ...trust, ...change } as ReleaseTrust, ANY)).rejects.toMatchObject({
      code,
    });
  });
});

describe('a trusted root', () => {
  it.each(['', '[]', '{}', '{"tlogs": 1}', '{"certificateAuthorities":[{}]}'])(
    'that is none is refused: %s',
    async text => {
      await expect(
        verified(SOFTWARE, {}, {}, { ...TRUST, bytes: utf8(text) } as ReleaseTrust),
      ).rejects.toMatchObject({ name: 'Failure' });
    },
  );
});
