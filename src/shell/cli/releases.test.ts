import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { testKeys } from '../../../test/support/evidence/x509-maker.js';
import {
  ISSUER_NAME,
  makeSigstore,
  signBundle,
  signPlainly,
  WORKFLOW,
} from '../../../test/support/releases/sigstore-maker.js';
import {
  HARDWARE,
  MRTD,
  modelStatement,
  PROVENANCE,
  RTMR1,
  RTMR2,
  SNP,
  SOFTWARE,
} from '../../../test/support/releases/statements.js';
import { formatPem } from '../../evidence/x509/pem.js';

let folder: string;
const at = (name: string) => join(folder, name);
const releases = (...args: string[]) => run(['releases', ...args]);

const MACHINES = WORKFLOW.replace('gateway', 'machines');
const by = (...identities: string[]) => [
  ...['--root', at('root.json'), '--issuer', ISSUER_NAME],
  ...identities.flatMap(identity => ['--identity', identity]),
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-releases-'));
  const sigstore = makeSigstore();
  const keys = testKeys('P-256');
  writeFileSync(at('root.json'), JSON.stringify(sigstore.root));
  const software = signBundle(sigstore, SOFTWARE);
  writeFileSync(at('software.json'), software);
  writeFileSync(at('hardware.json'), signBundle(sigstore, HARDWARE, { identity: MACHINES }));
  writeFileSync(at('provenance.json'), signBundle(sigstore, PROVENANCE));
  writeFileSync(at('key.pem'), formatPem('PUBLIC KEY', [keys.spki]));
  writeFileSync(at('model.sig'), signPlainly(keys, modelStatement([['a', 'b']])));
  writeFileSync(at('no-bundle'), 'hello');
  writeFileSync(at('plain.json'), '{}');
  const entry = {
    id: 'code',
    role: 'reference-values',
    format: 'https://tinfoil.sh/collateral/sigstore-code/v1',
    data: { repo: 'house/gateway', sigstore_bundle: JSON.parse(new TextDecoder().decode(software)) },
  };
  const format = 'https://tinfoil.sh/predicate/attestation/v3';
  writeFileSync(at('attestation.json'), JSON.stringify({ format, collateral: [entry] }));
  writeFileSync(at('bare.json'), JSON.stringify({ format, collateral: [] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('countersign releases verify', () => {
  it('says who has signed what, in words and in JSON', async () => {
    const { code, stdout, stderr } = await releases('verify', at('software.json'), ...by(WORKFLOW));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`signed by   ${WORKFLOW}, for whom ${ISSUER_NAME} vouches`);
    expect(stdout).toContain(`measures    ${SNP}`);
    const json = JSON.parse(
      (await releases('verify', at('software.json'), ...by(WORKFLOW), '--json')).stdout,
    );
    expect(json).toMatchObject({ exitCode: 0, releases: [{ signer: { identity: WORKFLOW } }] });
  });

  it('verifies the release that an attestation brings along', async () => {
    const { code, stdout } = await releases('verify', at('attestation.json'), ...by(WORKFLOW));
    expect([code, stdout.includes(SNP)]).toEqual([0, true]);
    expect((await releases('verify', at('bare.json'), ...by(WORKFLOW))).code).toBe(30);
  });

  it.each<[string, number, string, () => string[]]>([
    ['somebody else', 10, 'sigstore/identity-refused', () => [at('software.json'), ...by(MACHINES)]],
    ['nobody who is named', 10, 'sigstore/identity-refused', () => [at('software.json'), ...by()]],
    ['what is no bundle', 30, 'sigstore/bundle-malformed', () => [at('no-bundle'), ...by(WORKFLOW)]],
    [
      'the public instance',
      10,
      'sigstore/certificate-unknown',
      () => [at('software.json'), '--issuer', ISSUER_NAME, '--identity', WORKFLOW],
    ],
    ['whoever it may be', 64, 'leaves open who it is', () => [at('software.json'), ...by('https://*')]],
    [
      'a digest that is none',
      64,
      '--subject takes',
      () => [at('software.json'), ...by(WORKFLOW), '--subject', 'ab'],
    ],
    [
      'another repository',
      10,
      'release/source-refused',
      () => [
        at('provenance.json'),
        ...by(WORKFLOW),
        '--measured',
        'enclave',
        '--source',
        'https://forge.example/other',
      ],
    ],
    ['a file that is not there', 64, 'no such file', () => [at('nothing'), ...by(WORKFLOW)]],
    [
      'a name beside a key, which nobody would compare',
      64,
      'leave --identity and --issuer out',
      () => [at('model.sig'), '--root', at('key.pem'), '--identity', WORKFLOW, '--issuer', ISSUER_NAME],
    ],
    ['JSON of another kind', 30, 'sigstore/bundle-malformed', () => [at('plain.json'), ...by(WORKFLOW)]],
    [
      'whom nobody can read',
      30,
      'sigstore/root-malformed',
      () => [at('software.json'), '--root', at('no-bundle'), '--identity', WORKFLOW],
    ],
  ])('refuses %s: %i', async (_, exit, says, args) => {
    const { code, stdout, stderr } = await releases('verify', ...args());
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(says);
  });
});

describe('countersign releases import', () => {
  it('writes an entry that a policy takes as it is, and keeps what it rests on', async () => {
    const { code, stdout } = await releases(
      ...['import', at('software.json'), at('hardware.json'), '--name', 'gateway 1.0'],
      ...['--keep', at('kept'), ...by(WORKFLOW, MACHINES)],
    );
    expect(code).toBe(0);
    for (const measured of [SNP, RTMR1, RTMR2, MRTD]) expect(stdout).toContain(measured);
    // Two bundles under one root.
    expect(readdirSync(at('kept'))).toHaveLength(3);
    const model = await releases(
      ...['import', at('model.sig'), '--root', at('key.pem'), '--name', 'small'],
      ...['--keep', at('kept'), '--out', at('model.yaml')],
    );
    expect(model.code).toBe(0);
    writeFileSync(
      at('policy.yaml'),
      `name: sample\nmaximumAgeDays: 1\nrequires: { place: hardware }\nevidence: { kinds: [tdx] }\n${stdout}${readFileSync(at('model.yaml'), 'utf8')}`,
    );
    expect(await run(['appraisal', 'lint', at('policy.yaml')])).toMatchObject({
      code: 0,
      stdout: `${at('policy.yaml')} can be used.\n`,
    });
    const explained = (await run(['appraisal', 'explain', at('policy.yaml')])).stdout.replaceAll(/\s+/g, ' ');
    expect(explained).toContain(`signed by ${WORKFLOW}, for whom ${ISSUER_NAME} vouches, and by ${MACHINES}`);
  });

  it('makes no entry of what does not belong together, and keeps nothing of it', async () => {
    const { code, stderr } = await releases(
      ...['import', at('software.json'), at('hardware.json'), '--name', 'gateway 1.0'],
      ...['--keep', at('nowhere'), ...by(WORKFLOW)],
    );
    expect([code, stderr.includes('sigstore/identity-refused')]).toEqual([10, true]);
    expect(readdirSync(folder)).not.toContain('nowhere');
  });
});

describe('countersign releases check', () => {
  const check = (policy: string, kept = 'kept') =>
    releases('check', at(policy), '--kept', at(kept), '--json');

  it('comes to the same from what was kept', async () => {
    const { code, stdout } = await check('policy.yaml');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).entries).toEqual([
      { list: 'releases', name: 'gateway 1.0', status: 'signed', code: null, detail: null },
      { list: 'models', name: 'small', status: 'signed', code: null, detail: null },
    ]);
  });

  it('finds what nobody has signed', async () => {
    const policy = readFileSync(at('policy.yaml'), 'utf8');
    const other = 'ee'.repeat(48);
    writeFileSync(
      at('more.yaml'),
      policy.replace('    measurements:\n', `    measurements:\n      - ${other}\n`),
    );
    const more = await check('more.yaml');
    expect([more.code, JSON.parse(more.stdout).entries[0]]).toMatchObject([
      10,
      { status: 'refused', code: 'release/entry-unfounded', detail: other },
    ]);
    writeFileSync(at('who.yaml'), policy.replace(`identity: ${WORKFLOW}`, `identity: ${MACHINES}`));
    const who = await check('who.yaml');
    expect([who.code, JSON.parse(who.stdout).entries[0].code]).toEqual([10, 'sigstore/identity-refused']);
    const fewer = policy.replace(new RegExp(` {6}- "?${RTMR1}"?\n`), '');
    writeFileSync(at('fewer.yaml'), fewer);
    expect(fewer).not.toBe(policy);
    expect((await check('fewer.yaml')).code).toBe(0);
    writeFileSync(at('bare.yaml'), `name: bare\nreleases: [{ name: one, measurements: [${other}] }]\n`);
    const bare = await releases('check', at('bare.yaml'), '--kept', at('kept'));
    expect(bare).toMatchObject({ code: 0, stdout: 'UNSIGNED  releases: one\n' });
    writeFileSync(at('none.yaml'), 'name: none\n');
    const none = await releases('check', at('none.yaml'), '--kept', at('kept'));
    expect(none).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('lists no releases and no models'),
    });
  });

  it('is not misled by a folder without the bundles, or with others', async () => {
    const missing = await check('policy.yaml', 'nowhere');
    expect([missing.code, JSON.parse(missing.stdout).entries[0].code]).toEqual([
      10,
      'release/bundle-missing',
    ]);
    for (const name of readdirSync(at('kept'))) appendFileSync(join(at('kept'), name), ' ');
    const changed = await releases('check', at('policy.yaml'), '--kept', at('kept'));
    expect(changed.code).toBe(10);
    expect(changed.stdout).toContain('REFUSED   releases: gateway 1.0: release/bundle-missing');
  });
});
