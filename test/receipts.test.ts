/** Every receipt that a version of this project has made and kept: whatever the code becomes, it must go on judging them alike. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseTrust } from '../src/appraise/trust.js';
import { type Outcome, type VerifyInput, verify } from '../src/appraise/verify.js';
import { equal } from '../src/bytes/octets.js';
import { parseOpening } from '../src/receipt/opening.js';
import { EXIT } from '../src/shell/cli/exit-code.js';
import { run } from './end-to-end/process.js';
import { thorough } from './support/thoroughness.js';

interface About {
  /** An ISO 8601 time. */
  readonly asOf: string;
  readonly outcome: Outcome;
  readonly status: string;
  readonly grades: Record<string, string>;
}

const RECEIPTS = new URL('receipts/', import.meta.url);

const foldersOf = (folder: URL) =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));
const versions = foldersOf(RECEIPTS);
const kept = versions.flatMap(version =>
  foldersOf(new URL(`${version}/`, RECEIPTS)).map(name => [`${version}/${name}`, version] as const),
);

function load(name: string, version: string) {
  const folder = new URL(`${name}/`, RECEIPTS);
  const read = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));
  const text = (file: string) => new TextDecoder().decode(read(file));
  const about = JSON.parse(text('about.json')) as About;
  const response = existsSync(new URL('response', folder)) ? read('response') : null;
  const input: VerifyInput = {
    bundle: read('bundle.json'),
    trust: parseTrust(new Uint8Array(readFileSync(new URL(`${version}/trust.json`, RECEIPTS)))),
    content: { opening: parseOpening(text('opening')), request: read('request'), response },
    asOf: Date.parse(about.asOf),
  };
  return { about, input, opening: text('opening'), folder };
}

describe('receipts kept for ever', () => {
  it('there is every way in which an exchange can end', () => {
    expect(versions).toContain('v1');
    const statuses = kept.map(([name, version]) => load(name, version).about.status);
    expect(new Set(statuses)).toEqual(new Set(['completed', 'refused', 'failed', 'aborted']));
    expect(kept.map(([name]) => name)).toContain('v1/streamed');
  });

  describe.each(kept)('%s', (name, version) => {
    const { about, input, opening, folder } = load(name, version);

    it('is judged as it was when it was made', async () => {
      const { outcome, facts, receipt, checks } = await verify(input);
      expect(outcome).toBe(about.outcome);
      expect(receipt?.response.status).toBe(about.status);
      const grades = Object.fromEntries(Object.entries(facts).map(([fact, { grade }]) => [fact, grade]));
      expect(grades).toEqual(about.grades);
      const unmade = checks.flatMap(check => (check.status === 'pass' ? [] : [check.name]));
      expect(unmade).toEqual(['epoch']);
    });

    it('is judged the same at any later time', async () => {
      const [now, then] = await Promise.all([verify({ ...input, asOf: Date.now() }), verify(input)]);
      expect(now).toEqual(then);
    });

    it('fails once a byte of it, or of what was said, is another', async () => {
      const spoilt = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] as number) ^ 1);
      for (let at = 3; at < input.bundle.length; at += thorough(7, 293)) {
        const { outcome } = await verify({ ...input, bundle: spoilt(input.bundle, at) });
        expect(['fail', 'malformed'], `byte ${at}`).toContain(outcome);
      }
      for (const part of ['request', 'response'] as const) {
        const bytes = input.content[part];
        if (bytes === null) continue;
        const content = { ...input.content, [part]: spoilt(bytes, bytes.length - 3) };
        expect((await verify({ ...input, content })).outcome, part).toBe('fail');
      }
    });

    it('is for nobody who holds another trust file', async () => {
      const other = (await verify({ ...input, trust: null })).outcome;
      expect(other).toBe('inconclusive');
    });

    const files = {
      bundle: fileURLToPath(new URL('bundle.json', folder)),
      trust: fileURLToPath(new URL(`${version}/trust.json`, RECEIPTS)),
      request: fileURLToPath(new URL('request', folder)),
      response: fileURLToPath(new URL('response', folder)),
    };
    const args = [files.bundle, '--trust', files.trust, '--as-of', about.asOf];

    it('the command says so too, and its exit code does', async () => {
      const content = [`--opening=${opening}`, '--request', files.request];
      if (input.content.response !== null) content.push('--response', files.response);
      const { code, stdout } = await run(['verify', ...args, ...content, '--json']);
      expect(code).toBe(EXIT[about.outcome]);
      expect(JSON.parse(stdout)).toMatchObject({
        outcome: about.outcome,
        receipt: { response: { status: about.status } },
      });
    });

    it("the command tells another exchange's content apart", async () => {
      const { code } = await run(['verify', ...args, `--opening=${opening}`, '--request', files.trust]);
      expect(code).toBe(EXIT.fail);
    });
  });

  it('no two are the same exchange', () => {
    const bundles = kept.map(([name, version]) => load(name, version).input.bundle);
    bundles.forEach((bundle, at) => {
      for (const other of bundles.slice(at + 1)) expect(equal(bundle, other)).toBe(false);
    });
  });
});
