import { dirname, resolve } from 'node:path';
import { check } from './checks.ts';
import { coerce, type Reading } from './coerce.ts';
import { type Diagnostic, type Flaw, type SourceText, sourceText } from './positions.ts';
import { type DefinitionInput, shapes, toDefinition } from './schema.ts';
import type { Fields, Shape } from './shape.ts';
import { nearest } from './spelling.ts';
import { child, type Entry, locate, type Node, parseYaml } from './yaml.ts';

/** A service as a file writes it. */
export interface FdlService {
  /** Its `script` is the content once `resolveScripts` has read it, until then what the file says. */
  input: DefinitionInput;
  /** The key above the service: the cluster that oscar-cli would send it to. */
  clusterId: string;
  line: number;
  /** Absolute path of the script, unless it is written into the file. */
  scriptPath?: string;
  /** Content of the script, once it is known. */
  script?: string;
  /** Where the service and its script are in the text. */
  at: { service: number; script: number };
}

/** What a file declares. With problems in it nothing of it may be declared. */
export interface FdlFile {
  path: string;
  source: SourceText;
  services: FdlService[];
  warnings: Diagnostic[];
  problems: Diagnostic[];
}

interface Loading extends Reading {
  source: SourceText;
  shared: { storage_providers?: unknown; clusters?: unknown };
  services: FdlService[];
  anchored: Set<Node>;
  perCluster: boolean;
}

const frame = 'Write `functions:`, below it `oscar:`, below it a list of `- my-cluster:` with a service each.';

const topKeys = ['functions', 'storage_providers', 'clusters'];

export interface LoadOptions {
  /** A name may stand once below each cluster, as for oscar-cli; a sandbox is one cluster. */
  perCluster?: boolean;
}

/** Reads a file in the Functions Definition Language; never throws, all that is wrong is in `problems`. */
export function loadFdl(text: string, path: string, { perCluster = false }: LoadOptions = {}): FdlFile {
  const source = sourceText(path, text);
  const { root, secondAt, anchored, flaws } = parseYaml(source.text);
  const ignored = {
    ...shapes().ignored,
    storage_providers: 'Write it at the top of the file, beside `functions`: it holds for every service of the file.',
    clusters: 'Write it at the top of the file, beside `functions`: it holds for every service of the file.',
  };
  const loading: Loading = {
    source,
    ignored,
    shared: {},
    anchored,
    perCluster,
    services: [],
    problems: [...flaws],
    warnings: [],
  };
  if (secondAt !== undefined) {
    const hint = 'Put all services into one document, or each into a file of its own.';
    loading.warnings.push({ at: secondAt, message: 'only the first document of the file is read', hint });
  }
  if (flaws.length === 0) readRoot(root, loading);
  const said = (found: Flaw[]) =>
    found
      .toSorted((a, b) => a.at - b.at)
      .slice(0, 50)
      .map(({ at, message, hint }) => source.at(at, message, hint));
  return {
    path,
    source,
    services: loading.services,
    warnings: said(loading.warnings),
    problems: said(loading.problems),
  };
}

function readRoot(root: Node | undefined, loading: Loading): void {
  if (root?.kind !== 'map') {
    problem(loading, root?.at ?? 0, 'the file declares no services', frame);
    return;
  }
  const { providers, clusters } = shapes();
  const nested = { ...loading, ignored: {} };
  const functions = root.entries.find((entry) => entry.key === 'functions');
  const misspelt = functions ? undefined : root.entries.find(({ key }) => nearest(key, topKeys) === 'functions');
  for (const { key, keyAt, value } of root.entries) {
    if (key === 'storage_providers') loading.shared.storage_providers = coerce(value, providers, nested, [key]);
    else if (key === 'clusters') loading.shared.clusters = coerce(value, clusters, nested, [key]);
    else if (key !== 'functions' && !loading.anchored.has(value) && !/^(x-|\.)/.test(key)) {
      if (key === misspelt?.key) continue;
      const meant = nearest(key, topKeys);
      const hint = meant ? `Did you mean “${meant}”?` : 'Known here: functions, storage_providers, clusters.';
      loading.warnings.push({ at: keyAt, message: `the key “${key.slice(0, 60)}” is not known and ignored`, hint });
    }
  }
  if (functions) readFunctions(functions, loading);
  else problem(loading, misspelt?.keyAt ?? root.at, 'the file has no `functions`', missingHint(root, misspelt));
}

function missingHint(root: Node, misspelt: Entry | undefined): string {
  if (misspelt) return `Write \`functions:\` instead of \`${misspelt.key}:\`.`;
  if (child(root, 'oscar')) return 'Write `functions:` above `oscar:` and indent what follows.';
  if (child(root, 'image')) return 'Put the service below `functions:`, `oscar:` and `- my-cluster:`.';
  return frame;
}

function readFunctions({ keyAt, value }: Entry, loading: Loading): void {
  if (value.kind !== 'map') {
    problem(loading, value.kind === 'list' ? value.at : keyAt, '`functions` holds no `oscar`', frame);
    return;
  }
  for (const { key, keyAt: at } of value.entries) {
    if (key === 'oscar') continue;
    const scar = key === 'aws';
    const hint = scar ? 'They are for SCAR; OSCAR runs those below `oscar`.' : 'Known here: oscar.';
    loading.warnings.push({ at, message: `\`functions.${key.slice(0, 60)}\` is skipped`, hint });
  }
  const oscar = value.entries.find((entry) => entry.key === 'oscar');
  if (!oscar) problem(loading, keyAt, '`functions` holds no `oscar`', frame);
  else readList(oscar, loading);
}

function readList({ keyAt, value }: Entry, loading: Loading): void {
  if (value.kind !== 'list') {
    const asMap = value.kind === 'map';
    const hint = asMap ? 'Put a dash before each cluster: `- my-cluster:`.' : frame;
    problem(
      loading,
      asMap ? value.at : keyAt,
      asMap ? '`functions.oscar` must be a list' : '`functions.oscar` is empty',
      hint,
    );
    return;
  }
  if (value.items.length === 0) problem(loading, value.at, '`functions.oscar` is empty', frame);
  for (const item of value.items) {
    if (item.kind === 'map') readClusters(item.entries, loading);
    else
      problem(
        loading,
        item.at,
        'an entry of `functions.oscar` must be a mapping',
        'Write `- my-cluster:` and the service below it.',
      );
  }
}

function readClusters(entries: Entry[], loading: Loading): void {
  const flat = entries.find((entry) => entry.key === 'name' && entry.value.kind === 'scalar');
  const empty = entries.find((entry) => entry.value.kind === 'scalar' && entry.value.text === '');
  if (flat && empty && empty.keyAt < flat.keyAt) {
    const hint = `Indent the lines below \`- ${empty.key}:\` by two more blanks.`;
    problem(loading, flat.keyAt, `the service is not inside “${empty.key}”`, hint);
  } else if (flat) {
    problem(
      loading,
      flat.keyAt,
      'the service has no cluster above it',
      'Write `- my-cluster:` and indent the service below it.',
    );
  } else for (const entry of entries) readService(entry, loading);
}

function readService({ key: clusterId, keyAt, value }: Entry, loading: Loading): void {
  if (value.kind !== 'map') {
    problem(
      loading,
      keyAt,
      `“${clusterId}” holds no service`,
      'Write the keys of the service below it: name, image, script.',
    );
    return;
  }
  const before = loading.problems.length;
  const read = coerce(value, ownKeys(), loading) as Record<string, unknown>;
  if (loading.problems.length > before) return;
  const input = toDefinition({
    name: '',
    image: '',
    script: '',
    ...compact(read),
    cluster_id: clusterId,
    ...loading.shared,
  });
  const at = { service: keyAt, script: locate(value, ['script']) };
  for (const { path, message, hint, warning } of check(input)) {
    loading[warning ? 'warnings' : 'problems'].push({ at: locate(value, path), message, hint });
  }
  demandOnce({ name: input.name, clusterId }, locate(value, ['name']), loading);
  loading.services.push({
    input,
    clusterId,
    line: loading.source.at(keyAt, '', '').line,
    at,
    ...scriptOf(input, loading),
  });
}

/** oscar-cli overwrites the blocks of a service with those of the file. */
function ownKeys(): Shape {
  const { storage_providers, clusters, ...own } = shapes().service as Fields;
  return own;
}

/** Absent and null are one: what the file leaves empty gets its default. */
const compact = (read: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));

function demandOnce({ name, clusterId }: { name: string; clusterId: string }, at: number, loading: Loading): void {
  const { services, perCluster } = loading;
  const twin = services.find((one) => one.input.name === name && (!perCluster || one.clusterId === clusterId));
  if (!twin || !name) return;
  problem(
    loading,
    at,
    `the service “${name}” is declared twice, first in line ${twin.line}`,
    'Give one of the two another name.',
  );
}

function scriptOf({ script }: DefinitionInput, { source }: Loading): Pick<FdlService, 'script' | 'scriptPath'> {
  if (!script) return {};
  if (script.includes('\n')) return { script };
  // oscar-cli: always below the folder of the file, an absolute path too.
  return { scriptPath: resolve(dirname(source.path), `./${script}`) };
}

function problem(loading: Loading, at: number, message: string, hint: string): void {
  loading.problems.push({ at, message, hint });
}
