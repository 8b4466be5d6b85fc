/** The commands as people run them, from simulated evidence to what was kept of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../../test/end-to-end/process.js';
import { chainPem, makeDevice, makeEvidence } from '../../../../test/support/evidence/nvidia.js';
import { makeOcspResponse, makeResponder } from '../../../../test/support/evidence/ocsp-maker.js';
import {
  asAmd,
  asIntel,
  asNvidia,
  notFound,
  type TestPublisher,
  testPublisher,
} from '../../../../test/support/evidence/publisher.js';
import { DURING, makeAuthority } from '../../../../test/support/evidence/x509-maker.js';
import { temporaryFolder } from '../../../../test/support/log.js';
import { describeGenuine, genuine } from '../../../../test/support/vectors.js';
import '../../node.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { parseEvidenceFile } from '../../../evidence/nvidia/evidence-file.js';
import { certificatesFromPem } from '../../../evidence/x509/pem.js';
import { knownAttester } from '../../attester/attester.js';
import { acquireLock } from '../../files/lock.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.remove());

const at = (name: string) => join(folder.path, name);
const evidence = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run(['evidence', ...args, '--json']);
  return { code, stderr, said: stdout === '' ? null : JSON.parse(stdout) };
};
const simulate = (kind: string, out: string, ...args: readonly string[]) =>
  evidence('simulate', '--kind', kind, '--out', at(out), '--data', at('attester'), ...args);

describe('simulated evidence', () => {
  const NONCE = '0f'.repeat(32);
  const given: Readonly<Record<string, string>> = {
    'chain.pem': '--chain',
    'collateral.json': '--collateral',
    'revocations.crl': '--crl',
  };
  it.each<readonly [string, readonly string[]]>([
    ['nitro', ['--nonce', NONCE]],
    ['sev-snp', ['--product', 'turin', '--signer', 'vlek']],
    ['tdx', ['--report-data', NONCE]],
    ['sgx', []],
    ['nvidia', ['--nonce', NONCE, '--architecture', 'blackwell']],
  ])('%s %j: refused by all, and by those who know its roots for that alone', async (kind, args) => {
    const made = await simulate(kind, `simulated-${kind}`, ...args);
    expect(made).toMatchObject({ code: 0, stderr: '', said: { kind, simulated: true } });
    const [document, ...others] = made.said.files as [string, ...string[]];
    expect(readFileSync(document).includes('simulated')).toBe(true);
    const verify = [
      'verify',
      document,
      ...others.flatMap(path => [given[path.split('/').at(-1) as string] as string, path]),
    ];
    expect(await evidence(...verify)).toMatchObject({ code: 10, said: { code: 'certificate/root-unknown' } });
    const known = await evidence(...verify, '--simulated', at('attester'));
    expect(known).toMatchObject({ code: 10, said: { code: 'evidence/simulated' } });
    const checks = known.said.evidence[0].claims.checks as { name: string; status: string }[];
    expect(checks.filter(({ status }) => status === 'fail')).toMatchObject([{ name: 'hardware' }]);
  });

  it('says in words how to look at it', async () => {
    const args = ['--kind', 'tdx', '--out', at('words'), '--data', at('attester')];
    const { stdout, code } = await run(['evidence', 'simulate', ...args]);
    const [, line = ''] = /countersign (evidence explain .*)$/m.exec(stdout) ?? [];
    expect([code, (await run(line.split(' '))).code]).toEqual([0, 10]);
  });

  it.each<readonly [string, readonly string[]]>([
    ['tpm', []],
    ['nvidia', ['--nonce', '00']],
    ['nitro', ['--nonce', '00'.repeat(1025)]],
    ['tdx', ['--report-data', '00'.repeat(65)]],
    ['sgx', ['--measurement', '00'.repeat(48)]],
    ['sev-snp', ['--report-version', '6']],
    ['nvidia', ['--product', 'turin']],
    ['sev-snp', ['--nonce', NONCE]],
    ['nitro', ['--report-data', NONCE]],
  ])('64 for %s %j', async (kind, args) => {
    expect((await simulate(kind, 'none', ...args)).code).toBe(64);
  });

  it('needs an attester that is there, where its roots are to be known', async () => {
    writeFileSync(at('text'), 'hello');
    const { code, stderr } = await evidence('verify', at('text'), '--simulated', at('nobody'));
    expect([code, existsSync(at('nobody'))]).toEqual([64, false]);
    expect(stderr).toContain('countersign evidence simulate, which makes one');
  });
});

describe('collateral', () => {
  let server: TestPublisher;
  beforeAll(async () => {
    server = await testPublisher();
    await simulate('tdx', 'tdx');
    await simulate('sev-snp', 'snp');
  });
  afterAll(() => server.close());
  afterEach(() => {
    server.asked.length = 0;
    server.behave = (_, response) => notFound(response);
  });
  const fetch = (file: string, out: string, ...args: readonly string[]) =>
    evidence('collateral', 'fetch', file, '--out', at(out), '--data', at('collateral'), ...args);

  it('of a quote is got from a cache, kept, and had again without asking', async () => {
    const before = readFileSync(at('tdx/collateral.json'));
    server.behave = asIntel(before);
    const got = await fetch(at('tdx/quote.bin'), 'got', '--pccs', `${server.url}/`);
    expect(got).toMatchObject({
      code: 0,
      said: {
        kind: 'dcap',
        problems: [],
        files: [{ path: at('got/collateral.json'), option: '--collateral' }],
      },
    });
    expect(JSON.parse(readFileSync(at('got/collateral.json'), 'utf8'))).toEqual(
      JSON.parse(before.toString()),
    );
    expect(server.asked).toHaveLength(4);
    const again = await fetch(at('tdx/quote.bin'), 'again', '--offline', '--pccs', server.url);
    expect([again.code, server.asked.length]).toEqual([0, 4]);
    const verified = await evidence(
      ...['verify', at('tdx/quote.bin'), '--collateral', at('again/collateral.json')],
      ...['--simulated', at('attester')],
    );
    expect(verified.said).toMatchObject({ code: 'evidence/simulated' });
  });

  it('of a report is the certificate of its chip, those above it, and the list of its root', async () => {
    const attester = await knownAttester(at('attester'));
    const { signer, authority, root } = attester.snp({});
    server.behave = asAmd({ signer, authority, root }, attester.snpRevocations('milan', Date.now() / 1000));
    const got = await fetch(at('snp/report.bin'), 'chip', '--kds', server.url);
    expect(got).toMatchObject({ code: 0, said: { problems: [] } });
    expect(readFileSync(at('chip/chain.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    const verified = await evidence(
      ...[
        'verify',
        at('snp/report.bin'),
        '--chain',
        at('chip/chain.pem'),
        '--crl',
        at('chip/revocations.crl'),
      ],
      ...['--simulated', at('attester')],
    );
    expect(verified.said).toMatchObject({
      code: 'evidence/simulated',
      evidence: [{ claims: { notChecked: ['minimum-tcb'] } }],
    });
  });

  it('of a device is manifests and the status of every certificate', async () => {
    const house = makeDevice();
    writeFileSync(at('device.bin'), makeEvidence(house));
    writeFileSync(at('device.pem'), chainPem(house));
    server.behave = asNvidia(house);
    const addresses = ['--nvidia-ocsp', `${server.url}/ocsp`, '--nvidia-rim', server.url];
    const got = await fetch(at('device.bin'), 'device', '--chain', at('device.pem'), ...addresses);
    expect(got.code).toBe(0);
    const names = (got.said.files as { path: string }[]).map(({ path }) => path.split('/').at(-1));
    expect(names).toEqual([
      'driver-1.xml',
      'firmware-1.xml',
      ...[1, 2, 3, 4, 5, 6].map(number => `ocsp-${number}.der`),
    ]);
  });

  it('20 for what cannot be had, with the reason; and what there is for a Nitro document is nothing', async () => {
    const got = await fetch(at('snp/report.bin'), 'none', '--kds', server.url, '--data', at('empty'));
    expect(got).toMatchObject({
      code: 20,
      said: { files: [], problems: [{ code: 'peer/answer-missing' }, { code: 'peer/answer-missing' }] },
    });
    await simulate('sev-snp', 'cloud', '--signer', 'vlek');
    expect((await fetch(at('cloud/report.bin'), 'none', '--offline')).said.problems[0]).toMatchObject({
      code: 'evidence/certificates-missing',
    });
    await simulate('nitro', 'nitro');
    expect(await fetch(at('nitro/document.bin'), 'none')).toMatchObject({ code: 0, said: { files: [] } });
    expect(server.asked.length).toBeGreaterThan(0);
  });

  it.each<readonly [string, readonly string[]]>([
    ['a service that is no URL', ['--kds', 'kds']],
    ['a time that is none', ['--timeout', '0']],
  ])('64 for %s', async (_, args) => {
    expect((await fetch(at('snp/report.bin'), 'none', ...args)).code).toBe(64);
  });

  it('is taken in from files', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/collateral.json'), readFileSync(at('tdx/collateral.json')));
    writeFileSync(at('in/other.txt'), 'other');
    const taken = await evidence('collateral', 'import', at('in'), '--data', at('taken'));
    expect(taken).toMatchObject({
      code: 30,
      said: {
        files: [
          { path: at('in/collateral.json'), taken: 'quote-collateral' },
          { path: at('in/other.txt'), taken: null, code: 'collateral/import-unknown' },
        ],
      },
    });
    const got = await fetch(at('tdx/quote.bin'), 'imported', '--offline', '--data', at('taken'));
    expect(got).toMatchObject({ code: 0, said: { problems: [] } });
  });
});

describe('the archive', () => {
  const archive = (...args: readonly string[]) => evidence('archive', ...args, '--data', at('house'));

  it('keeps evidence with what it was judged with, and judges it again', async () => {
    await simulate('tdx', 'kept');
    const added = await archive('add', at('kept/quote.bin'), '--collateral', at('kept/collateral.json'));
    expect(added).toMatchObject({
      code: 0,
      said: { kept: [{ kind: 'tdx', status: 'refused', code: 'certificate/root-unknown' }] },
    });
    const { signedRegion } = added.said.kept[0];
    expect((await archive('list')).said).toMatchObject({ records: [{ signedRegion }], damaged: [] });
    const judged = await archive('judge', signedRegion);
    expect(judged).toMatchObject({
      code: 10,
      said: {
        answers: [
          { kind: 'tdx', goodThen: { status: 'refused', agrees: true }, stillGoodNow: { status: 'refused' } },
        ],
      },
    });
    const words = await run(['evidence', 'archive', 'judge', signedRegion, '--data', at('house')]);
    expect(words.stdout).toMatch(/good then\?[\s\S]*as its record says[\s\S]*still good now\?/);
  });

  it('--fetch: with collateral that was not given', async () => {
    await simulate('tdx', 'fetched');
    const server = await testPublisher(asIntel(readFileSync(at('fetched/collateral.json'))));
    try {
      const args = ['add', at('fetched/quote.bin'), '--fetch', '--pccs', server.url];
      const added = await archive(...args);
      expect(added).toMatchObject({ code: 0, said: { kept: [{ kind: 'tdx' }], problems: [] } });
      expect(server.asked).toHaveLength(4);
      // A quote whose signer nobody vouches for is judged no further, with or without.
      server.behave = (_, response) => notFound(response);
      await simulate('tdx', 'fetched', '--report-data', 'ff');
      const given = ['--collateral', at('fetched/collateral.json')];
      expect((await archive(...args, ...given)).said).toMatchObject({ kept: [{ kind: 'tdx' }] });
    } finally {
      await server.close();
    }
  });

  it('30 for what it does not have, 64 for what is no digest', async () => {
    expect((await archive('judge', '0'.repeat(64))).code).toBe(30);
    expect((await archive('judge', '00')).code).toBe(64);
    writeFileSync(at('text'), 'hello');
    expect((await archive('add', at('text'))).code).toBe(30);
    const empty = await run(['evidence', 'archive', 'list', '--data', at('nowhere')]);
    expect([empty.code, empty.stdout]).toEqual([0, 'Nothing is kept.\n']);
  });

  it('1 for one that another process has, or that cannot be written: nothing is wrong with the evidence', async () => {
    await simulate('nitro', 'unlucky');
    const add = (data: string) => evidence('archive', 'add', at('unlucky/document.bin'), '--data', at(data));
    mkdirSync(at('in-use/archive'), { recursive: true });
    const lock = acquireLock(at('in-use/archive'));
    try {
      const added = await add('in-use');
      expect(added.code).toBe(1);
      expect(added.stderr).toContain('data/locked');
    } finally {
      lock.release();
    }
    mkdirSync(at('blocked/archive'), { recursive: true });
    writeFileSync(at('blocked/archive/records'), '');
    const added = await add('blocked');
    expect(added.code).toBe(1);
    expect(added.stderr).toContain('archive/unavailable');
  });
});

describeGenuine('the archive, of genuine evidence', () => {
  it('a document is good as of then for ever, and no longer now', async () => {
    writeFileSync(at('document.bin'), genuine('nitro/production.bin'));
    const data = ['--data', at('genuine')];
    const then = '2022-10-13T08:58:03Z';
    const added = await evidence('archive', 'add', at('document.bin'), '--as-of', then, ...data);
    expect(added.said.kept).toMatchObject([{ kind: 'nitro', asOf: then, status: 'accepted', code: null }]);
    const judged = await evidence('archive', 'judge', added.said.kept[0].signedRegion, ...data);
    expect(judged).toMatchObject({
      code: 10,
      said: {
        answers: [
          {
            goodThen: { asOf: then, status: 'accepted', agrees: true },
            stillGoodNow: { status: 'refused', code: 'certificate/expired' },
          },
        ],
      },
    });
  });
});

describeGenuine('a responder of one’s own, of genuine evidence', () => {
  it('says that a certificate is on hold, where it is named as one; and what was kept is judged by it too', async () => {
    const responder = makeResponder(makeAuthority({ subject: 'a responder of the tests' }));
    const document = genuine('nvidia/hopper_evidence_cert_hold.json');
    const chain = certificatesFromPem(parseEvidenceFile(document)[0]?.certificateChain ?? '');
    writeFileSync(at('held.json'), document);
    const answers = chain.slice(1, -1).flatMap(({ bytes }, place) => {
      const issuer = chain[place + 2]?.bytes as Uint8Array;
      const status = place === 1 ? 'on-hold' : 'good';
      writeFileSync(
        at(`held-${place}.der`),
        makeOcspResponse({ certificate: bytes, issuer, responder, status }),
      );
      return ['--ocsp', at(`held-${place}.der`)];
    });
    const given = [at('held.json'), ...answers, '--as-of', new Date(DURING * 1000).toISOString()];
    const named = ['--responder', toHex(sha256(responder.keys.spki))];
    const verified = await evidence('verify', ...given, ...named);
    expect(verified).toMatchObject({ code: 10, said: { code: 'certificate/on-hold' } });
    expect((await evidence('verify', ...given)).said.code).toBe('ocsp/responder-unauthorized');
    expect((await evidence('verify', ...given, '--responder', '00')).code).toBe(64);

    const data = ['--data', at('held')];
    const added = await evidence('archive', 'add', ...given, ...named, ...data);
    expect(added.said.kept).toMatchObject([{ kind: 'nvidia', code: 'certificate/on-hold' }]);
    const judge = (...args: readonly string[]) =>
      evidence('archive', 'judge', added.said.kept[0].signedRegion, ...args, ...data);
    expect((await judge(...named)).said.answers).toMatchObject([{ goodThen: { agrees: true } }]);
    // Who does not name it comes to something else than the record says.
    expect((await judge()).said.answers).toMatchObject([
      { goodThen: { code: 'ocsp/responder-unauthorized', agrees: false } },
    ]);
  });
});

describe('the index', () => {
  let gateway: Served;
  let issuer: string;
  beforeAll(async () => {
    gateway = await serve(['--data', at('gateway')]);
    const { address, models } = gateway.summary;
    for (const content of ['Hello!', 'Again!'])
      await ask(address, { body: { model: models[0], messages: [{ role: 'user', content }] } });
    issuer =
      (JSON.parse(readFileSync(gateway.summary.trust, 'utf8')) as { issuers: string[] }).issuers[0] ?? '';
  });
  afterAll(() => gateway.stop());
  const find = (...args: readonly string[]) => evidence('index', 'find', ...args, '--data', at('gateway'));

  it('finds the receipts of a signer, while the gateway runs and after it', async () => {
    const signer = issuer.split('+').slice(0, 2).join('+');
    await expect
      .poll(async () => (await find('--signer', signer)).said?.receipts.length, {
        timeout: 20_000,
        interval: 500,
      })
      .toBe(2);
    await gateway.stop();
    const found = await find('--signer', signer);
    expect(found).toMatchObject({ code: 0, said: { field: 'signer', more: false } });
    expect(found.said.indexed).toBe(found.said.size);
    const [first, second] = found.said.receipts as { index: number; exchange: string }[];
    expect(first?.exchange).toMatch(/^[a-z2-7]{26}$/);
    const later = await find('--signer', signer, '--from', `${(first?.index ?? 0) + 1}`);
    expect(later.said.receipts).toEqual([second]);
    expect((await find('--chip', '00ff')).said.receipts).toEqual([]);
    const words = await run(['evidence', 'index', 'find', '--chip', '00ff', '--data', at('gateway')]);
    expect(words.stdout).toBe('0 receipts rest on chip 00ff.\n');
  }, 60_000);

  it.each<readonly [string, readonly string[]]>([
    ['no fact', []],
    ['two facts', ['--chip', '00', '--model', '00']],
    ['no data folder', ['--chip', '00ff', '--data', '/nowhere']],
    ['what can be no model', ['--model', '00ff']],
    ['what can be no chip', ['--chip', 'zz']],
  ])('64 for %s', async (_, args) => {
    const { code } = await run(['evidence', 'index', 'find', '--data', at('gateway'), ...args]);
    expect(code).toBe(64);
  });
});
