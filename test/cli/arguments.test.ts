import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome } from './drive.ts';

let home: ReturnType<typeof createHome>;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.remove());

const rows: [args: string, code: number, stderr: string][] = [
  ['staus', 2, "error: Unknown command 'staus'.\nhint: Did you mean status?\n"],
  ['up --prot 1', 2, "error: Unknown option '--prot'.\nhint: Did you mean --port?\n"],
  ['run', 2, "error: Missing required argument 'name'.\nhint: `oscar-sandbox --help` lists the commands"],
  ['services extra', 2, 'error: Too many arguments for'],
  [
    'up --port eighty',
    2,
    'error: --port must be a whole number, not "eighty".\nhint: Port of the API; 0 is any free one.\n',
  ],
  ['up --port 65536', 2, 'error: --port must be from 0 to 65535, not 65536.\n'],
  ['up --keep-bytes lots', 2, 'error: --keep-bytes must be a size such as 500Mi or 1Gi, not "lots".\n'],
  ['up --executor constructor', 2, 'error: There is no executor constructor.\n'],
  ['up --exposed-port 65536', 2, 'error: --exposed-port must be from 0 to 65535, not 65536.\n'],
  ['--data-dir HOME/none', 2, 'error: No command was given.\nhint: `oscar-sandbox --help` lists the commands.\n'],
  [
    'up --executor lokal',
    2,
    'error: There is no executor lokal.\nhint: Executors are auto, local, docker, kind, kubernetes.\n',
  ],
  ['up --pull sometimes', 2, 'error: --pull must be one of always, missing, never, not "sometimes".\n'],
  ['up --objects disk', 2, 'error: --objects must be auto, embedded, minio or an address with its keys, not disk.\n'],
  ['up --objects http://key:secret@', 2, 'not http://…@.\nhint: Write an address as http://ACCESSKEY:SECRETKEY@HOST'],
  [
    'up --objects http://127.0.0.1:9000',
    2,
    'embedded, minio or an address with its keys, not http://127.0.0.1:9000.\n',
  ],

  ['up no-such-folder', 2, 'error: There is no folder '],
  ['status', 3, 'error: No sandbox runs on HOME/data.\nhint: Start one with `oscar-sandbox up`'],
  ['services', 3, 'error: No sandbox runs on '],
  ['events', 3, 'error: No sandbox runs on '],
  ['run echo -i a -f b', 2, 'error: Both --input and --file were given.\n'],
  ['run echo -f nowhere.txt', 2, 'error: There is no file nowhere.txt.\n'],
  ['delete', 2, 'error: Nothing to delete was named.\n'],
  [
    'apply nowhere.yaml',
    2,
    'error: There is no file or folder nowhere.yaml.\nhint: Name a folder that holds FDL files.\n',
  ],
  ['put a.txt', 2, 'error: Where to put it was not said.\nhint: Write: oscar-sandbox put FILE BUCKET/KEY\n'],
  [
    'put a.txt b.txt bucket/key',
    2,
    'error: Several files cannot all be bucket/key.\nhint: Write bucket/key/ for a folder.\n',
  ],
  ['put - bucket/', 2, 'error: What comes from stdin has no name.\n'],
  ['get bucket', 2, 'error: bucket names no object.\nhint: List them: oscar-sandbox ls bucket\n'],
  ['ls /', 2, 'error: "/" names no bucket.\n'],
  ['init nothing', 4, 'error: There is no template nothing.\nhint: Templates are: chain, echo, '],
  ['completion tcsh', 2, 'error: There is no completion for tcsh.\nhint: Write bash, zsh or fish.\n'],
  ['serve /tmp/x', 2, 'error: This command is for `up --detach` alone.\n'],
  ['down --data-dir HOME/none', 0, ''],
];

describe('what was typed wrong is told with what to type instead, on stderr alone', () => {
  it.concurrent.each(rows)('%s → %i', async (line, code, stderr) => {
    const ended = await home.drive(line.replaceAll('HOME', home.home).split(' '));
    expect(ended.stderr).toContain(stderr.replaceAll('HOME', home.home));
    expect(ended.code).toBe(code);
    if (code !== 0) expect(ended.stdout).toBe('');
  });
});

describe('an error with --json is one JSON value on stderr', () => {
  const json: [args: string[], env: Record<string, string>, code: string, exit: number][] = [
    [['staus', '--json'], {}, 'invalid', 2],
    [['--json', 'status'], {}, 'not-running', 3],
    [['status'], { OSCAR_SANDBOX_JSON: '1' }, 'not-running', 3],
    [['--json'], {}, 'invalid', 2],
    [[], { OSCAR_SANDBOX_JSON: '1' }, 'invalid', 2],
  ];
  it.each(json)('%j %j', async (args, env, code, exit) => {
    const ended = await home.drive(args, { env });
    expect(JSON.parse(ended.stderr)).toMatchObject({ error: { code, message: expect.any(String) } });
    expect(ended).toMatchObject({ code: exit, stdout: '' });
  });
});

describe('what was asked about the program is answered on stdout', () => {
  const asked: [args: string, stdout: RegExp][] = [
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['version', /^oscar-sandbox \d+\.\d+\.\d+\n$/],
    ['version --json', /^\{"version":"\d+\.\d+\.\d+","node":"[\d.]+","platform":"\w+-\w+"\}\n$/],
    ['--help', /Commands:\n {2}up \[folder\] +Start the sandbox\n/],
    ['up --help', /--s3-port <PORT> +Port of the S3 store; 0 is any free one\. \(default:\s+9000\)/],
    ['up --help', /--wait +Wait until the folder is served\.\n/],
    ['up --help', /--parts <DIR> +All that kind makes a cluster of, in a folder/],
    ['up --help', /--exposed-port <PORT> +Port of exposed services; 0 is any free one\./],
    ['job --help', /--wait +Wait until the job has ended, and print its log\.\n/],
    ['replay --help', /--wait +Wait until the job has ended, and print its log\.\n/],
    ['put --help', /^Usage: oscar-sandbox put \[options\] FILE\.\.\. BUCKET\/KEY\n/],
    ['schema', /^\{\n {2}"\$schema": /],
    ['init', /\nword-count +\S/],
  ];
  it.each(asked)('%s', async (line, stdout) => {
    const ended = await home.drive(line.split(' '));
    expect(ended.stdout).toMatch(stdout);
    expect(ended.code).toBe(0);
  });

  it('and the commands are listed, with exit code 2, when nothing was asked', async () => {
    const ended = await home.drive([]);
    expect(ended.stdout).toContain('Commands:');
    expect(ended.stdout).not.toMatch(/^ *serve /m);
    expect(ended.code).toBe(2);
  });
});
