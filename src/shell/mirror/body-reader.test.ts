import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { equal } from '../../bytes/octets.js';
import { BodyEnded, BodyReader } from './body-reader.js';
import { UploadSlots } from './upload-slots.js';

const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
const never = new AbortController().signal;

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('a body', () => {
  it.each([undefined, 'identity', 'gzip'])(
    'is given as it is asked for, however it comes: %s',
    async encoding => {
      const sent = encoding === 'gzip' ? gzipSync(BYTES) : BYTES;
      for (const length of [1, 7, 100, 5000]) {
        const reader = new BodyReader(inPieces(sent, length), encoding, never);
        let at = 0;
        for (const count of [0, 1, 2, 3, 250, 0, 700, 44]) {
          expect(equal(await reader.take(count), BYTES.subarray(at, at + count))).toBe(true);
          at += count;
        }
        await expect(reader.take(1)).rejects.toBeInstanceOf(BodyEnded);
        reader.close();
      }
    },
  );

  it('ends where it breaks off, where it was packed wrongly, and where the client has to leave', async () => {
    async function* breaking() {
      yield BYTES.subarray(0, 10);
      throw new Error('gone');
    }
    const broken = new BodyReader(breaking(), undefined, never);
    await broken.take(10);
    await expect(broken.take(1)).rejects.toBeInstanceOf(BodyEnded);
    const packed = gzipSync(BYTES).fill(0, 20);
    await expect(new BodyReader(inPieces(packed, 9), 'gzip', never).take(1000)).rejects.toBeInstanceOf(
      BodyEnded,
    );
    const leaving = new AbortController();
    const reader = new BodyReader(silent(), 'gzip', leaving.signal);
    const taking = reader.take(1);
    leaving.abort();
    await expect(taking).rejects.toBeInstanceOf(BodyEnded);
  });

  it('ends when nothing comes for too long', async () => {
    vi.useFakeTimers();
    try {
      const taking = new BodyReader(silent(), undefined, never).take(1);
      const ended = expect(taking).rejects.toBeInstanceOf(BodyEnded);
      await vi.advanceTimersByTimeAsync(20_000);
      await ended;
    } finally {
      vi.useRealTimers();
    }
  });

  it('request/encoded: an encoding that nobody knows', () => {
    expect(() => new BodyReader(inPieces(BYTES, 1), 'br', never)).toThrow('request/encoded');
  });

  it('holds what has come until it is released', async () => {
    const held: number[] = [];
    const reader = new BodyReader(inPieces(BYTES, 100), undefined, never, bytes => held.push(bytes));
    await reader.take(150);
    reader.release();
    await reader.take(60);
    expect(held).toEqual([100, 200, 50, 150]);
  });

  async function* silent(): AsyncGenerator<Uint8Array> {
    await new Promise(() => undefined);
    yield BYTES;
  }
});

describe('room for uploads', () => {
  it('is made by those that have gone longest without finishing a package', () => {
    const slots = new UploadSlots(100, 3);
    const [first, second, third] = [slots.enter(), slots.enter(), slots.enter()];
    first.advance();
    const fourth = slots.enter();
    expect([first, second, third, fourth].map(({ signal }) => signal.aborted)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    first.hold(60);
    fourth.hold(50);
    expect([first, third, fourth].map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    fourth.hold(101);
    expect(fourth.signal.aborted).toBe(true);
  });

  it('comes back when an upload leaves, and counts nothing of one that has left', () => {
    const slots = new UploadSlots(100, 3);
    const first = slots.enter();
    first.hold(90);
    first.leave();
    first.leave();
    first.hold(90);
    const second = slots.enter();
    second.hold(100);
    expect(second.signal.aborted).toBe(false);
    slots.close();
    expect(second.signal.aborted).toBe(true);
  });
});
