import { describe, expect, it } from 'vitest';
import type { Transfer, Upstream, UpstreamRequest, UpstreamSink } from '../../exchange/upstream.js';
import { Turns } from '../http/turns.js';
import { PacedTransfer } from './paced-transfer.js';

/** An upstream that is told when to send what, and everything that it and its reader do, in order. */
class Scene {
  clock = 0;
  readonly happened: string[] = [];
  readonly turns = new Turns(() => this.clock);
  readonly transfer: Transfer;
  upstream!: UpstreamSink;

  /** `cost`: how long its reader takes for any part, in milliseconds. */
  constructor(cost = 0) {
    const own: Transfer = {
      sent: true,
      pause: () => this.happened.push('pause'),
      resume: () => this.happened.push('resume'),
      limitSilence: () => this.happened.push('limitSilence'),
      abort: () => this.happened.push('abort'),
    };
    const source: Pick<Upstream, 'send'> = {
      send: (_request, sink) => {
        this.upstream = sink;
        return own;
      },
    };
    const reader: UpstreamSink = {
      head: () => this.happened.push('head'),
      data: chunk => {
        this.happened.push(`data ${chunk.length}`);
        this.clock += cost;
      },
      end: () => this.happened.push('end'),
      fail: ({ kind }) => this.happened.push(`fail ${kind}`),
    };
    this.transfer = PacedTransfer.send(source as Upstream, {} as UpstreamRequest, reader, this.turns);
  }

  /** Somebody else uses this round up. */
  useUp(): void {
    this.turns.run(() => {
      this.clock += 5;
    });
  }

  get news(): string[] {
    return this.happened.splice(0);
  }
}

const LARGE = new Uint8Array(65_536);
/** How it is handed on. */
const PARTS = Array.from({ length: 8 }, () => 'data 8192');
const SMALL = new Uint8Array(4096);
const round = () => new Promise<void>(resolve => setImmediate(resolve));

describe('an upstream’s answer', () => {
  it('passes at once while there is time', () => {
    const scene = new Scene();
    scene.upstream.head({ status: 200, headers: {}, tlsSpki: null });
    scene.upstream.data(LARGE);
    scene.upstream.data(SMALL);
    scene.upstream.end();
    expect(scene.news).toEqual(['head', ...PARTS, 'data 4096', 'end']);
  });

  it('waits where it is large and the round is used up, and its upstream is held back until then', async () => {
    const scene = new Scene();
    scene.useUp();
    scene.upstream.data(LARGE);
    expect(scene.news).toEqual(['pause']);
    await round();
    expect(scene.news).toEqual([...PARTS, 'resume']);
  });

  it('never waits while it is small', () => {
    const scene = new Scene();
    scene.useUp();
    scene.upstream.data(SMALL);
    expect(scene.news).toEqual(['data 4096']);
  });

  it('ends in a turn of its own where all of it together is large', async () => {
    const scene = new Scene();
    scene.upstream.data(SMALL);
    scene.upstream.data(SMALL);
    scene.useUp();
    scene.upstream.end();
    expect(scene.news).toEqual(['data 4096', 'data 4096']);
    await round();
    expect(scene.news).toEqual(['end']);
  });

  it.each(['end', 'fail'] as const)('keeps its order: %s comes after what waits', async ending => {
    const scene = new Scene();
    scene.useUp();
    scene.upstream.data(LARGE);
    scene.upstream.data(SMALL);
    if (ending === 'end') scene.upstream.end();
    else scene.upstream.fail({ kind: 'broken', detail: '' });
    await round();
    const last = ending === 'end' ? 'end' : 'fail broken';
    expect(scene.news.filter(what => !/pause|resume/.test(what))).toEqual([...PARTS, 'data 4096', last]);
  });

  it('is cut short by the end of a round also in the middle of a part of it', async () => {
    const scene = new Scene(3);
    scene.upstream.data(LARGE);
    expect(scene.news).toEqual(['data 8192', 'data 8192', 'pause']);
    await round();
    expect(scene.news).toEqual(['data 8192', 'data 8192']);
  });

  it('goes on only when its turn has come and its client reads as well', async () => {
    const scene = new Scene();
    scene.useUp();
    scene.upstream.data(LARGE);
    scene.transfer.pause();
    await round();
    expect(scene.news).toEqual(['pause', 'pause', ...PARTS]);
    scene.useUp();
    scene.upstream.data(LARGE);
    scene.transfer.resume();
    expect(scene.news).toEqual(['pause']);
    await round();
    expect(scene.news).toEqual([...PARTS, 'resume']);
  });

  it('can be stopped while it waits', () => {
    const scene = new Scene();
    scene.useUp();
    scene.upstream.data(LARGE);
    scene.transfer.abort();
    expect(scene.news).toEqual(['pause', 'abort']);
  });
});
