import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { decodeJson } from '../../src/declare/decode.ts';
import { decodeDefinition } from '../../src/declare/json.ts';
import { jsonSchemas } from '../../src/declare/schema.ts';
import { SandboxError } from '../../src/model/errors.ts';

const empty = { name: '', image: '', script: '' };
const decode = (text: string | Buffer) => decodeDefinition(Buffer.from(text));
const refusal = (text: string | Buffer): string => {
  try {
    return JSON.stringify(decode(text));
  } catch (error) {
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toHaveProperty('code', 'invalid');
    return (error as SandboxError).message;
  }
};

describe('a body is read as Go reads it', () => {
  it.each([
    ['{"name":"a","image":"b","script":"c"}', { name: 'a', image: 'b', script: 'c' }],
    [' \n{} and more', {}],
    ['{}{"name":"b"}', {}],
    ['null', {}],
    ['{"NAME":"a","Memory":"1Gi"}', { name: 'a', memory: '1Gi' }],
    ['{"name":"a","name":"b"}', { name: 'b' }],
    ['{"Name":"a","name":"b","NAME":"c"}', { name: 'c' }],
    ['{"name":"a","name":null}', { name: 'a' }],
    ['{"name":"\\ud800\\u0041\\n"}', { name: '\uFFFDA\n' }],
    ['{"labels":null,"allowed_users":null,"enable_gpu":null,"expose":null,"volume":null}', {}],
    ['{"labels":{"a":null}}', { labels: { a: '' } }],
    ['{"labels":{"a":"1"},"labels":{"b":"2"}}', { labels: { a: '1', b: '2' } }],
    ['{"labels":{"a":"1"},"labels":null}', {}],
    ['{"allowed_users":["a",null]}', { allowed_users: ['a', ''] }],
    ['{"allowed_users":["a"],"allowed_users":["b"]}', { allowed_users: ['b'] }],
    ['{"environment":{"Variables":{"A":"1"}}}', { environment: { variables: { A: '1' } } }],
    [
      '{"environment":{"Variables":{"A":"1","C":"1"},"variables":{"B":"2","C":"3"}}}',
      { environment: { variables: { A: '1', B: '2', C: '3' } } },
    ],
    ['{"synchronous":{"min_scale":1},"synchronous":{"max_scale":2}}', { synchronous: { min_scale: 1, max_scale: 2 } }],
    ['{"expose":{"api_port":80,"nodePort":0}}', { expose: { api_port: [80], nodePort: [] } }],
    ['{"expose":{"api_port":[80,81],"nodePort":[0]}}', { expose: { api_port: [80, 81], nodePort: [0] } }],
    [
      '{"input":[{"path":"a/b","Storage_Provider":"minio"},null]}',
      { input: [{ path: 'a/b', storage_provider: 'minio' }, {}] },
    ],
    [
      '{"storage_providers":{"minio":{"default":null,"x":{"verify":true}}}}',
      { storage_providers: { minio: { default: {}, x: { verify: true } } } },
    ],
    ['{"kserve":{"args":["a",1,{"b":null}]}}', { kserve: { args: ['a', 1, { b: null }] } }],
    ['{"synchronous":{"min_scale":-0}}', { synchronous: { min_scale: 0 } }],
  ])('%s', (body, expected) => {
    expect(decode(body)).toEqual({ input: { ...empty, ...expected }, unknown: [] });
  });

  it.each([
    ['', 'EOF'],
    [' \n\t', 'EOF'],
    ['{', 'unexpected EOF'],
    ['{"name', 'unexpected EOF'],
    ['{"name":', 'unexpected EOF'],
    ['{"name":"a"', 'unexpected EOF'],
    ['{"name":"a",', 'unexpected EOF'],
    ['{"a":[1,', 'unexpected EOF'],
    ['{"a":tr', 'unexpected EOF'],
    ['{"a":-', 'unexpected EOF'],
    ['{"a":1.', 'unexpected EOF'],
    ['{"a":1e+', 'unexpected EOF'],
    ['{"a":"\\u00', 'unexpected EOF'],
    ['\uFEFF{}', "invalid character 'ï' looking for beginning of value"],
    ['name=a', "invalid character 'a' in literal null (expecting 'u')"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":[1 2]}', "invalid character '2' after array element"],
    ['{"a":[1,]}', "invalid character ']' looking for beginning of value"],
    ['{"a":"x\ny"}', "invalid character '\n' in string literal"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":1.x}', "invalid character '.' in numeric literal"],
    ['[]', 'json: cannot unmarshal array into Go value of type Service'],
    ['"text"', 'json: cannot unmarshal string into Go value of type Service'],
    ['{"cpu":1}', 'json: cannot unmarshal number into Go struct field Service.cpu of type string'],
    ['{"enable_gpu":"true"}', 'json: cannot unmarshal string into Go struct field Service.enable_gpu of type bool'],
    [
      '{"synchronous":{"max_scale":"1"}}',
      'json: cannot unmarshal string into Go struct field Service.synchronous.max_scale of type int',
    ],
    [
      '{"synchronous":{"max_scale":1.0}}',
      'json: cannot unmarshal number 1.0 into Go struct field Service.synchronous.max_scale of type int',
    ],
    [
      '{"expose":{"nodePort":1.0}}',
      'json: cannot unmarshal number 1.0 into Go struct field Service.expose.nodePort of type []int',
    ],
    [
      '{"expose":{"nodePort":"1"}}',
      'json: cannot unmarshal string into Go struct field Service.expose.nodePort of type []int',
    ],
    [
      '{"allowed_users":1}',
      'json: cannot unmarshal number into Go struct field Service.allowed_users of type []string',
    ],
    ['{"labels":["a"]}', 'json: cannot unmarshal array into Go struct field Service.labels of type map[string]string'],
    ['{"labels":{"a":1}}', 'json: cannot unmarshal number into Go struct field Service.labels.a of type string'],
    [
      '{"federation":{"members":[{"priority":-1}]}}',
      'json: cannot unmarshal number -1 into Go struct field Service.federation.members.priority of type uint',
    ],
  ])('%s is refused', (body, sentence) => {
    expect(refusal(body)).toBe(sentence);
  });

  it('a body that is nested without end is refused', () => {
    expect(refusal(`{"a":${'['.repeat(100_000)}`)).toBe('exceeded max depth');
  });

  it('keys that OSCAR does not know are named, those it writes itself are not', () => {
    const { unknown } = decode(
      '{"x":1,"expose":{"y":{}},"volume_status":{"enabled":false},"deployment":{},"replicas":null}',
    );
    expect(unknown).toEqual(['x', 'expose.y']);
  });

  it('no key reaches the prototype', () => {
    const { input, unknown } = decode('{"__proto__":{"name":"p"},"labels":{"__proto__":"p","constructor":"c"}}');
    expect(input).toEqual({ ...empty, labels: { constructor: 'c' } });
    expect(unknown).toEqual(['__proto__', 'labels.__proto__']);
  });

  it('bytes that are not UTF-8 become replacement characters', () => {
    expect(decode(Buffer.from([...Buffer.from('{"name":"a'), 0xff, ...Buffer.from('"}')])).input.name).toBe('a\uFFFD');
  });

  it('a value of the wrong kind under any key is refused or read, never a crash', () => {
    const values = [
      'null',
      '1',
      '1.5',
      'true',
      '"text"',
      '[]',
      '[null]',
      '[[1]]',
      '[{}]',
      '{}',
      '{"a":null}',
      '{"a":[1]}',
      '{"a":{"b":null}}',
    ];
    const keys = Object.keys(jsonSchemas().service.properties ?? {});
    expect(keys.length).toBeGreaterThan(30);
    for (const key of keys) for (const value of values) expect(refusal(`{"${key}":${value}}`)).not.toBe('');
  });

  it('a script of some megabytes is read', () => {
    const script = 'echo "ä\\n"\n'.repeat(500_000);
    expect(decode(JSON.stringify({ script })).input.script).toBe(script);
  });

  it('what JavaScript writes is read back, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify({ v: value });
        expect(decodeJson(Buffer.from(text), { v: 'any' }).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('any cut of a body is `unexpected EOF`, never another error', () => {
    const body = JSON.stringify({
      name: 'a',
      enable_gpu: true,
      synchronous: { min_scale: 10 },
      labels: { a: 'é\n"' },
      input: [{ path: 'x' }],
    });
    for (let end = 1; end < body.length; end++) expect(refusal(body.slice(0, end))).toBe('unexpected EOF');
  });
});

describe('other bodies are read by their shape', () => {
  it('with the types that the shape says', () => {
    const shape = {
      bucket_name: 'string',
      visibility: 'string',
      allowed_users: ['string'],
      labels: { '*': 'string' },
      size: 'int',
    } as const;
    const { value, unknown } = decodeJson(
      Buffer.from('{"Bucket_Name":"b","allowed_users":["u"],"labels":{"k":"v"},"more":1}'),
      shape,
    );
    expectTypeOf(value.allowed_users).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(value.size).toEqualTypeOf<number | undefined>();
    expectTypeOf(value.labels).toEqualTypeOf<Record<string, string> | undefined>();
    expect(value).toEqual({ bucket_name: 'b', allowed_users: ['u'], labels: { k: 'v' } });
    expect(unknown).toEqual(['more']);
  });

  it('lists and null', () => {
    expect(decodeJson(Buffer.from('["a","b"]'), ['string']).value).toEqual(['a', 'b']);
    expect(decodeJson(Buffer.from('null'), ['string']).value).toEqual([]);
    expect(decodeJson(Buffer.from('null'), { a: 'string' }).value).toEqual({});
  });
});
