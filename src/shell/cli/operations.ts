/** What watches a house and what is told of it, put together before the house is. */
import { readFileSync } from 'node:fs';
import { Observers, type Tracer } from '../telemetry/observer.js';
import { OperatorLog, type OperatorLogOptions } from '../telemetry/operator-log.js';
import { Registry } from '../telemetry/registry.js';
import { Reloads } from './reloads.js';

export interface Operations {
  readonly registry: Registry;
  readonly log: OperatorLog;
  readonly observer: Observers;
  readonly reloads: Reloads;
  /** Told of everything that the operator should look at. */
  readonly onProblem: (message: string) => void;
  /** Of this program. */
  readonly version: string;
}

/** `tracer`: null where nothing is traced. */
export function openOperations(
  options: Pick<OperatorLogOptions, 'format' | 'level'>,
  tracer: ((registry: Registry) => Tracer) | null = null,
): Operations {
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
  const observer = new Observers(registry, log, tracer?.(registry) ?? null);
  return { registry, log, observer, reloads, onProblem, version: versionOf() };
}

export function versionOf(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
