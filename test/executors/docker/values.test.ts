import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accessOf, identityOf } from '../../../src/executors/docker/identity.ts';
import { createMarks } from '../../../src/executors/docker/labels.ts';
import { offerOf, refused, warnings } from '../../../src/executors/docker/needs.ts';
import { createRecords } from '../../../src/executors/docker/records.ts';
import { holderSpec, jobSpec, limitsOf, workerSpec } from '../../../src/executors/docker/spec.ts';
import { declared } from '../../fakes/definitions.ts';

const marks = createMarks('0123456789ab');
const frame = {
  image: 'sha256:1',
  labels: marks.of('job', 'demo'),
  network: 'container:holder',
  binds: ['/data/places/1:/oscar/tasks'],
  volumes: [{ Source: 'v', Target: '/data' }],
  limits: limitsOf({ memory: 2 ** 28, cpu: 0.5, gpu: true }),
};

describe('what the engine is told', () => {
  const common = {
    Image: 'sha256:1',
    Entrypoint: ['/bin/sh'],
    Cmd: ['-c', 'script'],
    OpenStdin: true,
    Healthcheck: { Test: ['NONE'] },
    Labels: {
      'oscar-sandbox.data': '0123456789ab',
      'oscar-sandbox.role': 'job',
      'oscar-sandbox.service': 'demo',
    },
  };
  const host = {
    PidsLimit: 4096,
    SecurityOpt: ['no-new-privileges'],
    CapDrop: ['MKNOD', 'NET_RAW', 'SETFCAP'],
    Memory: 268_435_456,
    MemorySwap: 268_435_456,
    NanoCpus: 500_000_000,
    DeviceRequests: [{ Driver: 'nvidia', Count: 1, Capabilities: [['gpu']] }],
    NetworkMode: 'container:holder',
    Binds: ['/data/places/1:/oscar/tasks'],
    Mounts: [{ Type: 'volume', Source: 'v', Target: '/data' }],
  };

  it('of a worker ends it with us, and keeps nothing that it prints', () => {
    const HostConfig = { ...host, LogConfig: { Type: 'none', Config: {} } };
    expect(workerSpec(frame, 'script')).toEqual({ ...common, StdinOnce: true, HostConfig });
  });

  it('of a job lets it go on without us, and keeps what it prints, up to a size', () => {
    const LogConfig = { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } };
    expect(jobSpec(frame, 'script')).toEqual({ ...common, StdinOnce: false, HostConfig: { ...host, LogConfig } });
  });

  it('of what holds a network is next to nothing', () => {
    expect(holderSpec('sha256:1', 'net', marks.of('network')).HostConfig).toMatchObject({
      Memory: 33_554_432,
      PidsLimit: 16,
      NetworkMode: 'net',
    });
  });

  it('asks for no less than an engine gives', () => {
    expect(limitsOf({ memory: 1, cpu: 0.0001, gpu: false })).toEqual({
      Memory: 6_291_456,
      MemorySwap: 6_291_456,
      NanoCpus: 10_000_000,
    });
  });

  it('has names that an engine takes', () => {
    expect(marks.name('../evil job', 'x', 3)).toBe('oscar-sandbox-0123456789ab-.._evil_job-x-3');
  });
});

describe('the notes about jobs that go on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'records-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const record = {
    container: 'c1',
    task: 't',
    service: 's',
    nonce: 'n',
    place: '',
    folder: '/f',
    known: { isCall: true },
  };

  it('are there for the next run of the program, but for what a crash cut off', () => {
    createRecords(folder).write(record);
    writeFileSync(join(folder, 'c2.new'), '{}');
    writeFileSync(join(folder, 'c3.json'), '{"contai');
    const records = createRecords(folder);
    expect(records.list()).toEqual([record]);
    expect(readdirSync(folder)).toEqual(['c1.json']);
    records.remove('c1');
    records.remove('c1');
    expect(records.list()).toEqual([]);
  });
});

describe('the user of an image', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nrunner:x:1500:1600::/home:/bin/sh\n';
  it.each([
    ['', { uid: 0, gid: 0 }],
    ['root', { uid: 0, gid: 0 }],
    ['0:0', { uid: 0, gid: 0 }],
    ['1500', { uid: 1500, gid: 1600 }],
    ['1500:7', { uid: 1500, gid: 7 }],
    ['runner', { uid: 1500, gid: 1600 }],
    ['runner:staff', { uid: 1500, gid: 1600 }],
    ['4242', { uid: 4242, gid: 0 }],
    ['nobody-knows', undefined],
  ])('%j is known by numbers', (user, identity) => expect(identityOf(user, passwd)).toEqual(identity));

  it.each([
    [{ uid: 0, gid: 0 }, 0, 'owner'],
    [{ uid: 0, gid: 0 }, 1000, 'owner'],
    [{ uid: 1000, gid: 5 }, 1000, 'owner'],
    [{ uid: 1500, gid: 5 }, 0, { uid: 1500, gid: 5 }],
    [{ uid: 1500, gid: 5 }, 1000, 'anyone'],
    [undefined, 0, 'anyone'],
  ])('%j is let in by the user %i', (user, ourUid, access) => expect(accessOf(user, ourUid)).toEqual(access));
});

describe('what an engine cannot give', () => {
  const offer = offerOf({
    address: 'unix:///x',
    foundBy: 'x',
    product: 'Docker',
    version: '1',
    place: 'here',
    memory: 2 ** 30,
    cpu: 2,
    gpu: false,
  });
  it.each([
    [{ memory: '2Gi' }, 'demo asks for 2Gi of memory, the container engine has 1024Mi.'],
    [{ cpu: '3' }, 'demo asks for 3 processors, the container engine has 2.'],
    [{ enable_gpu: true }, 'demo asks for 1 GPU, the docker executor has 0.'],
    [{ enable_sgx: true }, 'demo asks for 1 SGX enclave, the docker executor has 0.'],
    [{ interlink_node_name: 'far' }, 'demo asks for the interLink node far, the docker executor has 0 of them.'],
    [{ memory: '1Gi', cpu: '2' }, undefined],
  ])('%j is told', (input, sentence) => expect(refused(declared(input), offer, 'bound')).toBe(sentence));

  it('is a mount, where folders do not reach the engine', () => {
    const service = declared({ mount: { storage_provider: 'minio', path: 'data' } });
    expect(refused(service, offer, 'bound')).toBe(undefined);
    expect(refused(service, offer, 'copied')).toMatch(/^demo mounts .*data, but folders of this machine do not reach/);
  });

  it('is said with what else is not honoured', () => {
    const service = declared({
      script: 'cat /oscar/config/function_config.yaml',
      image_pull_secrets: ['login'],
      output: [{ storage_provider: 'onedata.lab', path: 'x/y' }],
      storage_providers: { onedata: { lab: { oneprovider_host: 'h', token: 't', space: 's' } } },
    });
    expect(warnings(service, 'It asks for too much.')).toEqual([
      'It asks for too much. Its invocations fail.',
      'The names under image_pull_secrets mean nothing here: images are pulled with the logins of `docker login`.',
      'Its script names /oscar/bin or /oscar/config, which do not exist here.',
      'The storage onedata.lab cannot be reached: files from or for it fail.',
    ]);
  });
});
