import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../../test/end-to-end/client.js';
import { run, type Served, serve } from '../../../test/end-to-end/process.js';
import { exchangeOf } from '../../../test/end-to-end/receipts.js';

let folder: string;
let gateway: Served;
let whole: Answer;
let streamed: Answer;
let refused: Answer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-receipt-'));
  gateway = await serve(['--data', join(folder, 'data')]);
  const { address, models } = gateway.summary;
  const messages = [{ role: 'user', content: 'Hello!' }];
  whole = await ask(address, { body: { model: models[0], messages } });
  streamed = await ask(address, { body: { model: models[0], messages, stream: true } });
  refused = await ask(address, { body: 'garbage' });
});

afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

function receipt(...args: string[]) {
  return run(['receipt', '--gateway', gateway.summary.address, ...args], { folder });
}

const DATA = () => ['--data', gateway.summary.data];

describe('countersign receipt', () => {
  it('writes the bundle into a file named after the exchange, and says how to check it', async () => {
    const { code, stdout } = await receipt(exchangeOf(whole));
    expect(code).toBe(0);
    // Of a gateway elsewhere, whose trust file this machine does not have.
    expect(stdout).toContain(`countersign verify ${exchangeOf(whole)}.bundle.json --trust trust.json\n`);
    const verified = await run(
      ['verify', `${exchangeOf(whole)}.bundle.json`, '--trust', gateway.summary.trust],
      { folder },
    );
    expect(verified.code, verified.stdout).toBe(0);
  });

  it('with --data: what it prints is the command line that verifies', async () => {
    const { stdout } = await receipt(exchangeOf(whole), '--out', 'named', ...DATA());
    const [, args = ''] = /countersign (verify .*)$/m.exec(stdout) ?? [];
    expect(args).toBe(`verify named --trust ${gateway.summary.trust}`);
    expect((await run(args.split(' '), { folder })).code).toBe(0);
    const cose = await receipt(exchangeOf(whole), '--cose', '--out', 'named.cose', ...DATA());
    const [, check = ''] = /countersign (verify-cose .*)$/m.exec(cose.stdout) ?? [];
    expect((await run(check.split(' '), { folder })).code).toBe(0);
  });

  const kinds = [
    { kind: 'whole', answer: () => whole },
    { kind: 'streamed', answer: () => streamed },
    { kind: 'refused', answer: () => refused },
  ];
  it.each(kinds)(
    '--content writes what the vault has of a $kind answer, and all of it verifies',
    async ({ kind, answer }) => {
      const names = { out: at(`${kind}.json`), content: at(`${kind}-content`) };
      const { code, stdout } = await receipt(
        exchangeOf(answer()),
        '--out',
        names.out,
        '--content',
        names.content,
        ...DATA(),
        '--json',
      );
      expect(code).toBe(0);
      expect(stdout.match(/\n/g)).toHaveLength(1);
      const printed = JSON.parse(stdout) as {
        exchange: string;
        bundle: string;
        content: Record<string, string>;
      };
      expect(printed).toEqual({
        exchange: exchangeOf(answer()),
        bundle: names.out,
        content: {
          request: join(names.content, 'request'),
          response: join(names.content, 'response'),
          opening: join(names.content, 'opening'),
        },
      });
      for (const file of readdirSync(names.content))
        expect(statSync(join(names.content, file)).mode & 0o777).toBe(0o600);
      expect(statSync(names.content).mode & 0o777).toBe(0o700);
      expect(readFileSync(printed.content.request ?? '')).toEqual(answer().request);
      const opening = readFileSync(printed.content.opening ?? '', 'utf8');
      expect(opening).toBe(answer().headers['countersign-opening']);
      const { request = '', response = '' } = printed.content;
      const verified = await run([
        'verify',
        names.out,
        '--trust',
        gateway.summary.trust,
        `--opening=${opening}`,
        '--request',
        request,
        '--response',
        response,
        '--json',
      ]);
      const { checks } = JSON.parse(verified.stdout) as { checks: { name: string; status: string }[] };
      expect(verified.code).toBe(0);
      expect(checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual(['epoch']);
    },
  );

  it('--content makes files that were there before, and that others could read, its owner’s alone', async () => {
    mkdirSync(at('before'), { mode: 0o755 });
    const names = ['request', 'response', 'opening'];
    for (const name of names) {
      writeFileSync(at(`before/${name}`), 'x'.repeat(10_000));
      chmodSync(at(`before/${name}`), 0o644);
    }
    const { code } = await receipt(
      exchangeOf(whole),
      '--out',
      at('b.json'),
      '--content',
      at('before'),
      ...DATA(),
    );
    expect(code).toBe(0);
    for (const name of names) expect(statSync(at(`before/${name}`)).mode & 0o777, name).toBe(0o600);
    expect(readFileSync(at('before/request'))).toEqual(whole.request);
  });

  it('prints the command that checks both, and that command works as it stands', async () => {
    const { stdout } = await receipt(
      exchangeOf(whole),
      '--out',
      at('b.json'),
      '--content',
      at('c'),
      ...DATA(),
    );
    const command = /^Check both: +npx countersign (.*)$/m.exec(stdout)?.[1] ?? '';
    const main = new URL('../../../dist/shell/cli/main.js', import.meta.url).pathname;
    const verified = await run(
      ['-c', `"${process.execPath}" "${main}" ${command} --trust "${gateway.summary.trust}"`],
      {
        command: ['sh'],
        folder,
      },
    );
    expect(verified.code, verified.stderr).toBe(0);
    expect(verified.stdout).toMatch(/^ {2}pass +response/m);
  });

  it('shows neither opening nor content', async () => {
    const { stdout, stderr } = await receipt(
      exchangeOf(whole),
      '--out',
      at('b.json'),
      '--content',
      at('c'),
      ...DATA(),
    );
    expect(stdout + stderr).not.toContain(String(whole.headers['countersign-opening']));
    expect(stdout + stderr).not.toContain('Hello!');
  });
});

describe('exit codes of countersign receipt', () => {
  const unknown = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
  it.each([
    { code: 1, what: 'an exchange that nobody knows', args: () => [unknown], says: 'receipt/unknown' },
    {
      code: 1,
      what: 'no gateway there',
      args: () => [unknown, '--gateway', 'http://127.0.0.1:1'],
      says: 'No gateway answers',
    },
    {
      code: 64,
      what: 'content of another machine',
      args: () => [exchangeOf(whole), '--out', at('x'), '--content', at('y'), '--data', at('nothing')],
      says: 'pass --data',
    },
    { code: 64, what: 'no exchange', args: () => [], says: 'exchange' },
    {
      code: 64,
      what: 'something that is no exchange',
      args: () => ['../../etc/passwd'],
      says: '26 characters',
    },
    {
      code: 64,
      what: 'a gateway that is no URL',
      args: () => [unknown, '--gateway', 'here'],
      says: '--gateway',
    },
    { code: 64, what: 'an unknown stage', args: () => [unknown, '--wait', 'printed'], says: 'witnessed' },
    {
      code: 64,
      what: 'a file that cannot be written',
      args: () => [exchangeOf(whole), '--out', at('nowhere/bundle')],
      says: 'cannot be written',
    },
  ])('$code: $what', async ({ code, args, says }) => {
    const ended = await receipt(...args());
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).toContain(says);
    expect(ended.stderr).not.toContain('    at ');
  });
});
