import { describe, expect, it } from 'vitest';
import type { ModelCard } from '../../exchange/model-card.js';
import type { Upstream } from '../../exchange/upstream.js';
import { ModelLists } from './model-lists.js';

/** An upstream that lists how often it has been asked, and by whom; it is down while `isDown`. */
class Counting {
  asked = 0;
  isDown = false;

  async models(credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]> {
    this.asked++;
    if (this.isDown) throw new Error('down');
    const id = `${this.asked} ${credentials.authorization ?? 'nobody'}`;
    return [{ id, object: 'model', created: 0, owned_by: 'test' }];
  }
}

function open() {
  const upstream = new Counting();
  let time = 1_000_000;
  const lists = new ModelLists(() => time);
  const list = async (credentials: Readonly<Record<string, string>> = {}) =>
    (await lists.of(upstream as unknown as Upstream, credentials)).map(({ id }) => id);
  const wait = (milliseconds: number) => {
    time += milliseconds;
  };
  return { upstream, list, wait };
}

describe('what upstreams list', () => {
  it('is asked for once, by however many', async () => {
    const { list, upstream, wait } = open();
    expect(await Promise.all([list(), list(), list()])).toEqual(Array(3).fill(['1 nobody']));
    wait(9999);
    expect(await list()).toEqual(['1 nobody']);
    expect(upstream.asked).toBe(1);
  });

  it('is asked for again after a while', async () => {
    const { list, wait } = open();
    await list();
    wait(10_000);
    expect(await list()).toEqual(['2 nobody']);
  });

  it('to one client’s key is shown to nobody else', async () => {
    const { list } = open();
    expect(await list({ authorization: 'a' })).toEqual(['1 a']);
    expect(await list()).toEqual(['2 nobody']);
    expect(await list({ authorization: 'b' })).toEqual(['3 b']);
    expect(await list()).toEqual(['2 nobody']);
  });

  it('is nothing while an upstream is down, and there when it is back', async () => {
    const { list, upstream } = open();
    upstream.isDown = true;
    expect(await list()).toEqual([]);
    upstream.isDown = false;
    expect(await list()).toEqual(['2 nobody']);
  });
});
