// A store in a process of its own: prints its address once it serves, and ends with its standard input.
import { createWorld } from './world.ts';

// What it says is kept nowhere: it would fill the memory that is looked at.
const world = await createWorld({ onEvent: () => undefined });
process.stdout.write(`${world.url}\n`);
process.stdin.resume().once('end', () => void world.close());
