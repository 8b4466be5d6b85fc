/** What watches a house and what is told of it, put together before the house is. */
import { readFileSync } from 'node:fs';
import { Observers } from '../telemetry/observer.js';
import { OperatorLog, type OperatorLogOptions } from '../telemetry/operator-log.js';
import type { OtlpExporter } from '../telemetry/otlp/exporter.js';
import { Registry } from '../telemetry/registry.js';
import { Reloads } from './reloads.js';
import type { TelemetrySettings } from './settings/telemetry-settings.js';

export interface Operations {
  readonly registry: Registry;
  readonly log: OperatorLog;
  readonly observer: Observers;
  /** Who sends what is told to OpenTelemetry; null where nobody does. */
  readonly exporter: OtlpExporter | null;
  readonly reloads: Reloads;
  /** Told of everything that the operator should look at. */
  readonly onProblem: (message: string) => void;
  /** Of this program. */
  readonly version: string;
}

/** `telemetry`: where it goes; null for nowhere. What it takes is loaded where it goes somewhere. */
export async function openOperations(
  options: Pick<OperatorLogOptions, 'format' | 'level'>,
  telemetry: TelemetrySettings | null = null,
): Promise<Operations> {
  const registry = new Registry();
  const log = new OperatorLog({
    ...options,
    write: lines => process.stderr.write(lines),
    now: Date.now,
  });
  const onProblem = (message: string) => {
    registry.add('countersign_problems_total', []);
    log.problem(message);
  };
  const reloads = new Reloads({
    onProblem,
    onReloaded: ({ name, outcome }) => {
      registry.add('countersign_reloads_total', [name, outcome]);
      log.say('info', 'reloaded', { what: name, outcome });
    },
    now: Date.now,
  });
  registry.collect('countersign_configuration_current', () => [[[], reloads.areCurrent ? 1 : 0]]);
  const version = versionOf();
  const exporter = telemetry && (await openExporter(telemetry, { registry, onProblem, version }));
  const observer = new Observers(registry, log, exporter);
  return { registry, log, observer, exporter, reloads, onProblem, version };
}

async function openExporter(
  telemetry: TelemetrySettings,
  parts: Pick<Operations, 'registry' | 'onProblem' | 'version'>,
): Promise<OtlpExporter> {
  const { OtlpExporter } = await import('../telemetry/otlp/exporter.js');
  return new OtlpExporter({ ...telemetry, ...parts, now: Date.now });
}

function versionOf(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
