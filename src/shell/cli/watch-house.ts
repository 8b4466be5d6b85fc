/** What can be measured of a house: read when somebody asks, from where it is anyway. */
import { equal, fromU64be } from '../../bytes/octets.js';
import type { VerifierKey } from '../../note/key.js';
import { satisfies, type WitnessPolicy } from '../../note/policy.js';
import { parseNote } from '../../note/signed-note.js';
import type { Gateway } from '../gateway/gateway.js';
import type { Publication } from '../log/serve.js';
import type { Registry, Sample } from '../telemetry/registry.js';

export interface WatchedHouse {
  readonly gateway: Gateway;
  readonly log: Publication;
  /** Who cosigns, and how many have to. */
  readonly policy: WitnessPolicy;
  /** With which the log says when it signed. */
  readonly logCosigner: VerifierKey | null;
  /** Statements that wait to be signed and kept. */
  readonly waiting: () => number;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Has the registry ask the house from now on. */
export function watchHouse(registry: Registry, house: WatchedHouse): void {
  const { gateway, log } = house;
  const one = (value: number): Sample[] => [[[], value]];
  const truth = (is: boolean) => one(is ? 1 : 0);
  const ofContext = (read: (context: NonNullable<Gateway['context']>) => Iterable<Sample>) => () =>
    gateway.context === null ? [] : read(gateway.context);
  registry.collect(
    'countersign_exchanges_running',
    ofContext(({ active }) => one(active.size)),
  );
  registry.collect(
    'countersign_streams_open',
    ofContext(({ active }) => one(active.streams)),
  );
  registry.collect(
    'countersign_held_bytes',
    ofContext(({ bodies, answers }) => [
      [['requests'], bodies.held],
      [['answers'], answers.held],
    ]),
  );
  registry.collect(
    'countersign_held_bytes_limit',
    ofContext(({ bodies, answers }) => [
      [['requests'], bodies.limit],
      [['answers'], answers.limit],
    ]),
  );
  registry.collect('countersign_keeper_waiting', () => one(house.waiting()));
  registry.collect('countersign_log_entries', () => one(log.size));
  registry.collect(
    'countersign_log_witnessed_entries',
    ofContext(context => one(context.log.witnessed?.size ?? 0)),
  );
  registry.collect(
    'countersign_log_writable',
    ofContext(context => truth(context.log.writable)),
  );
  registry.collect(
    'countersign_epoch_journal_writable',
    ofContext(({ epochs }) => truth(epochs.writable)),
  );
  registry.collect(
    'countersign_epoch_journal_bytes',
    ofContext(({ epochs }) => one(epochs.journalBytes)),
  );
  registry.collect(
    'countersign_epochs_open',
    ofContext(({ epochs }) => one(epochs.open)),
  );
  registry.collect(
    'countersign_upstream_available',
    ofContext(({ routing, health, now }) =>
      routing.upstreams.map(upstream => [[upstream.name], health.of(upstream).isOpenTo(now()) ? 1 : 0]),
    ),
  );
  registry.collect(
    'countersign_upstream_running',
    ofContext(({ routing, health }) =>
      routing.upstreams.map(upstream => [[upstream.name], health.of(upstream).running]),
    ),
  );
  registry.collect('countersign_ready', () => truth(gateway.readiness.ready));
  const witnesses = [...house.policy.witnesses.values()].map(({ key }) => key);
  const cosigners = house.logCosigner === null ? witnesses : [house.logCosigner, ...witnesses];
  registry.collect('countersign_log_checkpoint_age_seconds', () => {
    const latest = Math.max(...cosignedAt(house, cosigners).map(({ time }) => time));
    return Number.isFinite(latest) ? one(ageOf(house, latest)) : [];
  });
  registry.collect('countersign_witness_cosignature_age_seconds', () =>
    [...house.policy.witnesses].flatMap(([name, { key }]) =>
      cosignedAt(house, [key]).map(({ time }): Sample => [[name], ageOf(house, time)]),
    ),
  );
  registry.collect('countersign_witness_quorum', () =>
    truth(
      satisfies(
        house.policy.quorum,
        cosignedAt(house, witnesses).map(({ key }) => key),
      ),
    ),
  );
  registry.collect('countersign_build_info', () => [[[house.version], 1]]);
  watchProcess(registry);
}

function watchProcess(registry: Registry): void {
  const started = Date.now() / 1000 - process.uptime();
  registry.collect('process_start_time_seconds', () => [[[], started]]);
  registry.collect('process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return [[[], (user + system) / 1e6]];
  });
  registry.collect('process_resident_memory_bytes', () => [[[], process.memoryUsage.rss()]]);
  registry.collect('nodejs_heap_used_bytes', () => [[[], process.memoryUsage().heapUsed]]);
}

/** Which of these keys stand under the published checkpoint, and the time that each states, in Unix seconds. The log has checked them when they came. */
function cosignedAt(
  { log }: WatchedHouse,
  keys: readonly VerifierKey[],
): { readonly key: VerifierKey; readonly time: number }[] {
  const note = log.checkpointNote;
  if (note === null) return [];
  const { signatures } = parseNote(note);
  return keys.flatMap(key => {
    const line = signatures.find(({ name, keyId }) => name === key.name && equal(keyId, key.id));
    const time = line === undefined || line.signature.length < 8 ? null : fromU64be(line.signature);
    return time === null ? [] : [{ key, time }];
  });
}

function ageOf({ now }: WatchedHouse, time: number): number {
  return Math.max(0, now() / 1000 - time);
}
