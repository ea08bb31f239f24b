import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { fdlJsonSchema } from '../../src/declare/fdlschema.ts';
import type { DefinitionInput } from '../../src/declare/schema.ts';
import type { JsonSchema } from '../../src/declare/shape.ts';
import type { Definition } from '../../src/model/service.ts';

describe('the schema of a file', () => {
  const schema = fdlJsonSchema();
  const service = (schema.definitions as Record<string, JsonSchema>).service as JsonSchema;

  it('describes every key, with a sentence', () => {
    const silent: string[] = [];
    const visit = (part: JsonSchema, path: string) => {
      for (const [key, inner] of Object.entries(part.properties ?? {})) {
        if (!/[.:]$|\.`?$/.test(inner.description ?? '')) silent.push(`${path}.${key}`);
        visit(inner, `${path}.${key}`);
      }
      if (part.items) visit(part.items, `${path}[]`);
      if (typeof part.additionalProperties === 'object') visit(part.additionalProperties, `${path}.*`);
    };
    visit(schema, '');
    visit(service, 'service');
    expect(silent).toEqual([]);
  });

  it('knows every key of a definition, and both spellings of the variables', () => {
    const known = Object.keys(service.properties ?? {});
    const keys: Record<keyof Omit<Definition, 'storage_providers' | 'clusters'>, true> = {
      name: true,
      cluster_id: true,
      memory: true,
      cpu: true,
      total_memory: true,
      total_cpu: true,
      ephemeral_storage_request: true,
      enable_gpu: true,
      enable_sgx: true,
      image_prefetch: true,
      synchronous: true,
      federation: true,
      log_level: true,
      image: true,
      alpine: true,
      token: true,
      file_stage_in: true,
      input: true,
      output: true,
      script: true,
      image_pull_secrets: true,
      expose: true,
      environment: true,
      annotations: true,
      vo: true,
      labels: true,
      owner: true,
      namespace: true,
      interlink_node_name: true,
      visibility: true,
      allowed_users: true,
      isolation_level: true,
      bucket_list: true,
      mount: true,
      volume: true,
      kserve: true,
    };
    expect(known).toEqual(expect.arrayContaining(Object.keys(keys)));
    expect(Object.keys(service.properties?.environment?.properties ?? {})).toEqual([
      'variables',
      'Variables',
      'secrets',
    ]);
    expectTypeOf<keyof DefinitionInput>().toEqualTypeOf<keyof Definition>();
  });

  it('offers known values without forbidding others, and takes numbers where oscar-cli does', () => {
    expect(service.properties?.log_level?.anyOf?.[0]?.enum).toContain('CRITICAL');
    expect(service.properties?.log_level?.anyOf?.[1]).toEqual({ type: 'string' });
    expect(service.properties?.cpu?.type).toEqual(['string', 'number']);
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
  });

  it('finds the files right that load, and those wrong that do not', () => {
    const folder = join(import.meta.dirname, '../fixtures/fdl');
    const valid = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    const wrong = readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .filter((name) => !valid.safeParse(load(readFileSync(join(folder, name), 'utf8'))).success);
    // The fifth names a script that is not there: no schema can know.
    const broken = Object.keys(JSON.parse(readFileSync(join(folder, 'broken.json'), 'utf8')));
    expect(wrong).toEqual(broken.filter((name) => !name.startsWith('thermal')).toSorted());
  });
});
