import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createRunner, filled, type Runner, runSteps, type Step } from './pipeline.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Job {
  uses?: string;
  steps?: Step[];
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency: { group: string };
  jobs: Record<string, Job>;
}
interface GitlabJob {
  variables: Record<string, string>;
  before_script: string[];
  script: string[];
  after_script: string[];
}
interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: Step[] };
}

const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const actionFile = '.github/actions/sandbox/action.yml';
const action = load(read(actionFile)) as Action;
const workflow = (file: string): Workflow => load(read(file)) as Workflow;
/** The code blocks of the page, by language. */
const blocks = (language: string): string[] =>
  [...read('docs/ci.md').matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text ?? '',
  );
const [github = '', gitlab = ''] = blocks('yaml');
const example = load(github) as Workflow;

const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps = [] }) => steps);
const scripts: [place: string, script: string][] = [
  ...workflows.map((file) => [file, stepsOf(workflow(file))] as const),
  [actionFile, action.runs.steps] as const,
  ['docs/ci.md', stepsOf(example)] as const,
].flatMap(([file, steps]) =>
  steps.flatMap(({ run }, index): [string, string][] =>
    run === undefined ? [] : [[`${file}, step ${index + 1}`, run]],
  ),
);

describe('every script of a workflow', () => {
  it('is found by this test', () => expect(scripts.length).toBeGreaterThan(8));

  it.each(scripts)('is read by bash: %s', (_place, script) =>
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' }),
  );

  it.each(scripts)('gets what is not its own from the environment, and no secret: %s', (_place, script) =>
    expect(script).not.toMatch(/\$\{\{|secrets\.|_TOKEN|set -x/),
  );

  it.each(scripts)('names npm scripts and files that there are: %s', (_place, script) => {
    const named = [...script.matchAll(/npm run (?:--?\S+ )*([\w-]+)/g)].map(([, name]) => name ?? '');
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
    for (const [, file = ''] of script.matchAll(/(?:^|\s)(?:bash|sh) ((?:\.ci|scripts)\/\S+)/g))
      expect(read(file)).not.toBe('');
  });
});

describe('a workflow', () => {
  it.each(workflows)('may read alone, unless a job says more, and ends in time: %s', (file) => {
    const { permissions, concurrency, jobs } = workflow(file);
    expect(permissions).toEqual({ contents: 'read' });
    expect(concurrency.group).toContain('github.ref');
    for (const { uses, 'timeout-minutes': minutes } of Object.values(jobs)) {
      if (uses) expect(read(uses)).not.toBe('');
      else expect(minutes).toBeGreaterThan(0);
    }
  });

  it.each(workflows)('uses actions of GitHub alone, by their major version, and hands no token on: %s', (file) => {
    for (const { uses, with: given } of stepsOf(workflow(file))) {
      if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
      if (uses?.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false });
    }
  });

  it('publishes only what was tested, built and tried', () => {
    const { on, jobs } = workflow('.github/workflows/release.yml');
    expect(on).toEqual({ push: { tags: ['v*'] } });
    const writing = Object.entries(jobs).filter(([, { permissions }]) => permissions?.contents === 'write');
    expect(writing).toEqual([['publish', expect.objectContaining({ needs: ['ci', 'build', 'tryout'] })]]);
  });
});

// The page reads JSON with jq, which not every machine has.
const noJq = process.env.OSCAR_SANDBOX_REQUIRE !== 'all' && spawnSync('jq', ['--version']).status !== 0;
if (noJq) console.warn('Skipped: there is no jq, so two of the pipelines on the page are not tried.');

describe('a pipeline', () => {
  let runner: Runner;
  beforeEach(async () => {
    runner = await createRunner();
  });
  afterEach(() => runner.close());

  const inputs = (given: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries([
      ['github.action_repository', ''],
      ...Object.entries(action.inputs).map(([name, input]) => [`inputs.${name}`, given[name] ?? input.default]),
    ]);

  const unaddressed = (step: Step): Step => ({ ...step, env: { ...step.env, OSCAR_SANDBOX_BASE_URL: '' } });

  it.skipIf(noJq)('anywhere: the commands of the page work', async () => {
    const [script = ''] = blocks('sh');
    const ended = await runner.bash(script);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('You said: hello\n') });
    expect(ended.stdout).toMatch(/Stopped http\S+ \(process \d+\)\.\n$/);
  });

  it.skipIf(noJq)('on GitLab: the job of the page works', async () => {
    const { functions: job } = load(gitlab) as { functions: GitlabJob };
    const lines = [...job.before_script, ...job.script].join('\n');
    const ended = await runner.bash(lines, { ...job.variables, OSCAR_SANDBOX_BASE_URL: runner.base });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('You said: hello\n') });
    const after = await runner.bash(job.after_script.join('\n'));
    expect(after).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Stopped /) });
  });

  it('on GitHub: the job of the page works, with the action and its outputs', async () => {
    const steps = example.jobs.functions?.steps ?? [];
    const used = steps.find(({ uses }) => uses?.includes('/.github/actions/sandbox@'));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(used?.with ?? {})));
    const values = inputs({ ...used?.with, version: manifest.version, 'base-url': runner.base });
    const begun = await runSteps(runner, action.runs.steps, values);
    expect(begun).toMatchObject({ code: 0, stderr: '' });
    const outputs = Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value }]) => [
        `steps.${used?.id}.outputs.${name}`,
        filled(value, values),
      ]),
    );
    expect(Object.values(outputs).filter((value) => value === '')).toEqual([]);

    // Before anything else could show them.
    const password = outputs['steps.sandbox.outputs.password'];
    const masks = [`::add-mask::${password}`, `::add-mask::${outputs['steps.sandbox.outputs.secret-key']}`];
    expect(begun.stdout.split('\n')).toEqual(expect.arrayContaining(masks));
    expect(begun.stdout.split(String(password)).length).toBe(2);

    const rest = steps.slice(steps.indexOf(used as Step) + 1);
    const path = [{ run: 'echo "$HOME/.local/bin" >> "$GITHUB_PATH"' }];
    const ended = await runSteps(runner, [...path, ...rest], outputs);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^You said: hello\n+Stopped http/) });
  });

  it('on GitHub: the action without an address says what it needs, and installs nothing', async () => {
    const ended = await runSteps(runner, action.runs.steps.map(unaddressed), inputs());
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('OSCAR_SANDBOX_BASE_URL') });
    expect(runner.installed()).toBe(false);
  });

  it('on GitHub: the action tells why a folder cannot be served', async () => {
    const values = inputs({ folder: 'nowhere', 'base-url': runner.base });
    const ended = await runSteps(runner, action.runs.steps, values);
    expect(ended.stderr).toMatch(/There is no folder \S+nowhere\./);
    expect(ended.code).not.toBe(0);
  });

  const addresses: [version: string, address: string][] = [
    ['', 'https://github.example/ada/sandbox/releases/latest/download'],
    ['1.2.3', 'https://github.example/ada/sandbox/releases/download/v1.2.3'],
    ['v1.2.3', 'https://github.example/ada/sandbox/releases/download/v1.2.3'],
  ];
  it.each(addresses)(
    'on GitHub: version “%s” is looked for in the releases of the action',
    async (version, address) => {
      const [install] = action.runs.steps;
      // Instead of the installer, what it is told.
      const run = install?.run?.replace(/sh "\$GITHUB_ACTION_PATH\S+/, 'eval \'echo "$OSCAR_SANDBOX_BASE_URL"; true\'');
      const values = { ...inputs({ version }), 'github.action_repository': 'ada/sandbox' };
      const ended = await runSteps(runner, [unaddressed({ ...install, run: run ?? '' })], values);
      expect(ended).toMatchObject({ code: 0, stdout: `${address}\n` });
    },
  );
});
