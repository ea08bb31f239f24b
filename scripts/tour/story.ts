import type { Status } from '../../src/api/protocol.ts';
import { oscarCliLine } from '../../src/cli/commands/credentials.ts';
import type { Output } from '../../src/cli/output.ts';

/** Tells what is done, step by step, with the time since the start. */
export interface Story {
  step(sentence: string): void;
  /** What came of the step, set in. */
  show(text: string): void;
  /** Where everything is, and what to type next. */
  next(status: Status, options: { temporary: boolean }): void;
  /** Whether it goes on until Ctrl-C, or ends here. */
  wait(forPeople: boolean): void;
  end(): void;
}

const most = 8;

export function createStory(out: Output, version: string): Story {
  const began = performance.now();
  let number = 0;
  const say = (text: string) => out.value({ text }, text);
  say(`${out.paint('bold', `OSCAR Sandbox ${version}`)}: the whole OSCAR platform on this machine\n`);
  return {
    step: (sentence) => {
      const elapsed = `${((performance.now() - began) / 1000).toFixed(2)} s`;
      say(`${out.paint('bold', String(++number).padStart(2))}  ${out.paint('dim', elapsed.padStart(7))}  ${sentence}`);
    },
    show: (text) => {
      const lines = text.trimEnd().split('\n');
      const shown = lines.length > most ? [...lines.slice(0, most), `… ${lines.length - most} lines more`] : lines;
      for (const line of shown) say(`${' '.repeat(13)}${out.paint('cyan', `│ ${line}`)}`);
    },
    next: (status, { temporary }) => say(`\n${goodbye(status, { temporary })}\n`),
    wait: (forPeople) => say(forPeople ? 'Ctrl-C stops it.' : 'No terminal, or CI is set: it ends here.'),
    end: () => say('Stopped.'),
  };
}

function goodbye(status: Status, { temporary }: { temporary: boolean }): string {
  const cli = `npm run -s sandbox -- --data-dir ${status.dataDir}`;
  return `The sandbox is up:
  API    ${status.api}   user ${status.user}, password ${status.password}
  S3     ${status.s3}   access key ${status.accessKey}, secret key ${status.secretKey}
  data   ${status.dataDir}${temporary ? '   (removed at the end; give --data-dir DIR to keep it)' : ''}

An OSCAR client of yours reaches it with:
  ${oscarCliLine(status)}

In another terminal, in this folder:
  ${cli} services
  ${cli} run echo -i 'Hello'
  ${cli} put README.md word-count/in/again.md
  ${cli} events --recent
Edit a file in ${status.folder}: the next call runs what you saved.`;
}
