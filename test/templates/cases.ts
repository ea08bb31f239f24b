import { execFileSync } from 'node:child_process';
import { executorOfTests } from '../program.ts';

/** What to do with a template, and what comes of it. */
export interface Case {
  template: string;
  title: string;
  /** The sample file of the template that is sent. */
  send: string;
  /** The service that is called, or the folder of a bucket that the file is put into. */
  to: { run: string } | { job: string } | { folder: string };
  expect:
    | { answer: string }
    | { objects: Record<string, string | RegExp> }
    | { state: string; service: string; log: string };
}

function canRun(program: string, says: RegExp): boolean {
  try {
    return says.test(execFileSync(program, ['-version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return false;
  }
}

// In a container it is what the image has.
const imageMagick = executorOfTests !== 'local' || canRun('magick', /ImageMagick/) || canRun('convert', /ImageMagick/);

/** One or more for every template. */
export const cases: Case[] = [
  {
    template: 'echo',
    title: 'answers with what was sent',
    send: 'hello.txt',
    to: { run: 'echo' },
    expect: { answer: 'You said: Hello, OSCAR!\n' },
  },
  {
    template: 'json-stats',
    title: 'answers JSON with JSON',
    send: 'values.json',
    to: { run: 'json-stats' },
    expect: { answer: '{"count": 8, "sum": 31, "min": 1, "max": 9, "mean": 3.875}\n' },
  },
  {
    template: 'secrets',
    title: 'uses a secret without telling it',
    send: 'name.txt',
    to: { run: 'secrets' },
    expect: { answer: 'Hello, Ada! My key has 9 characters.\n' },
  },
  {
    template: 'word-count',
    title: 'counts the words of a text that is put into its bucket',
    send: 'poem.txt',
    to: { folder: 'word-count/in' },
    expect: { objects: { 'word-count/out/poem.counts.txt': /^4\tmerrily\n3\trow\n1\ta\n/ } },
  },
  {
    template: 'chain',
    title: 'splits a list and adds up every part',
    send: 'numbers.txt',
    to: { folder: 'chain-numbers/in' },
    expect: {
      objects: {
        'chain-sums/out/numbers-1.sum': '6\n',
        'chain-sums/out/numbers-2.sum': '15\n',
        'chain-sums/out/numbers-3.sum': '24\n',
      },
    },
  },
  {
    template: 'python',
    title: 'summarises a table',
    send: 'weather.csv',
    to: { folder: 'python/in' },
    expect: { objects: { 'python/out/weather.summary.csv': /^column,rows,mean,median\ntemperature,3,21\.33/ } },
  },
  {
    template: 'long-job',
    title: 'tells every step in its log',
    send: 'work.txt',
    to: { job: 'long-job' },
    expect: { service: 'long-job', state: 'Succeeded', log: 'step 10 of 10\ndone with 22 bytes\n' },
  },
  imageMagick
    ? {
        template: 'grayify',
        title: 'makes an image gray',
        send: 'sample.png',
        to: { folder: 'grayify/in' },
        expect: { objects: { 'grayify/out/sample.png': /^.PNG/ } },
      }
    : {
        template: 'grayify',
        title: 'fails with the reason where ImageMagick is missing',
        send: 'sample.png',
        to: { folder: 'grayify/in' },
        expect: { service: 'grayify', state: 'Failed', log: 'grayify needs ImageMagick' },
      },
];
