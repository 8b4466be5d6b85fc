/** Writes every file that is derived from another: `npm run generate`. A test fails while one of them is out of date. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { coreReasonTable } from './core-reasons.mjs';
import { openapi } from './openapi.mjs';
import { jsonSchemas } from './schemas.mjs';

const at = path => new URL(`../${path}`, import.meta.url);

export function reasonTable(reasons) {
  return `/** Generated from spec/reasons.json by scripts/generate.mjs; do not edit. */

export const REASONS = ${JSON.stringify(reasons, null, 2)} as const;
`;
}

export function reasonPage(reasons) {
  const rows = Object.entries(reasons).map(
    ([code, { says, do: action }]) => `| \`${code}\` | ${says} | ${action} |`,
  );
  return `# Reason codes

Generated from \`spec/reasons.json\` by \`npm run generate\`; do not edit. One cause has one code, and a code never changes its meaning.

| code | what it says | what to do |
|---|---|---|
${rows.join('\n')}
`;
}

/** `members`: of the configuration, as `CONFIG_MEMBERS` has them. */
export function configurationPage(members) {
  const rows = members.map(
    ({ path, variable, says }) => `| \`${path.join('.')}\` | \`${variable}\` | ${says} |`,
  );
  return `${readFileSync(at('scripts/configuration.md'), 'utf8').trimEnd()}

${'| setting | variable | what it sets |\n|---|---|---|'}
${rows.join('\n')}
`;
}

/** `metrics`: the table of them. */
export function operationsPage(metrics) {
  const rows = Object.entries(metrics).map(
    ([name, { type, labels, says }]) =>
      `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${says} |`,
  );
  return `${readFileSync(at('scripts/operations.md'), 'utf8').trimEnd()}

${'| metric | type | labels | what |\n|---|---|---|---|'}
${rows.join('\n')}
`;
}

const run = (program, ...args) =>
  execFileSync(process.execPath, [at(`node_modules/${program}`).pathname, ...args], {
    cwd: at('.').pathname,
    stdio: 'inherit',
  });

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const reasons = JSON.parse(readFileSync(at('spec/reasons.json'), 'utf8'));
  writeFileSync(at('src/reason-table.ts'), reasonTable(reasons));
  writeFileSync(at('src/reason-core-table.ts'), coreReasonTable(reasons));
  writeFileSync(at('docs/reasons.md'), reasonPage(reasons));
  // The schemas come from the code, and the code from the table above.
  run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  const { BundleSchema } = await import(at('dist/receipt/bundle.js'));
  const { RECEIPT } = await import(at('dist/receipt/receipt.js'));
  const { TrustSchema } = await import(at('dist/appraise/trust.js'));
  const { EvidenceSchema } = await import(at('dist/court/misbehaviour/evidence.js'));
  const { PriceListSchema } = await import(at('dist/receipt/price/price-list.js'));
  const { AppraisalPolicySchema } = await import(at('dist/appraise/verdict/appraisal-policy-schema.js'));
  const { PolicySchema } = await import(at('dist/appraise/policy/language.js'));
  const { RoutesSchema } = await import(at('dist/shell/cli/routes-file.js'));
  const { ConfigSchema } = await import(at('dist/shell/cli/settings/config-schema.js'));
  const { VERBS } = await import(at('dist/shell/cli/conformance/verbs.js'));
  const { CONFIG_MEMBERS } = await import(at('dist/shell/cli/settings/config-members.js'));
  writeFileSync(at('docs/configuration.md'), configurationPage(CONFIG_MEMBERS));
  const { METRICS } = await import(at('dist/shell/telemetry/metric-table.js'));
  writeFileSync(at('docs/operations.md'), operationsPage(METRICS));
  const sources = {
    appraisalPolicy: AppraisalPolicySchema,
    bundle: BundleSchema,
    config: ConfigSchema,
    misbehaviour: EvidenceSchema,
    policy: PolicySchema,
    prices: PriceListSchema,
    receipt: RECEIPT.schema,
    routes: RoutesSchema,
    trust: TrustSchema,
    verbs: VERBS,
  };
  for (const [name, schema] of Object.entries(jsonSchemas(Object.keys(reasons), sources))) {
    writeFileSync(at(`spec/schemas/${name}`), JSON.stringify(schema));
  }
  const { SURFACES } = await import(at('dist/exchange/surfaces.js'));
  const { ADMIN_SCHEMAS } = await import(at('dist/shell/cli/admin/answers.js'));
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const bundle = JSON.parse(readFileSync(at('spec/schemas/bundle.json'), 'utf8'));
  const description = openapi({ version, surfaces: SURFACES, admin: ADMIN_SCHEMAS, bundle });
  writeFileSync(at('spec/openapi.json'), JSON.stringify(description));
  run(
    '@biomejs/biome/bin/biome',
    'format',
    '--write',
    'src/reason-core-table.ts',
    'src/reason-table.ts',
    'spec/schemas',
    'spec/openapi.json',
  );
}
