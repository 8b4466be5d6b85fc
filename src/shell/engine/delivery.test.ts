import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Delivery } from './delivery.js';

const head = { status: 200, headers: {}, tlsSpki: null };
let heard: string[];
let delivery: Delivery;

beforeEach(() => {
  heard = [];
  delivery = new Delivery({
    head: ({ status }) => heard.push(`head ${status}`),
    data: chunk => heard.push(`data ${chunk}`),
    end: () => heard.push('end'),
    fail: ({ kind }) => heard.push(`fail ${kind}`),
  });
});

function answer(): void {
  delivery.head(head);
  delivery.data(Uint8Array.of(1));
  delivery.data(Uint8Array.of(2));
  delivery.end();
}

function pausedAnswer(): void {
  delivery.pause();
  answer();
}

describe('delivery', () => {
  it('is in order, and never within the call', async () => {
    answer();
    expect(heard).toEqual([]);
    await setImmediate();
    expect(heard).toEqual(['head 200', 'data 1', 'data 2', 'end']);
  });

  it('waits while paused', async () => {
    delivery.pause();
    delivery.pause();
    answer();
    await setImmediate();
    expect(heard).toEqual([]);
    delivery.resume();
    delivery.resume();
    await setImmediate();
    expect(heard).toEqual(['head 200', 'data 1', 'data 2', 'end']);
  });

  it('can be paused by its own sink, after the chunk at hand', async () => {
    const paused = new Delivery({
      head: () => {},
      data: chunk => {
        heard.push(`data ${chunk}`);
        paused.pause();
      },
      end: () => heard.push('end'),
      fail: () => {},
    });
    paused.data(Uint8Array.of(1));
    paused.data(Uint8Array.of(2));
    await setImmediate();
    expect(heard).toEqual(['data 1']);
    paused.resume();
    await setImmediate();
    expect(heard).toEqual(['data 1', 'data 2']);
  });

  it.each([
    { name: 'at once', before: () => {} },
    { name: 'with chunks pending', before: answer },
    { name: 'while paused', before: pausedAnswer },
    { name: 'twice', before: () => delivery.abort() },
  ])('aborts $name: the work stops once, the sink hears one failure', async ({ before }) => {
    let stops = 0;
    delivery.onAbort = () => {
      stops += 1;
    };
    before();
    delivery.abort();
    await setImmediate();
    delivery.abort();
    answer();
    delivery.fail({ kind: 'broken', detail: '' });
    await setImmediate();
    expect(heard).toEqual(['fail aborted']);
    expect(stops).toBe(1);
  });

  it('ignores an abort after the end', async () => {
    answer();
    await setImmediate();
    delivery.onAbort = () => heard.push('stopped');
    delivery.abort();
    await setImmediate();
    expect(heard.at(-1)).toBe('end');
  });

  it('lets a failure overtake a pause', async () => {
    delivery.pause();
    answer();
    delivery.fail({ kind: 'broken', detail: 'x' });
    await setImmediate();
    expect(heard).toEqual(['fail broken']);
  });
});
