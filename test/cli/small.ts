import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Reply, startAnswering } from './answering.ts';
import { createHome } from './drive.ts';

export const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
export const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]);
const page = (names: string[], next?: string): Reply => ({
  body: {
    objects: names.map((object_name) => ({
      object_name,
      size_bytes: 3,
      last_modified: '2026-06-12 07:05:29 +0000 UTC',
    })),
    next_page: next,
  },
});
const view = (id: string, state: string) => ({
  body: {
    id,
    service: 'echo',
    serviceVersion: 1,
    kind: 'job',
    state,
    attempt: 1,
    createdAt: '2026-06-12T07:05:29Z',
    ...(state === 'Failed' ? { exitCode: 3, reason: 'exit status 3' } : {}),
  },
});
const service = (name: string, output: object[], deployment?: object) => ({
  ...{ name, image: 'alpine', cpu: '0.1', memory: '64Mi', input: [], output },
  ...(deployment ? { deployment } : {}),
});
const ran = (answer: string, body: string, headers: Record<string, string> = {}): Reply => ({
  headers: { ...headers, 'X-Oscar-Sandbox-Invocation': 'echo-1', 'X-Oscar-Sandbox-Answer': answer },
  body,
});
const fdlOf = (...names: string[]) =>
  `functions:\n  oscar:\n${names.map((name) => `    - any:\n        name: ${name}\n        image: alpine\n        script: echo.sh\n`).join('')}`;

export const fdl = fdlOf('echo', 'fresh');

/** A home with some files in it, and a sandbox that knows a few services, objects and invocations. */
export async function startSmall() {
  const home = createHome();
  writeFileSync(join(home.home, 'a.png'), png);
  writeFileSync(join(home.home, 'fdl.yaml'), fdl);
  writeFileSync(join(home.home, 'refused.yaml'), fdlOf('fresh', 'refused'));
  writeFileSync(join(home.home, 'echo.sh'), 'cat');
  const sandbox = await startAnswering(
    home.dataDir,
    table(() => sandbox.api),
  );
  const close = async () => {
    await sandbox.close();
    home.remove();
  };
  return { ...home, sandbox, close };
}

const table = (api: () => string): Parameters<typeof startAnswering>[1] => ({
  'GET /system/services?include=deployment': {
    body: [
      service('echo', [{ path: 'b/out' }]),
      service('web', [], { state: 'failed', reason: 'Nobody has the image.' }),
      service('idle', [], { state: 'ready', reason: 'Runtime service is ready.' }),
    ],
  },
  'GET /system/services/echo': { body: { name: 'echo', owner: 'cluster_admin' } },
  'GET /system/services/fresh': { status: 404 },
  'GET /system/services/refused': { status: 404 },
  'GET /system/services/none': { status: 404 },
  'PUT /system/services': { status: 204 },
  'POST /system/services': ({ body }) =>
    JSON.parse(body).name === 'refused'
      ? {
          status: 400,
          headers: { 'X-Oscar-Sandbox-Hint': 'Write it below secrets.' },
          body: 'refresh_token secret is required',
        }
      : { status: 201 },
  'DELETE /system/services/echo': { status: 204 },
  'POST /run/echo': ({ body }) => ran('output', `got ${Buffer.from(body, 'base64')}\n`),
  'POST /run/picture': ran('file', base64(png)),
  'POST /run/broken': {
    ...ran('output', 'exit status 3\nno such word\n', { 'X-Oscar-Sandbox-Hint': 'The script ended with exit code 3.' }),
    status: 500,
  },
  'POST /run/none': { status: 404 },
  'POST /run/big': {
    status: 503,
    headers: { 'X-Oscar-Sandbox-Hint': 'Ask for less.' },
    body: 'big asks for 900Gi of memory',
  },
  'POST /run/slow': { status: 408, body: 'Killed process.\n' },
  'POST /job/none': { status: 404 },
  'POST /job/big': {
    status: 503,
    headers: { 'X-Oscar-Sandbox-Hint': 'Ask for less.' },
    body: 'big asks for 900Gi of memory',
  },
  'POST /job/echo': { status: 201, headers: { 'X-Oscar-Sandbox-Job': 'echo-2' } },
  'POST /job/broken': { status: 201, headers: { 'X-Oscar-Sandbox-Job': 'broken-3' } },
  'GET /system/logs/echo/echo-2?follow=true&timestamps=false': { body: 'one\ntwo\n' },
  'GET /system/logs/broken/broken-3?follow=true&timestamps=false': { body: 'no such word\n' },
  'GET /system/logs/echo/echo-2?follow=false&timestamps=true': { body: '2026-06-12T07:05:29Z one\n' },
  'GET /sandbox/invocations/echo-2': view('echo-2', 'Succeeded'),
  'GET /sandbox/invocations/broken-3': view('broken-3', 'Failed'),
  'GET /sandbox/invocations?service=echo&limit=1': { body: [view('echo-2', 'Succeeded').body] },
  'GET /sandbox/invocations?service=none&limit=1': { body: [] },
  'GET /sandbox/invocations?service=echo&limit=1000': { body: [view('echo-2', 'Succeeded').body] },
  'POST /sandbox/invocations/echo-2/replay': ({ body }) => ({
    status: 201,
    ...view(`echo-${JSON.parse(body).version}`, 'Pending'),
  }),
  'POST /sandbox/invocations/nope/replay': {
    status: 404,
    headers: { 'X-Oscar-Sandbox-Hint': 'GET /sandbox/invocations lists those that are kept.' },
    body: { error: 'There is no invocation nope.' },
  },
  'POST /sandbox/invocations/pruned-1/replay': {
    status: 404,
    headers: { 'X-Oscar-Sandbox-Hint': 'Use --today.' },
    body: { error: 'Version 1 of pruned is no longer kept.' },
  },
  'GET /system/buckets': { body: [{ bucket_name: 'b', owner: 'oscar', visibility: '' }] },
  'GET /system/buckets/b?limit=1000&prefix=in%2F': page(['in/1', 'in/2'], 'x/y'),
  'GET /system/buckets/b?limit=1000&prefix=in%2F&page=x%2Fy': page(['in/3']),
  'GET /system/buckets/none?limit=1000': {
    status: 500,
    body: "Error listing objects in bucket 'none': NoSuchBucket: x",
  },
  'POST /system/buckets/b/presign': ({ body }) => ({
    body: { url: `${api()}/b/${JSON.parse(body).object_key}?X-Amz-Signature=s` },
  }),
  'POST /system/buckets/none/presign': { status: 404, body: "Bucket 'none' not found" },
  'PUT /b/in/a.png?X-Amz-Signature=s': {},
  'PUT /b/word?X-Amz-Signature=s': {},
  'PUT /b/no?X-Amz-Signature=s': {
    status: 400,
    body: '<Error><Code>X</Code><Message>The name is bad.</Message></Error>',
  },
  'PUT /b/full?X-Amz-Signature=s': {
    status: 507,
    body: '<Error><Code>X</Code><Message>No space is left.</Message></Error>',
  },
  'GET /b/in/a.png?X-Amz-Signature=s': { body: png },
  'GET /b/gone?X-Amz-Signature=s': { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' },
  'GET /sandbox/events?recent=true&follow=false': {
    headers: { 'Content-Type': 'text/event-stream' },
    body: ': here\n\ndata: {"at":0,"kind":"job-queued","text":"echo-2 queued"}\n\n',
  },
});
