#!/usr/bin/env node
/** `countersign`, as a process. It alone reads configuration; everything else is given what it needs. */
import { performCommand } from './command-line.js';

// A reader that has seen enough, such as `head`, is no reason to forget the verdict.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

await performCommand(process.argv.slice(2));
