/**
 * Looks at the examples of deploy/ with the tools of those who would use them: `npm run lint:deploy`. What is not here is skipped, and said so; what
 * is here and complains makes it fail. Nothing is started, built or fetched.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const UNITS = ['countersign.service', 'countersign-views.service'];
const CHART = 'deploy/helm/countersign';
/** What `systemd-analyze security` calls exposed, from 0 to 100: the default of a unit is over 90. */
const MOST_EXPOSED = 15;
/** Values that every part of the chart is rendered with once. */
const ALL_VALUES = {
  config: { operator: 'Example Ltd', upstreams: [{ name: 'mine', url: 'https://models.example/v1' }] },
  image: { repository: 'registry.example/countersign', digest: `sha256:${'0'.repeat(64)}` },
  secrets: ['mine'],
  networkPolicy: { from: [{ podSelector: {} }] },
  nodeSelector: { disk: 'fast' },
  podAnnotations: { example: 'yes' },
  storage: { className: 'fast' },
  tolerations: [{ operator: 'Exists' }],
};
/** What the schema of the values has to refuse. */
const WRONG_VALUES = [
  { image: { repository: 'countersign', digest: 'latest' } },
  { config: { data: '/elsewhere' } },
  { secrets: ['../keys'] },
  { replicas: 2 },
];

let failed = false;
const has = program => spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;

/** Runs a program, and says what it says when it ends with another code than 0. */
function run(what, program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  report(what, status === 0 ? [] : [`ended with ${status}`, stdout, stderr]);
  return stdout;
}

function report(what, problems) {
  failed ||= problems.length > 0;
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${what}`);
  for (const problem of problems) console.log(problem.trim().replace(/^/gm, '        '));
}

function lintContainerfile(folder) {
  const lint = join(ROOT, 'node_modules/dockerfile-utils/bin/dockerfile-utils');
  const file = join(ROOT, 'deploy/Containerfile');
  const { stdout, stderr } = spawnSync(process.execPath, [lint, 'lint', file], {
    encoding: 'utf8',
    cwd: folder,
  });
  report(
    'deploy/Containerfile: its instructions',
    [stdout, stderr].filter(text => text.trim() !== ''),
  );
}

function lintUnits(folder) {
  if (!has('systemd-analyze')) {
    console.log('skipped  systemd units: systemd-analyze is not here (Debian: apt-get install systemd)');
    return;
  }
  for (const name of UNITS) {
    // Where Node.js and this package are on the machine that looks is no matter of the unit's.
    const unit = join(folder, name);
    const text = readFileSync(join(ROOT, 'deploy', name), 'utf8').replace('/usr/bin/node', process.execPath);
    writeFileSync(unit, text);
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    });
    // It also tells of units of this machine that are no business of ours.
    const own = `${stdout}${stderr}`.split('\n').filter(line => line.includes(name));
    report(`deploy/${name}: verify`, own.length > 0 || (status !== 0 && stderr.includes(name)) ? own : []);
    const offline = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, '--no-pager', unit];
    run(`deploy/${name}: security, at most ${MOST_EXPOSED / 10}`, 'systemd-analyze', offline);
  }
}

function lintChart(folder) {
  if (!has('helm')) {
    console.log('skipped  Helm chart: helm is not here (go install helm.sh/helm/v3/cmd/helm@v3.18.6)');
    return;
  }
  const values = (name, content) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const all = values('all', ALL_VALUES);
  run(`${CHART}: lint`, 'helm', ['lint', '--strict', CHART]);
  run(`${CHART}: lint, with all values`, 'helm', ['lint', '--strict', CHART, '--values', all]);
  const cluster = ['--kube-version', '1.30.0'];
  const rendered = run(`${CHART}: template`, 'helm', [
    'template',
    'release',
    CHART,
    ...cluster,
    '--values',
    all,
  ]);
  const kinds = [...rendered.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind).sort();
  const wanted = ['ConfigMap', 'NetworkPolicy', 'Service', 'StatefulSet'];
  report(`${CHART}: has ${wanted.join(', ')}`, `${kinds}` === `${wanted}` ? [] : [`${kinds}`]);
  for (const [at, wrong] of WRONG_VALUES.entries()) {
    const { status } = spawnSync(
      'helm',
      ['lint', '--strict', CHART, '--values', values(`wrong-${at}`, wrong)],
      { cwd: ROOT },
    );
    report(`${CHART}: refuses ${JSON.stringify(wrong)}`, status === 0 ? ['it takes them'] : []);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-deploy-'));
try {
  lintContainerfile(folder);
  lintUnits(folder);
  lintChart(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
