import { beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeReport } from '../../receipt/exchange-report.js';
import { type LogFormat, type LogLevel, OperatorLog } from './operator-log.js';

let written: string;
beforeEach(() => {
  written = '';
});

function open(format: LogFormat, level: LogLevel): OperatorLog {
  return new OperatorLog({
    format,
    level,
    write: lines => {
      written += lines;
    },
    now: () => 0,
  });
}

const REPORT: ExchangeReport = {
  exchange: 'a'.repeat(26),
  request: 'request-1',
  surface: 'chat/completions',
  model: 'gpt-4o',
  served: null,
  stream: true,
  status: 'failed',
  reason: 'upstream/timeout',
  http: 504,
  received: 1000,
  firstByte: 1250,
  ended: 3000,
  attempts: [
    { upstream: 'one', started: 1000, ended: 1100, status: 500, reason: 'upstream/error' },
    { upstream: 'two', started: 1100, ended: 3000, status: null, reason: 'upstream/timeout' },
  ],
  finish: [],
  usage: null,
  unsealed: null,
  trace: null,
};

describe('what an operator reads', () => {
  it('in JSON: a line for each exchange', () => {
    const log = open('json', 'info');
    log.exchange(REPORT);
    log.flush();
    expect(written.endsWith('\n')).toBe(true);
    expect(JSON.parse(written)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      event: 'exchange',
      request: 'request-1',
      exchange: 'a'.repeat(26),
      surface: 'chat/completions',
      stream: true,
      model: 'gpt-4o',
      served: null,
      upstream: 'two',
      attempts: 2,
      status: 'failed',
      http: 504,
      reason: 'upstream/timeout',
      milliseconds: 2000,
      firstToken: 250,
    });
  });

  it('in words: what there is of it', () => {
    const log = open('text', 'info');
    log.exchange(REPORT);
    log.flush();
    expect(written).toMatch(
      /^1970-01-01T00:00:00\.000Z exchange request=request-1 .* reason=upstream\/timeout/,
    );
    expect(written).not.toContain('served');
    expect(written.split('\n')).toHaveLength(2);
  });

  it.each<[LogLevel, string[]]>([
    ['debug', ['answer', 'exchange', 'closing', 'problem']],
    ['info', ['exchange', 'closing', 'problem']],
    ['warn', ['problem']],
    ['error', ['problem']],
  ])('at the level %s: %j', (level, events) => {
    const log = open('json', level);
    log.answer({ request: 'r', route: 'health', status: 200, reason: null });
    log.exchange(REPORT);
    log.say('info', 'closing');
    log.problem('The disk is full.');
    log.flush();
    const found = written
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { event: string }).event);
    expect(found).toEqual(events);
  });

  it('a problem is written at once, as it was before there were formats', () => {
    open('text', 'warn').problem('log/unavailable: the disk is full.');
    expect(written).toBe('countersign: log/unavailable: the disk is full.\n');
  });

  it('no text moves the cursor, or begins another line', () => {
    const log = open('json', 'info');
    log.say('info', 'closing', { what: 'a\u001b[2Jb\u202ec\nd' });
    log.flush();
    expect(written.split('\n')).toHaveLength(2);
    expect(written).not.toMatch(/[\u001b\u202e]/);
  });

  it('the level can change while it runs', () => {
    const log = open('json', 'warn');
    log.exchange(REPORT);
    log.level = 'info';
    log.exchange(REPORT);
    log.flush();
    expect(written.trim().split('\n')).toHaveLength(1);
  });

  it('lines are gathered, and none is lost', async () => {
    const log = open('json', 'info');
    for (let at = 0; at < 100; at++) log.exchange(REPORT);
    expect(written).toBe('');
    await new Promise(resolve => setImmediate(resolve));
    expect(written.trim().split('\n')).toHaveLength(100);
  });
});
