/**
 * The command line in a process that performs one command after another: most of what a short command costs is loading what it is made of.
 *
 * A command finds what it would find in a process of its own: arguments, environment, folder and standard input. It is over when such a process
 * would end, which for one that serves is when a signal has told it to and nothing is left to do.
 */
import { Readable } from 'node:stream';
import { performCommand } from '../../dist/shell/cli/command-line.js';

process.on('message', async ({ args, environment, folder, input, serves }) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(folder);
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(input)]), configurable: true });
  const printed = { stdout: '', stderr: '' };
  const before = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (chunk, encoding, written) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      // Whoever waits for one that serves waits for what it prints.
      if (serves) process.send({ output: name, text });
      else printed[name] += text;
      const told = typeof encoding === 'function' ? encoding : written;
      if (told !== undefined) setImmediate(told);
      return true;
    };
  }
  try {
    await performCommand(args);
    if (serves) await nothingLeft();
  } finally {
    for (const name of ['stdout', 'stderr']) process[name].write = before[name];
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  }
  process.send({ code: process.exitCode ?? 0, ...printed });
});

/** Resolves when there is nothing but the next command to wait for. */
function nothingLeft() {
  process.channel.unref();
  return new Promise(resolve => {
    process.once('beforeExit', () => {
      process.channel.ref();
      resolve();
    });
  });
}
