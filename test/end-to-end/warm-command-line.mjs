/**
 * The command line in a process that performs one command after another: most of what a short command costs is loading what it is made of.
 *
 * A command finds what it would find in a process of its own: arguments, environment, folder and standard input.
 */
import { Readable } from 'node:stream';
import { performCommand } from '../../dist/shell/cli/command-line.js';

process.on('message', async ({ args, environment, folder, input }) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(folder);
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(input)]), configurable: true });
  const printed = { stdout: '', stderr: '' };
  const before = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (chunk, encoding, written) => {
      printed[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const told = typeof encoding === 'function' ? encoding : written;
      if (told !== undefined) setImmediate(told);
      return true;
    };
  }
  try {
    await performCommand(args);
  } finally {
    for (const name of ['stdout', 'stderr']) process[name].write = before[name];
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
  }
  process.send({ code: process.exitCode ?? 0, ...printed });
});
