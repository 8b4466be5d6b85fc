/** Clients of others follow a log of ours that runs and grows: they get its entries, and refuse anything else. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { keyLabel } from '../../src/note/key.js';
import { leafHash } from '../../src/tree/hash.js';
import { rootHash } from '../../src/tree/prove.js';
import './build-programs.js';
import { ForeignProcess } from './foreign-process.js';
import type { GoProgram } from './go-program.js';
import { encode } from './peer.js';
import { Relay } from './relay.js';
import { RunningGateway } from './running-gateway.js';

const { torchwood, transparencyDev } = inject('goPrograms');

/** A client that knows the log's keys and remembers what it has seen. */
interface Client {
  /** All entries that it has been given, after reading once more. Rejects when it refuses what is served. */
  read(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

let gateway: RunningGateway;
let relay: Relay;

beforeAll(async () => {
  gateway = await RunningGateway.start();
  await gateway.grow(300);
  relay = await Relay.start(gateway.logUrl);
});
afterAll(async () => {
  await relay?.close();
  await gateway?.close();
});

function start(program: GoProgram, ...args: readonly string[]): ForeignProcess {
  if (program.missing !== null) throw new Error(program.missing);
  return new ForeignProcess(program.path, args);
}

interface TorchwoodAnswer {
  readonly from: number;
  readonly size: number;
  readonly entries: readonly string[];
  readonly verified: readonly string[];
  readonly unknown: number;
}

/** It asks for the log's ML-DSA-44 cosignature too. */
function openTorchwood(url: string): Client & { readonly last: () => TorchwoodAnswer } {
  const client = start(torchwood, 'follow', url, gateway.logKey, gateway.logCosignerKey);
  const entries: string[] = [];
  let last: TorchwoodAnswer;
  return {
    read: async () => {
      last = await client.ask<TorchwoodAnswer>('read');
      entries.push(...last.entries);
      return entries;
    },
    last: () => last,
    stop: () => client.stop(),
  };
}

interface TesseraUpdate {
  readonly from: number;
  readonly size: number;
  /** Of the consistency proof, in hashes. */
  readonly proof: number;
}

/** Its entries are those of a log that its `fsck` has found to be whole, since the client itself does not hash them. */
function openTessera(url: string): Client & { readonly last: () => TesseraUpdate } {
  const client = start(transparencyDev, 'follow', url, gateway.logKey);
  let last: TesseraUpdate;
  return {
    read: async () => {
      last = await client.ask<TesseraUpdate>('update');
      const { fault } = await client.ask<{ fault: string | null }>('fsck');
      if (fault !== null) throw new Error(fault);
      return (await client.ask<{ entries: string[] }>('entries')).entries;
    },
    last: () => last,
    stop: () => client.stop(),
  };
}

/** What a log, or whoever stands before it, could serve instead. */
const CHANGES: { name: string; of: RegExp; offset: (length: number) => number }[] = [
  { name: 'an entry of a full bundle', of: /^\/tile\/entries\/000$/, offset: length => length - 1 },
  { name: 'an entry of the last bundle', of: /^\/tile\/entries\/\d+\.p\/\d+$/, offset: length => length - 1 },
  { name: 'the length of an entry', of: /^\/tile\/entries\/000$/, offset: () => 1 },
  { name: 'a hash of a full tile', of: /^\/tile\/0\/000$/, offset: length => length / 2 },
  { name: 'a hash of the last tile', of: /^\/tile\/0\/\d+\.p\/\d+$/, offset: length => length / 2 },
  { name: 'the checkpoint', of: /^\/checkpoint$/, offset: () => 1 },
];

/** Flips a bit of what is served under these paths, while `use` runs. */
async function changing({ of, offset }: (typeof CHANGES)[number], use: () => Promise<void>): Promise<void> {
  let changes = 0;
  relay.change = (path, body) => {
    if (!of.test(path)) return body;
    changes++;
    const at = offset(body.length);
    return body.with(at, (body[at] as number) ^ 1);
  };
  try {
    await use();
  } finally {
    relay.change = (_path, body) => body;
  }
  expect(changes).toBeGreaterThan(0);
}

describe.skipIf(torchwood.missing !== null)(
  `filippo.io/torchwood's client ${torchwood.missing ?? ''}`,
  () => {
    it('follows our log: exactly our entries, and after it has grown exactly those that are new', async () => {
      const client = openTorchwood(gateway.logUrl);
      const before = await gateway.read();
      expect(await client.read()).toEqual(encode(before.entries));
      await gateway.grow(250);
      const after = await gateway.read();
      expect(after.checkpoint.size).toBeGreaterThan(before.checkpoint.size);
      expect(await client.read()).toEqual(encode(after.entries));
      const { from, size } = client.last();
      expect([from, size]).toEqual([before.checkpoint.size, after.checkpoint.size]);
      await client.stop();
    });

    it("verifies the log's Ed25519 signature and its ML-DSA-44 cosignature; grease and witnesses are unknown to it", async () => {
      const client = openTorchwood(gateway.logUrl);
      await client.read();
      const { log, logCosigner } = gateway.trust;
      expect([...client.last().verified].sort()).toEqual(
        [log, logCosigner].flatMap(key => (key === null ? [] : [keyLabel(key)])).sort(),
      );
      expect(client.last().unknown).toBeGreaterThan(gateway.trust.policy.witnesses.size);
      await client.stop();
    });

    it.each(CHANGES)('refuses $name that was changed', async change => {
      await changing(change, async () => {
        await expect(openTorchwood(relay.address).read()).rejects.toThrow('peer:');
      });
      const client = openTorchwood(relay.address);
      expect(await client.read()).toEqual(encode((await gateway.read()).entries));
      await client.stop();
    });
  },
);

describe.skipIf(transparencyDev.missing !== null)(`Tessera's client ${transparencyDev.missing ?? ''}`, () => {
  it('follows our log: exactly our entries, before and after it has grown, with a proof that it only grew', async () => {
    const client = openTessera(gateway.logUrl);
    const before = await gateway.read();
    expect(await client.read()).toEqual(encode(before.entries));
    await gateway.grow(250);
    const after = await gateway.read();
    expect(after.checkpoint.size).toBeGreaterThan(before.checkpoint.size);
    expect(await client.read()).toEqual(encode(after.entries));
    const { from, size, proof } = client.last();
    expect([from, size]).toEqual([before.checkpoint.size, after.checkpoint.size]);
    expect(proof).toBeGreaterThan(0);
    await client.stop();
  });

  it.each(CHANGES)('refuses $name that was changed', async change => {
    await changing(change, async () => {
      const client = openTessera(relay.address);
      await expect(client.read()).rejects.toThrow();
      await client.stop();
    });
    const client = openTessera(relay.address);
    expect(await client.read()).toEqual(encode((await gateway.read()).entries));
    await client.stop();
  });
});

describe.skipIf(transparencyDev.missing !== null)(
  `golang.org/x/mod/sumdb/tlog, over HTTP ${transparencyDev.missing ?? ''}`,
  () => {
    const readTiles = async (url: string, sizes: readonly number[]) => {
      const reader = start(transparencyDev, 'tiles', url, gateway.logKey, ...sizes.map(String));
      const read = await reader.answer<{ size: number; records: string[]; roots: string[] }>();
      await reader.stop();
      return read;
    };

    it('reads every tile that our log serves, proves and checks records and earlier trees, and finds our hashes', async () => {
      const { checkpoint, entries, subtree } = await gateway.read();
      const sizes = [1, 2, 255, 256, 257, checkpoint.size - 1, checkpoint.size];
      const { size, records, roots } = await readTiles(gateway.logUrl, sizes);
      expect(size).toBe(checkpoint.size);
      expect(records).toEqual(encode(entries.map(leafHash)));
      for (const [i, root] of roots.entries())
        expect(root).toBe(toBase64(await rootHash(sizes[i] as number, subtree)));
      expect(roots.at(-1)).toBe(toBase64(checkpoint.root));
    });

    it.each(CHANGES.filter(({ of }) => !of.source.includes('entries')))(
      'refuses $name that was changed',
      async change => {
        await changing(change, async () => {
          await expect(readTiles(relay.address, [1])).rejects.toThrow('peer:');
        });
        expect((await readTiles(relay.address, [1])).roots).toHaveLength(1);
      },
    );
  },
);
