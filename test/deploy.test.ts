/** The examples of deploy/, as far as they can be looked at without the tools that run them; `npm run lint:deploy` has those. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, serve } from './end-to-end/process.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'countersign-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('deploy/Containerfile', () => {
  /** Instruction and rest, with continued lines joined. */
  const instructions = read('deploy/Containerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => /^([A-Z]+) (.*)$/.exec(line)?.slice(1) as [string, string]);
  const last = instructions.slice(instructions.findLastIndex(([name]) => name === 'FROM'));
  const of = (name: string) => last.filter(([each]) => each === name).map(([, rest]) => rest);

  it('copies what is there, and what .containerignore lets come', () => {
    const ignored = read('.containerignore').split('\n');
    const copied = instructions
      .filter(([name, rest]) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(([, rest]) => rest.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      expect(ignored).toContain(`!${path.split('/')[0]}`);
    }
    expect(ignored).toContain('*');
  });

  it('has everything that the package publishes beside what it builds', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const needed = files.filter(path => /^(?:data|models|spec)/.test(path));
    for (const path of needed) expect(of('COPY').some(rest => rest.startsWith(`${path} `))).toBe(true);
  });

  it('runs as nobody, from a command that is there, and says whether it lives', () => {
    expect(of('USER')).toEqual(['65532:65532']);
    const [command] = of('ENTRYPOINT').map(rest => JSON.parse(rest) as string[]);
    expect(command?.[1]?.replace('/opt/countersign/', '')).toBe('dist/shell/cli/main.js');
    expect(of('HEALTHCHECK')).toHaveLength(1);
  });

  it('asks for its health in a way that tells a gateway from none', async () => {
    const [check] = of('HEALTHCHECK').map(rest => JSON.parse(rest.slice(rest.indexOf('['))) as string[]);
    const [program, ...args] = check as [string, ...string[]];
    expect(program).toBe('node');
    const askAt = (port: string) =>
      run(
        args.map(text => text.replace(':8787', `:${port}`)),
        { command: [process.execPath] },
      );
    const gateway = await serve(['--data', join(folder, 'house')]);
    const { port } = new URL(gateway.summary.address);
    expect((await askAt(port)).code).toBe(0);
    await gateway.stop();
    expect((await askAt(port)).code).toBe(1);
  });

  it('sets no secret', () => {
    for (const [name, rest] of instructions)
      if (name === 'ENV' || name === 'ARG') expect(rest).not.toMatch(/KEY|TOKEN|SECRET|PASSWORD/i);
  });
});

describe('systemd units', () => {
  it.each(['countersign.service', 'countersign-views.service'])(
    '%s starts a command that there is',
    async name => {
      const unit = read(`deploy/${name}`);
      const [, line = ''] =
        /^ExecStart=\/usr\/bin\/node \/opt\/countersign\/dist\/shell\/cli\/main\.js (.*)$/m.exec(unit) ?? [];
      const words = line.split(' ').filter(word => !word.startsWith('-') && !/[/%]/.test(word));
      const help = await run([...words, '--help']);
      expect(help.code).toBe(0);
      for (const option of line.match(/--[a-z]+/g) ?? []) expect(help.stdout).toContain(option);
      // One user, one folder.
      expect(unit).toMatch(/^DynamicUser=yes\nUser=countersign\nStateDirectory=countersign$/m);
    },
  );
});

describe('deploy/helm/countersign', () => {
  const chart = parse(read('deploy/helm/countersign/Chart.yaml')) as Record<string, string>;
  const values = parse(read('deploy/helm/countersign/values.yaml')) as Record<string, unknown>;

  it('is of the version that it runs', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(chart.appVersion).toBe(version);
  });

  it('has a configuration that the gateway reads', async () => {
    const file = join(folder, 'countersign.json');
    writeFileSync(file, JSON.stringify(values.config));
    const checked = await run(['config', 'check', file]);
    expect([checked.code, checked.stderr]).toEqual([0, '']);
  });

  it('has a schema for each of its values, and no others', () => {
    const schema = JSON.parse(read('deploy/helm/countersign/values.schema.json')) as { properties: object };
    expect(Object.keys(values).sort()).toEqual(
      Object.keys(schema.properties)
        .filter(name => name !== 'global')
        .sort(),
    );
  });
});
