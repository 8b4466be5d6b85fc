/**
 * Every metric that a gateway has, and what it means: the source of `docs/operations.md` and of what Prometheus is told. Labels have values from closed
 * lists, or names that the operator has given (upstreams, witnesses); never a client's, a key's or a model's.
 */

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly says: string;
  readonly labels: readonly string[];
}

const metric = (type: MetricDescription['type'], says: string, ...labels: string[]): MetricDescription => ({
  type,
  says,
  labels,
});

export const METRICS = {
  countersign_exchanges_total: metric(
    'counter',
    'Exchanges that have ended, by how: completed, refused, failed or aborted.',
    'surface',
    'upstream',
    'status',
  ),
  countersign_exchange_seconds: metric(
    'histogram',
    'From the arrival of a request to the end of its exchange.',
    'surface',
    'upstream',
  ),
  countersign_first_token_seconds: metric(
    'histogram',
    'From the arrival of a request to the first part of its answer.',
    'surface',
    'upstream',
  ),
  countersign_exchange_failures_total: metric(
    'counter',
    'Exchanges that did not complete, by reason code.',
    'reason',
  ),
  countersign_attempts_total: metric(
    'counter',
    'Upstreams that were tried, by whether they answered; more than exchanges where one is tried again.',
    'upstream',
    'outcome',
  ),
  countersign_attestations_total: metric(
    'counter',
    'Upstreams that were asked to show by evidence what they are, by what came of it: accepted, or a reason code.',
    'upstream',
    'outcome',
  ),
  countersign_tokens_total: metric(
    'counter',
    'Tokens as upstreams count them: prompt or completion.',
    'upstream',
    'kind',
  ),
  countersign_answers_total: metric(
    'counter',
    'Answers to requests of all kinds, by their HTTP status.',
    'route',
    'status',
  ),
  countersign_refusals_total: metric(
    'counter',
    'Answers that refuse a request, by reason code: access/money-exhausted and its like are limits of virtual keys.',
    'reason',
  ),
  countersign_receipts_sealed_total: metric('counter', 'Receipts that were signed and kept.'),
  countersign_receipts_unsealed_total: metric(
    'counter',
    'Exchanges that ended without a receipt, by reason code. Any is a reason to look.',
    'reason',
  ),
  countersign_exchanges_running: metric('gauge', 'Exchanges under way.'),
  countersign_streams_open: metric('gauge', 'Streams under way.'),
  countersign_held_bytes: metric(
    'gauge',
    'Bytes that are held at this moment: of requests, of answers.',
    'of',
  ),
  countersign_held_bytes_limit: metric('gauge', 'The most bytes that may be held.', 'of'),
  countersign_keeper_waiting: metric(
    'gauge',
    'Statements that wait to be signed and kept; it grows where the disk or the processor is too slow.',
  ),
  countersign_log_entries: metric('gauge', 'Entries that the log includes.'),
  countersign_log_witnessed_entries: metric('gauge', 'Entries under the latest witnessed checkpoint.'),
  countersign_log_checkpoint_age_seconds: metric(
    'gauge',
    'Since the log or a witness last put a time under the published checkpoint; it is renewed every ten minutes while nothing happens.',
  ),
  countersign_log_writable: metric('gauge', '1 while the log takes entries.'),
  countersign_witness_cosignature_age_seconds: metric(
    'gauge',
    'Since a witness of the policy cosigned the published checkpoint; missing where it has not.',
    'witness',
  ),
  countersign_witness_quorum: metric(
    'gauge',
    '1 where the published checkpoint has the cosignatures that the policy asks for.',
  ),
  countersign_epoch_journal_writable: metric('gauge', '1 while numbers can be given to exchanges.'),
  countersign_epoch_journal_bytes: metric('gauge', 'The length of the journal of the epoch that runs.'),
  countersign_epochs_open: metric('gauge', 'Epochs of this process that have no end yet.'),
  countersign_upstream_available: metric(
    'gauge',
    '0 while an upstream is left alone because it has failed too often.',
    'upstream',
  ),
  countersign_upstream_running: metric('gauge', 'Requests under way at an upstream.', 'upstream'),
  countersign_ready: metric('gauge', '1 while /readyz says so.'),
  countersign_configuration_current: metric(
    'gauge',
    '0 where the configuration was changed into one that cannot be used, and the one before is in force.',
  ),
  countersign_reloads_total: metric(
    'counter',
    'Readings of what can be read again, by what it is and what came of it: applied, unchanged or refused.',
    'what',
    'outcome',
  ),
  countersign_problems_total: metric('counter', 'Problems that the operator was told of.'),
  countersign_telemetry_dropped_total: metric(
    'counter',
    'Spans that were not sent because the collector was too slow or not there.',
  ),
  countersign_build_info: metric('gauge', '1, with the version that runs.', 'version'),
  process_start_time_seconds: metric('gauge', 'When the process began, in seconds since 1970.'),
  process_cpu_seconds_total: metric('counter', 'Processor time that the process has taken.'),
  process_resident_memory_bytes: metric('gauge', 'Memory of the process.'),
  nodejs_heap_used_bytes: metric('gauge', 'Memory in use by objects of the main thread.'),
} as const satisfies Readonly<Record<string, MetricDescription>>;

export type MetricName = keyof typeof METRICS;

/** Upper bounds of the histograms' buckets, in seconds: answers take from milliseconds to minutes. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;
