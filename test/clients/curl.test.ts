import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { endedJobs, startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();

describeWith('curl', (program) => {
  const curl = (args: string[], input?: string) => ran(program, ['--silent', '--show-error', ...args], { input });
  const status = (...args: string[]) => curl(['--output', '/dev/null', '--write-out', '%{http_code}', ...args]);
  const basic = () => `${place.program.status.user}:${place.program.status.password}`;
  const keys = () => {
    const { accessKey, secretKey } = place.program.status;
    return ['--aws-sigv4', 'aws:amz:us-east-1:s3', '--user', `${accessKey}:${secretKey}`];
  };
  const written = (name: string, text: string) => {
    const path = join(place.folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('stores and reads an object, signing by itself', async () => {
    const { s3, accessKey } = place.program.status;
    expect(await status(...keys(), '--request', 'PUT', `${s3}/curl`)).toBe('200');
    const file = written('sent.txt', 'by curl');
    expect(await status(...keys(), '--upload-file', file, `${s3}/curl/dir/sent.txt`)).toBe('200');
    expect(await curl([...keys(), `${s3}/curl/dir/sent.txt`])).toBe('by curl');
    expect(await curl([...keys(), '--range', '3-', `${s3}/curl/dir/sent.txt`])).toBe('curl');
    expect(await status(...keys().slice(0, 2), '--user', `${accessKey}:wrong`, `${s3}/curl/dir/sent.txt`)).toBe('403');
    expect(await status(`${s3}/curl/dir/sent.txt`)).toBe('403');
  });

  it('uploads to a presigned address, which starts the service', async () => {
    const { api } = place.program.status;
    const body = JSON.stringify({ object_key: 'in/a b.txt', operation: 'upload' });
    const answer = await curl(['--user', basic(), '--data', body, `${api}/system/buckets/upper/presign`]);
    const { url } = JSON.parse(answer) as { url: string };
    expect(await status('--upload-file', written('quiet.txt', 'quiet'), url)).toBe('200');
    const jobs = await endedJobs(place.program, 'upper', 'upper/in/a b.txt');
    expect(jobs.map(({ state }) => state)).toEqual(['Succeeded']);
    expect(await place.program.get('upper/out/a b.txt')).toBe('QUIET');
  });

  it('calls a service with base64 in chunks of unknown number, as oscar-cli does', async () => {
    const { api } = place.program.status;
    const document = JSON.parse(await curl(['--user', basic(), `${api}/system/services/upper`])) as { token: string };
    const chunked = ['--header', 'Transfer-Encoding: chunked', '--header', 'Content-Type:', '--data-binary', '@-'];
    const input = Buffer.from('streamed').toString('base64');
    for (const who of [
      ['--oauth2-bearer', document.token],
      ['--user', basic()],
    ]) {
      const answer = await curl([...who, ...chunked, `${api}/run/upper`], input);
      expect(Buffer.from(answer, 'base64').toString()).toBe('STREAMED');
    }
    expect(await status('--oauth2-bearer', '0'.repeat(64), ...chunked, `${api}/run/upper`)).toBe('401');
  });

  it('queues a job and follows its log to its end', async () => {
    const { api } = place.program.status;
    const post = ['--user', basic(), '--data', Buffer.from('later').toString('base64'), `${api}/job/upper`];
    const answer = await curl(['--include', ...post]);
    expect(answer).toMatch(/^HTTP\/1.1 201/);
    const job = /^x-oscar-sandbox-job: (\S+)/im.exec(answer)?.[1];
    const log = await curl(['--user', basic(), `${api}/system/logs/upper/${job}?follow=true`]);
    expect(log).toContain('capitals for ');
  });

  it('is told in plain words what is wrong', async () => {
    const { api } = place.program.status;
    expect(await status('--user', 'oscar:wrong', `${api}/system/services`)).toBe('401');
    expect(await status('--user', basic(), `${api}/system/services/nobody`)).toBe('404');
    expect(await status('--header', 'Host: evil.example', '--user', basic(), `${api}/health`)).toBe('421');
  });
});
