/** docs/backup.md, step by step: a gateway whose disk is lost, put back from a copy that is older than what was signed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyLabel, parseVerifierKey } from '../../src/note/key.js';
import { Desk } from '../documents/document.js';
import { ask } from '../end-to-end/client.js';
import { type MirrorSummary, run, type Served, serve, serveMirror } from '../end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../end-to-end/receipts.js';

let folder: string;
const at = (name: string) => join(folder, name);
const house = () => ['--data', at('house')];
let mirror: Served<MirrorSummary>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-backup-'));
});
afterAll(async () => {
  await mirror.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function exchange({ summary }: Served, content: string): Promise<string> {
  const body = { model: summary.models[0], messages: [{ role: 'user', content }], max_tokens: 4 };
  const id = exchangeOf(await ask(summary.address, { body }));
  // Witnessed, and so known to the mirror.
  writeFileSync(at(`${content}.json`), await fetchBundle(summary, id));
  return id;
}

it('puts back what was copied, and the log as far as it was signed', async () => {
  const first = await serve(house());
  const own = JSON.parse(readFileSync(first.summary.trust, 'utf8')) as { log: string; policy: string };
  expect((await first.stop()).code).toBe(0);
  mirror = await serveMirror(['--data', at('mirror'), '--log', own.log]);
  const [key = ''] = mirror.summary.keys;
  const named = `witness mirror ${key} ${mirror.summary.address}\ngroup witnesses all mirror `;
  writeFileSync(at('house/witnesses.policy'), own.policy.replace('group witnesses all ', named));
  const statements = [{ key: keyLabel(parseVerifierKey(key)), says: 'mirrored' }];
  writeFileSync(at('house/statements.json'), JSON.stringify(statements));

  mkdirSync(at('desk'));
  const desk = new Desk(at('desk'), 'docs/backup.md', {
    DATA: at('house'),
    BACKUP: at('backup'),
    MIRROR_LOG: mirror.summary.logs[0]?.url as string,
    MIRROR_KEY: key,
  });
  const gateway = await serve(house());
  const [kept, erased] = [await exchange(gateway, 'kept'), await exchange(gateway, 'erased')];
  expect(await desk.run('copy')).toMatchObject({ code: 0, stderr: '' });
  // Again, over the copy that there is.
  expect(await desk.run('copy')).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(at('backup/witnesses'))).toBe(false);
  const late = await exchange(gateway, 'late');
  for (const id of [erased, late]) expect((await run(['erase', id, ...house()])).code).toBe(0);
  await fetchBundle(gateway.summary, await exchange(gateway, 'last'));

  await gateway.stop('SIGKILL');
  rmSync(at('house'), { recursive: true });
  expect(await desk.run('put-back')).toMatchObject({ code: 0, stderr: '' });

  const refused = await run(['up', '--port', '0', ...house()]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('log/behind-witness');

  const restored = await desk.run('up-to-date');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toMatch(/RESTORED.*SOUND/s);
  const again = await desk.run('erase-again');
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(`The content of exchange ${erased} is erased; entry`);
  expect(again.stdout).toContain(`${late} is not in this vault`);

  const back = await serve(house());
  const trust = ['--trust', back.summary.trust];
  for (const name of ['kept', 'erased', 'late', 'last']) {
    const verified = await run(['verify', at(`${name}.json`), ...trust]);
    expect([name, verified.code]).toEqual([name, 0]);
  }
  const contentOf = (id: string) =>
    run([
      ...['receipt', id, '--gateway', back.summary.address, '--out', at(`out-${id}`)],
      ...['--content', at(`content-${id}`), ...house()],
    ]);
  expect((await contentOf(kept)).code).toBe(0);
  expect(readFileSync(at(`content-${kept}/request`), 'utf8')).toContain('"kept"');
  expect((await contentOf(erased)).stderr).toContain('vault/erased');
  expect((await contentOf(late)).stderr).toContain('vault/unknown');
  await exchange(back, 'new');
  expect((await run(['verify', at('new.json'), ...trust])).code).toBe(0);
  expect((await back.stop()).code).toBe(0);
}, 180_000);
