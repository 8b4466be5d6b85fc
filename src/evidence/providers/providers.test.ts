import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeReport } from '../../../test/support/evidence/aci.js';
import { dstackReport } from '../../../test/support/evidence/dstack.js';
import {
  ANSWERS,
  CERTIFICATE,
  chutesAnswers,
  DEPLOYMENT,
  ENCAPSULATION_KEY,
  NONCE,
  nearAnswer,
  OPENGRADIENT_NONCE,
  openGradientAnswer,
  phalaAnswer,
  TINFOIL_ITEMS,
  TLS_KEY,
  tinfoilDocument,
} from '../../../test/support/evidence/providers.js';
import { reasonOf } from '../../../test/support/failure.js';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { PROVIDER_NAMES, type ProviderName } from './provider.js';
import { attestedProvider, PROVIDERS } from './providers.js';

type Attested = keyof typeof ANSWERS;
const ATTESTED = Object.keys(ANSWERS) as readonly Attested[];
const read = (name: Attested, answers: readonly Uint8Array[] = ANSWERS[name].answers) =>
  attestedProvider(name).read(answers, ANSWERS[name].nonce);
const codeOf = (name: Attested, ...answers: readonly Uint8Array[]) => reasonOf(() => read(name, answers));

describe('the table of providers', () => {
  it('has each under its name', () => {
    expect(Object.keys(PROVIDERS).toSorted()).toEqual([...PROVIDER_NAMES].toSorted());
    for (const name of PROVIDER_NAMES) expect(PROVIDERS[name].name).toBe(name);
  });

  it.each<readonly [ProviderName, readonly string[]]>([
    ['tinfoil', [`/.well-known/tinfoil-attestation?nonce=${toHex(NONCE)}`]],
    [
      'near',
      [`/v1/attestation/report?nonce=${toHex(NONCE)}&signing_algo=ecdsa&include_tls_fingerprint=true`],
    ],
    ['phala', [`/v1/attestation/report?version=2&signing_algo=ecdsa&nonce=${toHex(NONCE)}`]],
    ['aci', [`/v1/aci/attestation?nonce=${toHex(NONCE)}`]],
    ['chutes', [`/chutes/${DEPLOYMENT}/evidence?nonce=${toHex(NONCE)}`, `/e2e/instances/${DEPLOYMENT}`]],
    ['opengradient', [`/enclave/attestation?nonce=${toHex(OPENGRADIENT_NONCE)}`]],
    ['countersign', [`/v1/attestation?nonce=${toHex(NONCE)}`]],
  ])('%s is asked at %j', (name, paths) => {
    const provider = attestedProvider(name);
    const nonce = NONCE.subarray(0, provider.nonceBytes);
    const requests = provider.attestationRequests(nonce, DEPLOYMENT);
    expect(requests).toEqual(paths.map(path => ({ method: 'GET', path, body: null })));
  });

  it.each(['', '../servers', 'a/b', 'a?b', 'a'.repeat(65)])(
    'a deployment %j goes into no path',
    deployment => {
      expect(reasonOf(() => attestedProvider('chutes').attestationRequests(NONCE, deployment))).toBe(
        'provider/answer-malformed',
      );
    },
  );

  it('Privatemode serves nothing to check', () => {
    expect(reasonOf(() => attestedProvider('privatemode'))).toBe('provider/unattestable');
  });

  it.each(ATTESTED)('%s: every key that is stated is tied to the evidence, and so is the nonce', name => {
    for (const { carried, boundKeys } of read(name)) {
      const bound = carried.flatMap(({ binds }) => binds);
      expect(bound).toEqual(expect.arrayContaining(['nonce', ...boundKeys.map(({ use }) => use)]));
    }
  });

  it.each(ATTESTED)('%s: an answer that is empty, no JSON, or too much is none', name => {
    const second = ANSWERS[name].answers.slice(1);
    for (const answer of [
      utf8(''),
      utf8('x'),
      utf8('[]'),
      utf8('null'),
      new Uint8Array(20_000_000).fill(0x20),
    ])
      expect(['provider/answer-malformed', 'aci/report-malformed', 'nitro/malformed']).toContain(
        codeOf(name, answer, ...second),
      );
  });
});

describe('Tinfoil', () => {
  it('binds a TLS key and one to encrypt to, whichever the machine is', () => {
    const keys = [
      { use: 'tls', of: 'key', sha256: TLS_KEY },
      { use: 'encryption', algorithm: 'x25519-hpke', key: new Uint8Array(32).fill(0xcd) },
    ];
    expect(read('tinfoil')).toMatchObject([
      { name: null, boundKeys: keys, evidence: { kind: 'sev-snp', revocations: null } },
    ]);
    expect(read('tinfoil', [tinfoilDocument({ tee: 'tdx' })])).toMatchObject([
      { boundKeys: keys, evidence: { kind: 'tdx' } },
    ]);
  });

  it('AMD’s list of revocations comes along where it is there', () => {
    const entry = {
      role: 'endorsement',
      format: 'https://tinfoil.sh/collateral/amd-crl/v1',
      subjects: ['cpu'],
      data: { crl_der_base64: 'AAAA' },
    };
    const [instance] = read('tinfoil', [
      tinfoilDocument({ change: document => document.collateral.push(entry) }),
    ]);
    expect(instance?.evidence).toMatchObject({ revocations: new Uint8Array(3) });
  });

  it('another nonce, and sections that are not what is endorsed', () => {
    expect(codeOf('tinfoil', tinfoilDocument({ nonce: NONCE.with(0, 1) }))).toBe('provider/nonce-mismatch');
    for (const section of ['crypto_material', 'device_evidence'])
      expect(
        codeOf(
          'tinfoil',
          tinfoilDocument({
            change: document => {
              document[section] = toBase64(utf8('{}'));
            },
          }),
        ),
      ).toBe('provider/binding-mismatch');
  });

  it.each<readonly [string, NonNullable<Parameters<typeof tinfoilDocument>[0]>]>([
    [
      'version 2, which has no nonce',
      {
        change: document => {
          document.format = 'https://tinfoil.sh/predicate/sev-snp-guest/v2';
        },
      },
    ],
    [
      'another algorithm',
      {
        change: document => {
          document.challenge.report_data_algorithm = 'x';
        },
      },
    ],
    [
      'another TEE',
      {
        change: document => {
          document.cpu_evidence.format = 'x';
        },
      },
    ],
    [
      'no report',
      {
        change: document => {
          document.cpu_evidence.report_base64 = '';
        },
      },
    ],
    [
      'no collateral',
      {
        change: document => {
          document.collateral = [];
        },
      },
    ],
    [
      'collateral of something else',
      {
        change: document => {
          document.collateral[1].subjects = ['gpu'];
        },
      },
    ],
    [
      'a chain that is none',
      {
        change: document => {
          document.collateral[1].data.cert_chain_pem = 'x';
        },
      },
    ],
    ['an id twice', { items: [TINFOIL_ITEMS[0] as never, TINFOIL_ITEMS[0] as never] }],
    ['a key that is too short', { items: [{ ...TINFOIL_ITEMS[0], data: 'ab' }] }],
  ])('malformed: %s', (_, options) => {
    expect(codeOf('tinfoil', tinfoilDocument(options))).toBe('provider/answer-malformed');
  });
});

describe('NEAR AI and Phala', () => {
  it('bind the key of TLS and the one that signs', () => {
    for (const name of ['near', 'phala'] as const)
      expect(read(name)).toMatchObject([
        {
          boundKeys: [
            { use: 'signing', form: 'ecdsa-address' },
            { use: 'tls', of: 'key', sha256: TLS_KEY },
          ],
        },
      ]);
    const edwards = read('near', [nearAnswer({ algorithm: 'ed25519', tls: null })]);
    expect(edwards).toMatchObject([{ boundKeys: [{ use: 'signing', form: 'ed25519' }] }]);
  });

  it('another nonce is refused where they say it themselves', () => {
    expect(codeOf('near', nearAnswer({ nonce: NONCE.with(0, 1) }))).toBe('provider/nonce-mismatch');
    expect(codeOf('phala', phalaAnswer({ members: { request_nonce: 'ab'.repeat(32) } }))).toBe(
      'provider/nonce-mismatch',
    );
  });

  it('a report without what was asked for is none', () => {
    const models = utf8(JSON.stringify({ model_attestations: [dstackReport(), dstackReport()] }));
    expect(codeOf('near', models)).toBe('provider/answer-malformed');
    expect(codeOf('phala', models)).toBe('provider/answer-malformed');
  });
});

describe('Attested Confidential Inference', () => {
  it('binds the TLS keys of the keyset', () => {
    expect(read('aci')).toMatchObject([{ boundKeys: [{ use: 'tls', of: 'key', sha256: TLS_KEY }] }]);
  });

  it('what it states of itself has to follow from its keys and our nonce', () => {
    expect(codeOf('aci', makeReport({ nonce: NONCE.with(0, 1) }))).toBe('provider/binding-mismatch');
    expect(codeOf('aci', makeReport({ nonce: null }))).toBe('provider/binding-mismatch');
    expect(
      codeOf('aci', makeReport({ members: { workload_keyset_digest: `sha256:${'ab'.repeat(32)}` } })),
    ).toBe('provider/binding-mismatch');
    expect(codeOf('aci', makeReport({ attestation: { tee_type: 'sev_snp' } }))).toBe(
      'provider/answer-malformed',
    );
  });
});

describe('Chutes', () => {
  it('binds to each instance the key that requests are encrypted to, and no key of TLS', () => {
    expect(read('chutes')).toMatchObject([
      {
        name: 'one',
        boundKeys: [{ use: 'encryption', algorithm: 'ml-kem-768', key: ENCAPSULATION_KEY }],
        carried: [{ extent: 'first-32' }],
      },
    ]);
  });

  it.each<readonly [string, NonNullable<Parameters<typeof chutesAnswers>[0]>]>([
    [
      'no instance with both',
      {
        change: answers => {
          answers.instances = [];
        },
      },
    ],
    [
      'two keys for one instance',
      {
        change: answers => {
          answers.instances.push(answers.instances[0]);
        },
      },
    ],
    ['a key of another length', { key: new Uint8Array(1183) }],
    [
      'a quote that is no base64',
      {
        change: answers => {
          answers.evidence[0].quote = '!';
        },
      },
    ],
  ])('malformed: %s', (_, options) => {
    expect(codeOf('chutes', ...chutesAnswers(options))).toBe('provider/answer-malformed');
  });
});

describe('OpenGradient', () => {
  it('binds a certificate of TLS and the key that signs', () => {
    expect(read('opengradient')).toMatchObject([
      {
        boundKeys: [
          { use: 'tls', of: 'certificate', sha256: CERTIFICATE },
          { use: 'signing', form: 'spki-sha256' },
        ],
        evidence: { kind: 'nitro' },
      },
    ]);
  });

  it('another nonce, or none', () => {
    expect(codeOf('opengradient', openGradientAnswer(NONCE))).toBe('provider/nonce-mismatch');
    expect(codeOf('opengradient', openGradientAnswer(null))).toBe('provider/nonce-mismatch');
  });
});
