/** Hardware evidence to ask two implementations about: genuine, of the tests' own, and wrong in one way each. */
import { fromBase64 } from '../../src/bytes/base64.js';
import { utf8 } from '../../src/bytes/octets.js';
import { INTEL_ROOTS } from '../../src/evidence/dcap/roots.js';
import { NITRO_ROOTS } from '../../src/evidence/nitro/roots.js';
import { evidenceFromHex, parseEvidenceFile } from '../../src/evidence/nvidia/evidence-file.js';
import { NVIDIA_DEVICE_ROOTS } from '../../src/evidence/nvidia/roots.js';
import { parseSpdm } from '../../src/evidence/nvidia/spdm.js';
import { SNP_AUTHORITIES } from '../../src/evidence/snp/authorities.js';
import { SNP_ROOTS } from '../../src/evidence/snp/roots.js';
import { certificatesFromPem } from '../../src/evidence/x509/pem.js';
import { simulatedAttester } from '../../src/shell/attester/attester.js';
import {
  type CollateralChanges,
  chainOf,
  FORMS,
  HOUSE,
  makeCollateral,
  makePck,
  makeQuote,
  NEIGHBOUR,
  OTHER_KEYS,
  PLATFORM_CA,
  ROOT,
  STRANGER,
  sgxExtension,
} from '../support/evidence/dcap.js';
import { makeNitro } from '../support/evidence/nitro.js';
import { chainPem, makeDevice, makeEvidence, NONCE } from '../support/evidence/nvidia.js';
import { makeSnp, snpExtensions, snpPki } from '../support/evidence/snp.js';
import {
  basicConstraints,
  type CertificateOptions,
  DURING,
  extension,
  keyUsage,
  makeCertificate,
  makeRevocationList,
  pinned,
  type RevocationListOptions,
  type TestIdentity,
  testKeys,
} from '../support/evidence/x509-maker.js';
import { genuine, genuineBase64, genuineText } from '../support/vectors.js';
import type { Question } from './evidence-peer.js';

const at = (text: string) => Date.parse(text) / 1000;

/** What hardware has signed, with a time at which it was good. Only to be called where there is some. */
export function genuineQuestions(): readonly Question[] {
  const documents = [
    ['production', genuine('nitro/production.bin'), '2022-10-13T08:58:02Z'],
    ['debug', genuine('nitro/debug.bin'), '2022-10-12T13:50:06Z'],
    ['zero', genuineBase64('nitro/zero-pcr.b64'), '2023-09-18T15:03:30Z'],
  ] as const;
  const quotes = [
    ['tdx_quote', '2025-07-01T00:00:00Z'],
    ['tdx_quote_outdated', '2026-03-01T00:00:00Z'],
    ['sgx_quote', '2025-07-01T00:00:00Z'],
  ] as const;
  return [
    ...documents.map(([what, document, time]): Question => {
      return { kind: 'nitro', what, bytes: { document }, asOf: at(time), roots: NITRO_ROOTS };
    }),
    ...(['milan', 'genoa', 'turin'] as const).map((product): Question => {
      const vcek = certificatesFromPem(genuineText(`sev-snp/${product}_vcek.pem`))[0]?.bytes as Uint8Array;
      return snpQuestion(product, genuine(`sev-snp/${product}_attestation_report.bin`), vcek, product);
    }),
    snpQuestion('debug', genuine('sev-snp/debug_report.bin'), genuine('sev-snp/debug_vcek.der'), 'milan'),
    ...quotes.flatMap(([what, time]): Question[] => {
      const quote = genuine(`tdx/${what}`);
      const collateral = genuine(`tdx/${what}_collateral.json`);
      const question = { kind: 'dcap', asOf: at(time), roots: INTEL_ROOTS } as const;
      return [
        { ...question, what, bytes: { quote, collateral } },
        { ...question, what: `${what} alone`, bytes: { quote } },
      ];
    }),
    ...nvidiaQuestions(),
  ];
}

function snpQuestion(
  what: string,
  report: Uint8Array,
  signer: Uint8Array,
  product: 'milan' | 'genoa' | 'turin',
): Question {
  const [authority, root] = (['ask', 'ark'] as const).map(
    role => fromBase64(SNP_AUTHORITIES[product][role]) as Uint8Array,
  ) as [Uint8Array, Uint8Array];
  const asOf = at('2026-06-01T00:00:00Z');
  return { kind: 'snp', what, bytes: { report, signer, authority, root }, asOf, roots: SNP_ROOTS };
}

function nvidiaQuestions(): readonly Question[] {
  const question = (what: string, evidence: Uint8Array, chain: string): Question => ({
    kind: 'nvidia',
    what,
    bytes: { evidence, certificateChain: utf8(chain), nonce: parseSpdm(evidence).nonce },
    asOf: at('2026-06-10T00:00:00Z'),
    roots: NVIDIA_DEVICE_ROOTS,
  });
  const inFiles = ['hopper_evidence', 'hopper_evidence_cert_hold'].flatMap(name =>
    parseEvidenceFile(genuine(`nvidia/${name}.json`)).map(({ evidence, certificateChain }) =>
      question(name, evidence, certificateChain),
    ),
  );
  const inHex = ['hopperAttestationReport', 'hopperAttestationReportInvalidSignature'].map(name =>
    question(
      name,
      evidenceFromHex(genuineText(`nvidia/${name}.txt`)),
      genuineText('nvidia/hopperCertChain.txt'),
    ),
  );
  return [...inFiles, ...inHex];
}

/** One document of each form, with nothing wrong. */
export function soundQuestions(): readonly Question[] {
  return [
    nitro('sound', chainWith(NITRO_ROLES)),
    ...(['milan', 'genoa', 'turin'] as const).map((product): Question => {
      const { report, signer, authority, root, roots, asOf } = makeSnp({ product });
      const revocations = makeRevocationList({ issuer: snpPki(product).ark });
      const bytes = { report, signer: signer.certificate, revocations };
      return {
        kind: 'snp',
        what: product,
        bytes: { ...bytes, authority: authority as Uint8Array, root: root as Uint8Array },
        asOf,
        roots: roots ?? [],
      };
    }),
    ...simulatedQuestions(),
    ...FORMS.map(form => dcap(form, makeQuote({ form }), { tee: form.startsWith('sgx') ? 'sgx' : 'tdx' })),
    ...(['hopper', 'blackwell', 'nvswitch'] as const).map(device => nvidia(device, makeDevice({ device }))),
  ];
}

/** What the simulated attester makes, for development. */
function simulatedQuestions(): readonly Question[] {
  const attester = simulatedAttester(new Uint8Array(32).fill(1));
  const request = { at: DURING, nonce: NONCE, reportData: NONCE };
  const snp = (['milan', 'genoa', 'turin'] as const).flatMap(product =>
    (['vcek', 'vlek'] as const).map(kind => {
      const { report, signer, authority, root } = attester.snp({ ...request, product, signer: kind });
      const revocations = attester.snpRevocations(product, DURING);
      return {
        kind: 'snp' as const,
        what: `simulated ${product} ${kind}`,
        bytes: { report, signer: signer.certificate, authority, root, revocations },
      };
    }),
  );
  const nvidia = (['hopper', 'blackwell', 'nvswitch'] as const).map(architecture => {
    const { evidence, certificateChain } = attester.nvidia({ ...request, architecture });
    return {
      kind: 'nvidia' as const,
      what: `simulated ${architecture}`,
      bytes: { evidence, certificateChain: utf8(certificateChain), nonce: NONCE },
    };
  });
  const questions: readonly Omit<Question, 'asOf' | 'roots'>[] = [
    { kind: 'nitro', what: 'simulated', bytes: { ...attester.nitro(request) } },
    { kind: 'dcap', what: 'simulated TDX', bytes: { ...attester.tdx(request) } },
    { kind: 'dcap', what: 'simulated SGX', bytes: { ...attester.sgx(request) } },
    ...snp,
    ...nvidia,
  ];
  return questions.map(question => ({ ...question, asOf: DURING, roots: attester.roots[question.kind] }));
}

type Role = CertificateOptions;
const CA = keyUsage('keyCertSign', 'cRLSign');
const SIGNER = keyUsage('digitalSignature');
const authority = (subject: string, more: Partial<Role> = {}): Role => ({
  subject,
  extensions: [basicConstraints(), CA],
  ...more,
});

const NITRO_ROLES = [
  authority('aws.nitro-enclaves'),
  authority('region'),
  authority('instance'),
  { subject: 'enclave', extensions: [SIGNER] },
];
const SNP_ROLES = [
  authority('ARK-milan'),
  authority('SEV-milan', { serial: 2 }),
  { subject: 'SEV-VCEK', serial: 0, extensions: snpExtensions({}) },
];

/** What can be wrong, or unusual and right, with a certificate of a chain. */
const CHANGES: readonly (readonly [what: string, change: (role: Role) => Partial<CertificateOptions>])[] = [
  ['expired a second ago', () => ({ notAfter: DURING - 1 })],
  ['expires now', () => ({ notAfter: DURING })],
  ['begins now', () => ({ notBefore: DURING })],
  ['begins in a second', () => ({ notBefore: DURING + 1 })],
  ['no authority', () => ({ extensions: [CA] })],
  ['an authority', () => ({ extensions: [basicConstraints(), keyUsage('digitalSignature', 'keyCertSign')] })],
  ['may sign lists only', () => ({ extensions: [basicConstraints(), keyUsage('cRLSign')] })],
  ['may sign certificates only', () => ({ extensions: [basicConstraints(), keyUsage('keyCertSign')] })],
  ['may sign what it likes', () => ({ extensions: [basicConstraints()] })],
  ['nobody below', () => ({ extensions: [basicConstraints(0), CA] })],
  ['one below', () => ({ extensions: [basicConstraints(1), CA] })],
  [
    'a critical extension',
    ({ extensions = [] }) => ({ extensions: [...extensions, extension('1.2.3.4', SIGNER, true)] }),
  ],
  [
    'an extension more',
    ({ extensions = [] }) => ({ extensions: [...extensions, extension('1.2.3.4', SIGNER)] }),
  ],
  [
    'names for hosts only',
    ({ extensions = [] }) => ({ extensions: [...extensions, extension('2.5.29.37', SIGNER, true)] }),
  ],
  ['no extensions', () => ({ members: members => members.slice(0, -1) })],
  ['P-256', () => ({ type: 'P-256' })],
  ['P-384', () => ({ type: 'P-384' })],
  ['P-521', () => ({ type: 'P-521' })],
  ['RSA', () => ({ type: 'RSA-2048' })],
  ['a large serial number', () => ({ serial: new Uint8Array(20).fill(0x7f) })],
  ['another hash', () => ({ hash: 'SHA-512' })],
  ["a stranger's signature", () => ({ issuer: { name: new Uint8Array(), keys: testKeys('P-384') } })],
  ["a stranger's name", () => ({ issuer: 'renamed' as never })],
];

/** A chain from its root down, with one certificate changed. */
function chainWith(
  roles: readonly Role[],
  place = -1,
  change: (typeof CHANGES)[number][1] = () => ({}),
): readonly TestIdentity[] {
  const chain: TestIdentity[] = [];
  for (const [own, role] of roles.entries()) {
    const above = chain.at(-1);
    const { issuer, ...changed } = own === place ? change(role) : {};
    const extensions = changed.extensions ?? role.extensions;
    const options: CertificateOptions = {
      ...role,
      ...changed,
      ...(extensions !== undefined && { extensions }),
      ...(above !== undefined && { issuer: above }),
    };
    if (issuer === undefined) chain.push(makeCertificate(options));
    else if (above === undefined) chain.push(makeCertificate({ ...options, issuer: strange(role, null) }));
    else
      chain.push(
        makeCertificate({
          ...options,
          issuer: typeof issuer === 'string' ? { ...above, name: STRANGER.root.name } : strange(role, above),
        }),
      );
  }
  return chain;
}

/** Whoever has that name, and another key. */
function strange(role: Role, above: TestIdentity | null): Pick<TestIdentity, 'name' | 'keys'> {
  const keys = testKeys('P-384');
  return { name: above?.name ?? makeCertificate({ subject: role.subject, keys }).name, keys };
}

function nitro(what: string, [root, ...rest]: readonly TestIdentity[]): Question {
  const bundle = [root, ...rest.slice(0, -1)] as TestIdentity[];
  const document = makeNitro({ chain: { bundle, signer: rest.at(-1) as TestIdentity } });
  return {
    kind: 'nitro',
    what,
    bytes: { document },
    asOf: DURING,
    roots: [pinned(root as TestIdentity, what)],
  };
}

function snp(what: string, chain: readonly TestIdentity[], list?: Partial<RevocationListOptions>): Question {
  const [ark, ask, vcek] = chain as [TestIdentity, TestIdentity, TestIdentity];
  const { report } = makeSnp({ signer: { keys: vcek.keys } });
  const bytes = {
    report,
    signer: vcek.certificate,
    authority: ask.certificate,
    root: ark.certificate,
    ...(list && { revocations: makeRevocationList({ issuer: ark, ...list }) }),
  };
  return { kind: 'snp', what, bytes, asOf: DURING, roots: [pinned(ark, what)] };
}

function dcap(what: string, quote: Uint8Array, changes: CollateralChanges = {}): Question {
  return {
    kind: 'dcap',
    what,
    bytes: { quote, collateral: makeCollateral(changes) },
    asOf: DURING,
    roots: [ROOT],
  };
}

function nvidia(
  what: string,
  house: ReturnType<typeof makeDevice>,
  evidence = makeEvidence(house),
): Question {
  return {
    kind: 'nvidia',
    what,
    bytes: { evidence, certificateChain: utf8(chainPem(house)), nonce: NONCE },
    asOf: DURING,
    roots: [pinned(house.chain[4], what)],
  };
}

const LISTS: readonly (readonly [what: string, list: Partial<RevocationListOptions>])[] = [
  ['nobody revoked', {}],
  ['the certificate revoked', { revoked: [{ serial: 2, at: DURING - 1 }] }],
  ['revoked now', { revoked: [{ serial: 2, at: DURING }] }],
  ['revoked in a second', { revoked: [{ serial: 2, at: DURING + 1 }] }],
  ['another revoked', { revoked: [{ serial: 99, at: DURING - 1 }] }],
  ['an old list', { nextUpdate: DURING - 1 }],
  ['a list until now', { nextUpdate: DURING }],
  ['a list of tomorrow', { thisUpdate: DURING + 1 }],
  ['a list without an end', { nextUpdate: null }],
  ['a part of a list', { extensions: [extension('2.5.29.28', SIGNER, true)] }],
  ['what has changed', { extensions: [extension('2.5.29.27', SIGNER)] }],
  ['a list with an unknown extension', { extensions: [extension('1.2.3.4', SIGNER, true)] }],
  [
    'an entry with an unknown extension',
    {
      revoked: [{ serial: 99, at: DURING - 1, extensions: [extension('1.2.3.4', SIGNER, true)] }],
    },
  ],
  ["a stranger's list", { issuer: STRANGER.root }],
];

/** Each wrong, or unusual, in one way. */
export function changedQuestions(): readonly Question[] {
  return [
    ...NITRO_ROLES.flatMap((_, place) =>
      CHANGES.map(([what, change]) => nitro(`${place}: ${what}`, chainWith(NITRO_ROLES, place, change))),
    ),
    ...SNP_ROLES.flatMap((_, place) =>
      CHANGES.map(([what, change]) => snp(`${place}: ${what}`, chainWith(SNP_ROLES, place, change))),
    ),
    ...LISTS.map(([what, list]) => snp(what, chainWith(SNP_ROLES), list)),
    ...changedDcap(),
    ...[0, 1, 2, 3, 4].flatMap(place =>
      CHANGES.flatMap(([what, change]) => {
        const { issuer, ...changed } = change({ subject: '' });
        return issuer === undefined
          ? [nvidia(`${place}: ${what}`, makeDevice({ certificates: { [place]: changed } }))]
          : [];
      }),
    ),
    ...changedNvidia(),
  ];
}

/**
 * RFC 5280 §4.1: a list of extensions has at least one. Go reads one without any as if there were no list, which is all the same to it; to us it
 * is no certificate.
 */
export function emptyListQuestion(): Question {
  const change = () => ({ extensions: [] });
  return nitro('an empty list of extensions', chainWith(NITRO_ROLES, NITRO_ROLES.length - 1, change));
}

function changedDcap(): readonly Question[] {
  const quote = makeQuote();
  const processors = CHANGES.flatMap(([what, change]) => {
    const { issuer: _, ...changed } = change({ subject: '', extensions: [SIGNER] });
    const processor = makePck(changed);
    const renewed = makeCertificate({
      subject: PLATFORM_CA,
      type: 'P-256',
      issuer: HOUSE.root,
      serial: 2,
      extensions: [basicConstraints(), CA],
      ...changed,
    });
    const below = makePck({ issuer: renewed });
    return [
      dcap(`processor: ${what}`, makeQuote({ chain: [processor, HOUSE.authority, HOUSE.root] })),
      dcap(`authority: ${what}`, makeQuote({ chain: [below, renewed, HOUSE.root] }), {
        pckCrlChain: chainOf(renewed, HOUSE.root),
        pckCrl: { issuer: renewed },
      }),
    ];
  });
  const { root, signer } = HOUSE;
  const chains = [
    chainOf(signer),
    chainOf(root, signer),
    chainOf(signer, root, root),
    chainOf(STRANGER.signer, STRANGER.root),
    chainOf(NEIGHBOUR.signer, root),
  ];
  return [
    ...processors,
    dcap('another signer', makeQuote({ quoteSigner: OTHER_KEYS })),
    dcap("another's report", makeQuote({ qeReportSigner: OTHER_KEYS })),
    dcap('another key', makeQuote({ qeReport: report => report.fill(1, 320, 352) })),
    dcap('a point of no curve', makeQuote({ attestationKey: new Uint8Array(64).fill(1) })),
    dcap('a stranger', makeQuote({ chain: [STRANGER.processor, STRANGER.authority, STRANGER.root] })),
    dcap('a neighbour', makeQuote({ chain: [NEIGHBOUR.processor, NEIGHBOUR.authority, root] })),
    dcap('another order', makeQuote({ chain: [HOUSE.authority, HOUSE.processor, root] })),
    dcap('without a root', makeQuote({ chain: [HOUSE.processor, HOUSE.authority] })),
    dcap('bytes behind', makeQuote({ trailing: new Uint8Array(70) })),
    dcap(
      'an empty module',
      makeQuote({ certification: { data: makePck({ sgx: sgxExtension() }).certificate } }),
    ),
    ...chains.flatMap((chain, at) => [
      dcap(`chain ${at} of TCB info`, quote, { tcbInfoChain: chain }),
      dcap(`chain ${at} of identities`, quote, { qeIdentityChain: chain }),
      dcap(`chain ${at} of the list`, quote, { pckCrlChain: chain }),
    ]),
    dcap('TCB info of another', quote, { tcbInfoSigner: OTHER_KEYS }),
    dcap('identities of another', quote, { qeIdentitySigner: OTHER_KEYS }),
    ...LISTS.flatMap(([what, { revoked = [], ...list }]) =>
      // Serial numbers: 2 is the authority's, 3 the processor's, 4 the signer's.
      [2, 3, 4].flatMap(own => {
        const changed = {
          ...list,
          revoked: revoked.map(entry => ({ ...entry, ...(entry.serial === 2 && { serial: own }) })),
        };
        return [
          dcap(`${what}, ${own}, by the authority`, quote, { pckCrl: changed }),
          dcap(`${what}, ${own}, by the root`, quote, { rootCrl: changed }),
        ];
      }),
    ),
  ];
}

function changedNvidia(): readonly Question[] {
  const house = makeDevice();
  const [leaf, rom, ...rest] = house.chain;
  const other = makeDevice();
  const chains: readonly (readonly TestIdentity[])[] = [
    [leaf, rom],
    [rom, leaf, ...rest],
    [leaf, rom, ...rest, rest[2] as TestIdentity],
    [other.chain[0], rom, ...rest],
    [leaf, other.chain[1], ...rest],
    other.chain,
  ];
  const sound = nvidia('sound', house);
  return [
    ...chains.map((chain, at) => ({
      ...sound,
      what: `chain ${at}`,
      bytes: { ...sound.bytes, certificateChain: utf8(chainOf(...chain)) },
    })),
    { ...sound, what: 'another nonce', bytes: { ...sound.bytes, nonce: new Uint8Array(32) } },
    nvidia('another signer', house, makeEvidence(house, { signer: other.chain[0] })),
    nvidia('bytes behind', house, makeEvidence(house, { changed: bytes => Uint8Array.from([...bytes, 0]) })),
  ];
}
