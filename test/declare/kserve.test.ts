import { describe, expect, it } from 'vitest';
import { loadFdl } from '../../src/declare/fdl.ts';
import { decodeDefinition } from '../../src/declare/json.ts';
import { startApi } from '../api/started.ts';
import { written } from '../fakes/definitions.ts';
import { opening } from './opened.ts';

const opened = opening();
const api = { kind: 'api' } as const;
const decoded = (kserve: unknown, more: object = {}) =>
  decodeDefinition(Buffer.from(JSON.stringify({ ...written(), ...more, kserve }))).input;
const stored = async (kserve: unknown) =>
  JSON.stringify((await opened().declare.create(decoded(kserve), api)).definition.kserve);

describe('a model that is not whole is refused at both doors', () => {
  const rows: [object, string][] = [
    [{ type: 'inference' }, 'Kserve StorageUri is required'],
    [{}, 'Kserve StorageUri is required'],
    [{ storage_uri: 'hf://a' }, 'Kserve Type is required'],
    [{ storage_uri: 'hf://a', type: 'inference' }, 'Kserve Inference ModelFormat is required'],
    [
      { storage_uri: 'hf://a', type: 'inference', inference: { model_format: ' ' } },
      'Kserve Inference ModelFormat is required',
    ],
  ];
  it.each(rows)('%j', async (kserve, sentence) => {
    const { declare, store } = opened();
    const refusal = { code: 'invalid', message: `The service specification is not valid: ${sentence}` };
    await expect(declare.create(decoded(kserve), api)).rejects.toMatchObject(refusal);
    // OSCAR: the body is read before anything is demanded of it.
    await expect(declare.create(decoded(kserve, { name: '' }), api)).rejects.toMatchObject(refusal);
    await expect(declare.update(decoded(kserve), api)).rejects.toMatchObject(refusal);
    expect(store.services.list()).toEqual([]);
    const text = `functions:\n  oscar:\n  - local:\n      name: demo\n      image: busybox\n      script: run.sh\n      kserve: ${JSON.stringify(kserve)}\n`;
    expect(loadFdl(text, '/f/a.yaml').problems[0]).toMatchObject({ line: 7, column: 15, message: sentence });
  });
});

describe('a model is stored with what OSCAR fills in, in its order', () => {
  it.each([
    [
      { memory: '1Gi', storage_uri: 'hf://a', inference: { runtime: 'r', model_format: 'onnx' }, type: 'inference' },
      '{"type":"inference","inference":{"model_format":"onnx","runtime":"r"},"storage_uri":"hf://a","api_version":"v1","max_scale":1,"cpu":"0.2","memory":"1Gi","set_auth":true}',
    ],
    [
      {
        set_auth: false,
        enable_gpu: true,
        env: { A: '1' },
        args: ['-v'],
        cpu: '2',
        max_scale: 3,
        min_scale: 1,
        api_version: 'v2',
        storage_uri: 'hf://b',
        llm_inference: { runtime_image: 'i' },
        type: 'llm_inference',
      },
      '{"type":"llm_inference","llm_inference":{"runtime_image":"i"},"storage_uri":"hf://b","api_version":"v2","min_scale":1,"max_scale":3,"cpu":"2","memory":"256Mi","args":["-v"],"env":{"A":"1"},"enable_gpu":true}',
    ],
    [
      { type: 'llm_inference', storage_uri: 'c', llm_inference: {}, min_scale: 0, args: [], env: {}, set_auth: null },
      '{"type":"llm_inference","llm_inference":{},"storage_uri":"c","api_version":"v1","max_scale":1,"cpu":"0.2","memory":"256Mi","set_auth":true}',
    ],
  ])('%j', async (kserve, answer) => {
    expect(await stored(kserve)).toBe(answer);
  });

  it('none is stored where none is given', async () => {
    expect(await stored(null)).toBeUndefined();
  });
});

it('a client is told, and reads back what was filled in', async () => {
  const api = await startApi();
  try {
    const post = (kserve: object) =>
      api.ask('/system/services', { method: 'POST', body: JSON.stringify({ ...written(), kserve }) });
    const refused = await post({ type: 'inference' });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      'The service specification is not valid: Kserve StorageUri is required',
    ]);
    expect((await post({ type: 'llm_inference', storage_uri: 'hf://a' })).status).toBe(201);
    expect(await (await api.ask('/system/services/demo')).text()).toContain(
      '"kserve":{"type":"llm_inference","storage_uri":"hf://a","api_version":"v1","max_scale":1,"cpu":"0.2","memory":"256Mi","set_auth":true}',
    );
  } finally {
    await api.close();
  }
});
